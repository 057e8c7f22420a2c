/**
 * What an API key looks like: `pst_` ‖ id, 26 characters ‖ `_` ‖ secret, 43 ‖ checksum, 6.
 *
 * Policy: 256 random bits, so a plain SHA-256 is enough to store it (no guessing to slow down). The prefix lets secret
 * scanners find it in a public repository; the checksum (CRC-32 of all before it) tells a key that was copied badly from
 * one that was revoked, without asking the database. The id in it is the row's, so one row is read, then compared in
 * constant time.
 */
import { hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const base32 = '0123456789abcdefghjkmnpqrstvwxyz';
const secretLength = 43;
const checksumLength = 6;
const shape = /^pst_[0-9a-z]{26}_[0-9A-Za-z]{49}$/;

export interface NewApiKey {
  /** `key_…`. Random all through, unlike other ids: its beginning is what tells keys apart on a screen. */
  id: string;
  /** The key itself; shown once, stored nowhere. */
  key: string;
  secretHash: string;
  hint: string;
}

export const makeApiKey = (): NewApiKey => {
  const name = toDigits(randomBytes(17), base32, 26);
  const body = `pst_${name}_${toDigits(randomBytes(32), base62, secretLength)}`;
  const key = body + checksum(body);
  return { id: `key_${name}`, key, secretHash: hashApiKey(key), hint: `pst_${name.slice(0, 6)}…` };
};

export type ParsedApiKey = { ok: true; id: string } | { ok: false; problem: 'not-a-key' | 'mistyped' };

export const parseApiKey = (text: string): ParsedApiKey => {
  if (!text.startsWith('pst_')) return { ok: false, problem: 'not-a-key' };
  if (!shape.test(text) || checksum(text.slice(0, -checksumLength)) !== text.slice(-checksumLength)) {
    return { ok: false, problem: 'mistyped' };
  }
  return { ok: true, id: `key_${text.slice(4, 30)}` };
};

/** SHA-256 of the whole key, 64 hexadecimal digits. */
export const hashApiKey = (key: string): string => hash('sha256', key, 'hex');

/** Takes as long for a wrong key as for the right one. */
export const isSameHash = (left: string, right: string): boolean => {
  const [a, b] = [Buffer.from(left, 'hex'), Buffer.from(right, 'hex')];
  return a.length === b.length && timingSafeEqual(a, b);
};

const checksum = (text: string): string => {
  let digits = '';
  for (let rest = crc32(text), place = 0; place < checksumLength; place += 1) {
    digits = base62[rest % base62.length] + digits;
    rest = Math.floor(rest / base62.length);
  }
  return digits;
};

function toDigits(bytes: Buffer, alphabet: string, length: number): string {
  let rest = BigInt(`0x${bytes.toString('hex')}`);
  let digits = '';
  for (let place = 0; place < length; place += 1) {
    digits = alphabet[Number(rest % BigInt(alphabet.length))] + digits;
    rest /= BigInt(alphabet.length);
  }
  return digits;
}
