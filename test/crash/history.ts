/**
 * What the parties of a crash proof wrote down, each on its own: the driver what it submitted and what was acknowledged,
 * the truth server what it answered for each recipient, and the ledger, which is the program's own database afterwards.
 * The checker (check-history.ts) holds them against each other.
 */

/** By the driver, before the request leaves. `id` is the driver's own name for the message, and its Idempotency-Key. */
export interface Submitted {
  id: string;
  recipients: string[];
}

/** By the driver, after a 2xx; once for each time it was answered. */
export interface Acknowledged {
  id: string;
  messageId: string;
}

/**
 * accepted: answered the dot with 250 · accepted-cut: took it, and broke the line instead of answering · dropped-cut: did
 * not take it and broke the line · refused: 5xx to RCPT · deferred: 4xx to RCPT.
 */
export type TruthVerdict = 'accepted' | 'accepted-cut' | 'dropped-cut' | 'refused' | 'deferred';

/** By the truth server, on the disk before it answers. */
export interface Truth {
  /** What the message says it is; for refusals at RCPT, what the address says. */
  id: string;
  rcpt: string;
  /** Of the content as it arrived, dots unstuffed; null where there was none. */
  sha256: string | null;
  verdict: TruthVerdict;
}

export interface Ledger {
  messages: { messageId: string; id: string; state: string; sha256: string | null }[];
  recipients: { messageId: string; address: string; position: number; state: string; cause: string }[];
  attempts: { attemptId: string; messageId: string; number: number; outcome: string }[];
  /** In the order they were written. `position` null: of the whole message; `attemptId`: which attempt led to it. */
  events: { messageId: string; position: number | null; type: string; attemptId: string | null }[];
  queue: { messageId: string }[];
  /** What the database says against itself; empty: nothing. */
  corruption: string[];
}

export interface History {
  submitted: Submitted[];
  acknowledged: Acknowledged[];
  truth: Truth[];
  ledger: Ledger;
}

/** The rules of faults that a history can break. */
export type Rule =
  | 'lost'
  | 'unnamed-copy'
  | 'false-sent'
  | 'false-end'
  | 'unsubmitted'
  | 'illegal-step'
  | 'other-bytes'
  | 'corrupt'
  | 'twice-accepted'
  | 'stuck';

export interface Fault {
  rule: Rule;
  /** Which message or recipient, and what contradicts what. */
  says: string;
}

export const isTaken = (verdict: TruthVerdict): boolean => verdict === 'accepted' || verdict === 'accepted-cut';
