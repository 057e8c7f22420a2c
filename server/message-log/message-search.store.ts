/**
 * Search terms as conditions on the message table, in both dialects. Each is answerable by walking messages from the newest
 * backwards; recipients, which are many, are found through their own index first.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Database } from '../database/open.ts';
import { newId } from '../platform/id.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';
import type { SearchTerm } from './search-query.ts';

type Condition = RawBuilder<boolean>;
export type Dialect = Database['kind'];

/** SQLite knows the case of ASCII letters alone; for the others it borrows ours. Once per connection. */
export const prepareSearch = (database: Database): void => {
  if (database.kind !== 'sqlite') return;
  database.sqlite.function('fold_text', { deterministic: true }, (text) => String(text ?? '').toLowerCase());
};

export const searchConditions = (terms: readonly SearchTerm[], dialect: Dialect): Condition[] =>
  terms.map((term) => condition(term, dialect));

function condition(term: SearchTerm, dialect: Dialect): Condition {
  const matches = (column: string, value: string) => like(sql.ref(column), toPattern(value), dialect);
  switch (term.operator) {
    case 'to':
      return toRecipient(term.value, dialect);
    case 'from':
      return sql`(${matches('message.header_from', term.value)} or ${matches('message.mail_from', term.value)})`;
    case 'subject':
      return matches('message.subject', term.value);
    case 'status':
      return inStates(term.states);
    case 'tag':
      return like(sql.ref('message.tags'), `%${escapeLike(tagText(term.name, term.value))}%`, dialect);
    case 'settings':
      return bySettings(term.value);
    case 'has':
      return sql`message.attachment_count > 0`;
    // Ids begin with their time, and lie in an index.
    case 'before':
      return sql`message.id < ${idsFrom(term.at)}`;
    case 'after':
      return sql`message.id >= ${idsFrom(term.at)}`;
    case 'words':
      return words(term.value, dialect);
  }
}

/** The smallest id that a message of this moment can have. */
const idsFrom = (at: number) => newId('msg', Math.max(0, at)).slice(0, 'msg_'.length + 10);

const escapeLike = (text: string) => text.replace(/[%_\\]/g, '\\$&');

/** With an asterisk the whole value is meant, without one a part. */
function toPattern(value: string): string {
  const escaped = escapeLike(value);
  return value.includes('*') ? escaped.replaceAll('*', '%') : `%${escaped}%`;
}

/** @param subject an expression @param pattern with `%`, and the others of its kind escaped by a backslash. */
function like(subject: RawBuilder<unknown>, pattern: string, dialect: Dialect): Condition {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
  const isAscii = /^[\u0000-\u007f]*$/.test(pattern);
  if (dialect === 'postgres')
    return isAscii ? sql`${subject} ilike ${pattern}` : sql`${subject} ~* ${toRegex(pattern)}`;
  if (isAscii) return sql`${subject} like ${pattern} escape '\\'`;
  return sql`fold_text(${subject}) like ${pattern.toLowerCase()} escape '\\'`;
}

/** PostgreSQL knows the case of letters beyond ASCII only in some locales, so both cases are named. */
function toRegex(pattern: string): string {
  const parts = Array.from(pattern.matchAll(/\\?(.)/gsu), ([whole, character = '']) => {
    if (whole === '%') return '.*';
    if (/[\u0080-\uffff]/.test(character) && character.toLowerCase() !== character.toUpperCase())
      return `(?:${character.toLowerCase()}|${character.toUpperCase()})`;
    return character.replace(/[.*+?^${}()|[\]\\]/, '\\$&');
  });
  return `^${parts.join('')}$`;
}

function toRecipient(value: string, dialect: Dialect): Condition {
  const address = sql`lower(recipient.address)`;
  const isWhole = /^[^*@]+@[^*@]+\.[^*@]+$/.test(value);
  const wanted = isWhole ? sql`${address} = lower(${value})` : like(address, toPattern(value), dialect);
  return sql`message.id in (select recipient.message_id from recipient where ${wanted})`;
}

/** As tags are kept: JSON with the name first. */
const tagText = (name: string, value: string | null) =>
  value === null ? `"name":${JSON.stringify(name)}` : JSON.stringify({ name, value }).slice(1, -1);

/** A message that a worker holds is being sent, whatever it was before. */
function inStates(states: readonly string[]): Condition {
  const isLeased = sql`exists (select 1 from queue where queue.message_id = message.id and queue.leased_until is not null)`;
  const listed = sql<boolean>`message.state in (${sql.join(states)})`;
  if (!states.includes('sending')) return sql`(${listed} and not ${isLeased})`;
  return states.length > 1 ? listed : sql<boolean>`(${listed} or ${isLeased})`;
}

/** Those that the message names; else those it went by; else the default ones, which it will go by. */
function bySettings(value: string): Condition {
  const pattern = toPattern(foldText(value));
  const meant = sql`(select id from smtp_settings where id = ${value} or name_key like ${pattern} escape '\\')`;
  return sql`(message.settings_id in ${meant} or (message.settings_id is null and (
    exists (select 1 from attempt where attempt.message_id = message.id and attempt.settings_id in ${meant})
    or (not exists (select 1 from attempt where attempt.message_id = message.id)
      and exists (select 1 from smtp_settings where is_default = 1 and id in ${meant})))))`;
}

/** In what a person sees of a message in a list, or its recipients; ids are found too. */
function words(value: string, dialect: Dialect): Condition {
  if (/^msg_[0-9a-z]{26}$/.test(value)) return sql`message.id = ${value}`;
  if (/^<[^<>\s]+@[^<>\s]+>$/.test(value)) return sql`message.message_id = ${value}`;
  const pattern = `%${escapeLike(value)}%`;
  const [subject, from, to] = ['subject', 'header_from', 'header_to'].map((column) =>
    like(sql.ref(`message.${column}`), pattern, dialect),
  );
  // No address has a space in it.
  if (/\s/.test(value)) return sql`(${subject} or ${from} or ${to})`;
  const address = like(sql`lower(recipient.address)`, pattern, dialect);
  const recipients = sql`select recipient.message_id from recipient where ${address}`;
  return sql`(${subject} or ${from} or ${to} or message.id in (${recipients}))`;
}
