/** Money and numbers as people write and read them. Amounts stay decimal strings: what is exact is never made a float. */

/**
 * `1190.00` and EUR as the reader's language writes it: `€1,190.00`, `1.190,00 €`. An amount that cannot be read is shown as
 * it is, with the currency behind it. The price of one may be finer than the currency, and is not rounded.
 */
export function formatMoney(amount: string, currency: string, locale?: string): string {
  try {
    const digits = amount.split('.')[1]?.length ?? 0;
    const usual = new Intl.NumberFormat(locale, { style: 'currency', currency }).resolvedOptions();
    const most = Math.max(digits, usual.maximumFractionDigits ?? 0);
    const format = new Intl.NumberFormat(locale, { style: 'currency', currency, maximumFractionDigits: most });
    // A string keeps every digit (ECMA-402 reads it as a decimal), where a number would not.
    return format.format(amount as Intl.StringNumericLiteral);
  } catch {
    return `${amount} ${currency}`;
  }
}

/** `12.5` as the reader's language writes it, with all its digits. */
export function formatDecimal(value: string, locale?: string): string {
  if (!/^-?\d+(\.\d+)?$/.test(value)) return value;
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 6 }).format(value as Intl.StringNumericLiteral);
}

/** `14,300`: how many. */
export const formatCount = (count: number, locale?: string): string => new Intl.NumberFormat(locale).format(count);

/** A day without a time, `2026-11-22`, in the reader's language; the same day wherever the reader is. */
export function formatDay(day: string, locale?: string): string {
  const at = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(at.getTime())) return day;
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' }).format(at);
}

const decimalSignOf = (locale?: string): string =>
  new Intl.NumberFormat(locale).formatToParts(1.5).find(({ type }) => type === 'decimal')?.value === ',' ? ',' : '.';

/**
 * What was typed as a decimal string for the API: `1.190,50` and `1,190.50` become `1190.50`, spaces and apostrophes that
 * group go. One sign alone is the decimal sign, unless exactly three digits follow: then the reader's language decides.
 * What is no number is handed back as it is, for the server to name.
 */
export function readDecimal(typed: string, locale?: string): string {
  const text = typed
    .trim()
    .replace(/^\u2212/, '-')
    .replace(/(?<=\d)['\u2019\s\u00a0\u202f](?=\d{3})/g, '');
  if (!/^-?[\d.,]+$/.test(text)) return typed.trim();
  const signs = [...text].filter((each) => each === ',' || each === '.');
  const last = signs.at(-1);
  if (last === undefined) return text;
  const kinds = new Set(signs);
  const after = text.length - text.lastIndexOf(last) - 1;
  const isGroup =
    kinds.size === 1 &&
    (signs.length > 1 || (after === 3 && /^-?[1-9]\d{0,2}[.,]/.test(text) && last !== decimalSignOf(locale)));
  const sign = isGroup ? null : last;
  const other = sign === ',' ? '.' : ',';
  const whole = (part: string) => (/^-?\d{1,3}([.,]\d{3})+$/.test(part) ? part.replace(/[.,]/g, '') : part);
  if (sign === null) return whole(text);
  const at = text.lastIndexOf(sign);
  const [before, rest] = [text.slice(0, at), text.slice(at + 1)];
  if (before.includes(sign) || rest === '') return typed.trim();
  const digits = before.includes(other) ? whole(before) : before;
  return `${digits === '' || digits === '-' ? `${digits}0` : digits}.${rest}`;
}
