/** Which messages a search has to look at, in order, batch by batch: see message-search.store.ts. */
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import { worstFirst } from '../delivery/message-state.ts';
import { firstIdAt, settingsMeant } from './message-condition.store.ts';
import type { SearchTerm } from './search-query.ts';
import {
  addAll,
  keepCommon,
  listPlaces,
  noPlaces,
  type Places,
  pageCount,
  pageOf,
  readPlaces,
} from './search-segment.ts';
import { readWholeAddress, type TokenCondition, toSettingsCondition, toTokenCondition } from './search-token.ts';
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

/** Ids from `low` up to but not `high`. */
interface Range {
  low: string;
  high: string;
}

/** So few are looked at without asking the text index. */
const few = 2000;
/** Above all ids. */
const noEnd = 'msg_~';
const fewSegments = 4;
const manySegments = 64;

/** In the order that is asked for; the last one's `upTo` may lie before the end of what there is. */
export async function* findCandidates(
  database: Database,
  index: TextIndexStore,
  wanted: Wanted,
): AsyncGenerator<Candidates> {
  const range = rangeOf(wanted);
  if (range.low >= range.high) return;
  const known = await findFew(database, wanted.terms, range);
  if (known) {
    const ids = known.sort();
    if (wanted.order === 'newest') ids.reverse();
    for (let from = 0; from < ids.length; ) {
      const candidates = ids.slice(from, from + wanted.pace.batch);
      from += candidates.length;
      yield { candidates, isStretch: false, upTo: candidates.at(-1) as string };
    }
    return;
  }
  const conditions = wanted.terms.map(toTokenCondition).filter((condition) => condition !== null);
  for (const { value } of wanted.terms.filter((term) => term.operator === 'settings')) {
    const { rows } = await settingsMeant(value).execute(database.query);
    const ids = rows.map(({ id }) => id);
    conditions.push(
      toSettingsCondition(
        ids,
        rows.some(({ is_default }) => is_default === 1),
      ),
    );
  }
  if (conditions.length > 0) yield* throughIndex(database, index, conditions, wanted, range);
  else yield* walk(database, wanted, range, statesOf(wanted.terms));
}

function rangeOf({ terms, after, order }: Wanted): Range {
  const lows = [''];
  const highs = [noEnd];
  for (const term of terms) {
    if (term.operator === 'after') lows.push(firstIdAt(term.at));
    if (term.operator === 'before') highs.push(firstIdAt(term.at));
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

/** All that can match, where an id, an address or a state leaves few; null where none does. */
async function findFew(
  { query }: Database,
  terms: readonly SearchTerm[],
  { low, high }: Range,
): Promise<string[] | null> {
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
        .limit(few + 1)
        .execute();
      if (rows.length <= few) return [...new Set(rows.map(({ message_id }) => message_id))];
    }
    if (term.operator === 'status' && term.states.every((state) => state === 'sending')) {
      const rows = await query
        .selectFrom('queue')
        .select('message_id')
        .where('leased_until', 'is not', null)
        .limit(few + 1)
        .execute();
      if (rows.length <= few) return rows.map(({ message_id }) => message_id).filter((id) => id >= low && id < high);
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
      .limit(few + 1 - found.length)
      .execute();
    found.push(...rows.map(({ id }) => id));
    if (found.length > few) return null;
  }
  return found;
}

/**
 * The states of messages that can have a recipient in one of the states that are wanted: these and the worse ones. Null where
 * that is nearly all, or depends on something else.
 */
function statesOf(terms: readonly SearchTerm[]): string[] | null {
  for (const term of terms) {
    if (term.operator !== 'status' || term.states.includes('sent')) continue;
    // What is being sent was written down as waiting.
    const wanted = term.states.map((state) => (state === 'sending' ? 'queued' : state));
    const mildest = Math.max(...wanted.map((state) => (worstFirst as readonly string[]).indexOf(state)));
    return worstFirst.slice(0, mildest + 1);
  }
  return null;
}

/** Everything in the range. @param states of messages, that it may be narrowed to. */
async function* walk(
  database: Database,
  wanted: Wanted,
  { low, high }: Range,
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
  { low, high }: Range,
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

async function* throughIndex(
  database: Database,
  index: TextIndexStore,
  conditions: readonly TokenCondition[],
  wanted: Wanted,
  { low, high }: Range,
): AsyncGenerator<Candidates> {
  const isDown = wanted.order === 'newest';
  const stretches = toStretches(await index.readSegments(), { low, high });
  if (isDown) stretches.reverse();
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
    atOnce = Math.min(manySegments, atOnce * 2);
    const placesIn = await findPlaces(index, segments, conditions);
    for (const segment of segments) {
      const places = placesIn.get(segment.number) ?? [];
      const upTo = isDown ? segment.afterId : segment.lastId;
      const all = places.length === 0 ? [] : await index.readIds(segment.number);
      const ids = places
        .map((place) => all[place])
        .filter((id) => id !== undefined && id >= low && id < high) as string[];
      if (isDown) ids.reverse();
      for (let from = 0; from < ids.length; ) {
        const candidates = ids.slice(from, from + wanted.pace.batch);
        from += candidates.length;
        yield { candidates, isStretch: false, upTo: candidates.at(-1) as string };
      }
      // `afterId` is not this segment's any more.
      yield { candidates: [], isStretch: false, upTo: isDown ? justAfter(upTo) : upTo };
    }
  }
}

interface Stretch {
  range: Range;
  /** Null: no segment covers it. */
  segment: Segment | null;
}

/** The range in order, as far as segments cover it and where none does. */
function toStretches(segments: readonly Segment[], { low, high }: Range): Stretch[] {
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

/** For each segment the places of the messages that can match, ascending. */
async function findPlaces(
  index: TextIndexStore,
  segments: readonly Segment[],
  conditions: readonly TokenCondition[],
): Promise<Map<number, number[]>> {
  // Two tokens of each group rule most segments out.
  const rough = conditions.map((groups) => groups.map((tokens) => tokens.slice(0, 2)));
  const left = await evaluate(index, segments, rough);
  const isRough = conditions.some((groups) => groups.some((tokens) => tokens.length > 2));
  const exact = isRough
    ? await evaluate(
        index,
        segments.filter(({ number }) => left.has(number)),
        conditions,
      )
    : left;
  return new Map(Array.from(exact, ([number, places]) => [number, listPlaces(places)]));
}

/** @returns by number of the segment; those without a match are left out. */
async function evaluate(
  index: TextIndexStore,
  segments: readonly Segment[],
  conditions: readonly TokenCondition[],
): Promise<Map<number, Places>> {
  const tokens = [...new Set(conditions.flat(2))];
  const wanted = new Set(segments.flatMap(({ number }) => tokens.map((token) => number * pageCount + pageOf(token))));
  const pages = await index.readPages([...wanted]);
  const found = new Map<number, Places>();
  for (const { number } of segments) {
    const places = all(conditions, (groups) =>
      any(groups, (group) =>
        all(group, (token) => {
          const page = pages.get(number * pageCount + pageOf(token));
          return page ? readPlaces(page, token) : noPlaces();
        }),
      ),
    );
    if (places.some((octet) => octet !== 0)) found.set(number, places);
  }
  return found;
}

function all<T>(parts: readonly T[], read: (part: T) => Places): Places {
  let places: Places | null = null;
  for (const part of parts) {
    if (places === null) places = read(part);
    else keepCommon(places, read(part));
    if (places.every((octet) => octet === 0)) break;
  }
  return places ?? noPlaces();
}

function any<T>(parts: readonly T[], read: (part: T) => Places): Places {
  const places = noPlaces();
  for (const part of parts) addAll(places, read(part));
  return places;
}
