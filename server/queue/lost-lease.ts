/**
 * What becomes of a message whose worker went away (a crash, a kill, a partition). What the dot mark says decides: without
 * one the server cannot have accepted the message; with one nobody knows, so it is named uncertain. A message that was
 * being sent in three crashes in a row may be their cause: it is held for a person, and the queue goes on. The first time
 * nobody knows whether it was being sent or had only been claimed ahead: that counts, but only that one (see queue.ts), and
 * the message's page says so much and no more.
 */
import { crashesUntilHeld, leaseSeconds } from './queue.ts';

/** A server that was given a message a moment ago may still be busy with it. */
const uncertainWaitSeconds = 300;

export interface LostLease {
  /** Before this one. */
  crashes: number;
  holdsUncertain: boolean;
  /** The attempt under way; `registered`: perhaps it had not begun; null: the message had only been claimed. */
  attempt: 'registered' | 'begun' | 'dot' | null;
}

export interface LostLeaseVerdict {
  crashes: number;
  /** What the attempt's row says it came to; null: it gets none, since none was registered. */
  outcome: 'queued' | 'uncertain' | null;
  /** For the recipients that wait; null: as they were. */
  state: 'uncertain' | 'held' | null;
  /** Null: out of the queue. */
  readyAt: number | null;
  explanation: string;
}

const mayHaveIt =
  'Postern stopped after the message was handed over and before the server answered; the server may have it.';
const hasItNot = 'Postern stopped during this attempt; the message was not sent.';
const hadHardlyBegun =
  'Postern stopped within the first second of this attempt, or before it began; no final dot went out, so the message was not sent.';

/**
 * When the attempt began, as far as the queue row says. One that was only registered began, if it did, after the lease was
 * last taken or renewed. Milliseconds since 1970.
 */
export const findBeginning = (
  {
    attempt_started_at: startedAt,
    leased_until: until,
  }: { attempt_started_at: number | null; leased_until: number | null },
  now: number,
): number => startedAt ?? (until === null ? now : Math.min(now, until - leaseSeconds * 1000));

/** What the queue row says of the attempt. */
export const findProgress = (row: {
  attempt_id: string | null;
  attempt_started_at: number | null;
  dot_at: number | null;
}): LostLease['attempt'] => {
  if (row.attempt_id === null) return null;
  if (row.dot_at !== null) return 'dot';
  return row.attempt_started_at === null ? 'registered' : 'begun';
};

export function judgeLostLease({ crashes: before, holdsUncertain, attempt }: LostLease, now: number): LostLeaseVerdict {
  const isUncertain = attempt === 'dot';
  const what = isUncertain ? mayHaveIt : hasItNot;
  if (attempt === null) return { crashes: before, outcome: null, state: null, readyAt: now, explanation: what };
  if (attempt === 'registered') {
    const crashes = Math.max(1, before);
    return { crashes, outcome: 'queued', state: null, readyAt: now, explanation: hadHardlyBegun };
  }
  const crashes = before + 1;
  const outcome = isUncertain ? 'uncertain' : 'queued';
  if (crashes >= crashesUntilHeld) {
    const explanation = `${what} It was the ${ordinal(crashes)} stop in a row while this message was being sent, so it is held.`;
    return { crashes, outcome, state: 'held', readyAt: null, explanation };
  }
  if (isUncertain && holdsUncertain) {
    const explanation = `${what} It is held until somebody decides.`;
    return { crashes, outcome, state: 'held', readyAt: null, explanation };
  }
  if (isUncertain) {
    const explanation = `${what} It is sent again in ${uncertainWaitSeconds / 60} minutes, with the same Message-ID.`;
    return { crashes, outcome, state: 'uncertain', readyAt: now + uncertainWaitSeconds * 1000, explanation };
  }
  return { crashes, outcome, state: null, readyAt: now, explanation: what };
}

function ordinal(count: number): string {
  return ['first', 'second', 'third'][count - 1] ?? `${count}th`;
}
