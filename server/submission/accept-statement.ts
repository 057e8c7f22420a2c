/**
 * The one statement that accepts a group of submissions on PostgreSQL, and its parameters. Rows go as JSON; bytes go as one
 * run of octets that the statement cuts up, since a list of octet strings would travel as hexadecimal. Keys and hashes go
 * in their order, so that two groups seldom collide.
 */
import type { AcceptUnit, Hold } from './accept-holds.ts';
import type { AcceptedMessage } from './accepted-message.ts';
import { redateAfterMs } from './blob-age.ts';
import { laneNumbers } from './lane-number.ts';

export interface RepeatLimits {
  now: number;
  /** Idempotency-Keys that are older have expired. */
  repeatsSince: number;
}

/** @returns (as rows) the keys that were free; a key that is taken keeps the messages that came with it out. */
export const acceptStatement = `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1) AS g (key text, id text, lane int, settings_id text, mail_from text, header_from text,
    header_to text, subject text, message_id text, size_bytes bigint, attachment_count int, tags text, is_secret int,
    holds_uncertain int, resent_from text, submitted_by text, created_at bigint, scheduled_at bigint, expires_at bigint,
    parts text, from_byte int, byte_count int, token int, leased_until bigint, leased_by text, attempt_id text,
    attempt_settings_id text, attempt_settings_name text)
), kept AS (
  INSERT INTO idempotency (key_hash, body_hash, message_ids, created_at)
  SELECT key_hash, body_hash, message_ids, $5 FROM json_to_recordset($3)
    AS k (key_hash text, body_hash text, message_ids text) ORDER BY key_hash
  ON CONFLICT (key_hash) DO UPDATE
    SET body_hash = excluded.body_hash, message_ids = excluded.message_ids, created_at = excluded.created_at
    WHERE idempotency.created_at <= $6
  RETURNING key_hash
), fresh AS MATERIALIZED (
  SELECT * FROM given WHERE key IS NULL OR key IN (SELECT key_hash FROM kept)
), messages AS (
  INSERT INTO message (id, lane, state, settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes,
    attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at)
  SELECT id, lane, 'queued', settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes,
    attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at
  FROM fresh
), recipients AS (
  INSERT INTO recipient (message_id, position, address, kind, state, reply, explanation, updated_at)
  SELECT r.message_id, r.position, r.address, r.kind, 'queued', '', '', fresh.created_at
  FROM json_to_recordset($2) AS r (message_id text, position int, address text, kind text)
  JOIN fresh ON fresh.id = r.message_id
), contents AS (
  INSERT INTO content (message_id, bytes, parts)
  SELECT id, substring($4::bytea FROM from_byte + 1 FOR byte_count), parts FROM fresh
), blobs AS (
  INSERT INTO blob (hash, bytes, size_bytes, created_at)
  SELECT b.hash, substring($4::bytea FROM b.from_byte + 1 FOR b.byte_count), b.byte_count, b.created_at
  FROM json_to_recordset($7) AS b (hash text, from_byte int, byte_count int, created_at bigint)
  ORDER BY b.hash
  ON CONFLICT (hash) DO UPDATE SET created_at = excluded.created_at
    WHERE blob.created_at < excluded.created_at - ${redateAfterMs}
), queued AS (
  INSERT INTO queue (message_id, lane, settings_id, ready_at, expires_at, attempts, crashes, token, leased_until, leased_by,
    attempt_id, attempt_settings_id, attempt_settings_name)
  SELECT id, lane, coalesce(settings_id, ''), coalesce(scheduled_at, created_at), expires_at, 0, 0, coalesce(token, 0),
    leased_until, leased_by, attempt_id, attempt_settings_id, attempt_settings_name
  FROM fresh
), events AS (
  INSERT INTO event (message_id, position, type, at, data) SELECT id, NULL, 'queued', created_at, '{}' FROM fresh
)
SELECT key_hash FROM kept`;

/** @param knownBlobs hashes whose bytes need not travel */
export function toAcceptParameters(
  group: readonly AcceptUnit[],
  knownBlobs: ReadonlySet<string>,
  { now, repeatsSince }: RepeatLimits,
): unknown[] {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const place = (bytes: Uint8Array) => {
    const from_byte = length;
    chunks.push(bytes);
    length += bytes.byteLength;
    return { from_byte, byte_count: bytes.byteLength };
  };
  const messages: object[] = [];
  const recipients: object[] = [];
  const blobs = new Map<string, object>();
  const keys: object[] = [];
  for (const { submission, hold } of group) {
    const { messages: all, idempotency } = submission;
    const holds = hold().columns;
    const key = idempotency?.keyHash ?? null;
    if (idempotency) {
      const message_ids = JSON.stringify(all.map(({ id }) => id));
      keys.push({ key_hash: key, body_hash: idempotency.bodyHash, message_ids });
    }
    for (const [number, message] of all.entries()) {
      const held = toHeldColumns(holds[number] ?? null);
      messages.push({ ...toRow(message), key, ...place(message.content.bytes), ...held });
      for (const [position, { address, kind }] of message.recipients.entries())
        recipients.push({ message_id: message.id, position, address, kind });
      for (const { hash, bytes } of message.content.blobs)
        if (!knownBlobs.has(hash) && !blobs.has(hash))
          blobs.set(hash, { hash, ...place(bytes), created_at: message.createdAt });
    }
  }
  const octets = Buffer.concat(chunks, length);
  const json = [messages, recipients, keys].map((rows) => JSON.stringify(rows));
  return [...json, octets, now, repeatsSince, JSON.stringify([...blobs.values()])];
}

/** Absent columns are null. */
function toHeldColumns(hold: Hold) {
  return (
    hold && {
      token: 1,
      leased_until: hold.leasedUntil,
      leased_by: hold.owner,
      attempt_id: hold.attempt.id,
      attempt_settings_id: hold.attempt.settingsId,
      attempt_settings_name: hold.attempt.settingsName,
    }
  );
}

function toRow(message: AcceptedMessage) {
  return {
    id: message.id,
    lane: laneNumbers[message.lane],
    settings_id: message.settingsId,
    mail_from: message.mailFrom,
    header_from: message.headerFrom,
    header_to: message.headerTo,
    subject: message.subject,
    message_id: message.messageId,
    size_bytes: message.sizeBytes,
    attachment_count: message.attachmentCount,
    tags: JSON.stringify(message.tags),
    is_secret: message.isSecret ? 1 : 0,
    holds_uncertain: message.holdsUncertain ? 1 : 0,
    resent_from: message.resentFrom,
    submitted_by: message.submittedBy,
    created_at: message.createdAt,
    scheduled_at: message.scheduledAt,
    expires_at: message.expiresAt,
    parts: message.content.parts && JSON.stringify(message.content.parts),
  };
}
