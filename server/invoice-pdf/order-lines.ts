/**
 * Text with words from right to left, in lines of a given width and each line in the order in which it is seen (Unicode
 * Bidirectional Algorithm, UAX 9): what makes the PDF only places words from left to right. Within a word the font's own
 * shaping orders the letters.
 */
import bidiFactory, { type Bidi } from 'bidi-js';

// Its types speak of the CommonJS build, where the factory is a property.
const { getEmbeddingLevels, getMirroredCharacter } = (bidiFactory as unknown as () => Bidi)();

const rightToLeft = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]|[\ud802\ud803\ud83a\ud83b]/;

export const isRightToLeft = (text: string): boolean => rightToLeft.test(text);

export interface Piece {
  text: string;
  /** Its letters run from right to left; the text is in the order in which it is read. */
  isFromRight: boolean;
}

export interface OrderedLine {
  /** Words and spaces from left to right. */
  pieces: Piece[];
  /** The paragraph reads from right to left: it is aligned so. */
  isFromRight: boolean;
}

/** @param measure the width of a piece. */
export const orderLines = (text: string, width: number, measure: (text: string) => number): OrderedLine[] =>
  text.split('\n').flatMap((paragraph) => {
    const { levels, paragraphs } = getEmbeddingLevels(paragraph);
    const isFromRight = ((paragraphs[0]?.level ?? 0) & 1) === 1;
    return breakIntoLines(paragraph, width, measure).map(({ from, to }) => ({
      pieces: orderLine(paragraph, levels, from, to),
      isFromRight,
    }));
  });

function breakIntoLines(text: string, width: number, measure: (text: string) => number) {
  const lines: { from: number; to: number }[] = [];
  let [from, to, used] = [0, 0, 0];
  for (const { 0: word, index } of text.matchAll(/\S+\s*/g)) {
    const wide = measure(word);
    if (used > 0 && used + wide > width) {
      lines.push({ from, to });
      [from, used] = [index, 0];
    }
    used += wide;
    to = index + word.length;
  }
  lines.push({ from, to });
  return lines;
}

/** Characters of one level and kind stay together as a piece; pieces of odd levels stand in reverse (rule L2). */
function orderLine(text: string, levels: Uint8Array, from: number, to: number): Piece[] {
  const pieces: { text: string; level: number }[] = [];
  for (const { 0: part, index } of text
    .slice(from, to)
    .trimEnd()
    .matchAll(/\s+|\S+/g)) {
    let start = 0;
    for (let at = 1; at <= part.length; at += 1) {
      const level = levels[from + index + start]!;
      if (at < part.length && levels[from + index + at] === level) continue;
      pieces.push({ text: part.slice(start, at), level });
      start = at;
    }
  }
  const highest = Math.max(0, ...pieces.map(({ level }) => level));
  for (let level = highest; level > 0; level -= 1) {
    for (let at = 0; at < pieces.length; at += 1) {
      let end = at;
      while (end < pieces.length && pieces[end]!.level >= level) end += 1;
      pieces.splice(at, end - at, ...pieces.slice(at, end).reverse());
      at = end;
    }
  }
  return pieces.map((piece) => ({ text: piece.text, isFromRight: (piece.level & 1) === 1 }));
}

/**
 * What a font is to draw for a piece that runs from right to left: brackets open the other way, and signs alone are turned
 * round, for fonts turn only the letters of scripts that run so.
 */
export const turnRound = (text: string): string => {
  const mirrored = Array.from(text, (character) => getMirroredCharacter(character) ?? character);
  return isRightToLeft(text) ? mirrored.join('') : mirrored.reverse().join('');
};
