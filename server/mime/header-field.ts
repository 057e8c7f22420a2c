/** The kinds of header field a mail has: free text, addresses, machine-read values, and parameters (RFC 5322, 2045, 2231). */
import { type MailAddress, toWireAddress } from './address.ts';
import { HeaderLine } from './header-line.ts';
import { isAscii, MailValueError, requireHeaderText } from './mail-value.ts';

/** Words of ASCII with single spaces between them, none of which looks like an encoded word. */
const simpleText = /^[!-<>-~]+(?: [!-<>-~]+)*$/;
/** Longer runs of spaces are encoded, so that no line is made of them. */
const maxSpaces = 8;
/** Fits a line of 78 with the space before it. */
const foldableWord = 76;
/** RFC 5322 §2.1.1: 998 less the space before it. */
const longestWord = 997;
const maxDisplayName = 512;

/**
 * Free text: words outside ASCII become encoded words, and so does what a reader would otherwise change: spaces at
 * either end, and text that only looks like an encoded word.
 * @param longest an ASCII word of more characters is encoded; programs that read a field of ours want it as it is.
 */
export const writeText = (name: string, value: string, longest: number = foldableWord): string => {
  // Most subjects: one line as it is.
  if (name.length + 2 + value.length <= 78 && simpleText.test(value)) return `${name}: ${value}\r\n`;
  const line = new HeaderLine(name);
  for (const { text, space, isEncoded } of splitText(value, longest)) {
    if (isEncoded) line.addEncoded(text, 'text', space);
    else line.add(text, space);
  }
  return line.end();
};

interface Piece {
  space: string;
  text: string;
  isEncoded: boolean;
}

function splitText(value: string, longest: number): Piece[] {
  const pieces: Piece[] = [];
  for (const [, space = '', word = ''] of value.matchAll(/( *)([^ ]+|$)/g)) {
    if (space === '' && word === '') continue;
    const previous = pieces.at(-1);
    const isEncoded = !isAscii(word) || word.includes('=?') || word.length > longest || word === '';
    if (!previous) {
      pieces.push({ space: ' ', text: space + word, isEncoded: isEncoded || space !== '' });
    } else if (space.length > maxSpaces || word === '') {
      previous.text += space + word;
      previous.isEncoded = true;
    } else {
      pieces.push({ space, text: word, isEncoded });
    }
  }
  return mergeEncoded(pieces);
}

/** White space between two encoded words is dropped by readers, so it goes inside. */
function mergeEncoded(pieces: Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const previous = merged.at(-1);
    if (previous?.isEncoded && piece.isEncoded) previous.text += piece.space + piece.text;
    else merged.push(piece);
  }
  return merged;
}

/** A value that programs read: ASCII only, broken at spaces alone. @throws MailValueError */
export const writeStructured = (name: string, value: string, field: string): string => {
  if (!isAscii(value)) throw new MailValueError(field, 'not-allowed', `${name} takes plain ASCII only`);
  const line = new HeaderLine(name);
  for (const word of value.split(' ')) {
    if (word === '') continue;
    if (word.length > longestWord)
      throw new MailValueError(field, 'too-long', `a word has more than ${longestWord} characters`);
    line.add(word);
  }
  return line.end();
};

/** @throws MailValueError that names `field.0.address` (for a single one `field.address`) or `field.0.name`. */
export const writeAddresses = (name: string, boxes: MailAddress | readonly MailAddress[], field: string): string => {
  const line = new HeaderLine(name);
  if (!isList(boxes)) {
    writeAddress(line, boxes, field, '');
    return line.end();
  }
  for (let place = 0; place < boxes.length; place += 1) {
    writeAddress(line, boxes[place]!, `${field}.${place}`, place < boxes.length - 1 ? ',' : '');
  }
  return line.end();
};

function isList(boxes: MailAddress | readonly MailAddress[]): boxes is readonly MailAddress[] {
  return Array.isArray(boxes);
}

function writeAddress(line: HeaderLine, { name = '', address }: MailAddress, field: string, comma: string): void {
  const wire = toWireAddress(address, `${field}.address`);
  writePhrase(line, requireHeaderText(name, `${field}.name`, maxDisplayName));
  line.add(name === '' ? wire + comma : `<${wire}>${comma}`);
}

const atoms = /^[\w!#$%&'*+/=?^`{|}~-]+( [\w!#$%&'*+/=?^`{|}~-]+)*$/;

function writePhrase(line: HeaderLine, name: string): void {
  if (name === '') return;
  const quoted = `"${name.replace(/["\\]/g, '\\$&')}"`;
  const looksEncoded = name.includes('=?');
  if (atoms.test(name) && !looksEncoded && name.length <= foldableWord) {
    for (const word of name.split(' ')) line.add(word);
  } else if (isAscii(name) && !looksEncoded && name.trim() !== '' && quoted.length <= foldableWord) {
    line.add(quoted);
  } else {
    line.addEncoded(name, 'phrase');
  }
}

/** The second that was written last: a run of mails has many in each. */
let lastDate = { second: Number.NaN, text: '' };

/** RFC 5322 §3.3, always in UTC. @throws MailValueError that names `field`. */
export const formatDate = (date: Date, field: string): string => {
  const second = Math.floor(date.getTime() / 1000);
  if (second === lastDate.second) return lastDate.text;
  const year = date.getUTCFullYear();
  if (!(year >= 1900 && year <= 9999)) throw new MailValueError(field, 'not-allowed', 'give a date after 1900');
  lastDate = { second, text: date.toUTCString().replace('GMT', '+0000') };
  return lastDate.text;
};
