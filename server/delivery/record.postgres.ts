/**
 * What attempts came to, on PostgreSQL: many in one statement, which is its own transaction. It locks message, then queue
 * row, the same order as whoever cancels or releases. After a wait for those locks the rest is read as it was before the
 * wait: that is safe, because whoever changes recipients in between changes the token or the row too.
 */
import type pg from 'pg';
import { queryTimeoutMs } from './attempt.postgres.ts';
import { type AttemptColumns, restWaitMs } from './attempt-row.ts';
import { openStates, worstFirst } from './message-state.ts';

const quote = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');
const open = `(${quote(openStates)})`;
const worst = `ARRAY[${quote(worstFirst)}]`;

/**
 * The planner takes a list of unknown length for a hundred rows or more, and would read whole tables to join it. So rows are
 * looked up one by one (LATERAL), or the rows of the messages concerned are taken by index before anything is joined ($3).
 */
const recordText = `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1) AS g (id text, message_id text, token bigint, settings_id text, settings_name text,
    started_at bigint, ended_at bigint, outcome text, phase text, reply text, explanation text, transcript text,
    ready_at bigint, counts int)
), verdict AS MATERIALIZED (
  SELECT * FROM json_to_recordset($2) AS v (attempt_id text, position int, state text, reply text, explanation text)
), before AS MATERIALIZED (
  SELECT a.id, a.ended_at, a.outcome FROM given g,
    LATERAL (SELECT id, ended_at, outcome FROM attempt WHERE id = g.id OFFSET 0) AS a
), locked AS MATERIALIZED (
  SELECT m.id FROM (SELECT DISTINCT message_id FROM given ORDER BY message_id) AS g,
    LATERAL (SELECT id FROM message WHERE id = g.message_id FOR UPDATE) AS m
), held AS MATERIALIZED (
  SELECT g.* FROM locked JOIN given g ON g.message_id = locked.id, LATERAL (
    SELECT FROM queue q WHERE q.message_id = g.message_id AND q.token = g.token AND q.leased_until IS NOT NULL FOR UPDATE
  ) AS q
), fate AS MATERIALIZED (
  SELECT r.message_id, r.position, r.state IN ${open} AS was_open, h.id AS attempt_id, h.ended_at, v.reply, v.explanation,
    v.state AS judged, h.ready_at,
    CASE WHEN r.state IN ${open} THEN coalesce(v.state, r.state) ELSE r.state END AS state
  FROM held h
  CROSS JOIN LATERAL (SELECT message_id, position, state FROM recipient WHERE message_id = h.message_id OFFSET 0) AS r
  LEFT JOIN verdict v ON v.attempt_id = h.id AND v.position = r.position
), recipients AS (
  UPDATE recipient r SET state = f.state, reply = f.reply, explanation = f.explanation, updated_at = f.ended_at
  FROM fate f WHERE r.message_id = ANY ($3) AND r.message_id = f.message_id AND r.position = f.position
    AND f.was_open AND f.judged IS NOT NULL
), summary AS MATERIALIZED (
  SELECT message_id, min(array_position(${worst}, state)) AS place,
    bool_or(was_open AND (judged IS NULL OR judged IN ${open} AND ready_at IS NOT NULL)) AS is_left
  FROM fate GROUP BY message_id
), messages AS (
  UPDATE message m SET state = (${worst})[s.place] FROM summary s
  WHERE m.id = ANY ($3) AND m.id = s.message_id
), finished AS (
  DELETE FROM queue q USING held h LEFT JOIN summary s ON s.message_id = h.message_id
  WHERE q.message_id = ANY ($3) AND q.message_id = h.message_id AND s.is_left IS NOT TRUE
), going_on AS (
  UPDATE queue q SET leased_until = NULL, leased_by = NULL, attempts = q.attempts + h.counts, crashes = 0,
    ready_at = coalesce(h.ready_at, h.ended_at + ${restWaitMs}), attempt_id = NULL, attempt_settings_id = NULL,
    attempt_settings_name = NULL, attempt_started_at = NULL, dot_at = NULL
  FROM held h JOIN summary s ON s.message_id = h.message_id
  WHERE q.message_id = ANY ($3) AND q.message_id = h.message_id AND s.is_left
), attempts AS (
  INSERT INTO attempt AS a (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
    explanation, transcript)
  SELECT g.id, g.message_id,
    (SELECT coalesce(max(o.number), 0) + 1 FROM attempt o WHERE o.message_id = g.message_id),
    g.settings_id, g.settings_name, g.started_at, g.ended_at, g.outcome, g.phase, g.reply, g.explanation, g.transcript
  FROM given g LEFT JOIN before b ON b.id = g.id
  WHERE NOT (b.ended_at = g.ended_at AND b.outcome = g.outcome) OR b.id IS NULL
  ON CONFLICT (id) DO UPDATE SET phase = excluded.phase, reply = excluded.reply, transcript = excluded.transcript
), events AS (
  INSERT INTO event (message_id, position, type, at, data)
  SELECT message_id, position, judged, ended_at, json_build_object('attempt', attempt_id, 'reply', reply)::text FROM fate
  WHERE was_open AND judged <> 'queued' ORDER BY message_id, position
), late AS (
  INSERT INTO event (message_id, position, type, at, data)
  SELECT g.message_id, NULL, 'late', g.ended_at,
    json_build_object('attempt', g.id, 'outcome', g.outcome, 'reply', g.reply)::text
  FROM given g LEFT JOIN before b ON b.id = g.id
  WHERE g.id NOT IN (SELECT id FROM held)
    AND (b.id IS NULL OR NOT (b.ended_at = g.ended_at AND b.outcome = g.outcome))
)
SELECT g.id FROM given g LEFT JOIN before b ON b.id = g.id
WHERE g.id IN (SELECT id FROM held) OR b.ended_at = g.ended_at AND b.outcome = g.outcome`;

/** @returns for each whether it counts: false where the lease was lost. */
export const recordGroup = async (pool: pg.Pool, group: readonly AttemptColumns[]): Promise<boolean[]> => {
  const rows = group.map(({ recipients: _, ...columns }) => columns);
  const verdicts = group.flatMap(({ id, recipients }) => recipients.map((one) => ({ attempt_id: id, ...one })));
  const messageIds = [...new Set(group.map(({ message_id }) => message_id))];
  const values = [JSON.stringify(rows), JSON.stringify(verdicts), messageIds];
  const config = { name: 'attempt_record', text: recordText, values, query_timeout: queryTimeoutMs };
  const found = await pool.query<{ id: string }>(config as pg.QueryConfig);
  const counted = new Set(found.rows.map(({ id }) => id));
  return group.map(({ id }) => counted.has(id));
};
