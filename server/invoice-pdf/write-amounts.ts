/** Words, money, numbers and dates as the invoice's language writes them; exact, with as many digits as were given. */
import type { InvoiceDocument } from './invoice-document.ts';
import { findInvoiceLocale, findInvoiceWords } from './invoice-words.ts';

export type Writer = ReturnType<typeof openWriter>;

export function openWriter({ language, totals }: InvoiceDocument) {
  const words = findInvoiceWords(language);
  const locale = findInvoiceLocale(language);
  const isCredit = totals.total.startsWith('-');
  return {
    words,
    title: isCredit ? words.creditNote : words.invoice,
    isCredit,
    money: (amount: string) => formatAmount(amount, locale, totals.currency),
    number: (value: string) => formatters.number(locale).format(value as Intl.StringNumericLiteral),
    rate: (value: string) => formatters.rate(locale).format(shiftPerCent(value) as Intl.StringNumericLiteral),
    date: (day: string) => formatters.date(locale).format(new Date(day)),
  };
}

/** 19 → 0.19, exactly. */
const shiftPerCent = (text: string): string => {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const digits = whole.padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`;
};

const keep = <T>(make: (locale: string, more: string) => T) => {
  const kept = new Map<string, T>();
  return (locale: string, more = ''): T => {
    const key = `${locale} ${more}`;
    const made = kept.get(key) ?? make(locale, more);
    if (kept.size > 100) kept.clear();
    kept.set(key, made);
    return made;
  };
};
const formatters = {
  number: keep((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 6 })),
  rate: keep((locale) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 4 })),
  date: keep((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })),
  money: keep((locale, currencyAndDigits) => {
    const [currency, digits] = currencyAndDigits.split(' ') as [string, string];
    const shown = { minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) };
    return new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...shown });
  }),
};
/** With as many digits as are given; spaces that no font has become plain ones that do not break. */
const formatAmount = (amount: string, locale: string, currency: string) =>
  formatters
    .money(locale, `${currency} ${amount.split('.')[1]?.length ?? 0}`)
    .format(amount as Intl.StringNumericLiteral)
    .replaceAll('\u202f', '\u00a0');
