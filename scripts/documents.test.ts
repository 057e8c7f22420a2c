import { describe, expect, it } from 'vitest';
import { findDocumentFaults, type Known } from './documents.ts';

const known: Known = {
  scripts: new Set(['start', 'check']),
  exists: (file) => file === 'docs/errors.md',
  rooms: ['smtp', 'mime'],
};

describe('documents', () => {
  const texts: [promise: string, file: string, text: string, faults: RegExp[]][] = [
    ['a command that is there', 'README.md', 'Type `npm start` or `npm run -s check`.', []],
    ['a command that is not', 'README.md', '`npm run chekc`', [/chekc/]],
    ['a script npm knows and we lack', 'README.md', '`npm test`', [/npm test/]],
    ['a link that leads somewhere', 'docs/a.md', '[e](errors.md#x) [w](https://example.com) [h](#here)', []],
    ['a link that leads nowhere', 'README.md', '[e](errors.md)', [/leads to errors\.md/]],
    ['a map with every room', 'server/README.md', '| `smtp/` | x |\n| `mime/` | y |', []],
    [
      'a map that lacks one and has one too many',
      'server/README.md',
      '| `smtp/` | x |\n| `mail/` | y |',
      [/mime/, /mail/],
    ],
  ];
  it.each(texts)('%s', (_promise, file, text, faults) => {
    expect(findDocumentFaults(file, text, known)).toEqual(faults.map((fault) => expect.stringMatching(fault)));
  });
});
