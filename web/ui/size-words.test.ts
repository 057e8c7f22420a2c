import { expect, it } from 'vitest';
import { sizeWords } from './size-words.ts';

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [999, '999 bytes'],
  [1000, '1.0 KB'],
  [9_960, '10 KB'],
  [999_499, '999 KB'],
  [999_600, '1.0 MB'],
  [26_214_400, '26 MB'],
])('%i is %s', (bytes, words) => {
  expect(sizeWords(bytes)).toBe(words);
});
