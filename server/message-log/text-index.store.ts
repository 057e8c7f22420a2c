/**
 * The text index in the database: segments (search-segment.ts), each over a stretch of ids. What none covers, the newest
 * above all, is found by looking at it. A segment is written whole, and replaced whole when messages of its stretch came
 * late or went away; the search asks the messages themselves before it shows anything, so an index that lags never lies.
 */
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import type { MatchedHead } from './match-message.ts';
import { readWords } from './read-text.ts';
import { pageCount } from './search-segment.ts';
import { type SearchedMessage, settingsNone, settingsUnknown } from './search-token.ts';

export interface Segment {
  number: number;
  /** It covers what comes after this id; empty: from the first message on. */
  afterId: string;
  /** Up to and with this one. */
  lastId: string;
  messageCount: number;
  textCount: number;
  builtAt: number;
}

export interface NewSegment extends Segment {
  ids: Uint8Array;
  pages: Uint8Array[];
}

export interface TextIndexStore {
  /** In the order of what they cover; between them may be gaps. */
  readSegments: () => Promise<Segment[]>;
  /** By place, 256 times the segment's number plus the page's; those that are empty are left out. */
  readPages: (places: readonly number[]) => Promise<Map<number, Uint8Array>>;
  /** The ids of its messages, ascending; empty for a segment that is gone. */
  readIds: (number: number) => Promise<string[]>;
  /** The id that is `count` messages after `id`; null when there are fewer. */
  findAhead: (id: string, count: number) => Promise<string | null>;
  /** Ascending; `words` of secret mail are null. */
  readMessages: (range: { after: string; upTo: string; limit: number }) => Promise<SearchedMessage[]>;
  /** How many messages and texts there are now. */
  countIn: (segment: Segment) => Promise<{ messages: number; texts: number }>;
  /** @param replaces `builtAt` of the one that is replaced. @returns false when another node was faster. */
  put: (segment: NewSegment, replaces: number | null) => Promise<boolean>;
  drop: (segment: Segment) => Promise<boolean>;
}

const prefix = 'msg_';
const idLength = 26;
/** Of a message, octets; what comes later is hardly text. */
const mostBytes = 512 * 1024;

export const packIds = (ids: readonly string[]): Buffer =>
  Buffer.from(ids.map((id) => id.slice(prefix.length)).join(''), 'latin1');

export const openTextIndexStore = (database: Database): TextIndexStore => {
  const { query } = database;
  const segments = () =>
    query
      .selectFrom('search_segment')
      .select([
        'number',
        'after_id as afterId',
        'last_id as lastId',
        'message_count as messageCount',
        'text_count as textCount',
        'built_at as builtAt',
      ]);
  return {
    readSegments: () => segments().orderBy('last_id').execute(),
    readPages: openPageReader(database),
    readIds: async (number) => {
      const row = await query
        .selectFrom('search_segment')
        .select('ids')
        .where('number', '=', number)
        .executeTakeFirst();
      const text = Buffer.from(row?.ids ?? []).toString('latin1');
      return Array.from(
        { length: text.length / idLength },
        (_, at) => prefix + text.slice(at * idLength, (at + 1) * idLength),
      );
    },
    findAhead: async (id, count) => {
      const row = await query
        .selectFrom('message')
        .select('id')
        .where('id', '>', id)
        .orderBy('id')
        .offset(count - 1)
        .limit(1)
        .executeTakeFirst();
      return row?.id ?? null;
    },
    readMessages: async ({ after, upTo, limit }) => {
      const rows = await query
        .selectFrom('message')
        .select([...headColumns, 'settings_id', 'state'])
        .where('id', '>', after)
        .where('id', '<=', upTo)
        .orderBy('id')
        .limit(limit)
        .execute();
      const ids = rows.map(({ id }) => id);
      const addresses = await readAddresses(query, ids);
      const went = await readSettings(query, ids);
      const words = await readTexts(query, ids);
      return rows.map((row) => ({
        ...toHead(row),
        addresses: addresses.get(row.id) ?? [],
        settings: row.settings_id === null ? settingsOf(row.state, went.get(row.id)) : [row.settings_id],
        words: words.get(row.id) ?? null,
      }));
    },
    countIn: async ({ afterId, lastId }) => {
      const row = await query
        .selectFrom('message')
        .leftJoin('content', (join) => join.onRef('content.message_id', '=', 'message.id').on('is_secret', '=', 0))
        .select((eb) => [eb.fn.countAll().as('messages'), eb.fn.count('content.message_id').as('texts')])
        .where('id', '>', afterId)
        .where('id', '<=', lastId)
        .executeTakeFirstOrThrow();
      return { messages: Number(row.messages), texts: Number(row.texts) };
    },
    ...openWriter(database),
  };
};

type Query = Database['query'];

export const headColumns = [
  'message.id',
  'message.subject',
  'message.header_from',
  'message.mail_from',
  'message.header_to',
  'message.message_id',
  'message.tags',
  'message.attachment_count',
] as const;

export interface HeadRow {
  id: string;
  subject: string;
  header_from: string;
  mail_from: string;
  header_to: string;
  message_id: string;
  tags: string;
  attachment_count: number;
}

export const toHead = (row: HeadRow): MatchedHead => ({
  id: row.id,
  subject: row.subject,
  headerFrom: row.header_from,
  mailFrom: row.mail_from,
  headerTo: row.header_to,
  messageId: row.message_id,
  tags: row.tags === '[]' ? [] : (JSON.parse(row.tags) as SearchedMessage['tags']),
  hasAttachment: row.attachment_count > 0,
});

/** @param ids not too many for one statement */
export const readAddresses = async (query: Query, ids: readonly string[]): Promise<Map<string, string[]>> => {
  const byMessage = new Map<string, string[]>();
  if (ids.length === 0) return byMessage;
  const rows = await query
    .selectFrom('recipient')
    .select(['message_id', 'address'])
    .where('message_id', 'in', ids)
    .execute();
  for (const { message_id, address } of rows) {
    const list = byMessage.get(message_id);
    if (list) list.push(address);
    else byMessage.set(message_id, [address]);
  }
  return byMessage;
};

interface Went {
  isWaiting: boolean;
  ids: string[];
}

/** By which settings messages went so far. */
async function readSettings(query: Query, ids: readonly string[]): Promise<Map<string, Went>> {
  const went = new Map(ids.map((id): [string, Went] => [id, { isWaiting: false, ids: [] }]));
  if (ids.length === 0) return went;
  const waiting = await query.selectFrom('queue').select('message_id').where('message_id', 'in', ids).execute();
  for (const { message_id } of waiting) (went.get(message_id) as Went).isWaiting = true;
  const attempts = await query
    .selectFrom('attempt')
    .select(['message_id', 'settings_id'])
    .where('message_id', 'in', ids)
    .execute();
  for (const { message_id, settings_id } of attempts) went.get(message_id)?.ids.push(settings_id);
  return went;
}

/** What is held may be released. */
function settingsOf(state: string, went: Went | undefined): string[] {
  if (went === undefined || went.isWaiting || state === 'held') return [settingsUnknown];
  return went.ids.length > 0 ? went.ids : [settingsNone];
}

/** Folded words; without those that are secret or not kept any more. */
export const readTexts = async (query: Query, ids: readonly string[]): Promise<Map<string, string[]>> => {
  if (ids.length === 0) return new Map();
  const rows = await query
    .selectFrom('content')
    .innerJoin('message', 'message.id', 'content.message_id')
    .select(['content.message_id', sql<Uint8Array>`substr(content.bytes, 1, ${sql.lit(mostBytes)})`.as('bytes')])
    .where('content.message_id', 'in', ids)
    .where('message.is_secret', '=', 0)
    .execute();
  return new Map(rows.map(({ message_id, bytes }) => [message_id, readWords(bytes)]));
};

function openPageReader(database: Database): TextIndexStore['readPages'] {
  if (database.kind === 'sqlite') {
    let read: { get: (place: number) => unknown } | null = null;
    return async (places) => {
      read ??= database.sqlite.prepare<[number]>('SELECT tokens FROM search_page WHERE place = ?').pluck();
      const found = new Map<number, Uint8Array>();
      for (const place of places) {
        const tokens = read.get(place) as Uint8Array | undefined;
        if (tokens) found.set(place, tokens);
      }
      return found;
    };
  }
  const text = 'SELECT place, tokens FROM search_page WHERE place = ANY ($1::bigint[])';
  return async (places) => {
    const rows = await database.pool.query<{ place: number; tokens: Uint8Array }>(text, [places]);
    return new Map(rows.rows.map(({ place, tokens }) => [place, tokens]));
  };
}

function openWriter(database: Database): Pick<TextIndexStore, 'put' | 'drop'> {
  if (database.kind === 'sqlite') {
    const run = database.writer.load<ReturnType<typeof import('./text-index.sqlite.ts').openUnits>>(
      new URL('./text-index.sqlite.ts', import.meta.url),
    );
    return {
      put: (segment, replaces) => run('put', { segment, replaces }),
      drop: ({ number, builtAt }) => run('drop', { number, builtAt }),
    };
  }
  const { query } = database;
  type Transaction = Parameters<Parameters<ReturnType<Query['transaction']>['execute']>[0]>[0];
  const remove = async (trx: Transaction, number: number, builtAt: number): Promise<boolean> => {
    const { numDeletedRows } = await trx
      .deleteFrom('search_segment')
      .where('number', '=', number)
      .where('built_at', '=', builtAt)
      .executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    const first = number * pageCount;
    await trx
      .deleteFrom('search_page')
      .where('place', '>=', first)
      .where('place', '<', first + pageCount)
      .execute();
    return true;
  };
  return {
    put: ({ pages, ...row }, replaces) =>
      query.transaction().execute(async (trx) => {
        if (replaces !== null && !(await remove(trx, row.number, replaces))) return false;
        const { numInsertedOrUpdatedRows } = await trx
          .insertInto('search_segment')
          .values({
            number: row.number,
            after_id: row.afterId,
            last_id: row.lastId,
            message_count: row.messageCount,
            text_count: row.textCount,
            built_at: row.builtAt,
            ids: row.ids,
          })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirst();
        if (numInsertedOrUpdatedRows === 0n) return false;
        const values = pages
          .map((tokens, page) => ({ place: row.number * pageCount + page, tokens }))
          .filter(({ tokens }) => tokens.length > 0);
        if (values.length > 0) await trx.insertInto('search_page').values(values).execute();
        return true;
      }),
    drop: ({ number, builtAt }) => query.transaction().execute((trx) => remove(trx, number, builtAt)),
  };
}
