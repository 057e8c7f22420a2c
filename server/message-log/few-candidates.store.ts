/** The messages that a search can mean, where its ids, addresses or states leave few of them. */
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import { worstFirst } from '../delivery/message-state.ts';
import type { SearchTerm } from './search-query.ts';
import { readWholeAddress } from './search-token.ts';

/** Ids from `low` up to but not `high`. */
export interface IdRange {
  low: string;
  high: string;
}

/** @returns all that can match, in no order, where that is no more than `most`; else null. */
export const findFew = async (
  { query }: Database,
  terms: readonly SearchTerm[],
  { low, high }: IdRange,
  most: number,
): Promise<string[] | null> => {
  for (const term of terms) {
    if (term.operator === 'words' && /^msg_[0-9a-z]{26}$/.test(term.value))
      return term.value >= low && term.value < high ? [term.value] : [];
    if (term.operator === 'to') {
      const address = readWholeAddress(term.value);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the range of ASCII
      if (address === null || !/^[\u0000-\u007f]*$/.test(address)) continue;
      const rows = await query
        .selectFrom('recipient')
        .select('message_id')
        .where(sql<string>`lower(address)`, '=', address)
        .where('message_id', '>=', low)
        .where('message_id', '<', high)
        .limit(most + 1)
        .execute();
      if (rows.length <= most) return [...new Set(rows.map(({ message_id }) => message_id))];
    }
    if (term.operator === 'status' && term.states.every((state) => state === 'sending')) {
      const rows = await query
        .selectFrom('queue')
        .select('message_id')
        .where('leased_until', 'is not', null)
        .limit(most + 1)
        .execute();
      if (rows.length <= most) return rows.map(({ message_id }) => message_id).filter((id) => id >= low && id < high);
    }
  }
  const states = statesOf(terms);
  if (states === null) return null;
  const found: string[] = [];
  for (const state of states) {
    const rows = await query
      .selectFrom('message')
      .select('id')
      .where('state', '=', sql.lit(state))
      .where('id', '>=', low)
      .where('id', '<', high)
      .limit(most + 1 - found.length)
      .execute();
    found.push(...rows.map(({ id }) => id));
    if (found.length > most) return null;
  }
  return found;
};

/**
 * The states of messages that can have a recipient in one of the states that are wanted: these and the worse ones. Null where
 * that is nearly all, or depends on something else.
 */
export const statesOf = (terms: readonly SearchTerm[]): string[] | null => {
  for (const term of terms) {
    if (term.operator !== 'status' || term.states.includes('sent')) continue;
    // What is being sent was written down as waiting.
    const wanted = term.states.map((state) => (state === 'sending' ? 'queued' : state));
    const mildest = Math.max(...wanted.map((state) => (worstFirst as readonly string[]).indexOf(state)));
    return worstFirst.slice(0, mildest + 1);
  }
  return null;
};
