/** Tables → a TrueType font (OpenType 1.9.1, Organization of an OpenType Font). */

export type FontTables = Map<string, Buffer>;

/** @param glyphs in order, each of a length that 4 divides; null: glyf and loca are among the tables. */
export const writeFont = (tables: ReadonlyMap<string, Buffer>, glyphs: readonly Buffer[] | null): Buffer => {
  const all = new Map(tables);
  if (glyphs) {
    const loca = Buffer.alloc((glyphs.length + 1) * 4);
    let end = 0;
    for (const [place, glyph] of glyphs.entries()) {
      end += glyph.length + padding(glyph.length);
      loca.writeUInt32BE(end, (place + 1) * 4);
    }
    all.set('glyf', Buffer.concat(glyphs.flatMap((glyph) => [glyph, Buffer.alloc(padding(glyph.length))])));
    all.set('loca', loca);
    const head = Buffer.from(all.get('head')!);
    head.writeInt16BE(1, 50);
    all.set('head', head);
  }
  const sorted = [...all].sort(([a], [b]) => (a < b ? -1 : 1));
  const directory = Buffer.alloc(12 + sorted.length * 16);
  const power = 2 ** Math.floor(Math.log2(sorted.length));
  directory.writeUInt32BE(0x00010000, 0);
  directory.writeUInt16BE(sorted.length, 4);
  directory.writeUInt16BE(power * 16, 6);
  directory.writeUInt16BE(Math.log2(power), 8);
  directory.writeUInt16BE((sorted.length - power) * 16, 10);
  const pieces: Buffer[] = [directory];
  let at = directory.length;
  for (const [place, [tag, bytes]] of sorted.entries()) {
    const entry = 12 + place * 16;
    directory.write(tag, entry, 'latin1');
    directory.writeUInt32BE(sumOf(bytes), entry + 4);
    directory.writeUInt32BE(at, entry + 8);
    directory.writeUInt32BE(bytes.length, entry + 12);
    pieces.push(bytes, Buffer.alloc(padding(bytes.length)));
    at += bytes.length + padding(bytes.length);
  }
  return Buffer.concat(pieces);
};

const padding = (length: number) => (4 - (length % 4)) % 4;

function sumOf(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 4 <= bytes.length; at += 4) sum = (sum + bytes.readUInt32BE(at)) >>> 0;
  const rest = bytes.length % 4;
  if (rest > 0) sum = (sum + Buffer.concat([bytes.subarray(-rest), Buffer.alloc(4 - rest)]).readUInt32BE(0)) >>> 0;
  return sum;
}
