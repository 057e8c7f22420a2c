/** What an attempt's outcome means for a recipient, and for the server. The meaning is given in judge.ts alone. */
import type { RecipientState } from '../../contracts/message.ts';
import type { Phase, SmtpFailure } from '../smtp/outcome.ts';

export interface RecipientVerdict {
  position: number;
  state: Exclude<RecipientState, 'sending'>;
  /** The server's own words. */
  reply: string;
  /** What they mean and what happens next, one or two plain sentences. */
  explanation: string;
}

/** What the outcome says about the server; null: nothing. */
export interface ServerVerdict {
  /** `blocked`: somebody must change something; `unreachable`: probed until it is back; `slow`: fewer at once for a while. */
  state: 'blocked' | 'unreachable' | 'slow' | 'ok';
  /** A stable word: `sign-in`, `certificate`, `relay`, `connection`, … */
  code: string;
  reason: string;
  /** Until the next try; null: only after a change. */
  retryAfterSeconds: number | null;
}

export interface AttemptVerdict {
  recipients: RecipientVerdict[];
  server: ServerVerdict | null;
  /** False where the fault was the server's: it never costs a message its attempts. */
  countsAsAttempt: boolean;
  /** When the rest is tried again; null: nothing is left to try. */
  retryAfterSeconds: number | null;
}

export interface AttemptRecord {
  id: string;
  messageId: string;
  token: number;
  settingsId: string;
  settingsName: string;
  startedAt: number;
  endedAt: number;
  phase: Phase;
  failure: SmtpFailure | null;
  reply: string;
  /** Lines without secrets; null for secret mail. */
  transcript: { at: number; from: 'client' | 'server' | 'note'; text: string }[] | null;
  verdict: AttemptVerdict;
}

/** An attempt that is about to end its message with a dot; times are milliseconds since 1970. */
export interface MarkedAttempt {
  id: string;
  startedAt: number;
  dotAt: number;
}

export interface DeliveryStore {
  /** Before dialling, where the claim has not registered it: an attempt that a crash cuts off is known afterwards. */
  beginAttempt: (
    claim: { id: string; token: number },
    attempt: Pick<AttemptRecord, 'id' | 'settingsId' | 'settingsName' | 'startedAt'>,
  ) => Promise<boolean>;
  /** Just before the final dot (or the last BDAT) is written. False: the lease is lost, do not send. Group-committed. */
  markDot: (claim: { id: string; token: number }, attempt: MarkedAttempt) => Promise<boolean>;
  /** Attempt, recipients, queue and events, in one transaction. False: the lease was lost; then it is kept as evidence only. */
  recordAttempt: (record: AttemptRecord) => Promise<boolean>;
  readHealth: () => Promise<ServerHealth[]>;
  setHealth: (health: ServerHealth) => Promise<void>;
}

export interface ServerHealth {
  settingsId: string;
  state: 'ok' | 'slow' | 'unreachable' | 'blocked';
  code: string;
  reason: string;
  since: number;
  nextProbeAt: number | null;
  /** By a person. */
  isPaused: boolean;
}
