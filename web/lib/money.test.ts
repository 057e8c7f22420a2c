import { describe, expect, it } from 'vitest';
import { formatDay, formatDecimal, formatMoney, readDecimal } from './money.ts';

describe('money on the screens', () => {
  it.each([
    ['1190.00', 'EUR', 'en-GB', '€1,190.00'],
    ['1190.00', 'EUR', 'de', '1.190,00 €'],
    ['99999999999999.99', 'USD', 'en-US', '$99,999,999,999,999.99'],
    ['0.125', 'EUR', 'en-GB', '€0.125'],
    ['1500', 'JPY', 'en-US', '¥1,500'],
    ['-12.5', 'CHF', 'en-GB', '-CHF 12.50'],
  ])('writes %s %s in %s as %s', (amount, currency, locale, words) => {
    expect(formatMoney(amount, currency, locale).replace(/[\u00a0\u202f]/g, ' ')).toBe(words);
  });

  it('shows a currency that is none as it is', () => expect(formatMoney('5', '??')).toBe('5 ??'));

  it.each([
    ['1190', 'en', '1190'],
    ['1190.50', 'en', '1190.50'],
    ['1190,50', 'en', '1190.50'],
    ['1,190.50', 'de', '1190.50'],
    ['1.190,50', 'en', '1190.50'],
    ['1,190', 'en', '1190'],
    ['1,190', 'de', '1.190'],
    ['1.190', 'de', '1190'],
    ['1.190', 'en', '1.190'],
    ['0,125', 'en', '0.125'],
    ['1,234,567', 'de', '1234567'],
    ["1'190.50", 'en', '1190.50'],
    ['1 190,50', 'fr', '1190.50'],
    [',5', 'en', '0.5'],
    ['\u2212,5', 'en', '-0.5'],
    ['', 'en', ''],
    ['twelve', 'en', 'twelve'],
    ['1.2.3,4,5', 'en', '1.2.3,4,5'],
    ['12,34,5.6', 'en', '12,34,5.6'],
  ])('reads %j typed in %s as %j', (typed, locale, value) => {
    const read = readDecimal(typed, locale);
    // What cannot be read is refused by name, never guessed.
    if (/^-?\d+(\.\d+)?$/.test(value)) expect(read).toBe(value);
    else expect(read).not.toMatch(/^-?\d+(\.\d+)?$/);
  });

  it('keeps the digits of a quantity', () => expect(formatDecimal('1234.125', 'de')).toBe('1.234,125'));

  it('shows a day as that day wherever the reader is', () =>
    expect(formatDay('2026-03-01', 'en-GB')).toBe('1 Mar 2026'));
});
