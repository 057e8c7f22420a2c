/** CSV as people have it: which encoding and separator a file is in, and cells that no spreadsheet takes for a formula. */
import { isUtf8 } from 'node:buffer';

export type CsvEncoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

/** @param start the first bytes of the file; a character may be cut off at their end. */
export const guessEncoding = (start: Buffer): CsvEncoding => {
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  for (let cut = 0; cut < 4; cut += 1) if (isUtf8(start.subarray(0, start.length - cut))) return 'utf-8';
  return 'windows-1252';
};

/** Which of `;`, `,`, tab and `|` the first line has most of, outside of quotes. */
export const guessDelimiter = (text: string): string => {
  const [first = ''] = text.replaceAll(/"[^"]*"/g, '').split(/\r?\n|\r/);
  const counts = [',', ';', '\t', '|'].map((sign) => ({ sign, count: first.split(sign).length }));
  return counts.reduce((most, one) => (one.count > most.count ? one : most)).sign;
};

/**
 * A spreadsheet would run what begins so (OWASP, CSV injection), in some of them also after spaces or as the wide signs of
 * Chinese and Japanese; an apostrophe before it says that it is text. Those it has are kept apart.
 */
const formula = /^'*\s*[=+\-@\t\r\n\0＝＋－＠]/;

export const protectCell = (text: string): string => (formula.test(text) ? `'${text}` : text);

/** What `protectCell` has put before a cell is taken away again. */
export const unprotectCell = (text: string): string =>
  text.startsWith("'") && formula.test(text) ? text.slice(1) : text;

/** RFC 4180, with its end of line. */
export const writeCsvRow = (cells: readonly (string | number)[]): string =>
  `${cells
    .map((cell) => {
      const text = typeof cell === 'number' ? String(cell) : protectCell(cell);
      return /[",\r\n;\t']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    })
    .join(',')}\r\n`;

/** Excel takes a file for UTF-8 only with it. */
export const byteOrderMark = '\ufeff';
