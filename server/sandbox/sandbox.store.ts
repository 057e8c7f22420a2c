/**
 * The sandbox's inbox. It is a window, not an archive: of more than 1,000 messages, or 500 MB, the oldest go.
 * Watchers learn of arrivals and deletions of this process; where several share a database, the others see them when
 * they read the list again.
 */
import { type Selectable, sql } from 'kysely';
import type { SandboxMessageSummary } from '../../contracts/sandbox.ts';
import type { Database } from '../database/open.ts';
import type { SandboxMessageRow } from '../database/tables.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import type { CapturedSecrets } from './secret-capture.store.ts';

export interface CapturedMessage {
  mailFrom: string;
  recipients: string[];
  from: string;
  subject: string;
  /** `<1@example.com>`, empty without one. */
  messageId: string;
  attachmentCount: number;
  ehloName: string;
  remoteAddress: string;
  source: Uint8Array;
}

export interface StoredMessage {
  summary: SandboxMessageSummary;
  ehloName: string;
  remoteAddress: string;
  source: Uint8Array;
  /** Secret mail of Postern's own: for administrators alone. */
  isSecret: boolean;
}

export type SandboxEvent =
  | { event: 'message'; data: SandboxMessageSummary }
  /** Without an id: all of them. */
  | { event: 'deleted'; data: { id?: string } };

export interface SandboxStore {
  add: (message: CapturedMessage) => Promise<SandboxMessageSummary>;
  /** Newest first. `next` is the cursor of what follows. */
  list: (page: {
    filter: string;
    cursor: string | undefined;
    limit: number;
  }) => Promise<{ data: SandboxMessageSummary[]; next: string | null }>;
  read: (id: string) => Promise<StoredMessage | null>;
  count: () => Promise<number>;
  remove: (id: string) => Promise<boolean>;
  removeAll: () => Promise<void>;
  /** @returns ends it. */
  watch: (listener: (event: SandboxEvent) => void) => () => void;
}

export interface SandboxLimits {
  messages: number;
  bytes: number;
}

const defaultLimits: SandboxLimits = { messages: 1000, bytes: 500 * 1024 * 1024 };

const summaryColumns = [
  'id',
  'received_at',
  'mail_from',
  'recipients',
  'header_from',
  'subject',
  'size_bytes',
  'attachment_count',
] as const;

export const openSandboxStore = (
  database: Database,
  clock: Clock,
  secrets: CapturedSecrets,
  limits: SandboxLimits = defaultLimits,
): SandboxStore => {
  const { query } = database;
  const listeners = new Set<(event: SandboxEvent) => void>();
  const tell = (event: SandboxEvent) => {
    for (const listener of listeners) listener(event);
  };
  let lastAt = 0;

  return {
    add: async (message) => {
      // Ids sort by their time; two arrivals of one millisecond still keep their order.
      lastAt = Math.max(clock.now(), lastAt + 1);
      const [id, at] = [newId('box', lastAt), lastAt];
      const row = toRow(message, await secrets.seal(id, message.messageId, message.source), id, at);
      const dropped = await query.transaction().execute(async (trx) => {
        await trx.insertInto('sandbox_message').values(row).execute();
        const dated = trx
          .selectFrom('sandbox_message')
          .select((eb) => [
            'id',
            sql<number>`row_number() over (order by id desc)`.as('place'),
            eb.fn
              .sum('size_bytes')
              .over((over) => over.orderBy('id', 'desc'))
              .as('total'),
          ])
          .as('dated');
        return trx
          .deleteFrom('sandbox_message')
          .where('id', '!=', row.id)
          .where('id', 'in', (eb) =>
            eb
              .selectFrom(dated)
              .select('dated.id')
              .where((or) => or.or([or('dated.place', '>', limits.messages), or('dated.total', '>', limits.bytes)])),
          )
          .returning('id')
          .execute();
      });
      const summary = toSummary(row);
      tell({ event: 'message', data: summary });
      for (const { id } of dropped) tell({ event: 'deleted', data: { id } });
      return summary;
    },
    list: async ({ filter, cursor, limit }) => {
      let rows = query
        .selectFrom('sandbox_message')
        .select(summaryColumns)
        .orderBy('id', 'desc')
        .limit(limit + 1);
      const wanted = fold(filter);
      if (wanted)
        rows = rows.where(sql<boolean>`search_text like ${`%${wanted.replace(/[%_\\]/g, '\\$&')}%`} escape '\\'`);
      if (cursor) rows = rows.where('id', '<', cursor);
      const found = await rows.execute();
      return {
        data: found.slice(0, limit).map(toSummary),
        next: found.length > limit ? (found[limit - 1]?.id ?? null) : null,
      };
    },
    read: async (id) => {
      const row = await query.selectFrom('sandbox_message').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) return null;
      return {
        summary: toSummary(row),
        ehloName: row.ehlo_name,
        remoteAddress: row.remote_address,
        ...(await secrets.open(id, row.source)),
      };
    },
    count: async () => {
      const row = await query
        .selectFrom('sandbox_message')
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    },
    remove: async (id) => {
      const result = await query.deleteFrom('sandbox_message').where('id', '=', id).executeTakeFirst();
      if (result.numDeletedRows === 0n) return false;
      tell({ event: 'deleted', data: { id } });
      return true;
    },
    removeAll: async () => {
      await query.deleteFrom('sandbox_message').execute();
      tell({ event: 'deleted', data: {} });
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
};

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim();

/** No NUL, which PostgreSQL does not store, and no half characters. */
const clean = (text: string): string => text.toWellFormed().replaceAll('\u0000', '\uFFFD');

function toRow(message: CapturedMessage, stored: Uint8Array, id: string, receivedAt: number): SandboxMessageRow {
  const { mailFrom, recipients, from, subject, source } = message;
  return {
    id,
    received_at: receivedAt,
    mail_from: clean(mailFrom),
    recipients: JSON.stringify(recipients.map(clean)),
    header_from: clean(from),
    subject: clean(subject),
    search_text: clean(fold([mailFrom, from, subject, ...recipients].join('\n'))),
    size_bytes: source.length,
    attachment_count: message.attachmentCount,
    ehlo_name: clean(message.ehloName),
    remote_address: clean(message.remoteAddress),
    source: Buffer.from(stored.buffer, stored.byteOffset, stored.length),
  };
}

function toSummary(row: Pick<Selectable<SandboxMessageRow>, (typeof summaryColumns)[number]>): SandboxMessageSummary {
  return {
    id: row.id,
    mailFrom: row.mail_from,
    recipients: JSON.parse(row.recipients) as string[],
    from: row.header_from,
    subject: row.subject,
    sizeBytes: row.size_bytes,
    attachmentCount: row.attachment_count,
    receivedAt: toIso(row.received_at),
  };
}
