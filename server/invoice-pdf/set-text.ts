/** Text → what pdfmake sets: runs of one font each; lines of their own where words run from right to left. */
import type { Content } from 'pdfmake/interfaces.js';
import { type FontBook, type FontFile, latin, type Run, splitByFont } from './choose-fonts.ts';
import type { PageParts, SetText } from './invoice-document.ts';
import { isRightToLeft, orderLines, type Piece, turnRound } from './order-lines.ts';

export interface TypesetterParts {
  book: FontBook;
  has: (file: FontFile, codePoint: number) => boolean;
  /** In points. */
  measureRun: (file: FontFile, text: string, bold: boolean, fontSize: number) => number;
  language: string;
}

export const openTypesetter = (parts: TypesetterParts): Pick<PageParts, 'set' | 'measure'> => {
  const { book, has, measureRun, language } = parts;
  const split = (text: string) => splitByFont(text, book, language, has);
  const measure: PageParts['measure'] = (text, { bold = false, fontSize }) =>
    split(text).reduce((sum, run) => sum + measureRun(run.file, run.text, bold, fontSize), 0);
  const set: SetText = (text, width, { bold = false, fontSize = 9, isLeft = false } = {}) => {
    const style = { ...(bold && { bold }), fontSize };
    if (!isRightToLeft(text)) return { text: toContent(split(text)), ...style };
    const lines = orderLines(text, width, (part) => measure(part, { bold, fontSize }));
    return {
      stack: lines.map(
        ({ pieces, isFromRight }): Content => ({
          text: pieces.flatMap((piece) => toContent(splitPiece(piece, split))),
          noWrap: true,
          preserveLeadingSpaces: true,
          preserveTrailingSpaces: true,
          ...(isFromRight && !isLeft && { alignment: 'right' as const }),
        }),
      ),
      ...style,
    };
  };
  return { set, measure };
};

const splitPiece = ({ text, isFromRight }: Piece, split: (text: string) => Run[]): Run[] =>
  isFromRight
    ? split(text)
        .reverse()
        .map((run) => ({ ...run, text: turnRound(run.text) }))
    : split(text);

const toContent = (runs: Run[]) => runs.map(({ text, file }) => (file === latin ? { text } : { text, font: file }));
