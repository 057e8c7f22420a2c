/**
 * What a person types into the search box of the message log, as terms, and back to text.
 *
 * `to:ann@example.com from:billing subject:"past due" status:bounced tag:kind=invoice settings:Office has:attachment
 * template:welcome account:4711 after:2026-11-01 before:7d "words together" word`. Terms are all meant at once. A colon whose left side is no operator
 * belongs to the word (`Re:`), but something that looks like a mistyped operator is said, not searched for.
 */
import { recipientStates } from '../../contracts/message.ts';
import type { FieldProblem } from '../../contracts/problem.ts';

export type SearchTerm =
  /** An asterisk stands for anything; without one an address with a domain is meant exactly, anything else as a part. */
  | { operator: 'to' | 'from' | 'subject' | 'settings'; value: string }
  | { operator: 'status'; states: readonly string[]; value: string }
  /** `value` null: any. */
  | { operator: 'tag'; name: string; value: string | null }
  | { operator: 'has'; value: 'attachment' }
  /** Accepted before, or at and after, `at` (milliseconds); `text` is what was typed. */
  | { operator: 'before' | 'after'; at: number; text: string }
  | { operator: 'words'; value: string };

export type ParsedSearch = { ok: true; terms: SearchTerm[] } | { ok: false; problems: FieldProblem[] };

/** Several states under one word. */
const stateGroups: Record<string, readonly string[]> = {
  waiting: ['queued', 'sending', 'deferred', 'uncertain'],
  retry: ['deferred', 'uncertain'],
  failed: ['bounced', 'expired'],
};

const operators = [
  'to',
  'from',
  'subject',
  'status',
  'tag',
  'template',
  'account',
  'settings',
  'has',
  'before',
  'after',
] as const;
type Operator = (typeof operators)[number];

/** What people try who come from elsewhere. */
const synonyms: Record<string, Operator> = {
  recipient: 'to',
  cc: 'to',
  bcc: 'to',
  rcpt: 'to',
  sender: 'from',
  title: 'subject',
  state: 'status',
  is: 'status',
  label: 'tag',
  server: 'settings',
  smtp: 'settings',
  since: 'after',
  newer: 'after',
  until: 'before',
  older: 'before',
};

/** An operator with its value, quoted or not; quoted words; a word. */
const tokens = /(?:([a-z_]+):)?"([^"]*)("|$)|(\S+)/giu;

/** @param now milliseconds, for `7d` and `24h`. Days without a time are UTC days. */
export const parseSearch = (text: string, now: number): ParsedSearch => {
  const terms: SearchTerm[] = [];
  const problems: FieldProblem[] = [];
  for (const [, name, quoted, end, bare] of text.matchAll(tokens)) {
    const term =
      bare === undefined ? readQuoted(name?.toLowerCase(), quoted ?? '', end !== '', now) : readBare(bare, now);
    if (term === null) continue;
    if (typeof term === 'string') problems.push({ path: 'q', code: 'invalid_search', message: term });
    else terms.push(term);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, terms };
};

/** A term, a fault in words, or null for nothing. */
type Read = SearchTerm | string | null;

function readQuoted(name: string | undefined, value: string, isClosed: boolean, now: number): Read {
  if (!isClosed) return `A quotation mark is not closed: "${value}`;
  if (name !== undefined) return readOperator(name, value, now);
  return value.trim() === '' ? null : { operator: 'words', value: value.trim() };
}

function readBare(token: string, now: number): Read {
  const colon = /^([a-z_]+):(.*)$/iu.exec(token);
  const [, name = '', value = ''] = colon ?? [];
  // An address of the web, a time or "Re:" are words.
  const isWord = colon === null || value.startsWith('//') || (value === '' && !isOperator(name.toLowerCase()));
  return isWord ? { operator: 'words', value: token } : readOperator(name.toLowerCase(), value, now);
}

const isOperator = (name: string): name is Operator => (operators as readonly string[]).includes(name);

function readOperator(name: string, given: string, now: number): Read {
  const value = given.trim();
  if (!isOperator(name)) {
    const meant = synonyms[name];
    const hint = meant ? `Use ${meant}:.` : `There are ${operators.map((each) => `${each}:`).join(' ')}.`;
    return `There is no operator ${name}:. ${hint} To look for these words, put them in quotation marks: "${name}:${value}"`;
  }
  if (value === '') return `${name}: needs something after the colon, without a space: ${examples[name]}`;
  switch (name) {
    case 'status':
      return readStatus(value.toLowerCase());
    case 'has':
      return /^attachments?$/i.test(value)
        ? { operator: 'has', value: 'attachment' }
        : `has: knows only has:attachment, not ${value}.`;
    case 'tag': {
      const [, tag = value, tagValue = null] = /^([^=]+)=(.*)$/.exec(value) ?? [];
      return { operator: 'tag', name: tag, value: tagValue };
    }
    // Tags that Postern itself gives a message.
    case 'template':
    case 'account':
      return { operator: 'tag', name, value };
    case 'before':
    case 'after': {
      const at = readMoment(value, now);
      return at === null
        ? `${name}: needs a day, a time or an age: ${name}:2026-01-31, ${name}:2026-01-31T08:00Z, ${name}:24h or ${name}:7d.`
        : { operator: name, at, text: value };
    }
    default:
      return { operator: name, value };
  }
}

const examples: Record<Operator, string> = {
  to: 'to:ann@example.com',
  from: 'from:billing',
  subject: 'subject:invoice',
  status: 'status:bounced',
  tag: 'tag:kind=invoice',
  template: 'template:invoice',
  account: 'account:4711',
  settings: 'settings:"Mail server"',
  has: 'has:attachment',
  before: 'before:2026-01-31',
  after: 'after:7d',
};

function readStatus(value: string): Read {
  const states = stateGroups[value] ?? recipientStates.filter((state) => state === value);
  if (states.length > 0) return { operator: 'status', states, value };
  return `status: does not know ${value}. There are ${[...recipientStates, ...Object.keys(stateGroups)].join(', ')}.`;
}

const unitMs: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

function readMoment(value: string, now: number): number | null {
  const age = /^(\d{1,5})([mhdw])$/i.exec(value);
  if (age) return now - Number(age[1]) * (unitMs[age[2]?.toLowerCase() ?? ''] ?? 0);
  const day = /^\d{4}-\d\d-\d\d$/.test(value);
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/i.test(value);
  if (!day && !time) return null;
  const at = Date.parse(value);
  return Number.isNaN(at) || !isCalendarDay(value.slice(0, 10)) ? null : at;
}

/** 30 February would become 2 March. */
function isCalendarDay(day: string): boolean {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
}
