/** Attempts on SQLite; runs in the writer's thread, many to a transaction. */
import type Sqlite from 'better-sqlite3';
import type { AttemptRow, ServerHealthRow } from '../database/tables.ts';
import { type AttemptColumns, restWaitMs } from './attempt-row.ts';
import type { BegunAttempt, DotMark } from './delivery.store.ts';
import { findWorstState, isOpen } from './message-state.ts';

export const openUnits = (sqlite: Sqlite.Database) => {
  const hold = sqlite.prepare<[string, number], 1>(
    'SELECT 1 FROM queue WHERE message_id = ? AND token = ? AND leased_until IS NOT NULL',
  );
  const addAttempt = sqlite.prepare(`
    INSERT INTO attempt (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
      explanation, transcript)
    SELECT @id, @message, coalesce(max(number), 0) + 1, @settingsId, @settingsName, @startedAt, NULL, 'begun', 'connect', '', '', NULL
    FROM attempt WHERE message_id = @message ON CONFLICT (id) DO NOTHING`);
  const markDot = sqlite.prepare("UPDATE attempt SET outcome = 'dot', phase = 'dot' WHERE id = ? AND ended_at IS NULL");
  const readAttempt = sqlite.prepare<[string], Pick<AttemptRow, 'ended_at' | 'outcome'>>(
    'SELECT ended_at, outcome FROM attempt WHERE id = ?',
  );
  const endAttempt = sqlite.prepare(`
    UPDATE attempt SET ended_at = ?, outcome = ?, phase = ?, reply = ?, explanation = ?, transcript = ? WHERE id = ?`);
  const keepEvidence = sqlite.prepare(`
    UPDATE attempt SET outcome = iif(ended_at IS NULL, @outcome, outcome),
      explanation = iif(ended_at IS NULL, @explanation, explanation), ended_at = coalesce(ended_at, @ended_at),
      phase = @phase, reply = @reply, transcript = @transcript
    WHERE id = @id`);
  const readStates = sqlite.prepare<[string], { position: number; state: string }>(
    'SELECT position, state FROM recipient WHERE message_id = ?',
  );
  const setRecipient = sqlite.prepare(`
    UPDATE recipient SET state = ?, reply = ?, explanation = ?, updated_at = ? WHERE message_id = ? AND position = ?`);
  const setMessage = sqlite.prepare('UPDATE message SET state = ? WHERE id = ?');
  const finish = sqlite.prepare('DELETE FROM queue WHERE message_id = ?');
  const goOn = sqlite.prepare(`
    UPDATE queue SET leased_until = NULL, leased_by = NULL, ready_at = ?, attempts = attempts + ?, crashes = 0
    WHERE message_id = ?`);
  const addEvent = sqlite.prepare('INSERT INTO event (message_id, position, type, at, data) VALUES (?, ?, ?, ?, ?)');
  const keepHealth = sqlite.prepare(`
    INSERT OR REPLACE INTO server_health (settings_id, state, code, reason, since, next_probe_at, is_paused)
    VALUES (@settings_id, @state, @code, @reason, @since, @next_probe_at, @is_paused)`);

  const begin = ({ claim, attempt }: BegunAttempt): boolean => {
    if (!hold.get(claim.id, claim.token)) return false;
    addAttempt.run({ message: claim.id, ...attempt });
    return true;
  };

  const record = (given: AttemptColumns): boolean => {
    const { id, message_id, ended_at, outcome, phase, reply, explanation, transcript } = given;
    const attempt = readAttempt.get(id);
    if (attempt?.ended_at === ended_at && attempt.outcome === outcome) return true;
    if (!attempt) {
      const { settings_id: settingsId, settings_name: settingsName, started_at: startedAt } = given;
      addAttempt.run({ id, message: message_id, settingsId, settingsName, startedAt });
    }
    if (!hold.get(message_id, given.token)) {
      keepEvidence.run({ ended_at, outcome, explanation, phase, reply, transcript, id });
      const data = JSON.stringify({ attempt: id, outcome, reply });
      addEvent.run(message_id, null, 'late', ended_at, data);
      return false;
    }
    endAttempt.run(ended_at, outcome, phase, reply, explanation, transcript, id);
    const verdicts = new Map(given.recipients.map((one) => [one.position, one]));
    const states: string[] = [];
    let isLeft = false;
    for (const { position, state } of readStates.all(message_id)) {
      const verdict = isOpen(state) ? verdicts.get(position) : undefined;
      states.push(verdict?.state ?? state);
      if (!verdict) {
        isLeft ||= isOpen(state);
        continue;
      }
      isLeft ||= isOpen(verdict.state) && given.ready_at !== null;
      setRecipient.run(verdict.state, verdict.reply, verdict.explanation, ended_at, message_id, position);
      if (verdict.state !== 'queued')
        addEvent.run(
          message_id,
          position,
          verdict.state,
          ended_at,
          JSON.stringify({ attempt: id, reply: verdict.reply }),
        );
    }
    setMessage.run(findWorstState(states), message_id);
    if (isLeft) goOn.run(given.ready_at ?? ended_at + restWaitMs, given.counts, message_id);
    else finish.run(message_id);
    return true;
  };

  return {
    begin,
    record,
    mark: ({ claim, attemptId }: DotMark): boolean =>
      hold.get(claim.id, claim.token) !== undefined && markDot.run(attemptId).changes > 0,
    setHealth: (row: ServerHealthRow): void => {
      keepHealth.run(row);
    },
  };
};
