/**
 * A submission as it goes to the writer's thread: the parameters of each statement in their order. Between threads a list of
 * plain values costs a third of what objects with named keys do.
 */
import type { Hold } from './accept-holds.ts';
import type { AcceptedMessage, AcceptedSubmission } from './accepted-message.ts';
import { laneNumbers } from './lane-number.ts';

type Value = string | number | null;

export interface AcceptInput {
  messages: AcceptRows[];
  idempotency: AcceptedSubmission['idempotency'];
  now: number;
  /** Idempotency-Keys that are older have expired. */
  repeatsSince: number;
}

export type AcceptRows = [
  message: [id: string, ...Value[]],
  /** Address and kind of each, in turn. */
  recipients: string[],
  bytes: Uint8Array,
  parts: string | null,
  blobs: { hash: string; bytes: Uint8Array }[],
  queue: Value[],
];

/** In a message's row. */
export const createdAtPlace = 15;

/** @param holds one for each message, in order */
export const toAcceptRows = (messages: readonly AcceptedMessage[], holds: readonly Hold[]): AcceptRows[] =>
  messages.map((message, place) => toRows(message, holds[place] ?? null));

function toRows(message: AcceptedMessage, hold: Hold): AcceptRows {
  const { id, content, createdAt, settingsId, scheduledAt, expiresAt } = message;
  const lane = laneNumbers[message.lane];
  return [
    [
      id,
      lane,
      settingsId,
      message.mailFrom,
      message.headerFrom,
      message.headerTo,
      message.subject,
      message.messageId,
      message.sizeBytes,
      message.attachmentCount,
      message.tags.length === 0 ? '[]' : JSON.stringify(message.tags),
      message.isSecret ? 1 : 0,
      message.holdsUncertain ? 1 : 0,
      message.resentFrom,
      message.submittedBy,
      createdAt,
      scheduledAt,
      expiresAt,
    ],
    message.recipients.flatMap(({ address, kind }) => [address, kind]),
    detach(content.bytes),
    content.parts && JSON.stringify(content.parts),
    content.blobs.map(({ hash, bytes }) => ({ hash, bytes: detach(bytes) })),
    [
      id,
      lane,
      settingsId ?? '',
      scheduledAt ?? createdAt,
      expiresAt,
      hold ? 1 : 0,
      hold?.leasedUntil ?? null,
      hold?.owner ?? null,
      hold?.attempt.id ?? null,
      hold?.attempt.settingsId ?? null,
      hold?.attempt.settingsName ?? null,
    ],
  ];
}

/** A view into a larger buffer (Node's small buffers all are) would take the whole of it along to the other thread. */
const detach = (bytes: Uint8Array): Uint8Array =>
  bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
