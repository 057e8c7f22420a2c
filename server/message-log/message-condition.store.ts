/** Search terms about what became of a message, as conditions on the message table; its words are matched elsewhere. */
import { type RawBuilder, sql } from 'kysely';
import { isOpen } from '../delivery/message-state.ts';
import { firstIdAt } from '../platform/id.ts';
import { foldText as foldName } from '../smtp-settings/smtp-settings.ts';
import type { SearchTerm } from './search-query.ts';

type Condition = RawBuilder<boolean>;

export const searchConditions = (terms: readonly SearchTerm[]): Condition[] =>
  terms.map(toCondition).filter((condition) => condition !== null);

function toCondition(term: SearchTerm): Condition | null {
  switch (term.operator) {
    case 'status':
      return inStates(term.states);
    case 'settings':
      return bySettings(term.value);
    case 'has':
      return sql`message.attachment_count > 0`;
    // Ids begin with their time, and lie in an index.
    case 'before':
      return sql`message.id < ${firstIdAt('msg', term.at)}`;
    case 'after':
      return sql`message.id >= ${firstIdAt('msg', term.at)}`;
    default:
      return null;
  }
}

/**
 * Any of its recipients counts: a message that one of them refused and another one waits for is found under both words.
 * One that a worker holds is being sent, whatever those who wait were before.
 */
function inStates(states: readonly string[]): Condition {
  const isLeased = sql<boolean>`exists (select 1 from queue where queue.message_id = message.id and queue.leased_until is not null)`;
  const settled = states.filter((state) => !isOpen(state));
  const waiting = states.filter((state) => isOpen(state) && state !== 'sending');
  const isSending = states.includes('sending');
  const either: Condition[] = [];
  if (settled.length > 0) either.push(anyRecipientIn(settled));
  if (waiting.length > 0) {
    const listed = anyRecipientIn(waiting);
    either.push(isSending ? listed : sql<boolean>`(${listed} and not ${isLeased})`);
  }
  if (isSending) either.push(isLeased);
  return sql<boolean>`(${sql.join(either, sql` or `)})`;
}

/** The message's own state is its worst recipient's. Literals, so that partial indexes can be used. */
function anyRecipientIn(states: readonly string[]): Condition {
  const list = sql.join(states.map((state) => sql.lit(state)));
  return sql<boolean>`(message.state in (${list}) or exists (
    select 1 from recipient where recipient.message_id = message.id and recipient.state in (${list})))`;
}

/** Settings by their id, or by their name or a part of it. */
export const settingsMeant = (value: string): RawBuilder<{ id: string; is_default: number }> => {
  const escaped = foldName(value).replace(/[%_\\]/g, '\\$&');
  const pattern = value.includes('*') ? escaped.replaceAll('*', '%') : `%${escaped}%`;
  return sql`select id, is_default from smtp_settings where id = ${value} or name_key like ${pattern} escape '\\'`;
};

/** Those that the message names; else those it went by; else the default ones, which it will go by. */
function bySettings(value: string): Condition {
  const meant = sql`(select id from (${settingsMeant(value)}) as meant)`;
  return sql<boolean>`(message.settings_id in ${meant} or (message.settings_id is null and (
    exists (select 1 from attempt where attempt.message_id = message.id and attempt.settings_id in ${meant})
    or (not exists (select 1 from attempt where attempt.message_id = message.id)
      and exists (select 1 from smtp_settings where is_default = 1 and id in ${meant})))))`;
}
