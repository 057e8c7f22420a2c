/**
 * Ids say what they name (`smtp_…`) and sort by the time they were made: 48 bits of milliseconds, 80 random bits,
 * 26 characters of Crockford's base 32 in lower case (the ULID layout).
 */
import { takeRandom } from './random.ts';

const alphabet = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz', 'latin1');
const timeDigits = 10;
const randomDigits = 16;
/** Every id is written here, and copied. */
const digits = Buffer.alloc(timeDigits + randomDigits);

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
  for (let rest = now, place = timeDigits - 1; place >= 0; place -= 1) {
    digits[place] = alphabet[rest % 32] as number;
    rest = Math.floor(rest / 32);
  }
  const random = takeRandom(randomDigits);
  for (let place = 0; place < randomDigits; place += 1) {
    digits[timeDigits + place] = alphabet[(random[place] as number) & 31] as number;
  }
  return `${prefix}_${digits.toString('latin1')}`;
};

/** When an id was made, milliseconds since 1970. */
export const readIdTime = (id: string): number =>
  Array.from(id.slice(id.indexOf('_') + 1).slice(0, 10)).reduce(
    (time, digit) => time * 32 + alphabet.indexOf(digit),
    0,
  );
