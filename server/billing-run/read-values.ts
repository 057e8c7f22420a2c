/** Amounts and days as they are written in tables, and what their way of writing is. */

export interface WrittenIn {
  decimalSign: '.' | ',';
  dateOrder: 'ymd' | 'dmy' | 'mdy';
}

/** @returns a decimal string; null where it is none. */
export const readNumber = (text: string, { decimalSign }: Pick<WrittenIn, 'decimalSign'>): string | null => {
  const bare = text
    .normalize('NFKC')
    .replaceAll(/[\s'’]|[A-Z]{3}|\p{Sc}/gu, '')
    .replace(/^\u2212/, '-');
  const [, before, digits, after] = /^(-?)([\d.,]+)(-?)$/.exec(bare) ?? [];
  if (digits === undefined || (before && after)) return null;
  const [group, dot] = decimalSign === ',' ? ['\\.', ','] : [',', '\\.'];
  if (!new RegExp(`^(\\d+|\\d{1,3}(${group}\\d{3})+)(${dot}\\d+)?$`).test(digits)) return null;
  const plain = digits.replaceAll(decimalSign === ',' ? '.' : ',', '').replace(',', '.');
  // Some programs write the sign behind.
  return `${before || after}${plain}`;
};

/** @returns `2026-11-22`; null where it is no day. */
export const readDay = (text: string, { dateOrder }: Pick<WrittenIn, 'dateOrder'>): string | null => {
  const match = /^(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?$/.exec(text.trim());
  if (!match) return null;
  const [, first, second, third] = match as unknown as [string, string, string, string];
  const order = first.length === 4 ? 'ymd' : dateOrder === 'ymd' ? 'dmy' : dateOrder;
  const [year, month, day] =
    order === 'ymd' ? [first, second, third] : order === 'dmy' ? [third, second, first] : [third, first, second];
  const full = year.length === 2 ? `20${year}` : year;
  const written = `${full}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const read = new Date(`${written}T00:00:00Z`);
  return full.length === 4 && !Number.isNaN(read.getTime()) && read.toISOString().startsWith(written) ? written : null;
};

/** @param amounts, days a few cells as they stand in the file. */
export const guessWriting = (amounts: readonly string[], days: readonly string[]): WrittenIn => {
  const hasComma = amounts.some((text) => /,\d{1,2}\D*$/.test(text) || /\.\d{3},/.test(text));
  const hasDot = amounts.some((text) => /\.\d{1,2}\D*$/.test(text) || /,\d{3}\./.test(text));
  const parts = days.map((text) => text.trim().split(/[-./]/));
  const isYearFirst = parts.some(([first]) => first?.length === 4);
  const isMonthFirst =
    parts.some(([, second]) => Number(second) > 12) ||
    (days.some((text) => text.includes('/')) && !hasComma && !parts.some(([first]) => Number(first) > 12));
  return {
    decimalSign: hasComma && !hasDot ? ',' : '.',
    dateOrder: isYearFirst ? 'ymd' : isMonthFirst ? 'mdy' : 'dmy',
  };
};
