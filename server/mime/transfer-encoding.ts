/** Content in a form that every server passes on unchanged: 7bit, quoted-printable or base64 (RFC 2045 §6). */

export interface EncodedContent {
  encoding: '7bit' | 'quoted-printable' | 'base64';
  bytes: Uint8Array;
}

/** RFC 5322 §2.1.1, without the line break. */
const maxLine = 998;
/** RFC 2045 §6.7 and §6.8. */
const maxEncodedLine = 76;
const cr = 0x0d;
const lf = 0x0a;

/**
 * Text as UTF-8 with CRLF line ends, whatever they were. 7bit where it is plain already; base64 where more than a quarter
 * is outside ASCII, which makes it the shorter one; else quoted-printable, which spam filters trust more.
 */
export const encodeText = (text: string): EncodedContent => {
  const lines = text.replace(/\r\n|\r|\n/g, '\r\n');
  const bytes = Buffer.from(lines);
  if (isPlain(lines, bytes.length)) return { encoding: '7bit', bytes };
  let escaped = 0;
  for (const byte of bytes) if (!isPrintable(byte) && byte !== cr && byte !== lf) escaped += 1;
  if (escaped > bytes.length / 4) return { encoding: 'base64', bytes: encodeBase64(bytes) };
  return { encoding: 'quoted-printable', bytes: encodeQuotedPrintable(bytes) };
};

/** A whole message as an attachment may be neither (RFC 2046 §5.2.1): null when it is not plain 7bit with CRLF. */
export const encodeAsIs = (content: Uint8Array): EncodedContent | null => {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
  const hasCleanBreaks = !/\r(?!\n)|(?<!\r)\n/.test(text);
  return hasCleanBreaks && isPlain(text, content.length) ? { encoding: '7bit', bytes: content } : null;
};

function isPlain(text: string, octets: number): boolean {
  // Old mailbox stores put ">" before "From " at the start of a line.
  if (octets !== text.length || !/^[\t\r\n\x20-\x7e]*$/.test(text) || /^From /m.test(text)) return false;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    if ((end < 0 ? text.length : end - 1) - start > maxLine) return false;
    if (end < 0) break;
    start = end + 1;
  }
  return true;
}

function isPrintable(byte: number): boolean {
  return (byte >= 0x20 && byte <= 0x7e && byte !== 0x3d) || byte === 0x09;
}

const hex = Buffer.from('0123456789ABCDEF');

/** @param bytes UTF-8 with CRLF line ends; these stay line ends. */
export const encodeQuotedPrintable = (bytes: Uint8Array): Uint8Array => {
  // Each octet at most three, and a soft break of three after at least 64 of them.
  const out = Buffer.allocUnsafe(bytes.length * 3 + Math.ceil((bytes.length * 3) / 64) * 3 + 3);
  let at = 0;
  let column = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i]!;
    if (byte === cr && bytes[i + 1] === lf) {
      out[at++] = cr;
      out[at++] = lf;
      column = 0;
      i += 1;
      continue;
    }
    const isLineEnd = i + 1 === bytes.length || (bytes[i + 1] === cr && bytes[i + 2] === lf);
    const isBlank = byte === 0x20 || byte === 0x09;
    const width = isPrintable(byte) && !(isBlank && isLineEnd) ? 1 : 3;
    // All octets of a character stay on one line; one place is kept for the "=" of a soft break.
    if (column + Math.max(width, 3 * sequenceLength(byte)) > maxEncodedLine - 1) {
      out[at++] = 0x3d;
      out[at++] = cr;
      out[at++] = lf;
      column = 0;
    }
    if (width === 1 && !(column === 0 && isRiskyAtLineStart(bytes, i))) {
      out[at++] = byte;
      column += 1;
    } else {
      out[at++] = 0x3d;
      out[at++] = hex[byte >> 4]!;
      out[at++] = hex[byte & 15]!;
      column += 3;
    }
  }
  return out.subarray(0, at);
};

/** Octets of the UTF-8 sequence that this one begins; 0 for any other, which then adds no demand of its own. */
function sequenceLength(byte: number): number {
  if (byte >= 0xf0) return 4;
  if (byte >= 0xe0) return 3;
  return byte >= 0xc0 ? 2 : 0;
}

/** A dot alone would end the message for a server that gets dot-stuffing wrong; "From " gets a ">" in old stores. */
function isRiskyAtLineStart(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === 0x2e) return true;
  return from.every((octet, place) => bytes[at + place] === octet);
}
const from = Buffer.from('From ');

/** Two characters at once: 12 bits look up 16. */
const pairs = new Uint16Array(4096);
{
  const alphabet = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
  const octets = new Uint8Array(pairs.buffer);
  for (let value = 0; value < 4096; value += 1) {
    octets[value * 2] = alphabet[value >> 6]!;
    octets[value * 2 + 1] = alphabet[value & 63]!;
  }
}
const lineBreak = new Uint16Array(Uint8Array.of(cr, lf).buffer)[0]!;
const octetsPerLine = 57;

/** Lines of 76 with CRLF between them, written straight into their place: an invoice is copied once, not three times. */
export const encodeBase64 = (bytes: Uint8Array): Uint8Array => {
  const characters = Math.ceil(bytes.length / 3) * 4;
  const breaks = Math.max(0, Math.ceil(bytes.length / octetsPerLine) - 1);
  const out = new Uint8Array(characters + 2 * breaks);
  const words = new Uint16Array(out.buffer);
  const whole = bytes.length - (bytes.length % 3);
  let at = 0;
  for (let i = 0; i < whole; i += 3) {
    if (i > 0 && i % octetsPerLine === 0) words[at++] = lineBreak;
    const bits = (bytes[i]! << 16) | (bytes[i + 1]! << 8) | bytes[i + 2]!;
    words[at++] = pairs[bits >> 12]!;
    words[at++] = pairs[bits & 0xfff]!;
  }
  if (whole < bytes.length) {
    if (whole > 0 && whole % octetsPerLine === 0) words[at++] = lineBreak;
    const rest = Buffer.from(bytes.buffer, bytes.byteOffset + whole, bytes.length - whole).toString('base64');
    out.set(Buffer.from(rest), at * 2);
  }
  return out;
};
