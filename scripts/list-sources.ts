import { globSync } from 'node:fs';

/** Every TypeScript source of ours, by path in the repository with forward slashes, in order. */
export const listSources = (): string[] =>
  globSync('{contracts,server,web,test,bench,scripts}/**/*.{ts,tsx}', {
    exclude: ['web/dist/**', '**/node_modules/**'],
  })
    .map((file) => file.replaceAll('\\', '/'))
    .sort();
