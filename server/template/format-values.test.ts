import { describe, expect, it } from 'vitest';
import { formatDate, formatDateTime, formatMoney, formatNumber } from './format-values.ts';

/** Intl puts spaces that do not break; and its apostrophes change with its version. */
const plain = (text: string) => text.replace(/\s/g, ' ').replace('’', "'");

describe('money', () => {
  it.each([
    [123_450, 'EUR', 'de', '1.234,50 €'],
    [123_450, 'EUR', 'en', '€1,234.50'],
    [-5, 'EUR', 'en', '-€0.05'],
    [0, 'USD', 'en', '$0.00'],
    [1234, 'JPY', 'en', '¥1,234'],
    [1234, 'KWD', 'en', 'KWD 1.234'],
    ['1234.5', 'CHF', 'de-CH', "CHF 1'234.50"],
    ['9007199254740.99', 'EUR', 'en', '€9,007,199,254,740.99'],
    [900_719_925_474_099, 'EUR', 'en', '€9,007,199,254,740.99'],
  ])('%s %s in %s reads %s', (amount, currency, language, expected) => {
    expect(plain(formatMoney({ amount, currency }, language))).toBe(expected);
  });
});

it('a day is the same everywhere, and a time is shown in its zone', () => {
  expect(formatDate('2026-12-24', 'long', 'de', 'Pacific/Auckland')).toBe('24. Dezember 2026');
  expect(formatDate('2026-12-24T23:30:00Z', 'long', 'en', 'Europe/Berlin')).toBe('December 25, 2026');
  expect(plain(formatDateTime('2026-12-24T08:00:00Z', 'de', 'Europe/Berlin'))).toBe('24. Dezember 2026 um 09:00 MEZ');
});

it('a number reads as the language has it', () => {
  expect([formatNumber('12.5', 'de'), formatNumber(1234.5, 'en')]).toEqual(['12,5', '1,234.5']);
});
