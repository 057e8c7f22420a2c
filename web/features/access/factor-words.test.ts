import { expect, it } from 'vitest';
import { otherWays } from './factor-words.ts';

it.each([
  [['totp', 'recovery'], true, 'totp', ['recovery']],
  [['recovery', 'passkey', 'totp'], true, 'passkey', ['totp', 'recovery']],
  [['recovery', 'passkey', 'totp'], false, 'totp', ['recovery']],
  [['passkey', 'recovery'], false, 'recovery', []],
  [['passkey'], false, 'recovery', []],
] as const)('of %j, where passkeys work: %s, begins with %s', (needs, canUsePasskeys, first, others) => {
  const ways = otherWays(needs, canUsePasskeys);
  expect(ways.first).toBe(first);
  expect(ways.others(first)).toEqual(others);
});
