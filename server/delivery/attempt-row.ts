/** What an attempt's record looks like in the database. */
import type { RecipientState } from '../../contracts/message.ts';
import { findWorstState } from './message-state.ts';
import type { AttemptRecord, RecipientVerdict } from './verdict.ts';

export interface AttemptColumns {
  id: string;
  message_id: string;
  token: number;
  settings_id: string;
  settings_name: string;
  started_at: number;
  ended_at: number;
  outcome: RecipientState;
  phase: string;
  reply: string;
  explanation: string;
  transcript: string | null;
  /** When what is left goes on; null: nothing is left of those that were judged. */
  ready_at: number | null;
  counts: 0 | 1;
  recipients: RecipientVerdict[];
}

/** Where recipients that wait were not judged, or no time was given. */
export const restWaitMs = 60_000;

export function toAttemptColumns(record: AttemptRecord): AttemptColumns {
  const { verdict, transcript, endedAt } = record;
  const outcome = findWorstState(verdict.recipients.map(({ state }) => state));
  const worst = verdict.recipients.find(({ state }) => state === outcome);
  const { retryAfterSeconds } = verdict;
  return {
    id: record.id,
    message_id: record.messageId,
    token: record.token,
    settings_id: record.settingsId,
    settings_name: clean(record.settingsName),
    started_at: record.startedAt,
    ended_at: endedAt,
    outcome,
    phase: record.phase,
    reply: clean(record.reply),
    explanation: clean(worst?.explanation ?? ''),
    transcript: transcript && JSON.stringify(transcript),
    ready_at: retryAfterSeconds === null ? null : endedAt + Math.round(retryAfterSeconds * 1000),
    counts: verdict.countsAsAttempt ? 1 : 0,
    recipients: verdict.recipients.map(({ position, state, reply, explanation }) => ({
      position,
      state,
      reply: clean(reply),
      explanation: clean(explanation),
    })),
  };
}

/** Servers say what they like; no NUL, which PostgreSQL does not store, and no half characters. */
function clean(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}
