/**
 * Ids say what they name (`smtp_…`) and sort by the time they were made: 48 bits of milliseconds, 80 more bits, 26 characters
 * of Crockford's base 32 in lower case (the ULID layout). Those that one thread makes within a millisecond sort in the order
 * they were made, too: the first 30 of the 80 bits begin at random and are counted up, the others are random for each.
 */
import { takeRandom } from './random.ts';

const alphabet = Buffer.from('0123456789abcdefghjkmnpqrstvwxyz', 'latin1');
const timeDigits = 10;
const countDigits = 6;
const randomDigits = 10;
/** Where counting may begin: one bit less than there is room for. */
const firstCounts = 2 ** 29;
/** Every id is written here, and copied. */
const digits = Buffer.alloc(timeDigits + countDigits + randomDigits);

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

const made = new Map<IdPrefix, { at: number; count: number }>();

export const newId = (prefix: IdPrefix, now: number = Date.now()): string => {
  const random = takeRandom(randomDigits + 4);
  let last = made.get(prefix);
  if (last === undefined) {
    last = { at: -1, count: 0 };
    made.set(prefix, last);
  }
  last.count =
    last.at === now ? last.count + 1 : new DataView(random.buffer, random.byteOffset).getUint32(0) % firstCounts;
  last.at = now;
  write(now, 0, timeDigits);
  write(last.count, timeDigits, countDigits);
  for (let place = 0; place < randomDigits; place += 1) {
    digits[timeDigits + countDigits + place] = alphabet[(random[place + 4] as number) & 31] as number;
  }
  return `${prefix}_${digits.toString('latin1')}`;
};

/** Every id of this moment or later sorts behind it, every older one before it. */
export const firstIdAt = (prefix: IdPrefix, at: number): string => {
  write(Math.max(0, at), 0, timeDigits);
  return `${prefix}_${digits.toString('latin1', 0, timeDigits)}`;
};

function write(value: number, from: number, count: number): void {
  for (let rest = value, place = from + count - 1; place >= from; place -= 1) {
    digits[place] = alphabet[rest % 32] as number;
    rest = Math.floor(rest / 32);
  }
}

/** When an id was made, milliseconds since 1970. */
export const readIdTime = (id: string): number =>
  Array.from(id.slice(id.indexOf('_') + 1).slice(0, timeDigits)).reduce(
    (time, digit) => time * 32 + alphabet.indexOf(digit),
    0,
  );
