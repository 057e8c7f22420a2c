/** The beginning of attempts and their dot marks on PostgreSQL: many in one statement, which is its own transaction. */
import type pg from 'pg';
import type { BegunAttempt, DotMark } from './delivery.store.ts';

export const queryTimeoutMs = 20_000;

/**
 * The lock keeps the lease from being taken away between the look at the token and the commit. Rows are looked up one by
 * one (LATERAL): the planner takes any list for a hundred rows long, and would read a whole table for it.
 */
const beginText = `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1) AS g (id text, message_id text, token bigint, settings_id text, settings_name text,
    started_at bigint)
), held AS MATERIALIZED (
  SELECT g.* FROM given g, LATERAL (
    SELECT FROM queue q WHERE q.message_id = g.message_id AND q.token = g.token AND q.leased_until IS NOT NULL FOR SHARE
  ) AS q
), added AS (
  INSERT INTO attempt (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
    explanation, transcript)
  SELECT id, message_id,
    (SELECT coalesce(max(number), 0) + 1 FROM attempt a WHERE a.message_id = held.message_id),
    settings_id, settings_name, started_at, NULL, 'begun', 'connect', '', '', NULL
  FROM held ON CONFLICT (id) DO NOTHING
)
SELECT id FROM held`;

/** @returns for each whether the message was still the worker's. */
export const beginGroup = async (pool: pg.Pool, group: readonly BegunAttempt[]): Promise<boolean[]> => {
  const rows = group.map(({ claim, attempt }) => ({
    id: attempt.id,
    message_id: claim.id,
    token: claim.token,
    settings_id: attempt.settingsId,
    settings_name: attempt.settingsName,
    started_at: attempt.startedAt,
  }));
  const held = await runForIds(pool, 'attempt_begin', beginText, [JSON.stringify(rows)]);
  return group.map(({ attempt }) => held.has(attempt.id));
};

const markText = `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1) AS g (id text, message_id text, token bigint)
), held AS MATERIALIZED (
  SELECT g.id FROM given g, LATERAL (
    SELECT FROM queue q WHERE q.message_id = g.message_id AND q.token = g.token AND q.leased_until IS NOT NULL FOR SHARE
  ) AS q
)
UPDATE attempt a SET outcome = 'dot', phase = 'dot' FROM held
WHERE a.id = ANY ($2) AND a.id = held.id AND a.ended_at IS NULL RETURNING a.id`;

/** @returns for each whether the message was still the worker's. */
export const markGroup = async (pool: pg.Pool, group: readonly DotMark[]): Promise<boolean[]> => {
  const rows = group.map(({ claim, attemptId }) => ({ id: attemptId, message_id: claim.id, token: claim.token }));
  const attemptIds = group.map(({ attemptId }) => attemptId);
  const marked = await runForIds(pool, 'attempt_mark', markText, [JSON.stringify(rows), attemptIds]);
  return group.map(({ attemptId }) => marked.has(attemptId));
};

async function runForIds(pool: pg.Pool, name: string, text: string, values: unknown[]): Promise<ReadonlySet<string>> {
  const config = { name, text, values, query_timeout: queryTimeoutMs };
  const found = await pool.query<{ id: string }>(config as pg.QueryConfig);
  return new Set(found.rows.map(({ id }) => id));
}
