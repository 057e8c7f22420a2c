/** Prints every breach of the dependency rules (boundaries.ts), and names the files that have grown too long to read. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { findFaults } from './boundaries.ts';
import { listSources } from './list-sources.ts';

const sizeLimit = (file: string) => (/\.test\.tsx?$/.test(file) ? 500 : 300);

const files = new Map<string, string>();
for (const file of listSources()) files.set(file, await readFile(file, 'utf8'));
const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };

for (const [file, text] of files) {
  const lines = text.split('\n').length - 1;
  if (lines > sizeLimit(file)) console.warn(`warning: ${file} has ${lines} lines; over ${sizeLimit(file)} read badly`);
}
const faults = findFaults(files, new Set(Object.keys(dependencies)));
for (const { file, says } of faults) console.error(`${file}: ${says}`);
if (faults.length > 0) process.exitCode = 1;
