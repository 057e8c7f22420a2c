import { describe, expect, it } from 'vitest';
import { HashQueueFullError, hashPassword, isHashOutdated, isPasswordRight, nobodysHash } from './password-hash.ts';

describe('password hash', () => {
  it('opens for its password and no other, and names its own parameters', async () => {
    const stored = await hashPassword('four words in a row');
    expect(stored).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(await isPasswordRight('four words in a row', stored)).toBe(true);
    expect(await isPasswordRight('Four words in a row', stored)).toBe(false);
    expect(isHashOutdated(stored)).toBe(false);
  });

  it('has another salt each time', async () => {
    expect(await hashPassword('the same password')).not.toBe(await hashPassword('the same password'));
  });

  it('takes an accented letter for the same however it was typed', async () => {
    expect(await isPasswordRight('cafe\u0301 au lait noir', await hashPassword('caf\u00e9 au lait noir'))).toBe(true);
  });

  // Made by the reference implementation: argon2 "somesalt" -id -t 2 -m 16 -p 1 (its own test vector for "password").
  it('reads a hash of other parameters, and calls it outdated', async () => {
    const reference = '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc';
    expect(await isPasswordRight('password', reference)).toBe(true);
    expect(await isPasswordRight('passwort', reference)).toBe(false);
    expect(isHashOutdated(reference)).toBe(true);
  });

  it('opens for nothing where nothing valid is stored', async () => {
    expect(await isPasswordRight('', '')).toBe(false);
    expect(await isPasswordRight('four words in a row', 'four words in a row')).toBe(false);
    expect(await isPasswordRight('', nobodysHash)).toBe(false);
  });

  it('computes two at once, lets a hundred wait and sends the rest away', async () => {
    const before = process.memoryUsage.rss();
    let highest = 0;
    const tries = Array.from({ length: 110 }, () =>
      isPasswordRight('guess', nobodysHash).then((answer) => {
        highest = Math.max(highest, process.memoryUsage.rss());
        return answer;
      }),
    );
    const results = await Promise.allSettled(tries);
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused).toHaveLength(8);
    expect(refused.every((result) => (result as PromiseRejectedResult).reason instanceof HashQueueFullError)).toBe(
      true,
    );
    expect((highest - before) / 2 ** 20).toBeLessThan(46 * 4);
    expect(await isPasswordRight('guess', nobodysHash)).toBe(false);
  });
});
