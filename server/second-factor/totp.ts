/**
 * Codes of an authenticator app (RFC 6238): SHA-1, six digits, 30 seconds, since that is what every app can do. A code of
 * the step before and after counts too, for clocks that are not exact (§5.2); each step counts once, which the store sees to.
 */
import { Secret, TOTP } from 'otpauth';

const periodSeconds = 30;
/** Steps before and after the present one. */
const window = 1;
/** 160 bits, as long as the hash (RFC 4226 §4 R6). */
const secretBytes = 20;

/** @returns base 32. */
export const makeTotpSecret = (): string => new Secret({ size: secretBytes }).base32;

/** For a QR code. @param email shown by the app beside the issuer. */
export const printTotpUri = (secret: string, email: string, issuer: string): string =>
  open(secret, email, issuer).toString();

/** The step (30 seconds since 1970) that a code belongs to; null: to none of these minutes. */
export const findTotpStep = (secret: string, code: string, now: number): number | null => {
  const delta = open(secret).validate({ token: code, timestamp: now, window });
  return delta === null ? null : Math.floor(now / 1000 / periodSeconds) + delta;
};

const open = (secret: string, label = '', issuer = 'Postern'): TOTP =>
  new TOTP({ issuer, label, algorithm: 'SHA1', digits: 6, period: periodSeconds, secret: Secret.fromBase32(secret) });
