/** Lines → amounts, tax per rate, total. Rules of rounding: money.ts. */
import type { Amount, InvoiceLine, InvoiceTotals } from '../../contracts/invoice.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import {
  type Decimal,
  findMinorDigits,
  isCurrency,
  multiply,
  parseDecimal,
  readAmount,
  round,
  writeAmount,
  writeDecimal,
} from './money.ts';

export interface Priced {
  currency: string;
  lines?: readonly InvoiceLine[] | undefined;
  /** Instead of lines. */
  total?: Amount | undefined;
}

/** `total` in minor units, to add up many of them. */
export type AddedUp = { ok: true; totals: InvoiceTotals; totalMinor: bigint } | { ok: false; problems: FieldProblem[] };

/** Templates and banks read no more. */
const mostMinor = 10n ** 15n;

export const addUp = ({ currency, lines, total }: Priced): AddedUp => {
  if (!isCurrency(currency)) {
    const message = `There is no currency ${currency} (ISO 4217). Give one such as EUR.`;
    return { ok: false, problems: [{ path: 'currency', code: 'unknown', message }] };
  }
  const digits = findMinorDigits(currency);
  const write = (minor: bigint) => writeAmount(minor, digits);
  if (!lines) return addUpTotal(currency, readAmount(total ?? 0, currency), digits);
  const sums = new Map<string, bigint>();
  let subtotal = 0n;
  const added = lines.map(({ description, quantity, unit_price, tax_rate }) => {
    const price = readAmount(unit_price, currency);
    const amount = round(multiply(parseDecimal(quantity), price), digits);
    subtotal += amount;
    const rate = tax_rate === null ? null : writeDecimal(parseDecimal(tax_rate));
    if (rate !== null) sums.set(rate, (sums.get(rate) ?? 0n) + amount);
    const priceText = price.scale > digits ? writeDecimal(price) : write(round(price, digits));
    return {
      description,
      quantity: writeDecimal(parseDecimal(quantity)),
      unit_price: isShorter(priceText, digits) ? write(round(price, digits)) : priceText,
      tax_rate: rate,
      amount: write(amount),
    };
  });
  const rates = [...sums].sort(([a], [b]) => Number(a) - Number(b));
  const taxes = rates.map(([rate, base]) => ({ rate, base, amount: round(takePerCent(base, digits, rate), digits) }));
  const sum = taxes.reduce((all, { amount }) => all + amount, subtotal);
  if (isTooLarge(sum) || isTooLarge(subtotal)) return tooLarge('lines');
  return {
    ok: true,
    totalMinor: sum,
    totals: {
      currency,
      lines: added,
      subtotal: write(subtotal),
      taxes: taxes.map(({ rate, base, amount }) => ({ rate, base: write(base), amount: write(amount) })),
      total: write(sum),
    },
  };
};

function addUpTotal(currency: string, total: Decimal, digits: number): AddedUp {
  const minor = round(total, digits);
  if (
    minor * 10n ** BigInt(Math.max(0, total.scale - digits)) !==
    total.units * 10n ** BigInt(Math.max(0, digits - total.scale))
  ) {
    const message = `${currency} has ${digits === 0 ? 'no' : digits} digits after the dot. Round the total.`;
    return { ok: false, problems: [{ path: 'total', code: 'too_fine', message }] };
  }
  if (isTooLarge(minor)) return tooLarge('total');
  const written = writeAmount(minor, digits);
  return { ok: true, totalMinor: minor, totals: { currency, lines: [], subtotal: written, taxes: [], total: written } };
}

/** A price that is finer than its currency, but only by zeros. */
const isShorter = (text: string, digits: number) => (text.split('.')[1]?.length ?? 0) < digits;

const takePerCent = (base: bigint, digits: number, rate: string): Decimal => {
  const { units, scale } = parseDecimal(rate);
  return { units: base * units, scale: digits + scale + 2 };
};

const isTooLarge = (minor: bigint) => minor >= mostMinor || minor <= -mostMinor;

const tooLarge = (path: string): AddedUp => ({
  ok: false,
  problems: [{ path, code: 'too_large', message: 'The sum is too large: at most 15 digits in minor units.' }],
});
