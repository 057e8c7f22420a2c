/**
 * A message body as DATA wants it (RFC 5321 §4.5.2): every line ends with CRLF, whether CR, LF or CRLF came in, and a dot that
 * begins a line is doubled. So the only CRLF.CRLF on the wire is ours, and no receiver sees two messages where one was
 * sent (SMTP smuggling). State crosses blocks, wherever they are cut.
 */

const CR = 13;
const LF = 10;
const DOT = 46;

export class BodyEncoder {
  #isLineStart = true;
  /** A CR that ended the last block: already written as CRLF, so that an LF that follows adds nothing. */
  #hadReturn = false;

  /** A new array; the given one is not changed. */
  encode(block: Uint8Array): Uint8Array<ArrayBuffer> {
    // The worst case is a block of bare line ends or of lines that are one dot: twice its size.
    const out = new Uint8Array(block.length * 2);
    let length = 0;
    for (let i = 0; i < block.length; i++) {
      const byte = block[i] as number;
      if (byte === LF && this.#hadReturn) {
        this.#hadReturn = false;
        continue;
      }
      this.#hadReturn = byte === CR;
      if (byte === CR || byte === LF) {
        out[length++] = CR;
        out[length++] = LF;
        this.#isLineStart = true;
        continue;
      }
      if (byte === DOT && this.#isLineStart) out[length++] = DOT;
      this.#isLineStart = false;
      out[length++] = byte;
    }
    return out.subarray(0, length);
  }

  /** The end of data: a dot on a line of its own. */
  end(): string {
    return this.#isLineStart ? '.\r\n' : '\r\n.\r\n';
  }
}

/** What one look at a whole message tells. */
export interface BodyFacts {
  /** Octets with CRLF line ends, before dots are doubled: what SIZE means (RFC 1870 §5). */
  sizeBytes: number;
  has8Bit: boolean;
  /** Every line end is CRLF already. */
  hasCleanLines: boolean;
  /** No line begins with a dot. */
  hasNoDots: boolean;
}

/** Most words of a message hold no byte as small as CR and are passed over four bytes at a time. */
export function inspectBody(data: Uint8Array): BodyFacts {
  const { length, byteOffset } = data;
  let added = 0;
  let seen = 0;
  let hasNoDots = data[0] !== DOT;
  const look = (from: number, until: number): void => {
    for (let i = from; i < until; i++) {
      const byte = data[i] as number;
      seen |= byte;
      if (byte !== LF && byte !== CR) continue;
      const isClean = byte === LF ? data[i - 1] === CR : data[i + 1] === LF;
      if (!isClean) added++;
      if (data[i + 1] === DOT) hasNoDots = false;
    }
  };
  /** Before the first whole word. */
  const head = Math.min(length, (4 - (byteOffset & 3)) & 3);
  const count = (length - head) >> 2;
  const words = count === 0 ? [] : new Int32Array(data.buffer, byteOffset + head, count);
  look(0, head);
  for (let place = 0; place < count; place++) {
    const word = words[place] as number;
    seen |= word;
    // Not zero where a byte is less than 0x0e (and sometimes for one behind such a byte).
    if (((word - 0x0e0e0e0e) & ~word & 0x80808080) !== 0) look(head + place * 4, head + place * 4 + 4);
  }
  look(head + count * 4, length);
  return { sizeBytes: length + added, has8Bit: (seen & 0x80808080) !== 0, hasCleanLines: added === 0, hasNoDots };
}

/** `data` as DATA wants it, without the end; the same array where nothing has to be changed. */
export function encodeBody(data: Uint8Array, { hasCleanLines, hasNoDots }: BodyFacts): Uint8Array {
  return hasCleanLines && hasNoDots ? data : new BodyEncoder().encode(data);
}

/** What ends an encoded body: a dot on a line of its own (RFC 5321 §4.1.1.4). */
export function findEnd(encoded: Uint8Array): string {
  const { length } = encoded;
  const isLineStart = length === 0 || (encoded[length - 1] === LF && encoded[length - 2] === CR);
  return isLineStart ? '.\r\n' : '\r\n.\r\n';
}

/** `data` as BDAT wants it (RFC 3030): lines end in CRLF, the last one too, and dots are only dots. */
export function normaliseLines(data: Uint8Array, { hasCleanLines, sizeBytes }: BodyFacts): Uint8Array {
  const { length } = data;
  const isEnded = length === 0 || data[length - 1] === LF || data[length - 1] === CR;
  if (hasCleanLines && isEnded) return data;
  const out = new Uint8Array(sizeBytes + (isEnded ? 0 : 2));
  let at = 0;
  for (let i = 0; i < length; i++) {
    const byte = data[i] as number;
    if (byte === LF && data[i - 1] === CR) continue;
    if (byte === CR || byte === LF) {
      out[at++] = CR;
      out[at++] = LF;
    } else out[at++] = byte;
  }
  if (!isEnded) out.set([CR, LF], at);
  return out;
}
