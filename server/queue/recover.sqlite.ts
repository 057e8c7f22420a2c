/** Lost leases on SQLite; runs in the writer's thread. What is to become of them: lost-lease.ts. */
import type Sqlite from 'better-sqlite3';
import type { QueueRow } from '../database/tables.ts';
import { findWorstState } from '../delivery/message-state.ts';
import { findBeginning, findProgress, judgeLostLease } from './lost-lease.ts';

export type LostRow = Pick<
  QueueRow,
  | 'crashes'
  | 'leased_until'
  | 'attempt_id'
  | 'attempt_settings_id'
  | 'attempt_settings_name'
  | 'attempt_started_at'
  | 'dot_at'
> & { id: string; holds_uncertain: number };

export interface Recovered {
  requeued: number;
  uncertain: number;
  held: number;
}

export const openRecovery = (sqlite: Sqlite.Database) => {
  const findLost = sqlite.prepare<[number, string | null], LostRow>(`
    SELECT q.message_id AS id, q.crashes, q.leased_until, m.holds_uncertain, q.attempt_id, q.attempt_settings_id,
      q.attempt_settings_name, q.attempt_started_at, q.dot_at
    FROM queue q JOIN message m ON m.id = q.message_id
    WHERE q.leased_until IS NOT NULL AND (q.leased_until < ? OR q.leased_by = ?)`);
  const addAttempt = sqlite.prepare(`
    INSERT INTO attempt (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
      explanation, transcript)
    SELECT @attempt_id, @id, coalesce(max(number), 0) + 1, @attempt_settings_id, @attempt_settings_name,
      @startedAt, @now, @outcome, iif(@dot_at IS NULL, 'connect', 'dot'), '', @explanation, NULL
    FROM attempt WHERE message_id = @id`);
  const setRecipients = sqlite.prepare<unknown[], { position: number }>(`
    UPDATE recipient SET state = ?, explanation = ?, updated_at = ?
    WHERE message_id = ? AND state IN ('queued', 'sending', 'deferred', 'uncertain') RETURNING position`);
  const readStates = sqlite.prepare<[string], string>('SELECT state FROM recipient WHERE message_id = ?').pluck();
  const setMessage = sqlite.prepare('UPDATE message SET state = ? WHERE id = ?');
  const requeue = sqlite.prepare(`
    UPDATE queue SET leased_until = NULL, leased_by = NULL, ready_at = ?, crashes = ?, attempt_id = NULL,
      attempt_settings_id = NULL, attempt_settings_name = NULL, attempt_started_at = NULL, dot_at = NULL
    WHERE message_id = ?`);
  const drop = sqlite.prepare('DELETE FROM queue WHERE message_id = ?');
  const addEvent = sqlite.prepare('INSERT INTO event (message_id, position, type, at, data) VALUES (?, ?, ?, ?, ?)');

  return ({ now, owner }: { now: number; owner: string | null }): Recovered => {
    const count: Recovered = { requeued: 0, uncertain: 0, held: 0 };
    for (const row of findLost.all(now, owner)) {
      const { id, crashes, holds_uncertain, attempt_id } = row;
      const verdict = judgeLostLease(
        { crashes, holdsUncertain: holds_uncertain === 1, attempt: findProgress(row) },
        now,
      );
      const { outcome, explanation } = verdict;
      if (outcome !== null) addAttempt.run({ ...row, startedAt: findBeginning(row, now), now, outcome, explanation });
      if (verdict.state !== null) {
        const data = JSON.stringify({ attempt: attempt_id });
        for (const { position } of setRecipients.all(verdict.state, verdict.explanation, now, id))
          addEvent.run(id, position, verdict.state, now, data);
        setMessage.run(findWorstState(readStates.all(id)), id);
      }
      if (verdict.readyAt === null) drop.run(id);
      else requeue.run(verdict.readyAt, verdict.crashes, id);
      count[verdict.state ?? 'requeued'] += 1;
    }
    return count;
  };
};
