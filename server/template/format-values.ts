/** How money, dates and numbers read in a language (CLDR, through Intl). Formatters are kept: making one takes 20 µs. */

/** An amount in minor units (a whole number) or as a decimal string, and its currency (ISO 4217). */
export interface Money {
  amount: number | string;
  currency: string;
}

const decimal = /^-?\d{1,15}(\.\d{1,6})?$/;

export const isMoney = (value: unknown): value is Money => {
  if (typeof value !== 'object' || value === null) return false;
  const { amount, currency } = value as Partial<Money>;
  return isAmount(amount) && typeof currency === 'string' && /^[A-Z]{3}$/.test(currency);
};

export const isAmount = (amount: unknown): amount is Money['amount'] =>
  typeof amount === 'number' ? Number.isSafeInteger(amount) : typeof amount === 'string' && decimal.test(amount);

/** `2026-12-24`, or a time with its zone; a day that does not exist is none. */
export const isDate = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/.test(value) &&
  !Number.isNaN(Date.parse(value)) &&
  new Date(`${value.slice(0, 10)}T00:00:00Z`).toISOString().slice(0, 10) === value.slice(0, 10);

/** `1.234,50 €`. Exact whatever the amount: it is never a floating point number. */
export const formatMoney = ({ amount, currency }: Money, language: string): string =>
  formatterOf(language, `money ${currency}`, () => {
    const format = new Intl.NumberFormat(language, { style: 'currency', currency });
    const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    return (value: string | number) =>
      format.format((typeof value === 'string' ? value : moveDot(value, digits)) as Intl.StringNumericLiteral);
  })(amount);

export const formatNumber = (value: number | string, language: string): string =>
  formatterOf(language, 'number', () => {
    const format = new Intl.NumberFormat(language, { maximumFractionDigits: 6 });
    return (one) => format.format(one as Intl.StringNumericLiteral);
  })(value);

export const dateStyles = ['short', 'medium', 'long', 'full'] as const;
export type DateStyle = (typeof dateStyles)[number];

/** A day is the same everywhere; a time is shown in `zone` (UTC by default). */
export const formatDate = (value: string, style: DateStyle, language: string, zone = 'UTC'): string => {
  const timeZone = value.length === 10 ? 'UTC' : zone;
  return formatterOf(language, `date ${style} ${timeZone}`, () => {
    const format = new Intl.DateTimeFormat(language, { dateStyle: style, timeZone });
    return (one) => format.format(new Date(one));
  })(value);
};

/** With the time of day and the name of its zone. */
export const formatDateTime = (value: string, language: string, zone = 'UTC'): string =>
  formatterOf(language, `time ${zone}`, () => {
    const format = new Intl.DateTimeFormat(language, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      timeZone: zone,
      timeZoneName: 'short',
    });
    return (one) => format.format(new Date(one));
  })(value);

type Format = (value: string | number) => string;

const mostFormats = 500;
const mostValues = 500;
const kept = new Map<string, Map<string, Format>>();

/** The same value is often asked for again at once: HTML and text say the same. */
function formatterOf(language: string, kind: string, make: () => Format): Format {
  let kinds = kept.get(language);
  if (!kinds) {
    if (kept.size >= mostFormats) kept.clear();
    kinds = new Map();
    kept.set(language, kinds);
  }
  const known = kinds.get(kind);
  if (known) return known;
  if (kinds.size >= mostFormats) kinds.clear();
  const format = make();
  const values = new Map<string | number, string>();
  const remembering: Format = (value) => {
    const found = values.get(value);
    if (found !== undefined) return found;
    if (values.size >= mostValues) values.clear();
    const text = format(value);
    values.set(value, text);
    return text;
  };
  kinds.set(kind, remembering);
  return remembering;
}

function moveDot(minor: number, digits: number): string {
  if (digits === 0) return String(minor);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  return `${minor < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
