/** Lost leases on PostgreSQL: there are as many as one node had connections, so one by one. See lost-lease.ts. */
import type pg from 'pg';
import { findWorstState, openStates } from '../delivery/message-state.ts';
import { findBeginning, findProgress, judgeLostLease } from './lost-lease.ts';
import type { LostRow, Recovered } from './recover.sqlite.ts';

export const recoverOnPostgres = async (pool: pg.Pool, now: number, owner: string | null): Promise<Recovered> => {
  const count: Recovered = { requeued: 0, uncertain: 0, held: 0 };
  const client = await pool.connect();
  let fault: Error | undefined;
  try {
    await client.query('BEGIN');
    // What another node recovers at this moment, or what is just being recorded, is left to it.
    const lost = await client.query<LostRow>(
      `SELECT q.message_id AS id, q.crashes, q.leased_until, m.holds_uncertain, q.attempt_id, q.attempt_settings_id,
         q.attempt_settings_name, q.attempt_started_at, q.dot_at
       FROM queue q JOIN message m ON m.id = q.message_id
       WHERE q.leased_until IS NOT NULL AND (q.leased_until < $1 OR q.leased_by = $2) FOR UPDATE OF q, m SKIP LOCKED`,
      [now, owner],
    );
    for (const row of lost.rows) count[await recoverOne(client, row, now)] += 1;
    await client.query('COMMIT');
    return count;
  } catch (error) {
    fault = error as Error;
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  } finally {
    client.release(fault);
  }
};

const addAttemptText = `
INSERT INTO attempt (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
  explanation, transcript)
SELECT $1, $2, coalesce(max(number), 0) + 1, $3, $4, $5, $6, $7, $8, '', $9, NULL FROM attempt WHERE message_id = $2`;
const requeueText = `
UPDATE queue SET leased_until = NULL, leased_by = NULL, ready_at = $2, crashes = $3, attempt_id = NULL,
  attempt_settings_id = NULL, attempt_settings_name = NULL, attempt_started_at = NULL, dot_at = NULL
WHERE message_id = $1`;

async function recoverOne(client: pg.PoolClient, row: LostRow, now: number): Promise<keyof Recovered> {
  const { id } = row;
  const holdsUncertain = row.holds_uncertain === 1;
  const verdict = judgeLostLease({ crashes: row.crashes, holdsUncertain, attempt: findProgress(row) }, now);
  const { state, outcome, explanation, readyAt } = verdict;
  if (outcome !== null) {
    const { attempt_id, attempt_settings_id, attempt_settings_name } = row;
    const phase = row.dot_at === null ? 'connect' : 'dot';
    await client.query(addAttemptText, [
      ...[attempt_id, id, attempt_settings_id, attempt_settings_name, findBeginning(row, now)],
      ...[now, outcome, phase, explanation],
    ]);
  }
  if (state !== null) {
    await client.query(
      `WITH changed AS (
         UPDATE recipient SET state = $2, explanation = $3, updated_at = $4
         WHERE message_id = $1 AND state = ANY ($5) RETURNING position)
       INSERT INTO event (message_id, position, type, at, data) SELECT $1, position, $2, $4, $6 FROM changed`,
      [id, state, explanation, now, openStates, JSON.stringify({ attempt: row.attempt_id })],
    );
    const states = await client.query<{ state: string }>('SELECT state FROM recipient WHERE message_id = $1', [id]);
    const worst = findWorstState(states.rows.map((one) => one.state));
    await client.query('UPDATE message SET state = $2 WHERE id = $1', [id, worst]);
  }
  if (readyAt === null) await client.query('DELETE FROM queue WHERE message_id = $1', [id]);
  else {
    await client.query(requeueText, [id, readyAt, verdict.crashes]);
  }
  return state ?? 'requeued';
}
