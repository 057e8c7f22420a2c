import { expect, it } from 'vitest';
import { passkeyWords } from './passkey.ts';

it.each([
  ['NotAllowedError', 'make', /^No passkey was made/],
  ['NotAllowedError', 'use', /another way/],
  ['AbortError', 'use', /waited too long/],
  ['InvalidStateError', 'make', /already/],
  ['SecurityError', 'use', /POSTERN_PUBLIC_URL/],
  ['ConstraintError', 'make', /another device/],
  ['', 'use', /Try again/],
] as const)('says what %s means when it is to %s one', (name, act, words) => {
  expect(passkeyWords(name, act)).toMatch(words);
});
