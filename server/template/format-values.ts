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
export const formatMoney = ({ amount, currency }: Money, language: string): string => {
  const format = formatterOf(language, `money ${currency}`, () => {
    const made = new Intl.NumberFormat(language, { style: 'currency', currency });
    return { made, digits: made.resolvedOptions().maximumFractionDigits ?? 2 };
  });
  const text = typeof amount === 'string' ? amount : moveDot(amount, format.digits);
  return format.made.format(text as Intl.StringNumericLiteral);
};

export const formatNumber = (value: number | string, language: string): string =>
  formatterOf(language, 'number', () => new Intl.NumberFormat(language, { maximumFractionDigits: 6 })).format(
    value as Intl.StringNumericLiteral,
  );

export const dateStyles = ['short', 'medium', 'long', 'full'] as const;
export type DateStyle = (typeof dateStyles)[number];

/** A day is the same everywhere; a time is shown in `zone` (UTC by default). */
export const formatDate = (value: string, style: DateStyle, language: string, zone = 'UTC'): string => {
  const isDay = value.length === 10;
  const timeZone = isDay ? 'UTC' : zone;
  return formatterOf(
    language,
    `date ${style} ${timeZone}`,
    () => new Intl.DateTimeFormat(language, { dateStyle: style, timeZone }),
  ).format(new Date(value));
};

/** With the time of day and the name of its zone. */
export const formatDateTime = (value: string, language: string, zone = 'UTC'): string =>
  formatterOf(
    language,
    `time ${zone}`,
    () =>
      new Intl.DateTimeFormat(language, {
        year: 'numeric',
        month: 'long',
        day: 'numeric',
        hour: '2-digit',
        minute: '2-digit',
        timeZone: zone,
        timeZoneName: 'short',
      }),
  ).format(new Date(value));

const mostKept = 500;
const kept = new Map<string, unknown>();

function formatterOf<T>(language: string, kind: string, make: () => T): T {
  const key = `${language} ${kind}`;
  const known = kept.get(key);
  if (known !== undefined) return known as T;
  if (kept.size >= mostKept) kept.clear();
  const made = make();
  kept.set(key, made);
  return made;
}

function moveDot(minor: number, digits: number): string {
  if (digits === 0) return String(minor);
  const text = String(Math.abs(minor)).padStart(digits + 1, '0');
  return `${minor < 0 ? '-' : ''}${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
