/**
 * Base64 in lines of 76 (RFC 2045 §6.8), written straight into its place.
 *
 * The platform encodes a few lines at a time into a scratch that stays in the processor's cache; from there they are
 * copied, with their line breaks, to where they belong. So an invoice passes through memory once, and its encoded
 * size is known before anything is read.
 */

const octetsPerLine = 57;
const charactersPerLine = 76;
const linesPerRound = 64;
const scratch = Buffer.allocUnsafeSlow(linesPerRound * charactersPerLine);
const scratchView = new DataView(scratch.buffer);
/** CR LF, read as a little-endian number. */
const lineBreak = 0x0a0d;

/** Octets that `octets` of content take in base64 lines; no line break after the last. */
export const measureBase64 = (octets: number): number =>
  Math.ceil(octets / 3) * 4 + 2 * Math.max(0, Math.ceil(octets / octetsPerLine) - 1);

/** @returns where in `out` it ended. `out` has room for `measureBase64(content.length)` from `at`. */
export const writeBase64 = (content: Uint8Array, out: Buffer, at: number): number => {
  const source = Buffer.from(content.buffer, content.byteOffset, content.length);
  const view = new DataView(out.buffer, out.byteOffset, out.length);
  let to = at;
  for (let from = 0; from < source.length; from += linesPerRound * octetsPerLine) {
    const octets = Math.min(source.length - from, linesPerRound * octetsPerLine);
    const length = scratch.write(source.toString('base64', from, from + octets), 0, 'latin1');
    for (let line = 0; line < length; line += charactersPerLine) {
      if (line + charactersPerLine > length) {
        to += scratch.copy(out, to, line, length);
        break;
      }
      to = copyLine(view, to, line);
      if (from + octets < source.length || line + charactersPerLine < length) {
        view.setUint16(to, lineBreak, true);
        to += 2;
      }
    }
  }
  return to;
};

/** Eight characters at a time, as numbers: ASCII is never one of those that a processor may change on the way (NaN). */
function copyLine(view: DataView, to: number, from: number): number {
  for (let place = 0; place < 72; place += 8) {
    view.setFloat64(to + place, scratchView.getFloat64(from + place, true), true);
  }
  view.setUint32(to + 72, scratchView.getUint32(from + 72, true), true);
  return to + charactersPerLine;
}

/** Content that has been encoded once, to be put into any number of messages; made by `encodeBase64Lines` alone. */
export class Base64Lines {
  readonly #bytes: Uint8Array;

  constructor(content: Uint8Array) {
    const out = Buffer.allocUnsafeSlow(measureBase64(content.length));
    writeBase64(content, out, 0);
    this.#bytes = out;
  }

  /** To be read, not written. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

export const encodeBase64Lines = (content: Uint8Array): Base64Lines => new Base64Lines(content);

/** Lines that become one chunk of at most 64 KB. */
const octetsPerChunk = 800 * octetsPerLine;

/**
 * The same lines, of content that comes bit by bit; holds one chunk at a time.
 * @throws Error when there is more or less of it than `sizeBytes`, for which the size of the message has been promised.
 */
export async function* streamBase64(
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sizeBytes: number,
): AsyncGenerator<Buffer> {
  const held = Buffer.allocUnsafe(Math.min(sizeBytes, octetsPerChunk));
  let length = 0;
  let taken = 0;
  for await (const piece of content) {
    for (let from = 0; from < piece.length; ) {
      if (taken === sizeBytes)
        throw new Error(`An attachment has more than the ${sizeBytes} bytes it was said to have.`);
      const wanted = Math.min(octetsPerChunk, sizeBytes - taken + length);
      const count = Math.min(piece.length - from, wanted - length);
      const isWhole = count === wanted;
      const octets = piece.subarray(from, from + count);
      if (!isWhole) held.set(octets, length);
      from += count;
      length += count;
      taken += count;
      if (length < wanted) continue;
      length = 0;
      yield encodeChunk(isWhole ? octets : held.subarray(0, wanted), taken === sizeBytes);
    }
  }
  if (taken < sizeBytes) throw new Error(`An attachment ended after ${taken} of ${sizeBytes} bytes.`);
}

function encodeChunk(octets: Uint8Array, isLast: boolean): Buffer {
  const out = Buffer.allocUnsafe(measureBase64(octets.length) + (isLast ? 0 : 2));
  const end = writeBase64(octets, out, 0);
  if (!isLast) out.writeUInt16LE(lineBreak, end);
  return out;
}
