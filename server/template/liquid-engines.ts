/**
 * The two Liquid engines: one for HTML, which escapes whatever is put out, and one for subject and text, which does not.
 * Only ever used in the template process. No file is ever read: there are no partials but those in memory, and none are.
 *
 * Limits beside the process's own: a loop ends with a clean error before the process has to be stopped.
 */
import { type Context, Liquid, type LiquidOptions } from 'liquidjs';
import {
  type DateStyle,
  dateStyles,
  formatDate,
  formatDateTime,
  formatMoney,
  formatNumber,
  isAmount,
  isDate,
  isMoney,
} from './format-values.ts';

const renderLimitMs = 300;

const options: LiquidOptions = {
  ownPropertyOnly: true,
  strictVariables: true,
  strictFilters: true,
  // A condition may ask for what is not there.
  lenientIf: true,
  dynamicPartials: false,
  relativeReference: false,
  templates: {},
  parseLimit: 500_000,
  renderLimit: renderLimitMs,
  memoryLimit: 4_000_000,
};

interface FilterCall {
  context: Context;
}

const languageOf = ({ context }: FilterCall) => (context.environments as { language: string }).language;

export const openLiquidEngines = (): { html: Liquid; plain: Liquid } => {
  const html = new Liquid({
    ...options,
    outputEscape(this: unknown, value: unknown) {
      return escapeHtml(toText(value, this as FilterCall));
    },
  });
  const plain = new Liquid({
    ...options,
    outputEscape(this: unknown, value: unknown) {
      return toText(value, this as FilterCall);
    },
  });
  for (const engine of [html, plain]) addFilters(engine);
  html.registerFilter('lines', {
    raw: true,
    handler(this: FilterCall, value: unknown) {
      return escapeHtml(toText(value, this)).replace(/\r\n?|\n/g, '<br>');
    },
  });
  plain.registerFilter('lines', (value: unknown) => value);
  return { html, plain };
};

function addFilters(engine: Liquid): void {
  const plainDate = engine.filters.date as (this: FilterCall, ...given: unknown[]) => unknown;
  engine.registerFilter('money', function (this: FilterCall, value: unknown, currency?: unknown) {
    if (isMoney(value)) return formatMoney(value, languageOf(this));
    const money = { amount: value, currency };
    if (isAmount(value) && isMoney(money)) return formatMoney(money, languageOf(this));
    throw new Error('money takes an amount and its currency, such as {{ total | money }} or {{ 1250 | money: "EUR" }}');
  } as never);
  engine.registerFilter('number', function (this: FilterCall, value: unknown) {
    if (typeof value === 'number' || isAmount(value)) return formatNumber(value, languageOf(this));
    throw new Error('number takes a number');
  } as never);
  engine.registerFilter('date', function (this: FilterCall, value: unknown, style: unknown = 'long', zone?: string) {
    if (isDate(value) && dateStyles.includes(style as DateStyle)) {
      return formatDate(value, style as DateStyle, languageOf(this), zone);
    }
    return plainDate.call(this, value, style, zone);
  } as never);
  engine.registerFilter('date_time', function (this: FilterCall, value: unknown, zone?: string) {
    if (isDate(value)) return formatDateTime(value, languageOf(this), zone);
    throw new Error('date_time takes a time such as 2026-12-24T08:00:00Z');
  } as never);
}

/** Money that nobody formatted is formatted here: an amount never reads `[object Object]`. */
function toText(value: unknown, call: FilterCall): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (isMoney(value)) return formatMoney(value, languageOf(call));
  if (Array.isArray(value)) return value.map((item) => toText(item, call)).join('');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&#34;', "'": '&#39;' };

export const escapeHtml = (text: string): string =>
  /[&<>"']/.test(text) ? text.replace(/[&<>"']/g, (character) => entities[character]!) : text;
