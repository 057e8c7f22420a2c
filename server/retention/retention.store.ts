/**
 * What is kept, in the database: the chosen days, and steps that delete a little each. A step is one short transaction (on
 * SQLite in the writer's thread, where mail waits behind it); between two of them everybody else has room.
 */
import type { Retention } from '../../contracts/retention.ts';
import type { Database } from '../database/open.ts';
import { deleteBlobsOnPostgres, deleteOldOnPostgres, deleteRepeatsOnPostgres } from './retention.postgres.ts';
import type { openUnits } from './retention.sqlite.ts';
import { defaultRetention } from './retention.ts';

/** `body` of old messages, whole `message`s, or bodies of `secret` mail that is done with, however young. */
export type OldKind = 'body' | 'message' | 'secret';

export interface OldRequest {
  kind: OldKind;
  /** Looks at ids behind this one; '' from the first. */
  after: string;
  /** Ids before this one. */
  before: string;
  /** Messages that were to be sent before this time; milliseconds since 1970. */
  olderThan: number;
  now: number;
}

export interface OldStep {
  deleted: number;
  /** Where to go on; null: nothing more in the range. */
  last: string | null;
}

/** The attachments that some messages name, in the order of their ids. */
export interface UsedBlobs {
  hashes: string[];
  /** Where to go on; null: no more messages. */
  last: string | null;
}

export interface RetentionStore {
  read: () => Promise<Retention>;
  write: (retention: Retention) => Promise<void>;
  deleteOld: (request: OldRequest) => Promise<OldStep>;
  /** @returns how many Idempotency-Keys went; 0: there are no more. */
  deleteRepeats: (olderThan: number) => Promise<number>;
  readUsedBlobs: (after: string) => Promise<UsedBlobs>;
  /** Hashes of attachments that nobody has used since, behind `after`. */
  readOldBlobs: (after: string, usedBefore: number) => Promise<string[]>;
  /** Those that are still not used since. @returns how many it looked at; the others are for the next step. */
  deleteBlobs: (hashes: readonly string[], usedBefore: number) => Promise<number>;
}

/** Rows that a step looks at. */
export const perStep = 200;

export const openRetentionStore = (database: Database): RetentionStore => {
  const { query } = database;
  return {
    read: async () => {
      const row = await query.selectFrom('retention').selectAll().where('id', '=', 1).executeTakeFirst();
      return row ? { body_days: row.body_days, message_days: row.message_days } : defaultRetention;
    },
    write: async (retention) => {
      await query
        .insertInto('retention')
        .values({ id: 1, ...retention })
        .onConflict((conflict) => conflict.column('id').doUpdateSet(retention))
        .execute();
    },
    readUsedBlobs: async (after) => {
      const rows = await query
        .selectFrom('content')
        .select(['message_id', 'parts'])
        .where('parts', 'is not', null)
        .where('message_id', '>', after)
        .orderBy('message_id')
        .limit(perStep)
        .execute();
      const parts = rows.flatMap((row) => JSON.parse(row.parts ?? '[]') as unknown[]);
      return {
        hashes: parts.filter((part) => typeof part === 'string'),
        last: rows.length < perStep ? null : (rows.at(-1)?.message_id ?? null),
      };
    },
    readOldBlobs: async (after, usedBefore) => {
      const rows = await query
        .selectFrom('blob')
        .select('hash')
        .where('hash', '>', after)
        .where('created_at', '<', usedBefore)
        .orderBy('hash')
        .limit(perStep)
        .execute();
      return rows.map(({ hash }) => hash);
    },
    ...(database.kind === 'sqlite' ? openOnSqlite(database) : openOnPostgres(database)),
  };
};

type Deletions = Pick<RetentionStore, 'deleteOld' | 'deleteRepeats' | 'deleteBlobs'>;

function openOnSqlite({ writer }: Database & { kind: 'sqlite' }): Deletions {
  const run = writer.load<ReturnType<typeof openUnits>>(new URL('./retention.sqlite.ts', import.meta.url));
  return {
    deleteOld: (request) => run('deleteOld', request),
    deleteRepeats: (olderThan) => run('deleteRepeats', { olderThan }),
    deleteBlobs: (hashes, usedBefore) => run('deleteBlobs', { hashes: [...hashes], usedBefore }),
  };
}

function openOnPostgres({ pool }: Database & { kind: 'postgres' }): Deletions {
  return {
    deleteOld: (request) => deleteOldOnPostgres(pool, request, perStep),
    deleteRepeats: (olderThan) => deleteRepeatsOnPostgres(pool, olderThan, perStep),
    deleteBlobs: (hashes, usedBefore) => deleteBlobsOnPostgres(pool, hashes, usedBefore),
  };
}
