/**
 * Exact money: whole minor units as bigint, never a floating point number.
 *
 * Policy (docs/decisions/0012-exact-money-mailed-once.md): a line's amount is quantity × price, rounded to the currency, half away from
 * zero, so that a credit undoes its charge to the unit; tax is worked out once for each rate, on the sum of its lines.
 */

/** `units` / 10^`scale`. */
export interface Decimal {
  units: bigint;
  scale: number;
}

/** ISO 4217, as of 2026: minor digits where they are not 2. */
const digitsByCurrency = new Map<string, number>([
  ...'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' ').map((code) => [code, 0] as const),
  ...'BHD IQD JOD KWD LYD OMR TND'.split(' ').map((code) => [code, 3] as const),
  ...'CLF UYW'.split(' ').map((code) => [code, 4] as const),
]);
const currencies = new Set(Intl.supportedValuesOf('currency'));

export const isCurrency = (code: string): boolean => currencies.has(code) || digitsByCurrency.has(code);
export const findMinorDigits = (currency: string): number => digitsByCurrency.get(currency) ?? 2;

/** @param text such as `-12.50`; anything else is a bug of the caller. */
export const parseDecimal = (text: string): Decimal => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) throw new Error(`not a decimal number: ${text}`);
  const [, sign, whole, fraction = ''] = match;
  const units = BigInt(`${whole}${fraction}`);
  return { units: sign ? -units : units, scale: fraction.length };
};

/** @param minor whole minor units. @returns `1190.00`. */
export const writeAmount = (minor: bigint, digits: number): string => {
  const text = String(minor < 0n ? -minor : minor).padStart(digits + 1, '0');
  const sign = minor < 0n ? '-' : '';
  return digits === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -digits)}.${text.slice(-digits)}`;
};

/** Without zeros at the end: `12.50` → `12.5`. */
export const writeDecimal = ({ units, scale }: Decimal): string =>
  scale === 0 ? writeAmount(units, 0) : writeAmount(units, scale).replace(/\.?0+$/, '');

export const multiply = (a: Decimal, b: Decimal): Decimal => ({ units: a.units * b.units, scale: a.scale + b.scale });

/** To `digits` after the dot, half away from zero. @returns whole minor units. */
export const round = ({ units, scale }: Decimal, digits: number): bigint => {
  if (scale <= digits) return units * 10n ** BigInt(digits - scale);
  const divisor = 10n ** BigInt(scale - digits);
  const size = units < 0n ? -units : units;
  const rounded = (size * 2n + divisor) / (divisor * 2n);
  return units < 0n ? -rounded : rounded;
};

/** Minor units as a whole number, or a decimal string. */
export const readAmount = (amount: number | string, currency: string): Decimal =>
  typeof amount === 'number' ? { units: BigInt(amount), scale: findMinorDigits(currency) } : parseDecimal(amount);
