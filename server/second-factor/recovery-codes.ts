/**
 * Recovery codes: ten, each works once, for the day when app and passkeys are lost. 80 random bits in base 32 without
 * letters that look alike, so a plain SHA-256 is enough to store them.
 */
import { createHash, randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const count = 10;
const length = 16;

/** As they are shown: `4fzq-9xk2-m0ra-77bd`. */
export const makeRecoveryCodes = (): string[] => Array.from({ length: count }, makeOne);

function makeOne(): string {
  const text = [...randomBytes(length)].map((byte) => alphabet[byte & 31]).join('');
  return text.match(/.{4}/g)!.join('-');
}

/** Capitals, spaces and hyphens do not matter, nor l and i for 1, o for 0. */
export const hashRecoveryCode = (code: string): string =>
  createHash('sha256')
    .update(
      code
        .toLowerCase()
        .replace(/[^0-9a-z]/g, '')
        .replace(/[il]/g, '1')
        .replaceAll('o', '0'),
    )
    .digest('hex');
