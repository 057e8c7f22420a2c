/** Deleting on PostgreSQL: what may go is found first, then deleted by its ids in one statement. */
import type pg from 'pg';
import type { OldKind, OldRequest, OldStep } from './retention.store.ts';

const found: Record<OldKind, string> = {
  body: 'SELECT message_id AS id FROM content WHERE message_id > $1 AND message_id < $2 ORDER BY 1 LIMIT $4',
  message: 'SELECT id FROM message WHERE id > $1 AND id < $2 ORDER BY id LIMIT $4',
  secret: `SELECT id FROM message WHERE is_secret = 1 AND body_deleted_at IS NULL AND id > $1 AND id < $2
    ORDER BY id LIMIT $4`,
};

/** A body without a message was left behind; nobody can ask for it. */
const findText = (kind: OldKind) => `
SELECT f.id, NOT EXISTS (SELECT FROM queue q WHERE q.message_id = f.id)
  AND NOT EXISTS (SELECT FROM recipient r WHERE r.message_id = f.id AND r.state = 'held')
  AND NOT EXISTS (SELECT FROM message m WHERE m.id = f.id AND coalesce(m.scheduled_at, m.created_at) >= $3) AS goes
FROM (${found[kind]}) AS f ORDER BY f.id`;

const deleteBodies = `
WITH gone AS (DELETE FROM content WHERE message_id = ANY ($1))
UPDATE message SET body_deleted_at = $2 WHERE id = ANY ($1)`;

const deleteMessages = `
WITH attempts AS (DELETE FROM attempt WHERE message_id = ANY ($1)),
  events AS (DELETE FROM event WHERE message_id = ANY ($1)),
  recipients AS (DELETE FROM recipient WHERE message_id = ANY ($1)),
  contents AS (DELETE FROM content WHERE message_id = ANY ($1))
DELETE FROM message WHERE id = ANY ($1)`;

const queryTimeoutMs = 20_000;

const ask = <Row extends pg.QueryResultRow>(pool: pg.Pool, text: string, values: unknown[]) =>
  pool.query<Row>({ text, values, query_timeout: queryTimeoutMs } as pg.QueryConfig);

export const deleteOldOnPostgres = async (pool: pg.Pool, request: OldRequest, limit: number): Promise<OldStep> => {
  const { kind, after, before, olderThan, now } = request;
  const values = [after, before, olderThan, limit];
  const { rows } = await ask<{ id: string; goes: boolean }>(pool, findText(kind), values);
  const ids = rows.filter(({ goes }) => goes).map(({ id }) => id);
  if (ids.length > 0) {
    if (kind === 'message') await ask(pool, deleteMessages, [ids]);
    else await ask(pool, deleteBodies, [ids, now]);
  }
  return { deleted: ids.length, last: rows.length < limit ? null : (rows.at(-1)?.id ?? null) };
};

export const deleteRepeatsOnPostgres = async (pool: pg.Pool, olderThan: number, limit: number): Promise<number> => {
  const text = `DELETE FROM idempotency WHERE created_at <= $1 AND key_hash = ANY (ARRAY(
    SELECT key_hash FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2))`;
  return (await ask(pool, text, [olderThan, limit])).rowCount ?? 0;
};

/** The condition is looked at again where somebody has just dated one anew. */
export const deleteBlobsOnPostgres = async (
  pool: pg.Pool,
  hashes: readonly string[],
  usedBefore: number,
): Promise<number> => {
  await ask(pool, 'DELETE FROM blob WHERE hash = ANY ($1) AND created_at < $2', [hashes, usedBefore]);
  return hashes.length;
};
