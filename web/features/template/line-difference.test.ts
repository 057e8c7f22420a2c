import fc from 'fast-check';
import { expect, it } from 'vitest';
import { differLines, foldSame } from './line-difference.ts';

const short = (before: string, after: string) =>
  differLines(before, after).map(({ kind, text }) => `${{ same: ' ', removed: '-', added: '+' }[kind]}${text}`);

it('keeps what both have, and names what was removed and added', () => {
  expect(short('a\nb\nc\nd', 'a\nc\nx\nd')).toEqual([' a', '-b', ' c', '+x', ' d']);
});

it('counts the lines of each side', () => {
  expect(differLines('a\nb', 'b\nc').map(({ before, after }) => [before, after])).toEqual([
    [1, null],
    [2, 1],
    [null, 2],
  ]);
});

it('has all of both texts, whatever they are', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 }).map((lines) => lines.join('\n'));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = differLines(before, after);
      const side = (left: string) => lines.filter(({ kind }) => kind !== left).map((line) => line.text);
      expect(side('added').join('\n')).toBe(before);
      expect(side('removed').join('\n')).toBe(after);
    }),
  );
});

it('leaves out long runs of what is alike', () => {
  const lines = differLines('1\n2\n3\n4\n5\n6', '1\n2\n3\n4\n5\nsix');
  expect(foldSame(lines, 1)).toEqual([{ skipped: 4 }, { lines: lines.slice(4) }]);
  // As much is shown after a change as before it.
  const middle = differLines('1\n2\n3\n4\n5\n6', '1\n2\nthree\n4\n5\n6');
  expect(foldSame(middle, 1)).toEqual([{ skipped: 1 }, { lines: middle.slice(1, 5) }, { skipped: 2 }]);
});
