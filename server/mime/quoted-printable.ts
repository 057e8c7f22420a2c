/**
 * Text as it stands (7bit) or in quoted-printable (RFC 2045 §6.7), line ends made CRLF on the way. One pass each over
 * the octets, in runs of those that stay as they are. Behind the `length` octets of a source stand `sourceMargin` zeros, so that
 * looking ahead needs no bounds.
 */

export const sourceMargin = 8;

const tab = 0x09;
const lf = 0x0a;
const cr = 0x0d;
const space = 0x20;
const hyphen = 0x2d;
const dot = 0x2e;
const equalsSign = 0x3d;
const letterF = 0x46;
const underscore = 0x5f;
const tilde = 0x7e;

/** RFC 5322 §2.1.1, without the line break. */
const maxLine = 998;
/** One less than RFC 2045 §6.7 allows: room for the "=" of a soft break. */
const maxQuotedLine = 75;

/** Room that `octets` may need in any form, base64 too: there each may be a line end that becomes two. */
export const roomFor = (octets: number): number => octets * 3 + Math.ceil((octets * 3) / 64) * 3 + 3;

/**
 * Copies text that needs no encoding.
 * @returns where in `out` it ended; -1 when it cannot go as it is: a line too long, an octet outside ASCII, a control, or
 *   a line that begins with "From ", to which old mailbox stores add ">", or like a boundary.
 */
export const writePlain = (source: Uint8Array, length: number, out: Uint8Array, start: number): number => {
  let at = start;
  let lineStart = start;
  if (isFrom(source, 0) || isLikeBoundary(source, 0)) return -1;
  for (let i = 0; i < length; ) {
    for (; i < length; i += 1) {
      const octet = source[i]!;
      if (octet < space || octet > tilde) break;
      out[at++] = octet;
    }
    if (i === length) break;
    const octet = source[i]!;
    i += 1;
    if (octet === tab) {
      out[at++] = tab;
      continue;
    }
    if ((octet !== cr && octet !== lf) || at - lineStart > maxLine) return -1;
    if (octet === cr && source[i] === lf) i += 1;
    out[at++] = cr;
    out[at++] = lf;
    lineStart = at;
    if (isFrom(source, i) || isLikeBoundary(source, i)) return -1;
  }
  return at - lineStart > maxLine ? -1 : at;
};

/**
 * @param maxEscapes more octets than this to escape, and it gives up.
 * @returns where in `out` it ended; -1 when it gave up.
 */
export const writeQuotedPrintable = (
  source: Uint8Array,
  length: number,
  out: Uint8Array,
  start: number,
  maxEscapes: number,
): number => {
  let at = start;
  let lineStart = start;
  let escapes = 0;
  for (let i = 0; i < length; ) {
    if (at === lineStart && isRisky(source, i)) at = writeEscaped(source[i++]!, out, at);
    for (const end = Math.min(length, i + maxQuotedLine - (at - lineStart)); i < end; i += 1) {
      const octet = source[i]!;
      if (octet < space || octet > tilde || octet === equalsSign) break;
      out[at++] = octet;
    }
    if (i === length) break;
    const octet = source[i]!;
    if (octet === cr || octet === lf) {
      at = endInVisible(out, lineStart, at);
      i += octet === cr && source[i + 1] === lf ? 2 : 1;
      out[at++] = cr;
      out[at++] = lf;
      lineStart = at;
      continue;
    }
    const isPlain = octet === tab || (octet >= space && octet <= tilde && octet !== equalsSign);
    // All octets of a character stay on one line.
    const octets = sequenceLength(octet);
    if (at - lineStart + (isPlain ? 1 : octets * 3) > maxQuotedLine) {
      at = writeSoftBreak(out, at);
      lineStart = at;
      continue;
    }
    if (isPlain) {
      out[at++] = octet;
      i += 1;
      continue;
    }
    escapes += octets;
    if (escapes > maxEscapes) return -1;
    for (const end = i + octets; i < end; i += 1) at = writeEscaped(source[i]!, out, at);
  }
  return endInVisible(out, lineStart, at);
};

/** White space at the end of a line may be lost on the way, so it is escaped (RFC 2045 §6.7 (3)). */
function endInVisible(out: Uint8Array, lineStart: number, end: number): number {
  const last = out[end - 1];
  if (end === lineStart || (last !== space && last !== tab)) return end;
  const at = end - 1;
  return writeEscaped(last, out, at - lineStart + 3 > maxQuotedLine + 1 ? writeSoftBreak(out, at) : at);
}

function writeSoftBreak(out: Uint8Array, at: number): number {
  out[at] = equalsSign;
  out[at + 1] = cr;
  out[at + 2] = lf;
  return at + 3;
}

const hex = Buffer.from('0123456789ABCDEF');

function writeEscaped(octet: number, out: Uint8Array, at: number): number {
  out[at] = equalsSign;
  out[at + 1] = hex[octet >> 4]!;
  out[at + 2] = hex[octet & 15]!;
  return at + 3;
}

/** Octets of the UTF-8 sequence that this one begins; the source is well-formed. */
function sequenceLength(octet: number): number {
  if (octet < 0xc0) return 1;
  if (octet < 0xe0) return 2;
  return octet < 0xf0 ? 3 : 4;
}

/** A dot alone would end the message for a server that gets dot-stuffing wrong; "From " gets a ">" in old stores. */
function isRisky(source: Uint8Array, at: number): boolean {
  return source[at] === dot || isFrom(source, at);
}

const from = Buffer.from('From ');

function isFrom(source: Uint8Array, at: number): boolean {
  return source[at] === letterF && from.every((octet, place) => source[at + place] === octet);
}

/** Every boundary of ours begins with "=_", which no base64 and no quoted-printable holds: text that does is encoded. */
function isLikeBoundary(source: Uint8Array, at: number): boolean {
  if (source[at] !== hyphen || source[at + 1] !== hyphen) return false;
  return source[at + 2] === equalsSign && source[at + 3] === underscore;
}
