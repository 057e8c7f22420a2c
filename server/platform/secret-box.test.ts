import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyIdOf, openSecret, sealSecret, toSecretKey } from './secret-box.ts';

const key = toSecretKey(randomBytes(32));
const other = toSecretKey(randomBytes(32));
const ring = { current: key, previous: [] };

it('opens what it sealed, whatever it was, and never shows it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 8, maxLength: 200 }), (plain) => {
      const sealed = sealSecret(ring, plain, 'a|1');
      const text = Buffer.from(plain, 'utf8').toString('utf8');
      return openSecret(ring, sealed, 'a|1') === text && !sealed.includes(plain) && keyIdOf(sealed) === key.id;
    }),
  );
});

it('seals the same secret differently each time', () => {
  expect(sealSecret(ring, 'x', 'a')).not.toBe(sealSecret(ring, 'x', 'a'));
});

it('does not open in another place, with another key, or with any character changed', () => {
  const sealed = sealSecret(ring, 'secret', 'a|1');
  expect(openSecret(ring, sealed, 'a|2')).toBeNull();
  expect(openSecret({ current: other, previous: [] }, sealed, 'a|1')).toBeNull();
  // The last character's low bits may not be part of the value; every other one is.
  for (let at = 0; at < sealed.length - 1; at += 1) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(openSecret(ring, changed, 'a|1')).toBeNull();
  }
  expect(openSecret(ring, '', 'a|1')).toBeNull();
});

it('opens with a previous key', () => {
  const sealed = sealSecret(ring, 'secret', 'a');
  expect(openSecret({ current: other, previous: [key] }, sealed, 'a')).toBe('secret');
});
