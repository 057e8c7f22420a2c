/**
 * The queue holds messages until they are due, hands them out with a lease, and takes them back. It knows nothing of servers:
 * `settingsId` is only a name that claims are filtered by ('' stands for the default settings).
 *
 * A claim carries a fencing token. Whoever lost the lease (paused process, partitioned database) is refused by the token when
 * it reports, so an outcome is never recorded twice. A lease that runs out with an attempt under way is a crash; a message
 * that was being sent in three crashes is held.
 *
 * The attempt is registered with the claim, in the queue row, so that nothing is said to a server that is not written down.
 * Whether it had begun when its worker died is not known then (many are claimed ahead), and need not be: without a dot mark
 * it was not sent. After such a death it is: the next attempts of this message are begun by a note of their own.
 */
import type { AcceptedMessage, MessageContent } from '../submission/accepted-message.ts';
import type { RegisteredAttempt } from './hand-off.ts';

export const leaseSeconds = 60;
export const crashesUntilHeld = 3;

export interface ClaimedMessage
  extends Pick<
    AcceptedMessage,
    | 'id'
    | 'lane'
    | 'settingsId'
    | 'mailFrom'
    | 'messageId'
    | 'sizeBytes'
    | 'isSecret'
    | 'holdsUncertain'
    | 'expiresAt'
    | 'createdAt'
  > {
  token: number;
  /** Attempts so far that counted. */
  attempts: number;
  /** Those that still want it: not sent, bounced, cancelled. */
  recipients: { position: number; address: string }[];
  /** Registered with the claim; null: to be begun (`beginAttempt`) before anything is said to a server. */
  attempt: RegisteredAttempt | null;
  /** Null: it is large or has attachments, and is read when its attempt begins. */
  content: MessageContent | null;
}

/** Who will send what waits under a name. */
export interface Sender {
  /** As in `settingsIds`. */
  name: string;
  settingsId: string;
  settingsName: string;
}

export interface ClaimRequest {
  /** Names that may send now, '' for the default settings; what waits for others stays. */
  settingsIds: readonly string[];
  /** Attempts of these are registered with the claim; what waits for others is only leased. */
  senders?: readonly Sender[];
  limit: number;
  /** Only urgent ones: for the room that is reserved for them. */
  onlyUrgent: boolean;
  /** This process. */
  owner: string;
  now: number;
}

export interface QueueStore {
  /** Most urgent lane first, then longest due. */
  claim: (request: ClaimRequest) => Promise<ClaimedMessage[]>;
  /** Messages whose time has run out, whatever settings they wait for: they are only to be recorded as expired. */
  claimOverdue?: (request: Pick<ClaimRequest, 'owner' | 'now' | 'limit'>) => Promise<ClaimedMessage[]>;
  readContent: (messageId: string) => Promise<MessageContent>;
  renewLeases: (owner: string, now: number) => Promise<void>;
  /** Back into the queue, as if never claimed. */
  giveBack: (claims: readonly { id: string; token: number }[], readyAt: number) => Promise<void>;
  /**
   * Messages whose lease ran out, or (at start, `owner` given) that this owner had. Without a dot mark they are queued again
   * at once; with one their recipients become uncertain and they wait (or are held where the message asks for that).
   */
  recoverLost: (now: number, owner: string | null) => Promise<{ requeued: number; uncertain: number; held: number }>;
  /**
   * The clock was set back by so much: what waits for another try would wait longer by that, and is due as much earlier.
   * What waits for a time that a caller named stays, and so does what may have been accepted: it is never sent sooner.
   */
  countAnew?: (now: number, backMilliseconds: number) => Promise<void>;
  /** When the next message becomes due, for the worker's sleep; null: nothing waits. */
  nextReadyAt: (settingsIds: readonly string[]) => Promise<number | null>;
}
