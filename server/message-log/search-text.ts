/**
 * Text as the search compares it, on whatever database: folded here, in one place, because SQLite knows the case of ASCII
 * alone and PostgreSQL that of its locale. Accents are left out, so that `malaga` finds `Málaga`, and the other way round.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
const ascii = /^[\u0000-\u007f]*$/;
/** Letters that Unicode does not take apart. */
const plain: Record<string, string> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l', ı: 'i' };

export const foldText = (text: string): string => {
  if (ascii.test(text)) return text.toLowerCase();
  return text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]+/g, '')
    .replace(/[ßæœøđłı]/g, (letter) => plain[letter] ?? letter)
    .normalize('NFC');
};

/** Scripts that put no space between words: each character stands for itself, several are found as a phrase. */
const unspaced =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const spaced = /[\p{L}\p{N}\p{M}]+/gu;

/** Letters and digits that stand together, in order. @param folded by `foldText` */
export const splitWords = (folded: string): string[] => {
  if (ascii.test(folded)) return folded.match(/[a-z0-9]+/g) ?? [];
  const words: string[] = [];
  for (const [run] of folded.matchAll(spaced)) {
    if (!unspaced.test(run)) words.push(run);
    else for (const part of run.split(new RegExp(`(${unspaced.source})`, 'u'))) if (part !== '') words.push(part);
  }
  return words;
};

/** What must stand in a text, in order, for it to match. `isStartBound`: the first piece begins it. */
export interface TextPattern {
  pieces: readonly string[];
  isStartBound: boolean;
  isEndBound: boolean;
}

/** An asterisk stands for anything; with one the whole text is meant, without one a part of it. */
export const toPattern = (value: string): TextPattern => {
  const pieces = foldText(value).split('*');
  const isWhole = pieces.length > 1;
  return {
    pieces: pieces.filter((piece) => piece !== ''),
    isStartBound: isWhole && pieces[0] !== '',
    isEndBound: isWhole && pieces.at(-1) !== '',
  };
};

/** @param folded by `foldText` */
export const isMatch = ({ pieces, isStartBound, isEndBound }: TextPattern, folded: string): boolean => {
  let from = 0;
  for (const [place, piece] of pieces.entries()) {
    if (isEndBound && place === pieces.length - 1) {
      const at = folded.length - piece.length;
      return at >= from && folded.endsWith(piece) && (!isStartBound || place > 0 || at === 0);
    }
    const at = folded.indexOf(piece, from);
    if (at < 0 || (isStartBound && place === 0 && at !== 0)) return false;
    from = at + piece.length;
  }
  return true;
};
