/**
 * A font of the web (WOFF2, W3C Recommendation of 8 August 2024) becomes the TrueType font it was made of, which PDF takes.
 * Only what the bundled fonts have: one face, TrueType outlines. Outlines are written without instructions: what is printed
 * has no need of them.
 */
import { brotliDecompressSync } from 'node:zlib';
import { type FontTables, writeFont } from './write-font.ts';
import { type Point, writeGlyph } from './write-glyph.ts';

const knownTags =
  'cmap head hhea hmtx maxp name OS/2 post cvt  fpgm glyf loca prep CFF  VORG EBDT EBLC gasp hdmx kern LTSH PCLT VDMX vhea vmtx BASE GDEF GPOS GSUB EBSC JSTF MATH CBDT CBLC COLR CPAL SVG  sbix acnt avar bdat bloc bsln cvar fdsc feat fmtx fvar gvar hsty just lcar mort morx opbd prop trak Zapf Silf Glat Gloc Feat Sill';
const tagOf = (index: number) => knownTags.slice(index * 5, index * 5 + 4);

/** @throws Error when it is no WOFF2 font. */
export const unpackWoff2 = (bytes: Buffer): Buffer => {
  if (bytes.toString('latin1', 0, 4) !== 'wOF2') throw new Error('not a WOFF2 font');
  const reader = new Reader(bytes, 48);
  const entries = Array.from({ length: bytes.readUInt16BE(12) }, () => {
    const flags = reader.uint8();
    const tag = (flags & 63) === 63 ? reader.tag() : tagOf(flags & 63);
    const version = flags >> 6;
    const length = reader.base128();
    // For glyf and loca 3 says that they are as they were; for the others 0 does.
    const isTransformed = tag === 'glyf' || tag === 'loca' ? version !== 3 : version !== 0;
    return { tag, isTransformed, size: isTransformed ? reader.base128() : length };
  });
  const data = brotliDecompressSync(bytes.subarray(reader.at, reader.at + bytes.readUInt32BE(20)));
  const tables: FontTables = new Map();
  const transformed = new Set<string>();
  let at = 0;
  for (const { tag, isTransformed, size } of entries) {
    tables.set(tag, data.subarray(at, at + size));
    if (isTransformed) transformed.add(tag);
    at += size;
  }
  if (transformed.has('glyf')) {
    const { glyphs, left } = readGlyphs(tables.get('glyf')!);
    if (transformed.has('hmtx')) tables.set('hmtx', readMetrics(tables, left));
    return writeFont(tables, glyphs);
  }
  return writeFont(tables, null);
};

class Reader {
  readonly bytes: Buffer;
  at: number;
  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }
  uint8() {
    this.at += 1;
    return this.bytes.readUInt8(this.at - 1);
  }
  uint16() {
    this.at += 2;
    return this.bytes.readUInt16BE(this.at - 2);
  }
  int16() {
    this.at += 2;
    return this.bytes.readInt16BE(this.at - 2);
  }
  uint32() {
    this.at += 4;
    return this.bytes.readUInt32BE(this.at - 4);
  }
  tag() {
    this.at += 4;
    return this.bytes.toString('latin1', this.at - 4, this.at);
  }
  take(length: number) {
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
  base128() {
    for (let value = 0; ; ) {
      const byte = this.uint8();
      value = value * 128 + (byte & 127);
      if (byte < 128) return value;
    }
  }
  /** 255UInt16 of §4.1. */
  short() {
    const code = this.uint8();
    if (code === 253) return this.uint16();
    if (code === 255) return this.uint8() + 253;
    return code === 254 ? this.uint8() + 506 : code;
  }
}

/** §5.1. `left` is the least x of each glyph, for hmtx. */
function readGlyphs(table: Buffer): { glyphs: Buffer[]; left: number[] } {
  const head = new Reader(table, 4);
  const count = head.uint16();
  head.at += 2;
  const sizes = Array.from({ length: 7 }, () => head.uint32());
  const [contours, pointCounts, flags, coordinates, composites, boxes] = sizes.map(
    (size) => new Reader(head.take(size)),
  ) as [Reader, Reader, Reader, Reader, Reader, Reader];
  const boxBits = boxes.take(((count + 31) >> 5) << 2);
  const left: number[] = [];
  const glyphs = Array.from({ length: count }, (_, place) => {
    const contourCount = contours.int16();
    const hasBox = ((boxBits[place >> 3]! >> (7 - (place & 7))) & 1) === 1;
    const box = hasBox ? boxes.take(8) : null;
    left.push(box?.readInt16BE(0) ?? 0);
    if (contourCount === 0) return Buffer.alloc(0);
    if (contourCount < 0) {
      const parts = readComposite(composites);
      if (parts.hasInstructions) coordinates.short();
      return Buffer.concat([Buffer.from([0xff, 0xff]), box!, parts.bytes]);
    }
    const ends: number[] = [];
    let total = 0;
    for (let contour = 0; contour < contourCount; contour += 1) {
      total += pointCounts.short();
      ends.push(total - 1);
    }
    const points = readPoints(total, flags, coordinates);
    // Instructions stand in a stream of their own, which nobody reads here.
    coordinates.short();
    if (!box) left[place] = points.reduce((least, { x }) => Math.min(least, x), Number.POSITIVE_INFINITY);
    return writeGlyph(points, ends);
  });
  return { glyphs, left };
}

/** Table 3 of §5.2: how many bits of dx and dy stand where. */
function readPoints(count: number, flags: Reader, from: Reader): Point[] {
  let [x, y] = [0, 0];
  const sign = (flag: number, value: number) => (flag & 1 ? value : -value);
  return Array.from({ length: count }, () => {
    const byte = flags.uint8();
    const flag = byte & 127;
    let [dx, dy] = [0, 0];
    if (flag < 10) dy = sign(flag, ((flag & 14) << 7) + from.uint8());
    else if (flag < 20) dx = sign(flag, (((flag - 10) & 14) << 7) + from.uint8());
    else if (flag < 84) {
      const [rest, both] = [flag - 20, from.uint8()];
      dx = sign(flag, 1 + (rest & 0x30) + (both >> 4));
      dy = sign(flag >> 1, 1 + ((rest & 0x0c) << 2) + (both & 15));
    } else if (flag < 120) {
      const rest = flag - 84;
      dx = sign(flag, 1 + (Math.floor(rest / 12) << 8) + from.uint8());
      dy = sign(flag >> 1, 1 + (((rest % 12) >> 2) << 8) + from.uint8());
    } else if (flag < 124) {
      const [high, middle, low] = [from.uint8(), from.uint8(), from.uint8()];
      dx = sign(flag, (high << 4) + (middle >> 4));
      dy = sign(flag >> 1, ((middle & 15) << 8) + low);
    } else {
      dx = sign(flag, from.uint16());
      dy = sign(flag >> 1, from.uint16());
    }
    x += dx;
    y += dy;
    return { x, y, isOnCurve: byte < 128 };
  });
}

const [argsAreWords, hasScale, hasMore, hasTwoScales, hasMatrix, hasInstructions] = [1, 8, 32, 64, 128, 256];

function readComposite(reader: Reader): { bytes: Buffer; hasInstructions: boolean } {
  const pieces: Buffer[] = [];
  let instructed = false;
  for (let flags = hasMore; flags & hasMore; ) {
    flags = reader.uint16();
    instructed ||= (flags & hasInstructions) !== 0;
    const scales = flags & hasScale ? 2 : flags & hasTwoScales ? 4 : flags & hasMatrix ? 8 : 0;
    const head = Buffer.alloc(2);
    head.writeUInt16BE(flags & ~hasInstructions);
    pieces.push(head, reader.take(2 + (flags & argsAreWords ? 4 : 2) + scales));
  }
  return { bytes: Buffer.concat(pieces), hasInstructions: instructed };
}

/** §5.4: side bearings that are the glyph's own least x were left out. */
function readMetrics(tables: FontTables, left: readonly number[]): Buffer {
  const long = tables.get('hhea')!.readUInt16BE(34);
  const reader = new Reader(tables.get('hmtx')!);
  const flags = reader.uint8();
  const advances = Array.from({ length: long }, () => reader.uint16());
  const bearings = left.map((least, place) => {
    const isLeftOut = (flags & (place < long ? 1 : 2)) !== 0;
    return isLeftOut ? least : reader.int16();
  });
  const written = Buffer.alloc(long * 4 + (left.length - long) * 2);
  for (const [place, bearing] of bearings.entries()) {
    if (place < long) written.writeUInt16BE(advances[place]!, place * 4);
    written.writeInt16BE(bearing, place < long ? place * 4 + 2 : long * 4 + (place - long) * 2);
  }
  return written;
}
