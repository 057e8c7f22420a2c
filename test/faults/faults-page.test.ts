/** docs/faults.md says of every fault which test holds Postern to it; what it says is true. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const page = readFileSync(path.join(root, 'docs/faults.md'), 'utf8');

const numbered = (letter: string, ...numbers: (number | [from: number, to: number])[]): string[] =>
  numbers.flatMap((one) => {
    const [from, to] = typeof one === 'number' ? [one, one] : one;
    return Array.from({ length: to - from + 1 }, (_, place) => `${letter}${from + place}`);
  });
/** The faults that sending mail is to live through. */
const wanted = [
  ...numbered('P', [1, 15], 17, 18, [20, 22]),
  ...numbered('N', [1, 17]),
  ...numbered('S', [1, 16], [19, 22], [25, 30]),
  ...numbered('O', [1, 5], [8, 10]),
];

interface Fault {
  id: string;
  tests: { file: string; title: string }[];
  lacks: string[];
}

/** `### P1: what` begins a fault, `` - `file`: title `` names a test, `Not yet:` says what is missing. */
const readFaults = (text: string): Fault[] =>
  text
    .split(/^### /m)
    .slice(1)
    .map((part) => ({
      id: /^\w+/.exec(part)?.[0] ?? '',
      tests: [...part.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', title = '']) => ({ file, title })),
      lacks: [...part.matchAll(/^Not yet: (.+)/gm)].map(([, what = '']) => what),
    }));

const titlesOf = (text: string): string[] =>
  [...text.matchAll(/(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`)/g)].map(([, ...found]) =>
    (found.find((one) => one !== undefined) ?? '').replaceAll(/\\(.)/g, '$1'),
  );

const findUntrue = (faults: readonly Fault[], read: (file: string) => string | null): string[] =>
  faults.flatMap(({ id, tests }) =>
    tests.flatMap(({ file, title }) => {
      const text = read(file);
      if (text === null) return [`${id}: there is no ${file}`];
      return titlesOf(text).includes(title) ? [] : [`${id}: ${file} has no test "${title}"`];
    }),
  );

describe('docs/faults.md', () => {
  const faults = readFaults(page);

  it('speaks of every fault once, with a test or with the reason why there is none yet', () => {
    const ids = faults.map(({ id }) => id);
    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
    expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
    expect(faults.filter(({ tests, lacks }) => tests.length + lacks.length === 0).map(({ id }) => id)).toEqual([]);
  });

  it('names only tests that exist', () => {
    const read = (file: string) =>
      existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : null;
    expect(findUntrue(faults, read)).toEqual([]);
  });

  it('would be found out', () => {
    const false1 = readFaults('### P1: x\n- `a.test.ts`: does it\n- `a.test.ts`: does not\n- `b.test.ts`: does it\n');
    expect(findUntrue(false1, (file) => (file === 'a.test.ts' ? "it('does it', () => {});" : null))).toEqual([
      'P1: a.test.ts has no test "does not"',
      'P1: there is no b.test.ts',
    ]);
  });
});
