/** Text in a form that every server passes on unchanged: 7bit, quoted-printable or base64 (RFC 2045 §6). */
import { writeBase64 } from './base64-lines.ts';
import { roomFor, sourceMargin, writePlain, writeQuotedPrintable } from './quoted-printable.ts';

export type TransferEncoding = '7bit' | 'quoted-printable' | 'base64';

export interface EncodedText {
  encoding: TransferEncoding;
  bytes: Uint8Array;
}

/**
 * Where the texts of one message are encoded, side by side, before they are copied to their place: how long they get is
 * known only afterwards. One desk serves every message, one after the other; what it gave is void when it is cleared.
 */
export class TextDesk {
  #source = Buffer.alloc(0);
  #out = Buffer.alloc(0);
  #used = 0;
  readonly #firstOctets: number;

  /** @param firstOctets room to begin with. */
  constructor(firstOctets: number) {
    this.#firstOctets = firstOctets;
  }

  clear(): void {
    this.#used = 0;
    if (this.#out.length > keptOctets) this.#out = Buffer.alloc(0);
    if (this.#source.length > keptOctets) this.#source = Buffer.alloc(0);
  }

  /**
   * As UTF-8 with CRLF line ends, whatever they were. 7bit where it is plain already; base64 where more than a quarter is
   * outside ASCII, which makes it the shorter one; else quoted-printable, which spam filters trust more.
   */
  encode(text: string): EncodedText {
    const length = this.#take(text);
    this.#makeRoom(roomFor(length));
    const start = this.#used;
    const end = writePlain(this.#source, length, this.#out, start);
    if (end >= 0) return { encoding: '7bit', bytes: this.#cut(end) };
    const quotedEnd = writeQuotedPrintable(this.#source, length, this.#out, start, length >> 2);
    if (quotedEnd >= 0) return { encoding: 'quoted-printable', bytes: this.#cut(quotedEnd) };
    const bytes = Buffer.from(text.replace(/\r\n|\r|\n/g, '\r\n'));
    return { encoding: 'base64', bytes: this.#cut(writeBase64(bytes, this.#out, start)) };
  }

  /** @returns octets of `text`, which now stand in the source. */
  #take(text: string): number {
    const most = text.length * 3 + sourceMargin;
    if (this.#source.length < most) this.#source = Buffer.allocUnsafeSlow(Math.max(most, this.#firstOctets));
    const length = this.#source.write(text);
    this.#source.fill(0, length, length + sourceMargin);
    return length;
  }

  #makeRoom(octets: number): void {
    if (this.#out.length - this.#used >= octets) return;
    // What was cut before keeps the old one.
    this.#out = Buffer.allocUnsafeSlow(Math.max(octets, this.#firstOctets));
    this.#used = 0;
  }

  #cut(end: number): Uint8Array {
    const bytes = this.#out.subarray(this.#used, end);
    this.#used = end;
    return bytes;
  }
}

/** A rare long text does not keep its room for ever. */
const keptOctets = 1024 * 1024;

/** A whole message as an attachment may be neither quoted nor base64 (RFC 2046 §5.2.1): whether it is 7bit with CRLF. */
export const isPlainMessage = (content: Uint8Array): boolean => {
  const text = Buffer.from(content.buffer, content.byteOffset, content.length).toString('latin1');
  if (/[^\t\r\n\x20-\x7e]|\r(?!\n)|(?<!\r)\n/.test(text) || /^From /m.test(text)) return false;
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\r\n', start);
    if ((end < 0 ? text.length : end) - start > 998) return false;
    if (end < 0) break;
    start = end + 2;
  }
  return true;
};
