/**
 * The words of a message's text, for the search: of its text parts, or where it has none of its HTML. Attachments are left
 * out. It need not understand every mail that exists, but takes bounded time for any: what it cannot read is not found.
 */
import { foldText, splitWords } from './search-text.ts';

/** Of a text, characters; a person remembers words from the beginning. */
const mostText = 64 * 1024;
/** Of a part, as it is encoded. */
const mostBytes = 256 * 1024;
const mostHead = 16 * 1024;
const mostDepth = 8;
const mostParts = 50;

/** @param source bytes of the message; attachments need not be among them. */
export const readWords = (source: Uint8Array): string[] => splitWords(foldText(readText(source)));

export const readText = (source: Uint8Array): string => {
  const buffer = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  const found: Found = { texts: [], pages: [], left: mostParts };
  collect(buffer, 0, found);
  const text = found.texts.length > 0 ? found.texts.join('\n') : found.pages.map(stripTags).join('\n');
  return text.slice(0, mostText);
};

interface Found {
  texts: string[];
  pages: string[];
  /** Parts that may still be looked at. */
  left: number;
}

function collect(part: Buffer, depth: number, found: Found): void {
  if (depth > mostDepth || found.left <= 0) return;
  found.left -= 1;
  const { head, body } = divide(part);
  const type = readField(head, 'content-type') || 'text/plain';
  if (/^multipart\//i.test(type)) {
    const boundary = readParameter(type, 'boundary');
    if (boundary) for (const each of splitParts(body, boundary, found)) collect(each, depth + 1, found);
    return;
  }
  const isText = /^text\/plain\b/i.test(type);
  if (!isText && !/^text\/html\b/i.test(type)) return;
  if (/^attachment\b/i.test(readField(head, 'content-disposition'))) return;
  const bytes = decode(body.subarray(0, mostBytes), readField(head, 'content-transfer-encoding').toLowerCase());
  const text = toText(bytes, readParameter(type, 'charset') ?? 'utf-8');
  (isText ? found.texts : found.pages).push(text.slice(0, isText ? mostText : mostBytes));
}

function divide(part: Buffer): { head: string; body: Buffer } {
  // A part without header fields begins with the empty line.
  if (part.subarray(0, 2).toString('latin1') === '\r\n') return { head: '', body: part.subarray(2) };
  const end = part.subarray(0, mostHead).indexOf('\r\n\r\n');
  if (end < 0) return { head: '', body: part.subarray(part.length) };
  return { head: part.toString('latin1', 0, end).replace(/\r\n(?=[ \t])/g, ''), body: part.subarray(end + 4) };
}

function readField(head: string, name: string): string {
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon === name.length && line.slice(0, colon).toLowerCase() === name) return line.slice(colon + 1).trim();
  }
  return '';
}

function readParameter(field: string, name: string): string | null {
  const [, quoted, bare] = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, 'i').exec(field) ?? [];
  return quoted ?? bare ?? null;
}

function* splitParts(body: Buffer, boundary: string, found: Found): Generator<Buffer> {
  const mark = `--${boundary}`;
  let from = -1;
  for (let at = body.indexOf(mark); at >= 0 && found.left > 0; at = body.indexOf(mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== 10) continue;
    if (from >= 0) yield body.subarray(from, Math.max(from, at - 2));
    const lineEnd = body.indexOf('\r\n', at);
    if (lineEnd < 0 || body.toString('latin1', at + mark.length, at + mark.length + 2) === '--') return;
    from = lineEnd + 2;
  }
  if (from >= 0) yield body.subarray(from);
}

function decode(body: Buffer, encoding: string): Buffer {
  if (encoding === 'base64') return Buffer.from(body.toString('latin1'), 'base64');
  if (encoding !== 'quoted-printable' || !body.includes(61)) return body;
  const decoded = Buffer.allocUnsafe(body.length);
  let end = 0;
  for (let at = 0; at < body.length; at += 1) {
    const octet = body[at] as number;
    if (octet !== 61) {
      decoded[end++] = octet;
      continue;
    }
    const next = body[at + 1];
    if (next === 13 || next === 10) {
      at += next === 13 && body[at + 2] === 10 ? 2 : 1;
      continue;
    }
    const high = hexDigit(next);
    const low = hexDigit(body[at + 2]);
    if (high < 0 || low < 0) decoded[end++] = octet;
    else {
      decoded[end++] = high * 16 + low;
      at += 2;
    }
  }
  return decoded.subarray(0, end);
}

function hexDigit(octet: number | undefined): number {
  if (octet === undefined) return -1;
  if (octet >= 48 && octet <= 57) return octet - 48;
  const letter = octet | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function toText(bytes: Buffer, charset: string): string {
  if (/^(utf-?8|us-ascii)$/i.test(charset)) return bytes.toString('utf8');
  try {
    return new TextDecoder(charset).decode(bytes);
  } catch {
    return bytes.toString('utf8');
  }
}

/** Elements whose content nobody reads. */
const hidden = ['script', 'style', 'head', 'title'];
const named: Record<string, string> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ', euro: '€', copy: '©', shy: '' },
  ...{ auml: 'ä', ouml: 'ö', uuml: 'ü', Auml: 'Ä', Ouml: 'Ö', Uuml: 'Ü', szlig: 'ß', eacute: 'é', egrave: 'è' },
};

function stripTags(page: string): string {
  let text = '';
  let at = 0;
  const lower = page.toLowerCase();
  /** Never closed from here on: not looked for again. */
  const open = new Set<string>();
  while (at < page.length) {
    const tag = page.indexOf('<', at);
    text += page.slice(at, tag < 0 ? page.length : tag);
    if (tag < 0) break;
    const isComment = lower.startsWith('<!--', tag);
    const end = lower.indexOf(isComment ? '-->' : '>', tag);
    if (end < 0) break;
    const name = /^<([a-z0-9]+)/.exec(lower.slice(tag, tag + 20))?.[1] ?? '';
    const close = hidden.includes(name) && !open.has(name) ? lower.indexOf(`</${name}`, end) : -1;
    if (close < 0) open.add(name);
    at = close > 0 ? close : end + (isComment ? 3 : 1);
    // A word goes on through <b>, not through anything else.
    if (!inline.has(name || lower.slice(tag + 2, end).trim())) text += ' ';
  }
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,8}));/gi, (whole, decimal, hex, name) => {
    if (name) return named[name] ?? whole;
    const point = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : ' ';
  });
}

const inline = new Set([
  'a',
  'b',
  'i',
  'u',
  's',
  'em',
  'strong',
  'span',
  'font',
  'mark',
  'small',
  'code',
  'sup',
  'sub',
]);
