/**
 * A variable font at one weight, as a plain TrueType font: what makes PDFs embeds those alone, and compound outlines
 * (letters with accents) right only when they are drawn out.
 */
import { writeFont } from './write-font.ts';
import { type Point, writeGlyph } from './write-glyph.ts';

/** What is used of fontkit. */
export interface OpenedFont {
  numGlyphs: number;
  variationAxes: { wght?: unknown };
  characterSet: number[];
  directory: { tables: Record<string, { offset: number; length: number }> };
  getVariation: (settings: Record<string, number>) => OpenedFont;
  getGlyph: (id: number) => {
    advanceWidth: number;
    path: { commands: { command: string; args: number[] }[]; bbox: { minX: number } };
  };
}

/** They describe how the font varies. */
const variable = new Set(['fvar', 'gvar', 'avar', 'HVAR', 'VVAR', 'MVAR', 'STAT', 'DSIG']);
/** For grid fitting on screens; outlines that were moved do not fit them any more. */
const fitting = new Set(['fpgm', 'prep', 'cvt ', 'gasp', 'hdmx', 'LTSH', 'VDMX', 'cvar']);

/** @param opened the font in `bytes`. @param weight 400 regular, 700 bold. */
export const makeStaticFont = (bytes: Buffer, opened: OpenedFont, weight: number): Buffer => {
  const tables = new Map<string, Buffer>();
  for (const [tag, { offset, length }] of Object.entries(opened.directory.tables)) {
    if (!variable.has(tag) && !fitting.has(tag)) tables.set(tag, bytes.subarray(offset, offset + length));
  }
  const font = opened.variationAxes.wght ? opened.getVariation({ wght: weight }) : opened;
  const metrics = Buffer.alloc(font.numGlyphs * 4);
  const glyphs = Array.from({ length: font.numGlyphs }, (_, id) => {
    const glyph = font.getGlyph(id);
    const { points, ends } = toPoints(glyph.path.commands);
    const left = points.length === 0 ? 0 : Math.min(...points.map(({ x }) => x));
    metrics.writeUInt16BE(Math.round(glyph.advanceWidth), id * 4);
    metrics.writeInt16BE(left, id * 4 + 2);
    return writeGlyph(points, ends);
  });
  const hhea = Buffer.from(tables.get('hhea')!);
  hhea.writeUInt16BE(font.numGlyphs, 34);
  return writeFont(tables.set('hhea', hhea).set('hmtx', metrics), glyphs);
};

function toPoints(commands: { command: string; args: number[] }[]): { points: Point[]; ends: number[] } {
  const points: Point[] = [];
  const ends: number[] = [];
  let start = 0;
  const add = (x: number, y: number, isOnCurve: boolean) =>
    points.push({ x: Math.round(x), y: Math.round(y), isOnCurve });
  for (const { command, args } of commands) {
    const [a, b, c, d] = args as [number, number, number, number];
    if (command === 'moveTo' || command === 'lineTo') add(a, b, true);
    else if (command === 'quadraticCurveTo') {
      add(a, b, false);
      add(c, d, true);
    } else if (command === 'closePath') {
      const [first, last] = [points[start], points.at(-1)];
      if (first && last && points.length - start > 1 && last.isOnCurve && last.x === first.x && last.y === first.y) {
        points.pop();
      }
      if (points.length > start) ends.push(points.length - 1);
      start = points.length;
    }
  }
  return { points, ends };
}
