/**
 * All that a search finds, from the oldest on, in steps that end in time whatever the search: the same search as the list's,
 * the other way round.
 */
import type { Database } from '../database/open.ts';
import { openMessageSearch } from './message-search.store.ts';
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

/** Milliseconds. */
export const searchStepMs = 2000;

/** @param monotonic milliseconds */
export const openFoundMessages = (database: Database, monotonic: () => number): FoundMessages => {
  const search = openMessageSearch(database, monotonic);
  const timeMs = searchStepMs;
  return {
    step: async ({ terms, after, limit }) => {
      const { ids, next } = await search.find({ terms, after, limit, order: 'oldest', timeMs });
      return { ids, next };
    },
    count: async ({ terms, limit }) => {
      const { ids, next } = await search.find({ terms, after: null, limit, order: 'newest', timeMs });
      return { count: ids.length, isMore: next !== null };
    },
  };
};
