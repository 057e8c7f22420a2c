import { describe, expect, it } from 'vitest';
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-codes.ts';
import { findTotpStep, makeTotpSecret, printTotpUri } from './totp.ts';

describe('authenticator codes', () => {
  /** RFC 6238 appendix B, SHA-1; the last six of its eight digits. */
  const secret = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('takes the code of the RFC at %i s', (seconds, code) => {
    expect(findTotpStep(secret, code, seconds * 1000)).toBe(Math.floor(seconds / 30));
  });

  it('takes the code of the step before and after, names its step, and no other', () => {
    const at = (step: number) => findTotpStep(secret, '287082', step * 30_000);
    expect([0, 1, 2].map(at)).toEqual([1, 1, 1]);
    expect([3, 10].map(at)).toEqual([null, null]);
  });

  it('makes a secret of 160 bits and an address for a QR code', () => {
    const made = makeTotpSecret();
    expect(made).toMatch(/^[A-Z2-7]{32}$/);
    expect(makeTotpSecret()).not.toBe(made);
    const uri = new URL(printTotpUri(made, 'ada@example.com', 'Postern (mail.example.com)'));
    expect([uri.protocol, uri.host, decodeURIComponent(uri.pathname)]).toEqual([
      'otpauth:',
      'totp',
      '/Postern (mail.example.com):ada@example.com',
    ]);
    expect(uri.searchParams.get('secret')).toBe(made);
  });
});

describe('recovery codes', () => {
  it('are ten, all different, and understood however they are typed', () => {
    const codes = makeRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) {
      expect(code).toMatch(/^[0-9a-hjkmnp-tv-z]{4}(-[0-9a-hjkmnp-tv-z]{4}){3}$/);
      expect(hashRecoveryCode(` ${code.toUpperCase().replaceAll('-', ' ')} `)).toBe(hashRecoveryCode(code));
    }
    expect(hashRecoveryCode('OIL0-0000-0000-0000')).toBe(hashRecoveryCode('0110-0000-0000-0000'));
    expect(hashRecoveryCode(codes[0]!)).not.toBe(hashRecoveryCode(codes[1]!));
  });
});
