/** docs/faults.md says of every fault which test holds Postern to it; what it says is true. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findGaps, findUntrue, readNamed } from '../support/named-tests.ts';

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

describe('docs/faults.md', () => {
  const faults = readNamed(page);

  it('speaks of every fault once, with a test or with the reason why there is none yet', () => {
    expect(findGaps(faults, wanted)).toEqual([]);
  });

  it('names only tests that exist', () => {
    const read = (file: string) =>
      existsSync(path.join(root, file)) ? readFileSync(path.join(root, file), 'utf8') : null;
    expect(findUntrue(faults, read)).toEqual([]);
  });

  it('would be found out', () => {
    const false1 = readNamed('### P1: x\n- `a.test.ts`: does it\n- `a.test.ts`: does not\n- `b.test.ts`: does it\n');
    expect(findUntrue(false1, (file) => (file === 'a.test.ts' ? "it('does it', () => {});" : null))).toEqual([
      'P1: a.test.ts has no test "does not"',
      'P1: there is no b.test.ts',
    ]);
    expect(findGaps(readNamed('### P1: x\n### P2: x\n- `a`: b\n### P2: y\n- `a`: b\n'), ['P2', 'P3'])).toEqual([
      'P3',
      'P2',
      'P1',
    ]);
  });
});
