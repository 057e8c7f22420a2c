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
  const noteBegun = sqlite.prepare(`
    UPDATE queue SET attempt_id = ?, attempt_settings_id = ?, attempt_settings_name = ?, attempt_started_at = ?
    WHERE message_id = ? AND token = ? AND leased_until IS NOT NULL`);
  const noteDot = sqlite.prepare(`
    UPDATE queue SET dot_at = ?, attempt_started_at = coalesce(attempt_started_at, ?)
    WHERE message_id = ? AND token = ? AND attempt_id = ? AND leased_until IS NOT NULL`);
  const readAttempt = sqlite.prepare<[string], Pick<AttemptRow, 'ended_at' | 'outcome'>>(
    'SELECT ended_at, outcome FROM attempt WHERE id = ?',
  );
  // SQLite prepares anew at each run what has a parameter and max() or ORDER BY, which takes ten times as long.
  const readNumbers = sqlite.prepare<[string], number>('SELECT number FROM attempt WHERE message_id = ?').pluck();
  const addAttempt = sqlite.prepare(`
    INSERT INTO attempt (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
      explanation, transcript)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const keepEvidence = sqlite.prepare('UPDATE attempt SET phase = ?, reply = ?, transcript = ? WHERE id = ?');
  const readStates = sqlite.prepare<[string], { position: number; state: string }>(
    'SELECT position, state FROM recipient WHERE message_id = ?',
  );
  const setRecipient = sqlite.prepare(`
    UPDATE recipient SET state = ?, reply = ?, explanation = ?, updated_at = ? WHERE message_id = ? AND position = ?`);
  const setMessage = sqlite.prepare('UPDATE message SET state = ? WHERE id = ?');
  const finish = sqlite.prepare('DELETE FROM queue WHERE message_id = ?');
  const goOn = sqlite.prepare(`
    UPDATE queue SET leased_until = NULL, leased_by = NULL, ready_at = ?, attempts = attempts + ?, crashes = 0,
      attempt_id = NULL, attempt_settings_id = NULL, attempt_settings_name = NULL, attempt_started_at = NULL, dot_at = NULL
    WHERE message_id = ?`);
  const addEvent = sqlite.prepare('INSERT INTO event (message_id, position, type, at, data) VALUES (?, ?, ?, ?, ?)');
  const keepHealth = sqlite.prepare(`
    INSERT OR REPLACE INTO server_health (settings_id, state, code, reason, since, next_probe_at, is_paused)
    VALUES (@settings_id, @state, @code, @reason, @since, @next_probe_at, @is_paused)`);

  const begin = ({ claim, attempt }: BegunAttempt): boolean => {
    const { id, settingsId, settingsName, startedAt } = attempt;
    return noteBegun.run(id, settingsId, settingsName, startedAt, claim.id, claim.token).changes > 0;
  };
  const mark = ({ claim, attempt: { id, startedAt, dotAt } }: DotMark): boolean =>
    noteDot.run(dotAt, startedAt, claim.id, claim.token, id).changes > 0;

  const record = (given: AttemptColumns): boolean => {
    const { id, message_id, ended_at, outcome, phase, reply, explanation, transcript } = given;
    const isHeld = hold.get(message_id, given.token) !== undefined;
    // While the lease is held nobody has written its end: whoever does ends the lease in the same transaction.
    const known = isHeld ? undefined : readAttempt.get(id);
    if (known?.ended_at === ended_at && known.outcome === outcome) return true;
    // Whoever took the lease away has written its end; what the server said is evidence all the same.
    if (known) keepEvidence.run(phase, reply, transcript, id);
    else {
      const { settings_id, settings_name, started_at } = given;
      const words = [outcome, phase, reply, explanation, transcript];
      const number = Math.max(0, ...readNumbers.all(message_id)) + 1;
      addAttempt.run(id, message_id, number, settings_id, settings_name, started_at, ended_at, ...words);
    }
    if (!isHeld) {
      const data = JSON.stringify({ attempt: id, outcome, reply });
      addEvent.run(message_id, null, 'late', ended_at, data);
      return false;
    }
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
    mark,
    record,
    setHealth: (row: ServerHealthRow): void => {
      keepHealth.run(row);
    },
  };
};
