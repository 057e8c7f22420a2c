/** Encoded words (RFC 2047): how text outside ASCII stands in a header. */

/** Where it stands decides which characters may stay as they are: a display name allows fewer (RFC 2047 §5). */
export type EncodedPlace = 'text' | 'phrase';

/** `=?utf-8?Q?` and `?=`. */
const overhead = 12;
/** RFC 2047 §2: of one encoded word. */
const maxEncodedWord = 75;
/** Room for at least one character of four octets in either encoding. */
export const minEncodedWord = overhead + 12;

const plainInText = /[!-<>@-^`-~]/;
const plainInPhrase = /[A-Za-z0-9!*+/-]/;

/** One encoded word at a time, because how long the first may be depends on where in its line it stands. */
export interface EncodedRun {
  hasMore: () => boolean;
  /** The next word, of at most `room` characters (at least `minEncodedWord`). */
  next: (room: number) => string;
}

/** Q or B, whichever is shorter for the whole run (Q on a tie: people can read it). Never split inside a character. */
export const encodeWords = (text: string, place: EncodedPlace): EncodedRun => {
  const plain = place === 'text' ? plainInText : plainInPhrase;
  const characters = [...text];
  const costs = characters.map((character) => costInQ(character, plain));
  const octets = Buffer.byteLength(text);
  const isQ = costs.reduce((sum, cost) => sum + cost, 0) <= Math.ceil(octets / 3) * 4;
  let at = 0;
  const next = (room: number): string => {
    const space = Math.min(room, maxEncodedWord) - overhead;
    const start = at;
    let used = 0;
    for (; at < characters.length; at += 1) {
      const cost = isQ ? costs[at]! : Buffer.byteLength(characters[at]!);
      if ((isQ ? used + cost : Math.ceil((used + cost) / 3) * 4) > space) break;
      used += cost;
    }
    const chunk = characters.slice(start, at);
    if (!isQ) return `=?utf-8?B?${Buffer.from(chunk.join('')).toString('base64')}?=`;
    return `=?utf-8?Q?${chunk.map((character) => toQ(character, plain)).join('')}?=`;
  };
  return { hasMore: () => at < characters.length, next };
};

function costInQ(character: string, plain: RegExp): number {
  return character === ' ' || isPlain(character, plain) ? 1 : 3 * Buffer.byteLength(character);
}

function toQ(character: string, plain: RegExp): string {
  if (character === ' ') return '_';
  if (isPlain(character, plain)) return character;
  return Buffer.from(character)
    .toString('hex')
    .toUpperCase()
    .replace(/../g, (pair) => `=${pair}`);
}

function isPlain(character: string, plain: RegExp): boolean {
  return character.length === 1 && plain.test(character) && character !== '_';
}
