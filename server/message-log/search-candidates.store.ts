/** Which messages a search has to look at, in order, batch by batch: see message-search.store.ts. */
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import { firstIdAt } from '../platform/id.ts';
import { findFew, type IdRange, statesOf } from './few-candidates.store.ts';
import { settingsMeant } from './message-condition.store.ts';
import type { SearchTerm } from './search-query.ts';
import { type TokenCondition, toSettingsCondition, toTokenCondition } from './search-token.ts';
import { findPlaces } from './segment-places.ts';
import type { Segment, TextIndexStore } from './text-index.store.ts';

export interface Candidates {
  /** In the order that was asked for. */
  candidates: readonly string[];
  /** They are all there are between the first and the last. */
  isStretch: boolean;
  /** Everything up to this id has been looked at, with them. */
  upTo: string;
}

export interface Wanted {
  terms: readonly SearchTerm[];
  after: string | null;
  order: 'newest' | 'oldest';
  /** Messages of the next batch. */
  pace: { batch: number };
}

/** So few are looked at without asking the text index; so many at least narrow down what it finds. */
const few = 2000;
const moderate = 20_000;
/** Above all ids. */
const noEnd = 'msg_~';
const fewSegments = 4;
/** Between two looks at the clock. */
const mostPages = 1000;

/** In the order that is asked for; the last one's `upTo` may lie before the end of what there is. */
export async function* findCandidates(
  database: Database,
  index: TextIndexStore,
  wanted: Wanted,
): AsyncGenerator<Candidates> {
  const range = rangeOf(wanted);
  if (range.low >= range.high) return;
  const conditions = await toConditions(database, wanted.terms);
  const known = await findFew(database, wanted.terms, range, conditions.length > 0 ? moderate : few);
  if (known && (known.length <= few || conditions.length === 0)) {
    const ids = known.sort();
    yield* inBatches(wanted.order === 'newest' ? ids.reverse() : ids, wanted.pace);
  } else if (conditions.length > 0) {
    yield* throughIndex(database, index, { conditions, among: known && new Set(known) }, wanted, range);
  } else yield* walk(database, wanted, range, statesOf(wanted.terms));
}

async function toConditions({ query }: Database, terms: readonly SearchTerm[]): Promise<TokenCondition[]> {
  const conditions: TokenCondition[] = [];
  for (const term of terms) {
    const condition = toTokenCondition(term);
    if (condition !== null) conditions.push(condition);
    if (term.operator !== 'settings') continue;
    const { rows } = await settingsMeant(term.value).execute(query);
    const isDefaultMeant = rows.some(({ is_default }) => is_default === 1);
    const ids = rows.map(({ id }) => id);
    conditions.push(toSettingsCondition(ids, isDefaultMeant));
  }
  return conditions;
}

function* inBatches(ids: readonly string[], pace: Wanted['pace']): Generator<Candidates> {
  for (let from = 0; from < ids.length; ) {
    const candidates = ids.slice(from, from + pace.batch);
    from += candidates.length;
    yield { candidates, isStretch: false, upTo: candidates.at(-1) as string };
  }
}

function rangeOf({ terms, after, order }: Wanted): IdRange {
  const lows = [''];
  const highs = [noEnd];
  for (const term of terms) {
    if (term.operator === 'after') lows.push(firstIdAt('msg', term.at));
    if (term.operator === 'before') highs.push(firstIdAt('msg', term.at));
  }
  if (after !== null && order === 'newest') highs.push(after);
  if (after !== null && order === 'oldest') lows.push(justAfter(after));
  return { low: lows.sort().at(-1) as string, high: highs.sort()[0] as string };
}

const digits = '0123456789abcdefghjkmnpqrstvwxyz';

/** The next id that there can be; what is only the beginning of one stays a bound of the same kind. */
const justAfter = (id: string): string => {
  const [, begin = '', digit = '', end = ''] = /^(msg_[0-9a-z]*?)([0-9a-y])(z*)$/.exec(id) ?? [];
  const place = digits.indexOf(digit);
  if (id.length !== 'msg_'.length + 26 || digit === '' || place < 0) return `${id || 'msg_'}0`;
  return begin + digits[place + 1] + '0'.repeat(end.length);
};

/** Everything in the range. @param states of messages, that it may be narrowed to. */
async function* walk(
  database: Database,
  wanted: Wanted,
  { low, high }: IdRange,
  states: string[] | null,
): AsyncGenerator<Candidates> {
  const isDown = wanted.order === 'newest';
  let [from, to] = [low, high];
  while (from < to) {
    const limit = wanted.pace.batch;
    const ids = await readStretch(database, { low: from, high: to }, limit, isDown, states);
    const last = ids.at(-1);
    if (last === undefined) return;
    yield { candidates: ids, isStretch: states === null, upTo: last };
    if (ids.length < limit) return;
    if (isDown) to = last;
    else from = justAfter(last);
  }
}

async function readStretch(
  { query }: Database,
  { low, high }: IdRange,
  limit: number,
  isDown: boolean,
  states: string[] | null,
): Promise<string[]> {
  const direction = isDown ? 'desc' : 'asc';
  const read = async (state: string | null) => {
    let rows = query.selectFrom('message').select('id').where('id', '>=', low).where('id', '<', high);
    // Each state by itself lies in the order of ids.
    if (state !== null) rows = rows.where('state', '=', sql.lit(state));
    const found = await rows.orderBy('id', direction).limit(limit).execute();
    return found.map(({ id }) => id);
  };
  if (states === null) return read(null);
  const all = (await Promise.all(states.map(read))).flat().sort();
  return (isDown ? all.reverse() : all).slice(0, limit);
}

interface Narrowed {
  conditions: readonly TokenCondition[];
  /** Null: all messages. */
  among: ReadonlySet<string> | null;
}

async function* throughIndex(
  database: Database,
  index: TextIndexStore,
  { conditions, among }: Narrowed,
  wanted: Wanted,
  { low, high }: IdRange,
): AsyncGenerator<Candidates> {
  const isDown = wanted.order === 'newest';
  const stretches = toStretches(await index.readSegments(), { low, high });
  if (isDown) stretches.reverse();
  const mostSegments = Math.max(fewSegments, Math.floor(mostPages / new Set(conditions.flat(2)).size));
  let atOnce = fewSegments;
  for (let at = 0; at < stretches.length; ) {
    const stretch = stretches[at] as Stretch;
    if (stretch.segment === null) {
      yield* walk(database, wanted, stretch.range, null);
      at += 1;
      continue;
    }
    const segments: Segment[] = [];
    for (; segments.length < atOnce && stretches[at]?.segment; at += 1)
      segments.push(stretches[at]?.segment as Segment);
    atOnce = Math.min(mostSegments, atOnce * 2);
    const placesIn = await findPlaces(index.readPages, segments, conditions);
    for (const segment of segments) {
      const places = placesIn.get(segment.number) ?? [];
      const all = places.length === 0 ? [] : await index.readIds(segment.number);
      const ids = places.flatMap((place) => all[place] ?? []);
      const wantedIds = ids.filter((id) => id >= low && id < high && (among === null || among.has(id)));
      yield* inBatches(isDown ? wantedIds.reverse() : wantedIds, wanted.pace);
      // `afterId` itself belongs to what comes next.
      yield { candidates: [], isStretch: false, upTo: isDown ? justAfter(segment.afterId) : segment.lastId };
    }
  }
}

interface Stretch {
  range: IdRange;
  /** Null: no segment covers it. */
  segment: Segment | null;
}

/** The range in order, as far as segments cover it and where none does. */
function toStretches(segments: readonly Segment[], { low, high }: IdRange): Stretch[] {
  const stretches: Stretch[] = [];
  let from = low;
  for (const segment of segments) {
    if (segment.lastId < from || justAfter(segment.afterId) >= high) continue;
    const begin = justAfter(segment.afterId);
    if (begin > from) stretches.push({ range: { low: from, high: begin }, segment: null });
    from = justAfter(segment.lastId);
    stretches.push({ range: { low: begin, high: from }, segment });
  }
  if (from < high) stretches.push({ range: { low: from, high }, segment: null });
  return stretches;
}
