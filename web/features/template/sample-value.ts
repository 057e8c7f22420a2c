/** Sample values of variables as they are typed, and as JSON. What cannot be read is said, never guessed. */
import type { z } from 'zod';
import type { TemplateVariable, VariableType } from '../../../contracts/template.ts';

type Json = z.infer<ReturnType<typeof z.json>>;

export type ReadSample = { ok: true; value: Json | undefined } | { ok: false; problem: string };

/** What stands in the field. Money, lists and objects are JSON; the field for money shows its two parts. */
export function writeSample(value: TemplateVariable['sample']): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' ? value : JSON.stringify(value, null, typeof value === 'object' ? 2 : 0);
}

/** An empty field means that there is no sample. */
export function readSample(type: VariableType, typed: string): ReadSample {
  const text = typed.trim();
  if (text === '') return { ok: true, value: undefined };
  switch (type) {
    case 'text':
      return { ok: true, value: typed };
    case 'url':
    case 'date':
      return { ok: true, value: text };
    case 'number':
      return Number.isFinite(Number(text))
        ? { ok: true, value: Number(text) }
        : { ok: false, problem: 'Give a number, such as 12.5.' };
    case 'boolean':
      return text === 'true' || text === 'false'
        ? { ok: true, value: text === 'true' }
        : { ok: false, problem: 'Give true or false.' };
    case 'money':
    case 'list':
    case 'object':
      return readJson(text, type);
  }
}

const shapes = {
  money: 'Give amount and currency, such as 12.50 and EUR.',
  list: 'Give a list in JSON, such as ["one", "two"].',
  object: 'Give an object in JSON, such as {"name": "Ada"}.',
};

function readJson(text: string, type: keyof typeof shapes): ReadSample {
  try {
    const value = JSON.parse(text) as Json;
    const isList = Array.isArray(value);
    const fits = type === 'list' ? isList : typeof value === 'object' && value !== null && !isList;
    return fits ? { ok: true, value } : { ok: false, problem: shapes[type] };
  } catch {
    return { ok: false, problem: shapes[type] };
  }
}

export interface MoneyParts {
  amount: string;
  currency: string;
}

/** A whole number is in minor units (cents), as the API takes it; it is shown as people write it. */
export function moneyParts(typed: string): MoneyParts {
  const read = readSample('money', typed);
  if (!read.ok || typeof read.value !== 'object' || read.value === null) return { amount: '', currency: '' };
  const { amount, currency } = read.value as { amount?: unknown; currency?: unknown };
  const code = typeof currency === 'string' ? currency : '';
  if (typeof amount === 'number') return { amount: fromMinorUnits(amount, code), currency: code };
  return { amount: typeof amount === 'string' ? amount : '', currency: code };
}

/** Back into what the API takes: a decimal string, which needs no minor units. */
export const joinMoney = ({ amount, currency }: MoneyParts): string =>
  amount.trim() === '' && currency.trim() === ''
    ? ''
    : JSON.stringify({ amount: amount.trim().replace(',', '.'), currency: currency.trim().toUpperCase() });

function fromMinorUnits(amount: number, currency: string): string {
  try {
    const options = { style: 'currency', currency } as const;
    const digits = new Intl.NumberFormat('en', options).resolvedOptions().maximumFractionDigits ?? 2;
    return (amount / 10 ** digits).toFixed(digits);
  } catch {
    return String(amount);
  }
}
