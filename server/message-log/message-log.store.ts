/**
 * Reads the message log: lists newest first, cut by id, searched by terms; one message with everything that happened to it;
 * its bytes as they are sent. Writes nothing: message-actions.store.ts does.
 */
import type { Selectable } from 'kysely';
import type { Message, MessageSummary, RecipientState } from '../../contracts/message.ts';
import type { Database } from '../database/open.ts';
import type { AttemptRow, QueueRow } from '../database/tables.ts';
import { toIso } from '../platform/clock.ts';
import { readIdTime } from '../platform/id.ts';
import type { AcceptedMessage, MessageContent } from '../submission/accepted-message.ts';
import { toLane } from '../submission/lane-number.ts';
import { readAttemptOutcomes } from './attempt-outcomes.store.ts';
import { type MessageSearch, openMessageSearch } from './message-search.store.ts';
import { type AttemptsSoFar, toSummary } from './message-summary.ts';
import type { SearchTerm } from './search-query.ts';

/** All of a message but what stands in its content. */
export type MessageRecord = MessageSummary &
  Pick<Message, 'message_id' | 'recipients' | 'attempts' | 'resent_from' | 'submitted_by'> & {
    mailFrom: string;
    holdsUncertain: boolean;
  };

export interface MessagePage {
  data: MessageSummary[];
  next: string | null;
  /** The time ran out before the page was full; everything since then has been looked at. */
  searched_back_to: string | null;
}

/** A message as it was accepted, and what became of each recipient since. */
export interface AcceptedBefore extends AcceptedMessage {
  recipients: (AcceptedMessage['recipients'][number] & { state: RecipientState })[];
}

export interface MessageLogStore {
  /** Newest first. `next` is the cursor of what follows. */
  list: (page: { terms: readonly SearchTerm[]; cursor: string | undefined; limit: number }) => Promise<MessagePage>;
  readSummary: (id: string) => Promise<MessageSummary | null>;
  read: (id: string) => Promise<MessageRecord | null>;
  /** As it was accepted, to be sent again; `no-content` once retention has passed. */
  readAccepted: (id: string) => Promise<AcceptedBefore | 'no-content' | null>;
  /** Null once retention has passed. */
  readContent: (id: string) => Promise<MessageContent | null>;
}

const summaryColumns = [
  'message.id',
  'message.lane',
  'message.state',
  'message.settings_id',
  'smtp_settings.name as settings_name',
  'message.header_from',
  'message.mail_from',
  'message.header_to',
  'message.subject',
  'message.size_bytes',
  'message.attachment_count',
  'message.tags',
  'message.is_secret',
  'message.created_at',
  'message.scheduled_at',
  'message.expires_at',
  'queue.ready_at',
  'queue.leased_until',
  'queue.attempt_settings_id',
  'queue.attempt_settings_name',
  'queue.attempt_started_at',
] as const;

const noAttempts: AttemptsSoFar = { count: 0, last: null };

export const openMessageLogStore = (
  database: Database,
  search: MessageSearch = openMessageSearch(database),
): MessageLogStore => {
  const { query } = database;

  const summaries = () =>
    query
      .selectFrom('message')
      .leftJoin('queue', 'queue.message_id', 'message.id')
      .leftJoin('smtp_settings', 'smtp_settings.id', 'message.settings_id');

  const readAttempts = async (ids: readonly string[]): Promise<Map<string, AttemptsSoFar>> => {
    const soFar = new Map<string, AttemptsSoFar>();
    if (ids.length === 0) return soFar;
    const rows = await query
      .selectFrom('attempt')
      .select(['message_id', 'settings_id', 'settings_name', 'repeats'])
      .where('message_id', 'in', ids)
      .orderBy('message_id')
      .orderBy('number')
      .execute();
    for (const { message_id, settings_id, settings_name, repeats } of rows) {
      const count = (soFar.get(message_id)?.count ?? 0) + 1 + repeats;
      soFar.set(message_id, { count, last: { id: settings_id, name: settings_name } });
    }
    return soFar;
  };

  const readSummary = async (id: string) => {
    const row = await summaries().select(summaryColumns).where('message.id', '=', id).executeTakeFirst();
    return row ? toSummary(row, (await readAttempts([id])).get(id) ?? noAttempts) : null;
  };

  const readContent = async (id: string): Promise<MessageContent | null> => {
    const row = await query.selectFrom('content').selectAll().where('message_id', '=', id).executeTakeFirst();
    if (!row) return null;
    const parts = row.parts === null ? null : (JSON.parse(row.parts) as NonNullable<MessageContent['parts']>);
    const hashes = [...new Set((parts ?? []).filter((part) => typeof part === 'string'))];
    if (hashes.length === 0) return { bytes: row.bytes, parts, blobs: [] };
    const blobs = await query.selectFrom('blob').select(['hash', 'bytes']).where('hash', 'in', hashes).execute();
    return { bytes: row.bytes, parts, blobs };
  };

  const hasSettings = async (id: string) =>
    (await query.selectFrom('smtp_settings').select('id').where('id', '=', id).executeTakeFirst()) !== undefined;

  return {
    list: async ({ terms, cursor, limit }) => {
      const { ids, next, isCut } = await search.find({ terms, after: cursor ?? null, order: 'newest', limit });
      const rows =
        ids.length === 0 ? [] : await summaries().select(summaryColumns).where('message.id', 'in', ids).execute();
      const attempts = await readAttempts(ids);
      return {
        data: rows
          .sort((one, other) => (one.id < other.id ? 1 : -1))
          .map((row) => toSummary(row, attempts.get(row.id) ?? noAttempts)),
        next,
        searched_back_to: isCut && next !== null ? toIso(readIdTime(next)) : null,
      };
    },
    readSummary,
    read: async (id) => {
      const row = await query
        .selectFrom('message')
        .select(['message_id', 'resent_from', 'submitted_by', 'mail_from', 'holds_uncertain'])
        .where('id', '=', id)
        .executeTakeFirst();
      const summary = row && (await readSummary(id));
      if (!summary) return null;
      const recipients = await query
        .selectFrom('recipient')
        .selectAll()
        .where('message_id', '=', id)
        .orderBy('position')
        .execute();
      const attempts = await query
        .selectFrom('attempt')
        .selectAll()
        .where('message_id', '=', id)
        // One that lost its lease may be written after the one that followed it.
        .orderBy('started_at')
        .orderBy('number')
        .execute();
      const outcomes = await readAttemptOutcomes(query, id);
      let counted = 0;
      const numbers = attempts.map(({ repeats }) => (counted += 1 + repeats));
      const open = await query
        .selectFrom('queue')
        .select(['attempt_id', 'attempt_settings_id', 'attempt_settings_name', 'attempt_started_at', 'dot_at'])
        .where('message_id', '=', id)
        .where('leased_until', 'is not', null)
        .executeTakeFirst();
      return {
        ...summary,
        message_id: row.message_id,
        resent_from: row.resent_from,
        submitted_by: row.submitted_by,
        mailFrom: row.mail_from,
        holdsUncertain: row.holds_uncertain === 1,
        recipients: recipients.map(({ address, kind, state, reply, explanation, updated_at }) => ({
          address,
          kind: kind as Message['recipients'][number]['kind'],
          state: state as RecipientState,
          reply,
          explanation,
          updated_at: toIso(updated_at),
        })),
        attempts: [
          ...attempts.map((attempt, place) => toAttempt(attempt, numbers[place]!, outcomes.get(attempt.id) ?? [])),
          ...toOpenAttempt(open, (numbers.at(-1) ?? 0) + 1),
        ],
      };
    },
    readContent,
    readAccepted: async (id) => {
      const row = await query.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      const content = await readContent(id);
      if (content === null) return 'no-content';
      const recipients = await query
        .selectFrom('recipient')
        .select(['address', 'kind', 'state'])
        .where('message_id', '=', id)
        .orderBy('position')
        .execute();
      const isThere = row.settings_id !== null && (await hasSettings(row.settings_id));
      return {
        id,
        lane: toLane(row.lane),
        settingsId: isThere ? row.settings_id : null,
        mailFrom: row.mail_from,
        headerFrom: row.header_from,
        headerTo: row.header_to,
        subject: row.subject,
        messageId: row.message_id,
        sizeBytes: row.size_bytes,
        attachmentCount: row.attachment_count,
        tags: JSON.parse(row.tags) as AcceptedMessage['tags'],
        isSecret: row.is_secret === 1,
        holdsUncertain: row.holds_uncertain === 1,
        resentFrom: row.resent_from,
        submittedBy: row.submitted_by,
        createdAt: row.created_at,
        scheduledAt: row.scheduled_at,
        expiresAt: row.expires_at,
        recipients: recipients as AcceptedBefore['recipients'],
        content,
      };
    },
  };
};

type ShownAttempt = Message['attempts'][number];

const toAttempt = (
  attempt: Selectable<AttemptRow>,
  number: number,
  outcomeCounts: ShownAttempt['outcome_counts'],
): ShownAttempt => ({
  id: attempt.id,
  number,
  smtp_settings: { id: attempt.settings_id, name: attempt.settings_name },
  started_at: toIso(attempt.started_at),
  ended_at: toIso(attempt.ended_at),
  outcome: attempt.outcome as RecipientState,
  outcome_counts: outcomeCounts,
  phase: attempt.phase,
  reply: attempt.reply,
  explanation: attempt.explanation,
  transcript: attempt.transcript === null ? [] : (JSON.parse(attempt.transcript) as ShownAttempt['transcript']),
  repeats: attempt.repeats,
});

type OpenAttempt = Pick<
  QueueRow,
  'attempt_id' | 'attempt_settings_id' | 'attempt_settings_name' | 'attempt_started_at' | 'dot_at'
>;

/** The one that is under way; none while nothing says that it has begun. */
function toOpenAttempt(open: OpenAttempt | undefined, number: number): Message['attempts'] {
  if (!open || open.attempt_id === null || open.attempt_started_at === null) return [];
  return [
    {
      id: open.attempt_id,
      number,
      smtp_settings: { id: open.attempt_settings_id ?? '', name: open.attempt_settings_name ?? '' },
      started_at: toIso(open.attempt_started_at),
      ended_at: null,
      outcome: 'sending',
      outcome_counts: [],
      phase: open.dot_at === null ? 'connect' : 'dot',
      reply: '',
      explanation: '',
      transcript: [],
      repeats: 0,
    },
  ];
}
