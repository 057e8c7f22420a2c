import { expect, it } from 'vitest';
import { scaleFor } from './scale.ts';

it.each([
  [0, 10],
  [10, 10],
  [11, 20],
  [21, 50],
  [51, 100],
  [100, 100],
  [12_345, 20_000],
])('a scale for %i ends at %i', (most, top) => {
  expect(scaleFor(most)).toBe(top);
});
