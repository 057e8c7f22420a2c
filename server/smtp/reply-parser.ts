/**
 * Bytes from a server → replies (RFC 5321 §4.2), however they are cut into segments.
 *
 * Strict where it matters for matching replies with commands: three digits 200–599, then a space, a hyphen or the end of
 * the line; every line of a reply has the same code. Anything else is a fault, at the first byte that shows it, and after
 * a fault nothing is parsed any more. Lenient where it does not: a line may end with a bare LF, as old servers do (only
 * what we *send* must be CRLF), and a bare CR inside a line is ordinary, escaped text.
 * Bounds: 64 KB for one reply. Time: linear in the bytes, whatever the segments.
 */
import { Buffer } from 'node:buffer';
import type { Reply } from './outcome.ts';
import { decodeSafely } from './safe-text.ts';

export const maxReplyBytes = 64 * 1024;
/** A server that puts an id into its replies brings new ones for ever. */
const mostKnown = 16;
const longestKnown = 512;

/** One may be given many times: nobody writes into it. */
export interface ParsedReply {
  readonly reply: Reply;
  /** The lines as they came, safe to print; for the transcript. */
  readonly raw: readonly string[];
}

export interface ParseResult {
  replies: ParsedReply[];
  /** Why the bytes are not SMTP replies, for a log; null while they are. */
  fault: string | null;
}

export class ReplyParser {
  /** Bytes of a reply that is not complete yet. */
  pendingBytes = 0;
  /** The text that caused the fault, safe to print, at most 200 characters. */
  faultText = '';
  #fault: string | null = null;
  #line: Uint8Array[] = [];
  #lineBytes = 0;
  #code = '';
  #raw: string[] = [];
  /** Of one line each. Nearly every reply is one that this server has given before. */
  readonly #known = new Map<string, ParsedReply>();

  push(chunk: Uint8Array): ParseResult {
    const replies: ParsedReply[] = [];
    let from = 0;
    while (this.#fault === null && from < chunk.length) {
      const lineFeed = chunk.indexOf(10, from);
      const to = lineFeed === -1 ? chunk.length : lineFeed;
      const plain = lineFeed !== -1 && this.#lineBytes === 0 ? readPlainLine(chunk, from, lineFeed) : null;
      if (plain === null) {
        this.#line.push(chunk.subarray(from, to));
        this.#lineBytes += to - from;
      }
      this.pendingBytes += to - from + (lineFeed === -1 ? 0 : 1);
      from = to + 1;
      const known = plain === null || this.#code !== '' ? undefined : this.#known.get(plain);
      if (known !== undefined) {
        replies.push(known);
        this.pendingBytes = 0;
      } else if (this.pendingBytes > maxReplyBytes) this.#refuse(`a reply of more than ${maxReplyBytes} bytes`, plain);
      else if (lineFeed === -1) this.#checkStart();
      else this.#endLine(plain, replies);
    }
    return { replies, fault: this.#fault };
  }

  /** So that a banner without line end (a TLS alert, a binary protocol) is recognised at once, not by time-out. */
  #checkStart(): void {
    const start = this.#joinLine(4);
    const code = start.subarray(0, 3);
    const isDigits = code.every((byte, i) => (i === 0 ? byte >= 0x32 && byte <= 0x35 : byte >= 0x30 && byte <= 0x39));
    const separator = start[3];
    const isSeparator = separator === undefined || separator === 0x20 || separator === 0x2d || separator === 0x0d;
    if (!isDigits || !isSeparator) this.#refuse('a line that does not begin with a reply code');
  }

  /** @param plain the line where that is known already; else it is what was gathered */
  #endLine(plain: string | null, replies: ParsedReply[]): void {
    const text = plain ?? decodeSafely(this.#trimReturn(this.#joinLine()));
    const code = replyStart.test(text) ? text.slice(0, 3) : '';
    if (code === '') this.#refuse('a line that does not begin with a reply code', plain);
    else if (this.#code !== '' && this.#code !== code) {
      this.#refuse(`a reply whose code changes from ${this.#code} to ${code}`, plain);
    } else this.#takeLine(code, text, text[3] === '-', replies);
  }

  #takeLine(code: string, text: string, isContinued: boolean, replies: ParsedReply[]): void {
    this.#code = code;
    this.#raw.push(text);
    if (this.#line.length > 0) this.#line = [];
    this.#lineBytes = 0;
    if (isContinued) return;
    const parsed = { reply: toReply(code, this.#raw), raw: this.#raw };
    replies.push(parsed);
    if (this.#raw.length === 1 && text.length <= longestKnown && this.#known.size < mostKnown)
      this.#known.set(text, parsed);
    this.#raw = [];
    this.#code = '';
    this.pendingBytes = 0;
  }

  #joinLine(atMost = this.#lineBytes): Uint8Array {
    const first = this.#line[0];
    if (first !== undefined && (this.#line.length === 1 || first.length >= atMost)) return first.subarray(0, atMost);
    const parts: Uint8Array[] = [];
    for (let i = 0, bytes = 0; i < this.#line.length && bytes < atMost; i++) {
      const part = this.#line[i] as Uint8Array;
      parts.push(part);
      bytes += part.length;
    }
    return Buffer.concat(parts).subarray(0, atMost);
  }

  #trimReturn(line: Uint8Array): Uint8Array {
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }

  #refuse(fault: string, plain: string | null = null): void {
    this.#fault = fault;
    const text = plain ?? decodeSafely(this.#trimReturn(this.#joinLine().subarray(0, 200)));
    this.faultText = text.slice(0, 200);
    this.#line = [];
    this.#raw = [];
  }
}

const replyStart = /^[2-5]\d\d(?:[ -]|$)/;

/** Nearly every line: it came whole, and is printable ASCII. Else null. */
function readPlainLine(chunk: Uint8Array, from: number, lineFeed: number): string | null {
  const to = lineFeed > from && chunk[lineFeed - 1] === 0x0d ? lineFeed - 1 : lineFeed;
  for (let i = from; i < to; i++) {
    const byte = chunk[i] as number;
    if (byte < 0x20 || byte > 0x7e) return null;
  }
  return Buffer.prototype.latin1Slice.call(chunk, from, to);
}

/** The enhanced code is taken from the first line; of another class than the code it is only text (RFC 2034 §4). */
function toReply(code: string, raw: string[]): Reply {
  let enhancedCode = '';
  const lines = raw.map((line) => {
    const text = line.slice(4);
    const match = /^([245])\.\d{1,3}\.\d{1,3}(?= |$)/.exec(text);
    if (match === null || match[1] !== code[0]) return text;
    if (enhancedCode === '') enhancedCode = match[0];
    return text.slice(match[0].length + 1);
  });
  return { code: Number(code), enhancedCode, lines };
}
