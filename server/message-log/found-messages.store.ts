/**
 * All that a search finds, from the oldest on, in steps that end in time whatever the search: messages are looked through
 * in stretches of their ids, so that no question walks a million rows at once.
 */
import type { Database } from '../database/open.ts';
import { prepareSearch, searchConditions } from './message-search.store.ts';
import type { SearchTerm } from './search-query.ts';

export interface FoundMessages {
  /** `next`: what this step got to, to be passed as `after`; null at the end. May find fewer than `limit`, or none, before it. */
  step: (request: {
    terms: readonly SearchTerm[];
    after: string | null;
    limit: number;
  }) => Promise<{ ids: string[]; next: string | null }>;
  /** Counts no further than `limit`, and no longer than a step takes; `isMore`: there are, or may be, more than counted. */
  count: (request: { terms: readonly SearchTerm[]; limit: number }) => Promise<{ count: number; isMore: boolean }>;
}

/** Milliseconds of the monotonic clock. */
export const searchStepMs = 2000;
/** Messages; each stretch is twice as long as the one before it: most searches are answered by the first. */
const firstStretch = 10_000;
const longestStretch = 80_000;

/** @param monotonic milliseconds */
export const openFoundMessages = (database: Database, monotonic: () => number): FoundMessages => {
  const { query } = database;
  prepareSearch(database);

  const findEnd = (after: string, length: number) =>
    query
      .selectFrom('message')
      .select('id')
      .where('id', '>', after)
      .orderBy('id')
      .offset(length - 1)
      .limit(1)
      .executeTakeFirst();

  /** The ids found between two others, `end` included; null: to the last message. */
  const findBetween = async (terms: readonly SearchTerm[], after: string, end: string | null, limit: number) => {
    let rows = query.selectFrom('message').select('message.id').where('message.id', '>', after);
    if (end !== null) rows = rows.where('message.id', '<=', end);
    for (const condition of searchConditions(terms, database.kind)) rows = rows.where(condition);
    const found = await rows.orderBy('message.id').limit(limit).execute();
    return found.map(({ id }) => id);
  };

  /** `next` is null at the end, else where the search stands: at its limit, or where the time ran out. */
  const walk = async (terms: readonly SearchTerm[], from: string | null, limit: number) => {
    const stopAt = monotonic() + searchStepMs;
    const ids: string[] = [];
    let after = from ?? '';
    let length = firstStretch;
    while (true) {
      const end = (await findEnd(after, length))?.id ?? null;
      ids.push(...(await findBetween(terms, after, end, limit - ids.length)));
      if (ids.length >= limit) return { ids, next: ids.at(-1) ?? null };
      if (end === null) return { ids, next: null };
      after = end;
      if (monotonic() >= stopAt) return { ids, next: after };
      length = Math.min(length * 2, longestStretch);
    }
  };

  return {
    step: ({ terms, after, limit }) => walk(terms, after, limit),
    count: async ({ terms, limit }) => {
      const { ids, next } = await walk(terms, null, limit + 1);
      return { count: Math.min(ids.length, limit), isMore: next !== null };
    },
  };
};
