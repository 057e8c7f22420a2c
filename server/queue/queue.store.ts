/**
 * The queue in the database: one row per message that waits or is being sent. What is done, held or cancelled has none:
 * whoever makes it so deletes the row, and with it the claim of a worker that still has the message (its token then fits
 * nothing); whoever lets it go again adds one.
 */
import type { Database } from '../database/open.ts';
import { orUnavailable } from '../database/unavailable.ts';
import { findHashes, toContent } from './claimed-row.ts';
import {
  claimOnPostgres,
  claimOverdueOnPostgres,
  giveBackOnPostgres,
  readContentOnPostgres,
} from './queue.postgres.ts';
import type { openUnits } from './queue.sqlite.ts';
import type { ClaimRequest, QueueStore } from './queue.ts';
import { leaseSeconds } from './queue.ts';
import { recoverOnPostgres } from './recover.postgres.ts';

/** Every method throws DatabaseUnavailableError where the database is away or the disk is full. */
export const openQueueStore = (database: Database): Required<QueueStore> => {
  const store = database.kind === 'sqlite' ? openOnSqlite(database) : openOnPostgres(database);
  return {
    claim: (request) => orUnavailable(store.claim(request)),
    claimOverdue: (request) => orUnavailable(store.claimOverdue(request)),
    readContent: (messageId) => orUnavailable(store.readContent(messageId)),
    renewLeases: (owner, now) => orUnavailable(store.renewLeases(owner, now)),
    giveBack: (claims, readyAt) => orUnavailable(store.giveBack(claims, readyAt)),
    recoverLost: (now, owner) => orUnavailable(store.recoverLost(now, owner)),
    countAnew: (now, back) => orUnavailable(store.countAnew(now, back)),
    nextReadyAt: (settingsIds) => orUnavailable(store.nextReadyAt(settingsIds)),
  };
};

function openOnSqlite({ sqlite, writer }: Database & { kind: 'sqlite' }): Required<QueueStore> {
  const run = writer.load<ReturnType<typeof openUnits>>(new URL('./queue.sqlite.ts', import.meta.url));
  const content = sqlite.prepare<[string], { bytes: Buffer; parts: string | null }>(
    'SELECT bytes, parts FROM content WHERE message_id = ?',
  );
  const blob = sqlite.prepare<[string], { hash: string; bytes: Buffer }>('SELECT hash, bytes FROM blob WHERE hash = ?');
  const next = sqlite.prepare<{ id: string }, { ready_at: number | null }>(`
    SELECT min(ready_at) AS ready_at FROM (
      SELECT min(ready_at) AS ready_at FROM queue WHERE settings_id = @id AND lane = 0 AND leased_until IS NULL
      UNION ALL SELECT min(ready_at) FROM queue WHERE settings_id = @id AND lane = 1 AND leased_until IS NULL
      UNION ALL SELECT min(ready_at) FROM queue WHERE settings_id = @id AND lane = 2 AND leased_until IS NULL)`);
  return {
    claimOverdue: ({ owner, now, limit }) => run('claimOverdue', { owner, now, limit }),
    claim: (request: ClaimRequest) => run('claim', { ...request, settingsIds: [...request.settingsIds] }),
    readContent: async (messageId) => {
      const row = content.get(messageId);
      return toContent(
        messageId,
        row,
        findHashes(row).flatMap((hash) => blob.get(hash) ?? []),
      );
    },
    renewLeases: (owner, now) => run('renewLeases', { owner, until: now + leaseSeconds * 1000 }),
    giveBack: (claims, readyAt) => run('giveBack', { claims: [...claims], readyAt }),
    recoverLost: (now, owner) => run('recoverLost', { now, owner }),
    countAnew: (now, back) => run('countAnew', { now, back }),
    nextReadyAt: async (settingsIds) => {
      const times = settingsIds.flatMap((id) => next.get({ id })?.ready_at ?? []);
      return times.length > 0 ? Math.min(...times) : null;
    },
  };
}

const countAnewText = `
UPDATE queue q SET ready_at = greatest($1::bigint, q.ready_at - $2::bigint) WHERE q.leased_until IS NULL AND q.ready_at > $1
  AND NOT EXISTS (SELECT FROM message m WHERE m.id = q.message_id AND m.scheduled_at = q.ready_at)
  AND NOT EXISTS (SELECT FROM recipient r WHERE r.message_id = q.message_id AND r.state = 'uncertain')`;

function openOnPostgres({ mailPool: pool }: Database & { kind: 'postgres' }): Required<QueueStore> {
  return {
    claim: (request) => claimOnPostgres(pool, request),
    claimOverdue: (request) => claimOverdueOnPostgres(pool, request),
    readContent: (messageId) => readContentOnPostgres(pool, messageId),
    renewLeases: async (owner, now) => {
      const values = [owner, now + leaseSeconds * 1000];
      const text = 'UPDATE queue SET leased_until = $2 WHERE leased_by = $1 AND leased_until IS NOT NULL';
      await pool.query({ name: 'queue_renew', text, values });
    },
    giveBack: (claims, readyAt) => giveBackOnPostgres(pool, claims, readyAt),
    recoverLost: (now, owner) => recoverOnPostgres(pool, now, owner),
    countAnew: async (now, back) => {
      await pool.query({ name: 'queue_count_anew', text: countAnewText, values: [now, back] });
    },
    nextReadyAt: async (settingsIds) => {
      const text = `
        SELECT min(n.ready_at) AS ready_at FROM unnest($1::text[]) AS s (id), unnest(ARRAY[0, 1, 2]) AS l (lane),
          LATERAL (SELECT ready_at FROM queue WHERE settings_id = s.id AND lane = l.lane AND leased_until IS NULL
            ORDER BY ready_at LIMIT 1) AS n`;
      const found = await pool.query<{ ready_at: number | null }>({
        name: 'queue_next',
        text,
        values: [[...settingsIds]],
      });
      return found.rows[0]?.ready_at ?? null;
    },
  };
}
