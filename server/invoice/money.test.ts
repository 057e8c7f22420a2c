import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvoiceLine } from '../../contracts/invoice.ts';
import { addUp } from './add-up.ts';
import { parseDecimal, round, writeAmount, writeDecimal } from './money.ts';

const lineOf = (unit_price: number | string, quantity = '1', tax_rate: string | null = null) =>
  InvoiceLine.parse({ description: 'x', quantity, unit_price, tax_rate });
const sum = (currency: string, ...lines: InvoiceLine[]) => {
  const added = addUp({ currency, lines });
  if (!added.ok) return added.problems[0]!.code;
  const { subtotal, taxes, total } = added.totals;
  return [subtotal, ...taxes.map(({ rate, amount }) => `${rate}%:${amount}`), total].join(' ');
};

describe('adding up an invoice', () => {
  const cases: [what: string, currency: string, lines: InvoiceLine[], expected: string][] = [
    ['adds 0.1 and 0.2', 'EUR', [lineOf('0.1'), lineOf('0.2')], '0.30 0.30'],
    ['takes minor units as they are', 'EUR', [lineOf(119_000)], '1190.00 1190.00'],
    ['rounds a line half up', 'EUR', [lineOf('0.005')], '0.01 0.01'],
    ['rounds a credit half away from zero, as its charge', 'EUR', [lineOf('0.005'), lineOf('-0.005')], '0.00 0.00'],
    ['rounds 0.004999 down', 'EUR', [lineOf('0.004999')], '0.00 0.00'],
    ['multiplies a fraction of a quantity', 'EUR', [lineOf('20.00', '12.5')], '250.00 250.00'],
    ['keeps prices finer than a cent', 'EUR', [lineOf('0.0125', '1000')], '12.50 12.50'],
    ['rounds each line, not their sum', 'EUR', [lineOf('0.335'), lineOf('0.335')], '0.68 0.68'],
    [
      'taxes the sum of a rate, not each line',
      'EUR',
      Array.from({ length: 3 }, () => lineOf('0.33', '1', '19')),
      '0.99 19%:0.19 1.18',
    ],
    [
      'keeps rates apart, in order',
      'EUR',
      [lineOf('100', '1', '19'), lineOf('100', '1', '7')],
      '200.00 7%:7.00 19%:19.00 226.00',
    ],
    [
      'takes 19, 19.0 and 19.00 for one rate',
      'EUR',
      [lineOf('1', '1', '19'), lineOf('1', '1', '19.0'), lineOf('1', '1', '19.00')],
      '3.00 19%:0.57 3.57',
    ],
    ['shows a rate of nothing', 'EUR', [lineOf('1', '1', '0')], '1.00 0%:0.00 1.00'],
    ['takes rates with fractions', 'CHF', [lineOf('99.95', '1', '8.1')], '99.95 8.1%:8.10 108.05'],
    ['knows currencies without minor units', 'JPY', [lineOf('333.5', '3', '10')], '1001 10%:100 1101'],
    ['reads whole numbers as yen', 'JPY', [lineOf(1000)], '1000 1000'],
    ['knows currencies of three digits', 'KWD', [lineOf('0.0005'), lineOf(1)], '0.002 0.002'],
    ['makes a credit negative', 'EUR', [lineOf('-100', '1', '19')], '-100.00 19%:-19.00 -119.00'],
    [
      'takes a deduction off its rate',
      'EUR',
      [lineOf('100', '1', '19'), lineOf('-10', '1', '19')],
      '90.00 19%:17.10 107.10',
    ],
    ['adds a hundred lines', 'EUR', Array.from({ length: 100 }, () => lineOf('0.07', '1', '19')), '7.00 19%:1.33 8.33'],
    ['refuses what is no currency', 'EUX', [lineOf('1')], 'unknown'],
    ['refuses sums beyond reason', 'EUR', [lineOf('9999999999999', '999999999999')], 'too_large'],
  ];
  for (const [what, currency, lines, expected] of cases) {
    it(what, () => expect(sum(currency, ...lines)).toBe(expected));
  }

  it('takes a total instead of lines, no finer than its currency', () => {
    expect(addUp({ currency: 'EUR', total: '12.5' })).toMatchObject({
      ok: true,
      totalMinor: 1250n,
      totals: { total: '12.50' },
    });
    expect(addUp({ currency: 'EUR', total: '12.500' })).toMatchObject({ ok: true, totalMinor: 1250n });
    expect(addUp({ currency: 'EUR', total: '12.505' })).toMatchObject({ ok: false, problems: [{ code: 'too_fine' }] });
    expect(addUp({ currency: 'JPY', total: 500 })).toMatchObject({ ok: true, totals: { total: '500' } });
  });

  it('shows prices with the digits of the currency, or as fine as they are', () => {
    const shown = (price: number | string) => {
      const added = addUp({ currency: 'EUR', lines: [lineOf(price)] });
      return added.ok && added.totals.lines[0]!.unit_price;
    };
    expect([shown('1'), shown('1.5'), shown('1.500000'), shown('0.0125'), shown(5)]).toEqual([
      '1.00',
      '1.50',
      '1.50',
      '0.0125',
      '0.05',
    ]);
  });

  it('refuses money as a fraction, and numbers in words', () => {
    for (const unit_price of [0.1, '1,5', '1e3', '0x10', '', ' ', '1.', '.5', '١', '1.1234567']) {
      expect([unit_price, InvoiceLine.safeParse({ description: 'x', unit_price }).success]).toEqual([
        unit_price,
        false,
      ]);
    }
  });
});

describe('rounding', () => {
  it('is off by half a unit at most, and the same for both signs', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }),
        fc.integer({ min: 0, max: 8 }),
        (units, scale) => {
          const rounded = round({ units, scale }, 2);
          expect(round({ units: -units, scale }, 2)).toBe(-rounded);
          const error = rounded * 10n ** BigInt(Math.max(0, scale - 2)) - units * 10n ** BigInt(Math.max(0, 2 - scale));
          const size = error < 0n ? -error : error;
          expect(size * 2n <= 10n ** BigInt(Math.max(0, scale - 2))).toBe(true);
        },
      ),
    );
  });
  it('writes what it reads', () => {
    for (const text of ['0', '-0.5', '12.5', '1000000', '0.000001'])
      expect(writeDecimal(parseDecimal(text))).toBe(text);
    expect([writeAmount(5n, 2), writeAmount(-5n, 2), writeAmount(0n, 0), writeAmount(-1234n, 3)]).toEqual([
      '0.05',
      '-0.05',
      '0',
      '-1.234',
    ]);
  });
});
