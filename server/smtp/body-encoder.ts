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
  end(): Uint8Array<ArrayBuffer> {
    return new TextEncoder().encode(this.#isLineStart ? '.\r\n' : '\r\n.\r\n');
  }
}

/** Octets of the message with CRLF line ends, before dots are doubled: what SIZE means (RFC 1870 §5). */
export function measureBody(data: Uint8Array): { sizeBytes: number; has8Bit: boolean } {
  let sizeBytes = data.length;
  let has8Bit = false;
  for (let i = 0; i < data.length; i++) {
    const byte = data[i] as number;
    if (byte >= 0x80) has8Bit = true;
    else if (byte === LF && data[i - 1] !== CR) sizeBytes++;
    else if (byte === CR && data[i + 1] !== LF) sizeBytes++;
  }
  return { sizeBytes, has8Bit };
}
