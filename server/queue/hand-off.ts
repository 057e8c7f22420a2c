/**
 * A message that is accepted while its server has room need not wait to be claimed: its row in the queue is inserted as one
 * that is leased already, and the worker has it as soon as that is durable.
 *
 * Whoever accepts asks for a reservation just before the insert, and ends each one exactly once: `take`, `drop` or `lose`.
 */
import type { AcceptedMessage, MessageContent } from '../submission/accepted-message.ts';
import type { ClaimedMessage } from './queue.ts';

export interface HandOff {
  /**
   * Null: it goes into the queue as usual, and whoever claims is to be told (`wake`). A reservation counts as buffered
   * until it ends. What is read of the message is kept until `take`; its content is not touched.
   */
  reserve: (message: AcceptedMessage) => Reservation | null;
  /**
   * To be asked before a batch is reserved: whether there is room for it in a moment, when some of what was handed over
   * before has been sent. Then it costs less to wait than to take it through the database. Null: go on.
   * @param reserve is called in the same turn in which there is room, or waiting for it has come to an end
   * @returns resolves then
   */
  pace?: (batch: readonly AcceptedMessage[], reserve: () => void) => Promise<void> | null;
}

export interface Reservation {
  /** Columns of the queue row: `leased_by`, `leased_until` (milliseconds since 1970); its `token` is 1. */
  owner: string;
  leasedUntil: number;
  /** Columns `attempt_id`, `attempt_settings_id`, `attempt_settings_name`. The other columns of the attempt are null. */
  attempt: RegisteredAttempt;
  /** It is durable, and ours to send. @param content whole, in memory that nobody else writes to or gives away */
  take: (content: MessageContent) => void;
  /** For certain it was not inserted: another body under the key, a repeat, a statement that failed. */
  drop: () => void;
  /** Nobody knows whether it was: the connection broke during the commit. Its lease runs out. */
  lose: () => void;
}

/** An attempt that is written down in the queue row, before anything is said to a server: about to begin, or begun. */
export interface RegisteredAttempt {
  id: string;
  settingsId: string;
  settingsName: string;
}

/** As a claim would have brought it, but for its content. */
export const toHandedOff = (accepted: AcceptedMessage, attempt: RegisteredAttempt): ClaimedMessage => ({
  id: accepted.id,
  token: 1,
  attempts: 0,
  lane: accepted.lane,
  settingsId: accepted.settingsId,
  mailFrom: accepted.mailFrom,
  messageId: accepted.messageId,
  sizeBytes: accepted.sizeBytes,
  isSecret: accepted.isSecret,
  holdsUncertain: accepted.holdsUncertain,
  expiresAt: accepted.expiresAt,
  createdAt: accepted.createdAt,
  recipients: accepted.recipients.map(({ address }, position) => ({ position, address })),
  attempt,
  content: null,
});
