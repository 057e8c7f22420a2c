/** What can stand where the cursor is: declared variables, what is in them, tags and filters. Only what Postern knows. */
import type { z } from 'zod';

type Json = z.infer<ReturnType<typeof z.json>>;

export interface Offer {
  label: string;
  detail?: string;
  info?: string;
  kind: 'variable' | 'property' | 'keyword' | 'function' | 'type';
}

export interface Offers {
  /** Where in the text before the cursor the word begins that an offer replaces. */
  from: number;
  offers: readonly Offer[];
}

export interface KnownVariable {
  name: string;
  type: string;
  description: string;
  sample?: Json | undefined;
}

const tags: readonly (readonly [string, string])[] = [
  ['if', 'only when it holds'],
  ['elsif', 'otherwise, when this holds'],
  ['else', 'otherwise'],
  ['endif', 'ends if'],
  ['unless', 'only when it does not hold'],
  ['endunless', 'ends unless'],
  ['for', 'for line in lines'],
  ['endfor', 'ends for'],
  ['case', 'one of several'],
  ['when', 'a value of case'],
  ['endcase', 'ends case'],
  ['assign', 'assign name = value'],
  ['capture', 'keeps what follows under a name'],
  ['endcapture', 'ends capture'],
  ['comment', 'is not sent'],
  ['endcomment', 'ends comment'],
  ['break', 'leaves the loop'],
  ['continue', 'the next of the loop'],
];

const filters: readonly (readonly [string, string])[] = [
  ['money', 'amount and currency in the language’s way'],
  ['number', 'in the language’s way'],
  ['date', 'short, medium, long or full'],
  ['date_time', 'with the time; takes a zone'],
  ['lines', 'keeps the line breaks of a text'],
  ['default', 'where there is none'],
  ['upcase', 'LARGE'],
  ['downcase', 'small'],
  ['capitalize', 'first letter large'],
  ['truncate', 'at most so many characters'],
  ['strip', 'without spaces around it'],
  ['replace', 'one text by another'],
  ['append', 'puts a text behind it'],
  ['prepend', 'puts a text before it'],
  ['escape', 'for HTML; done anyway'],
  ['url_encode', 'for addresses'],
  ['size', 'how many'],
  ['first', 'of a list'],
  ['last', 'of a list'],
  ['join', 'a list with something between'],
  ['sort', 'a list by a property'],
  ['where', 'those of a list that have it'],
  ['map', 'one property of each'],
  ['sum', 'of a list'],
  ['plus', '+'],
  ['minus', '−'],
  ['times', '×'],
  ['divided_by', '÷'],
  ['round', 'to so many places'],
];

const brand: readonly (readonly [string, string])[] = [
  ['company_name', 'from Branding'],
  ['website', 'from Branding'],
  ['email', 'from Branding'],
  ['phone', 'from Branding'],
  ['address', 'from Branding'],
  ['vat_number', 'from Branding'],
  ['bank_details', 'from Branding'],
  ['footer', 'from Branding'],
  ['legal_text', 'from Branding'],
  ['color', 'of buttons'],
  ['color_on', 'of text on buttons'],
  ['color_link', 'of links, readable on white'],
];

const mjmlTags: readonly (readonly [string, string])[] = [
  ['mj-preview', 'shown beside the subject'],
  ['mj-section', 'a row'],
  ['mj-column', 'a column of a row'],
  ['mj-text', 'text'],
  ['mj-button', 'a button that leads somewhere'],
  ['mj-image', 'a picture'],
  ['mj-table', 'a table'],
  ['mj-divider', 'a line'],
  ['mj-spacer', 'empty room'],
  ['mj-raw', 'HTML and Liquid between MJML’s tags'],
  ['mj-wrapper', 'sections with one ground'],
  ['mj-group', 'columns that stay side by side'],
  ['mj-style', 'CSS'],
  ['mj-head', ''],
  ['mj-body', ''],
  ['mj-attributes', 'defaults of tags'],
];

const offersOf = (kind: Offer['kind'], words: readonly (readonly [string, string])[]): Offer[] =>
  words.map(([label, detail]) => ({ label, detail, kind }));

/**
 * @param before the text up to the cursor
 * @param isAsked by the person (Ctrl+Space), and not by typing
 * @returns null where nothing of Liquid or MJML can stand
 */
export function completeLiquid(
  before: string,
  variables: readonly KnownVariable[],
  format: 'html' | 'mjml' | 'plain',
  isAsked: boolean,
): Offers | null {
  const [output, tag] = [before.lastIndexOf('{{'), before.lastIndexOf('{%')];
  const start = Math.max(output, tag);
  const inside = start < 0 ? '' : before.slice(start + 2);
  if (start < 0 || /\}\}|%\}/.test(inside)) return completeTag(before, format);
  const word = /[\w.]*$/.exec(inside)?.[0] ?? '';
  const lead = inside.slice(0, inside.length - word.length);
  const from = before.length - (word.split('.').at(-1) ?? '').length;
  if (/["'][^"']*$/.test(lead.replace(/"[^"]*"|'[^']*'/g, ''))) return null;
  if (/\|\s*$/.test(lead)) return { from, offers: offersOf('function', filters) };
  if (tag > output && /^-?\s*$/.test(lead)) return { from, offers: offersOf('keyword', tags) };
  const path = word.split('.').slice(0, -1);
  if (path.length > 0) return { from, offers: propertiesOf(path, before, variables) };
  if (word === '' && !isAsked && !/[\s{|=<>]$/.test(inside) && inside !== '') return null;
  return { from, offers: [...loopOffers(before), ...variables.map(toOffer), ...alwaysThere] };
}

const alwaysThere: readonly Offer[] = [
  { label: 'brand', detail: 'Branding', info: 'brand.company_name and others', kind: 'variable' },
  { label: 'language', detail: 'text', info: 'Of the message, such as de', kind: 'variable' },
];

const toOffer = ({ name, type, description }: KnownVariable): Offer => ({
  label: name,
  detail: type,
  ...(description === '' ? {} : { info: description }),
  kind: 'variable',
});

function completeTag(before: string, format: 'html' | 'mjml' | 'plain'): Offers | null {
  const word = /<\/?([a-z-]*)$/.exec(before)?.[1];
  if (format !== 'mjml' || word === undefined) return null;
  return { from: before.length - word.length, offers: offersOf('type', mjmlTags) };
}

/** Names of the loops that are open at the cursor, innermost first, with what they go over. */
function openLoops(before: string): { name: string; over: string }[] {
  const open: { name: string; over: string }[] = [];
  for (const [, name, over] of before.matchAll(/\{%-?\s*(?:for\s+(\w+)\s+in\s+([\w.]+)|endfor)/g)) {
    if (name !== undefined && over !== undefined) open.unshift({ name, over });
    else open.shift();
  }
  return open;
}

const loopOffers = (before: string): Offer[] =>
  openLoops(before).map(({ name, over }) => ({ label: name, detail: `one of ${over}`, kind: 'variable' }));

function propertiesOf(path: readonly string[], before: string, variables: readonly KnownVariable[]): Offer[] {
  const [root = '', ...rest] = path;
  if (root === 'brand') return rest.length === 0 ? offersOf('property', brand) : [];
  let value = lookUp(root, before, variables, 0);
  for (const name of rest) value = step(value, name);
  if (Array.isArray(value))
    return offersOf('property', [
      ['size', 'how many'],
      ['first', ''],
      ['last', ''],
    ]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).map(([label, inner]) => ({ label, detail: kindOf(inner), kind: 'property' }));
}

const step = (value: Json | undefined, name: string): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, name)
    ? value[name]
    : undefined;

/** The sample of a variable; of a loop's own name, the first one of what it goes over. */
function lookUp(name: string, before: string, variables: readonly KnownVariable[], depth: number): Json | undefined {
  const loop = openLoops(before).find((one) => one.name === name);
  if (!loop || depth > 5) return variables.find((one) => one.name === name)?.sample;
  const [root = '', ...rest] = loop.over.split('.');
  let value = root === name ? undefined : lookUp(root, before, variables, depth + 1);
  for (const each of rest) value = step(value, each);
  return Array.isArray(value) ? value[0] : undefined;
}

const kindOf = (value: Json | undefined): string =>
  Array.isArray(value) ? 'list' : value === null ? '' : typeof value;
