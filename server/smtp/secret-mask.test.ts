import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMask, masked } from './secret-mask.ts';

describe('createMask', () => {
  const secret = 'pass+Wörd*7';
  const mask = createMask([secret]);

  it.each([
    ['as it is', `535 you said ${secret}!`],
    ['in another case', `535 ${secret.toUpperCase()}`],
    ['in base64', `535 ${Buffer.from(secret).toString('base64')}`],
  ])('takes the secret out %s', (_, text) => {
    expect(mask(text)).toContain(masked);
    expect(mask(text).toLowerCase()).not.toContain(secret.toLowerCase());
  });

  it('finds it inside base64 of something longer, at each alignment', () => {
    for (const before of ['', 'a', 'ab', 'abc', '\0user\0']) {
      const text = Buffer.from(`${before}${secret}`).toString('base64');
      expect(mask(text)).toContain(masked);
      const left = Buffer.from(mask(text).split(masked)[0] ?? '', 'base64').toString();
      expect(left).not.toContain(secret.slice(0, 4));
    }
  });

  it('masks a very short secret only where it stands alone', () => {
    expect(createMask(['ab'])('the cab said ab.')).toBe(`the cab said ${masked}.`);
  });

  it('leaves everything else alone', () => {
    expect(mask('535 5.7.8 authentication failed')).toBe('535 5.7.8 authentication failed');
    expect(createMask([''])('anything')).toBe('anything');
  });

  it('lets no secret of four characters or more through, whatever its characters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4, unit: 'grapheme' }), fc.string(), fc.string(), (word, before, after) => {
        fc.pre(!masked.includes(word));
        expect(createMask([word])(`${before}${word}${after}`).split(masked).length).toBeGreaterThan(1);
      }),
      { numRuns: 200 },
    );
  });
});
