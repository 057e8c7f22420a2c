/** Columns as wide as their widest cell, two spaces between, nothing at line ends; no rules and no colours, so that it can be piped. */
export const printTable = (head: string[], rows: string[][]): string => {
  const cells = [head, ...rows].map((row) => row.map(toLine));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  const print = (row: string[]) =>
    row
      .map((cell, column) => cell + ' '.repeat(widths[column]! - widthOf(cell)))
      .join('  ')
      .trimEnd();
  return `${cells.map(print).join('\n')}\n`;
};

/** What was typed on a screen or said by a server must not steer this terminal, nor break the line. */
export const toLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029\p{Bidi_Control}]+/gu, ' ');

const segments = new Intl.Segmenter();
const widthOf = (text: string): number => [...segments.segment(text)].length;
