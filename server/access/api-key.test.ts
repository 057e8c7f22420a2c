import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiKeyId } from '../../contracts/access.ts';
import { hashApiKey, isSameHash, makeApiKey, parseApiKey } from './api-key.ts';

describe('API key', () => {
  it('is one word that begins pst_, names its row, and shows the beginning of itself as a hint', () => {
    const made = makeApiKey();
    expect(made.key).toMatch(/^pst_[0-9a-z]{26}_[0-9A-Za-z]{49}$/);
    expect(ApiKeyId.safeParse(made.id).success).toBe(true);
    expect(parseApiKey(made.key)).toEqual({ ok: true, id: made.id });
    expect(made.key.startsWith(made.hint.slice(0, -1))).toBe(true);
    expect(made.hint).toHaveLength(11);
  });

  it('is never made twice', () => {
    const keys = Array.from({ length: 1000 }, makeApiKey);
    expect(new Set(keys.map(({ key }) => key)).size).toBe(1000);
    expect(new Set(keys.map(({ hint }) => hint)).size).toBeGreaterThan(990);
  });

  it('tells any single wrong, missing or swapped character without asking the database', () => {
    const { key } = makeApiKey();
    fc.assert(
      fc.property(fc.integer({ min: 4, max: key.length - 1 }), fc.constantFrom(...'aZ09_x'), (place, other) => {
        fc.pre(key[place] !== other);
        expect(parseApiKey(key.slice(0, place) + other + key.slice(place + 1))).toEqual({
          ok: false,
          problem: 'mistyped',
        });
        expect(parseApiKey(key.slice(0, place) + key.slice(place + 1)).ok).toBe(false);
        const swapped = key.slice(0, place - 1) + key[place] + key[place - 1] + key.slice(place + 1);
        if (swapped !== key) expect(parseApiKey(swapped).ok).toBe(false);
      }),
    );
  });

  it('says of any other text that it is no key', () => {
    expect(parseApiKey('')).toEqual({ ok: false, problem: 'not-a-key' });
    expect(parseApiKey('re_123456789')).toEqual({ ok: false, problem: 'not-a-key' });
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => !parseApiKey(text).ok));
  });

  it('is stored as a hash in which nothing of it is left', () => {
    const { key, secretHash } = makeApiKey();
    expect(secretHash).toBe(hashApiKey(key));
    expect(secretHash).toMatch(/^[0-9a-f]{64}$/);
    expect(isSameHash(secretHash, hashApiKey(key))).toBe(true);
    expect(isSameHash(secretHash, hashApiKey(makeApiKey().key))).toBe(false);
    expect(isSameHash(secretHash, '')).toBe(false);
  });
});
