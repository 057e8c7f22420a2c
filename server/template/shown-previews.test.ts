import { expect, it } from 'vitest';
import { openShownPreviews } from './shown-previews.ts';

it('keeps a preview for ten minutes, under a name that nobody guesses', () => {
  let now = 0;
  const shown = openShownPreviews({ monotonic: () => now });
  const [one, other] = [shown.keep('<p>1'), shown.keep('<p>1')];
  expect(one).not.toBe(other);
  now = 599_999;
  expect([shown.find(one), shown.find('x')]).toEqual(['<p>1', null]);
  now = 600_000;
  expect(shown.find(one)).toBeNull();
});

it('keeps no more than fits, the newest', () => {
  const shown = openShownPreviews({ monotonic: () => 0 });
  const names = Array.from({ length: 10 }, () => shown.keep('x'.repeat(1_900_000)));
  expect(names.map((name) => shown.find(name) !== null)).toEqual([...Array(6).fill(false), ...Array(4).fill(true)]);
});
