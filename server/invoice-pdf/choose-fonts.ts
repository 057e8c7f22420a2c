/**
 * Which of the bundled font files a text needs. They are split by Unicode range, so that only those few are loaded that an
 * invoice's characters stand in; a character that none has becomes U+FFFD or a question mark, never an empty box unseen.
 */

/** One file: `noto-sans/noto-sans-latin-wght-normal`. */
export type FontFile = string;

export interface FontBook {
  /** @param language decides between the Chinese and the Korean shape of an ideograph. */
  find: (codePoint: number, language: string) => readonly FontFile[];
}

/** In the order they are tried. */
const fontPackages = ['noto-sans', 'noto-sans-hebrew', 'noto-sans-arabic', 'noto-sans-sc', 'noto-sans-kr'] as const;
export type FontPackage = (typeof fontPackages)[number];

interface Range {
  from: number;
  to: number;
  file: FontFile;
  rank: number;
}

/** @param read a package's unicode.json: subset → ranges such as `U+0000-00FF,U+0131`. */
export const openFontBook = (read: (name: FontPackage) => Record<string, string>): FontBook => {
  const ranges: Range[] = fontPackages.flatMap((name, rank) =>
    Object.entries(read(name)).flatMap(([subset, text]) =>
      text.split(',').map((part) => {
        const [from, to = from] = part.replace(/^U\+/i, '').split('-');
        const file = `${name}/${name}-${subset.replace(/^\[(\d+)\]$/, '$1')}-wght-normal`;
        return { from: Number.parseInt(from!, 16), to: Number.parseInt(to!, 16), file, rank };
      }),
    ),
  );
  const kept = new Map<string, readonly FontFile[]>();
  return {
    find: (codePoint, language) => {
      const isKorean = language.startsWith('ko');
      const key = `${isKorean ? 'ko' : ''}${codePoint}`;
      const known = kept.get(key);
      if (known) return known;
      const rankOf = ({ file, rank }: Range) => (isKorean && file.startsWith('noto-sans-kr/') ? 1.5 : rank);
      const found = ranges
        .filter(({ from, to }) => from <= codePoint && codePoint <= to)
        .sort((a, b) => rankOf(a) - rankOf(b))
        .map(({ file }) => file);
      if (kept.size > 20_000) kept.clear();
      kept.set(key, found);
      return found;
    },
  };
};

export interface Run {
  text: string;
  file: FontFile;
}

/**
 * @param has whether a file really has a character: ranges promise more than some files hold.
 * @returns pieces in the order of the text, each in one file, as few as possible.
 */
export const splitByFont = (
  text: string,
  book: FontBook,
  language: string,
  has: (file: FontFile, codePoint: number) => boolean,
): Run[] => {
  const runs: Run[] = [];
  for (const character of text.normalize('NFC')) {
    const codePoint = character.codePointAt(0)!;
    const last = runs.at(-1);
    if (last && (isBreak(character) || has(last.file, codePoint))) {
      last.text += character;
      continue;
    }
    const file = book.find(codePoint, language).find((one) => has(one, codePoint));
    if (file) runs.push({ text: character, file });
    else if (last) last.text += '?';
    else runs.push({ text: isBreak(character) ? character : '?', file: latin });
  }
  return runs;
};

export const latin: FontFile = 'noto-sans/noto-sans-latin-wght-normal';

const isBreak = (character: string) => character === '\n';
