/** How the template process is started: what it may do, and what it may use. */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export const processFolder = import.meta.dirname;

const root = path.resolve(processFolder, '../..');

/** Where the packages lie, by the way they are found and by where they are. */
function findPackages(): string[] {
  const found = createRequire(import.meta.url).resolve('liquidjs');
  const at = (file: string) => file.slice(0, file.lastIndexOf(`${path.sep}node_modules${path.sep}`) + 14);
  return [...new Set([path.join(root, 'node_modules', path.sep), at(found), at(realpathSync(found))])];
}

export const processArguments = (kind: 'render' | 'compile'): string[] => [
  // No file is written, none read but these; no network, process, thread or add-on.
  '--permission',
  ...[path.join(processFolder, path.sep), path.join(root, 'package.json'), ...findPackages()].map(
    (place) => `--allow-fs-read=${place}`,
  ),
  '--disallow-code-generation-from-strings',
  '--max-old-space-size=64',
  '--max-semi-space-size=2',
  '--no-warnings',
  path.join(processFolder, 'template-process.worker.ts'),
  kind,
];
