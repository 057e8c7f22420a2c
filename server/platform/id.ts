/**
 * Ids say what they name (`smtp_…`) and sort by the time they were made: 48 bits of milliseconds, 80 random bits,
 * 26 characters of Crockford's base 32 in lower case (the ULID layout).
 */
import { randomBytes } from 'node:crypto';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdPrefix =
  | 'smtp'
  | 'key'
  | 'box'
  | 'user'
  | 'ses'
  | 'pk'
  | 'rq'
  | 'msg'
  | 'try'
  | 'tpl'
  | 'inv'
  | 'run'
  | 'acct'
  | 'ctct'
  | 'imp';

export const newId = (prefix: IdPrefix, now: number = Date.now()): string => {
  let time = '';
  for (let rest = now, place = 0; place < 10; place += 1) {
    time = alphabet[rest % 32] + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of randomBytes(16)) random += alphabet[byte & 31];
  return `${prefix}_${time}${random}`;
};
