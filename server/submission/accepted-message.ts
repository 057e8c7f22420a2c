/** A message as it is accepted: everything that is fixed at that moment and never changes afterwards. */
import type { Lane } from '../../contracts/submission.ts';

export interface AcceptedMessage {
  id: string;
  lane: Lane;
  /** Null: whatever the default settings are when its turn comes. */
  settingsId: string | null;
  /** Envelope sender, as it goes into MAIL FROM. */
  mailFrom: string;
  /** For lists and search, as a person reads them. */
  headerFrom: string;
  headerTo: string;
  subject: string;
  /** Value of the Message-ID header, angle brackets included; the same at every attempt. */
  messageId: string;
  /** Of the composed message, octets. */
  sizeBytes: number;
  attachmentCount: number;
  tags: { name: string; value: string }[];
  isSecret: boolean;
  /** After an unanswered dot: hold it for a person instead of sending again. */
  holdsUncertain: boolean;
  resentFrom: string | null;
  /** An e-mail address, or `api key NAME`. */
  submittedBy: string;
  /** Milliseconds since 1970, as all times here. */
  createdAt: number;
  scheduledAt: number | null;
  expiresAt: number;
  recipients: { address: string; kind: 'to' | 'cc' | 'bcc' }[];
  content: MessageContent;
}

/** The composed bytes. Attachments stand apart, stored once by their hash whatever the number of messages. */
export interface MessageContent {
  /** Everything but the attachments' base64 lines, in order. */
  bytes: Uint8Array;
  /** Null: `bytes` is the whole message. Else its pieces in order: a range of `bytes` [from, to), or the hash of a blob. */
  parts: ([from: number, to: number] | string)[] | null;
  /** What the parts name: SHA-256 of the base64 lines (hexadecimal), and the lines as they go out. */
  blobs: { hash: string; bytes: Uint8Array }[];
}

/** What one call submits: all of it is accepted, or nothing. */
export interface AcceptedSubmission {
  messages: AcceptedMessage[];
  /** `keyHash` covers the caller and the Idempotency-Key; `bodyHash` the body. */
  idempotency: { keyHash: string; bodyHash: string } | null;
}

export type AcceptOutcome =
  | { outcome: 'accepted' | 'repeated'; ids: string[] }
  /** The same key came with another body. */
  | { outcome: 'conflict' }
  /** The disk is full, or the database away: nothing was accepted, try again later. */
  | { outcome: 'unavailable'; problem: string };

export interface AcceptStore {
  /** Resolves once the submission is durable. Many that wait at the same time share one commit. */
  accept: (submission: AcceptedSubmission) => Promise<AcceptOutcome>;
  /** What an Idempotency-Key has answered; null: nothing within 24 hours. */
  findRepeat: (keyHash: string) => Promise<{ bodyHash: string; ids: string[] } | null>;
}
