/** The beginning of attempts and their dot marks on PostgreSQL: many in one statement, which is its own transaction. */
import type pg from 'pg';
import type { BegunAttempt, DotMark } from './delivery.store.ts';

export const queryTimeoutMs = 20_000;

/** Rows are taken by `= ANY`: the planner takes any list for a hundred rows long, and would read a whole table to join it. */
const beginText = `
UPDATE queue q SET attempt_id = g.id, attempt_settings_id = g.settings_id, attempt_settings_name = g.settings_name,
  attempt_started_at = g.started_at
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[])
  AS g (message_id, token, id, settings_id, settings_name, started_at)
WHERE q.message_id = ANY ($1) AND q.message_id = g.message_id AND q.token = g.token AND q.leased_until IS NOT NULL
RETURNING q.attempt_id AS id`;

/** @returns for each whether the message was still the worker's. */
export const beginGroup = async (pool: pg.Pool, group: readonly BegunAttempt[]): Promise<boolean[]> => {
  const held = await runForIds(pool, 'attempt_begin', beginText, [
    group.map(({ claim }) => claim.id),
    group.map(({ claim }) => claim.token),
    group.map(({ attempt }) => attempt.id),
    group.map(({ attempt }) => attempt.settingsId),
    group.map(({ attempt }) => attempt.settingsName),
    group.map(({ attempt }) => attempt.startedAt),
  ]);
  return group.map(({ attempt }) => held.has(attempt.id));
};

const markText = `
UPDATE queue q SET dot_at = g.dot_at, attempt_started_at = coalesce(q.attempt_started_at, g.started_at)
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::bigint[], $5::bigint[])
  AS g (message_id, token, id, started_at, dot_at)
WHERE q.message_id = ANY ($1) AND q.message_id = g.message_id AND q.token = g.token AND q.attempt_id = g.id
  AND q.leased_until IS NOT NULL
RETURNING q.attempt_id AS id`;

/** @returns for each whether the message was still the worker's. */
export const markGroup = async (pool: pg.Pool, group: readonly DotMark[]): Promise<boolean[]> => {
  const marked = await runForIds(pool, 'attempt_mark', markText, [
    group.map(({ claim }) => claim.id),
    group.map(({ claim }) => claim.token),
    group.map(({ attempt }) => attempt.id),
    group.map(({ attempt }) => attempt.startedAt),
    group.map(({ attempt }) => attempt.dotAt),
  ]);
  return group.map(({ attempt }) => marked.has(attempt.id));
};

async function runForIds(pool: pg.Pool, name: string, text: string, values: unknown[]): Promise<ReadonlySet<string>> {
  const config = { name, text, values, query_timeout: queryTimeoutMs };
  const found = await pool.query<{ id: string }>(config as pg.QueryConfig);
  return new Set(found.rows.map(({ id }) => id));
}
