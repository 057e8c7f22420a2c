/** Lost leases on SQLite; runs in the writer's thread. What is to become of them: lost-lease.ts. */
import type Sqlite from 'better-sqlite3';
import { findWorstState } from '../delivery/message-state.ts';
import { judgeLostLease } from './lost-lease.ts';

export interface LostRow {
  id: string;
  crashes: number;
  holds_uncertain: number;
  attempt_id: string | null;
  attempt_outcome: 'begun' | 'dot' | null;
}

export interface Recovered {
  requeued: number;
  uncertain: number;
  held: number;
}

export const openRecovery = (sqlite: Sqlite.Database) => {
  const findLost = sqlite.prepare<[number, string | null], LostRow>(`
    SELECT q.message_id AS id, q.crashes, m.holds_uncertain, a.id AS attempt_id, a.outcome AS attempt_outcome
    FROM queue q JOIN message m ON m.id = q.message_id
    LEFT JOIN attempt a ON a.message_id = q.message_id AND a.ended_at IS NULL
    WHERE q.leased_until IS NOT NULL AND (q.leased_until < ? OR q.leased_by = ?)`);
  const endAttempt = sqlite.prepare('UPDATE attempt SET ended_at = ?, outcome = ?, explanation = ? WHERE id = ?');
  const setRecipients = sqlite.prepare<unknown[], { position: number }>(`
    UPDATE recipient SET state = ?, explanation = ?, updated_at = ?
    WHERE message_id = ? AND state IN ('queued', 'sending', 'deferred', 'uncertain') RETURNING position`);
  const readStates = sqlite.prepare<[string], string>('SELECT state FROM recipient WHERE message_id = ?').pluck();
  const setMessage = sqlite.prepare('UPDATE message SET state = ? WHERE id = ?');
  const requeue = sqlite.prepare(
    'UPDATE queue SET leased_until = NULL, leased_by = NULL, ready_at = ?, crashes = ? WHERE message_id = ?',
  );
  const drop = sqlite.prepare('DELETE FROM queue WHERE message_id = ?');
  const addEvent = sqlite.prepare('INSERT INTO event (message_id, position, type, at, data) VALUES (?, ?, ?, ?, ?)');

  return ({ now, owner }: { now: number; owner: string | null }): Recovered => {
    const count: Recovered = { requeued: 0, uncertain: 0, held: 0 };
    for (const { id, crashes, holds_uncertain, attempt_id, attempt_outcome } of findLost.all(now, owner)) {
      const verdict = judgeLostLease({ crashes, holdsUncertain: holds_uncertain === 1, attempt: attempt_outcome }, now);
      if (attempt_id !== null) endAttempt.run(now, verdict.outcome, verdict.explanation, attempt_id);
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
