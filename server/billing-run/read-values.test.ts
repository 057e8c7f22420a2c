import { describe, expect, it } from 'vitest';
import { protectCell, unprotectCell, writeCsvRow } from '../platform/csv-text.ts';
import { guessMapping } from './map-columns.ts';
import { guessWriting, readDay, readNumber } from './read-values.ts';

describe('numbers of tables', () => {
  it.each([
    ['.', '1234.50', '1234.50'],
    ['.', '1,234.50', '1234.50'],
    ['.', '€ 1,234.5', '1234.5'],
    ['.', 'CHF 1’234.50', '1234.50'],
    ['.', '-12', '-12'],
    ['.', '12.00-', '-12.00'],
    ['.', '−5', '-5'],
    [',', '1.234,50', '1234.50'],
    [',', '1234,5', '1234.5'],
    [',', '1 234,50 €', '1234.50'],
    [',', '7', '7'],
  ] as const)('with "%s" read %s', (decimalSign, text, expected) => {
    expect(readNumber(text, { decimalSign })).toBe(expected);
  });

  it.each([
    ['.', '1.234,50'],
    ['.', '1,23'],
    [',', '1,234.50'],
    [',', '1.23'],
    ['.', 'ten'],
    ['.', '1e3'],
    ['.', '0x10'],
    ['.', '--1'],
    ['.', '-1-'],
    ['.', '=1+1'],
    ['.', ''],
    ['.', '.'],
  ] as const)('with "%s" take %s for none', (decimalSign, text) => {
    expect(readNumber(text, { decimalSign })).toBeNull();
  });
});

describe('days of tables', () => {
  it.each([
    ['ymd', '2026-11-22', '2026-11-22'],
    ['dmy', '22.11.2026', '2026-11-22'],
    ['dmy', '2.1.26', '2026-01-02'],
    ['mdy', '11/22/2026', '2026-11-22'],
    ['dmy', '2026-11-22', '2026-11-22'],
    ['ymd', '2026-11-22T00:00:00Z', '2026-11-22'],
  ] as const)('in the order %s read %s', (dateOrder, text, expected) => {
    expect(readDay(text, { dateOrder })).toBe(expected);
  });

  it.each(['30.02.2026', '22.13.2026', '2026-11', 'tomorrow', '45983', '2026-11-22T13:00:00Z', ''])(
    'take %s for none',
    (text) => {
      expect(readDay(text, { dateOrder: 'dmy' })).toBeNull();
    },
  );
});

describe('guesses', () => {
  it('tell how amounts and days are written', () => {
    expect(guessWriting(['1.234,50', '9,90'], ['22.11.2026'])).toEqual({ decimalSign: ',', dateOrder: 'dmy' });
    expect(guessWriting(['1,234.50'], ['2026-11-22'])).toEqual({ decimalSign: '.', dateOrder: 'ymd' });
    expect(guessWriting(['9.90'], ['11/22/2026'])).toEqual({ decimalSign: '.', dateOrder: 'mdy' });
    expect(guessWriting([], [])).toEqual({ decimalSign: '.', dateOrder: 'dmy' });
  });

  it('tell what columns mean, each taken once', () => {
    expect(guessMapping(['Kunden-Nr.', 'Rechnungsnummer', 'Fällig am', 'Einzelpreis', 'USt', 'Foo'])).toEqual({
      account: 'Kunden-Nr.',
      number: 'Rechnungsnummer',
      due_on: 'Fällig am',
      unit_price: 'Einzelpreis',
      tax_rate: 'USt',
    });
    expect(guessMapping(['Customer Number', 'Invoice No', 'Total', 'PDF'])).toEqual({
      account: 'Customer Number',
      number: 'Invoice No',
      total: 'Total',
      pdf: 'PDF',
    });
  });
});

describe('cells that a spreadsheet would run', () => {
  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\0=1', '  =1', '＝1', '＠A1'])(
    'are text: %j',
    (cell) => {
      expect(protectCell(cell)).toBe(`'${cell}`);
      expect(unprotectCell(protectCell(cell))).toBe(cell);
    },
  );
  it('leave others as they are', () => {
    for (const cell of ["O'Neil", "'tis", 'a=b', '']) {
      expect(protectCell(cell)).toBe(cell);
      expect(unprotectCell(cell)).toBe(cell);
    }
    expect(writeCsvRow(['a', 'b "c"', 'd,e', 'f\ng', -5, '=x'])).toBe('a,"b ""c""","d,e","f\ng",-5,"\'=x"\r\n');
  });
});
