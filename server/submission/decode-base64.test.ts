import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64 } from './decode-base64.ts';

describe('base64 in a call', () => {
  it('is what was encoded, whole, in lines, without padding, in either alphabet', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (given) => {
        const bytes = Buffer.from(given);
        const text = bytes.toString('base64');
        for (const form of [
          text,
          text.replace(/.{20}/g, '$&\r\n'),
          text.replace(/=+$/, ''),
          bytes.toString('base64url'),
        ])
          expect(decodeBase64(form)?.equals(bytes)).toBe(true);
      }),
    );
  });

  it.each([
    ['data:image/png;base64,iVBORw0KGgo='],
    ['not base64!'],
    ['YQ=Y'],
    ['YQ==YQ=='],
    ['YQ='],
    ['Y'],
    ['YWJj\u0000'],
    ['/etc/passwd.'],
    ['YWJjé'],
  ])('%j is refused', (text) => {
    expect(decodeBase64(text)).toBeNull();
  });
});
