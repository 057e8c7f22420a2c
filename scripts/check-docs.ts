/** Prints every promise of a document that does not hold (documents.ts). */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { findDocumentFaults } from './documents.ts';

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
const rooms = readdirSync('server', { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);
const known = { scripts: new Set(Object.keys(scripts)), exists: existsSync, rooms };

const faults = globSync(['*.md', '{docs,server,web,contracts,test,examples}/**/*.md'], {
  exclude: ['**/node_modules/**'],
})
  .map((file) => file.replaceAll('\\', '/'))
  .flatMap((file) => findDocumentFaults(file, readFileSync(file, 'utf8'), known));
for (const fault of faults) console.error(fault);
if (faults.length > 0) process.exitCode = 1;
