/**
 * Finds what a search means, newest or oldest first, page by page, and never takes long: whatever is asked, a page is
 * answered in about a second, if need be with how far it has looked, to go on from there.
 *
 * Where to look comes first, in this order: the few messages that an id, an address or a rare state leaves; the segments
 * of the text index, each of which says which of its messages can match, and whatever no segment covers yet; the index on
 * states; all messages. What is looked at is asked for itself (match-message.ts, message-condition.store.ts), in batches of
 * a few milliseconds, so that nothing else waits for long.
 */
import { setImmediate } from 'node:timers/promises';
import type { Database } from '../database/open.ts';
import { createMatcher, type Matcher } from './match-message.ts';
import { searchConditions } from './message-condition.store.ts';
import { findCandidates } from './search-candidates.store.ts';
import type { SearchTerm } from './search-query.ts';
import {
  type HeadRow,
  headColumns,
  openTextIndexStore,
  readAddresses,
  readTexts,
  type TextIndexStore,
  toHead,
} from './text-index.store.ts';

export interface SearchRequest {
  terms: readonly SearchTerm[];
  /** Exclusive; null: from the beginning, which `order` says. */
  after: string | null;
  order: 'newest' | 'oldest';
  limit: number;
  /** Milliseconds; the answer may take one batch longer. */
  timeMs?: number;
}

export interface Found {
  ids: string[];
  /** What to go on after; null at the end. */
  next: string | null;
  /** The time ran out before the page was full: everything up to `next` has been looked at. */
  isCut: boolean;
}

export interface MessageSearch {
  find: (request: SearchRequest) => Promise<Found>;
}

/** A page has a second, of which this is the search's. */
const searchMs = 700;
/** Messages of a batch; between them it follows how long they take. */
const leastBatch = 64;
const mostBatch = 1024;
const shortMs = 6;
const longMs = 20;

/** @param monotonic milliseconds */
export const openMessageSearch = (
  database: Database,
  monotonic: () => number = () => performance.now(),
  index: TextIndexStore = openTextIndexStore(database),
): MessageSearch => ({
  find: async ({ terms, after, order, limit, timeMs = searchMs }) => {
    const stopAt = monotonic() + timeMs;
    const pace = { batch: leastBatch };
    const matcher = createMatcher(terms);
    const ids: string[] = [];
    let yieldedAt = monotonic();
    for await (const { candidates, isStretch, upTo } of findCandidates(database, index, {
      terms,
      after,
      order,
      pace,
    })) {
      const startedAt = monotonic();
      const matching = await keepMatching(database, terms, matcher, candidates, isStretch);
      for (const id of candidates) {
        if (!matching.has(id)) continue;
        // One more than the page tells that there is a next one.
        if (ids.length === limit) return { ids, next: ids.at(-1) ?? null, isCut: false };
        ids.push(id);
      }
      const now = monotonic();
      if (now >= stopAt) return { ids, next: upTo, isCut: ids.length < limit };
      if (candidates.length === 0 && now - yieldedAt < shortMs) continue;
      if (candidates.length > 0 && now - startedAt < shortMs) pace.batch = Math.min(mostBatch, pace.batch * 2);
      if (now - startedAt > longMs) pace.batch = Math.max(leastBatch / 4, pace.batch / 2);
      await setImmediate();
      yieldedAt = monotonic();
    }
    return { ids, next: null, isCut: false };
  },
});

/** @param isStretch `ids` are all between the first and the last of them, which is quicker to ask for. */
async function keepMatching(
  { query }: Database,
  terms: readonly SearchTerm[],
  matcher: Matcher,
  ids: readonly string[],
  isStretch: boolean,
): Promise<Set<string>> {
  const matching = new Set<string>();
  if (ids.length === 0) return matching;
  let select = query.selectFrom('message').select(headColumns);
  const ends = [ids[0] as string, ids.at(-1) as string].sort() as [string, string];
  if (isStretch) select = select.where('message.id', '>=', ends[0]).where('message.id', '<=', ends[1]);
  else select = select.where('message.id', 'in', ids);
  for (const condition of searchConditions(terms)) select = select.where(condition);
  const heads = new Map<string, ReturnType<typeof toHead>>();
  for (const row of (await select.execute()) as HeadRow[]) {
    const head = toHead(row);
    const verdict = matcher.matchHead(head);
    if (verdict === 'yes') matching.add(head.id);
    if (verdict === 'unsure') heads.set(head.id, head);
  }
  const addresses = matcher.needsAddresses
    ? await readAddresses(query, [...heads.keys()])
    : new Map<string, string[]>();
  for (const [id, head] of heads) {
    if (!matcher.matchAll({ ...head, addresses: addresses.get(id) ?? [], words: null })) continue;
    matching.add(id);
    heads.delete(id);
  }
  if (!matcher.needsText) return matching;
  const texts = await readTexts(query, [...heads.keys()]);
  for (const [id, head] of heads) {
    const words = texts.get(id);
    if (words && matcher.matchAll({ ...head, addresses: addresses.get(id) ?? [], words })) matching.add(id);
  }
  return matching;
}
