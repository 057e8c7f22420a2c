/** The kinds of header field a mail has: free text, addresses, machine-read values, and parameters (RFC 5322, 2045, 2231). */
import { type MailAddress, toWireAddress } from './address.ts';
import { HeaderLine } from './header-line.ts';
import { isAscii, MailValueError, requireHeaderText } from './mail-value.ts';

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

/** @throws MailValueError that names `field.0.address` (or `field.address` for a single one) and the like. */
export const writeAddresses = (name: string, addresses: readonly MailAddress[], fields: readonly string[]): string => {
  const line = new HeaderLine(name);
  for (const [place, { name: displayName = '', address }] of addresses.entries()) {
    const field = fields[place] ?? name;
    const wire = toWireAddress(address, `${field}.address`);
    const comma = place < addresses.length - 1 ? ',' : '';
    writePhrase(line, requireHeaderText(displayName, `${field}.name`, maxDisplayName));
    line.add(displayName === '' ? wire + comma : `<${wire}>${comma}`);
  }
  return line.end();
};

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

export interface Parameter {
  name: string;
  value: string;
}

/** `Content-Type: text/plain; charset=utf-8` and its like. The values hold no control characters. */
export const writeParameters = (name: string, value: string, parameters: readonly Parameter[]): string => {
  const line = new HeaderLine(name);
  const words = [value, ...parameters.flatMap(toParameterWords)];
  for (const [place, word] of words.entries()) line.add(place < words.length - 1 ? `${word};` : word);
  return line.end();
};

const token = /^[\w!#$%&'*+.^`{|}~-]+$/;
/** RFC 2231 §7 attribute-char, less what RFC 5987 finds unsafe. */
const attributeCharacter = /[\w!#$&+.^`{|}~-]/;

function toParameterWords({ name, value }: Parameter): string[] {
  // Some readers decode what looks like an encoded word even inside quotes, and many get escapes wrong.
  if (token.test(value) && name.length + value.length < 70) return [`${name}=${value}`];
  if (isAscii(value) && !/["\\]|=\?/.test(value) && value !== '' && name.length + value.length < 70) {
    return [`${name}="${value}"`];
  }
  const units = [...value].map((character) => (attributeCharacter.test(character) ? character : percent(character)));
  const whole = `${name}*=utf-8''${units.join('')}`;
  if (whole.length <= 74) return [whole];
  const sections: string[] = [];
  let section = `${name}*0*=utf-8''`;
  for (const unit of units) {
    if (section.length + unit.length > 74) {
      sections.push(section);
      section = `${name}*${sections.length}*=`;
    }
    section += unit;
  }
  return [...sections, section];
}

function percent(character: string): string {
  return Buffer.from(character)
    .toString('hex')
    .toUpperCase()
    .replace(/../g, (pair) => `%${pair}`);
}

/** Names of fields whose values programs read, so that an encoded word would be wrong in them. */
export const isStructuredField = (name: string): boolean =>
  /^(list-.*|references|in-reply-to|auto-submitted|precedence|feedback-id|importance|priority|x-priority|x-mailer-id|disposition-notification-to|errors-to)$/i.test(
    name,
  );
