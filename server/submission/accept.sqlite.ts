/** Accepting on SQLite; runs in the writer's thread, many submissions to a transaction. */
import type Sqlite from 'better-sqlite3';
import type { Hold } from './accept-holds.ts';
import type { AcceptedMessage, AcceptedSubmission, AcceptOutcome } from './accepted-message.ts';
import { redateAfterMs } from './blob-age.ts';
import { laneNumbers } from './lane-number.ts';

export interface AcceptInput {
  submission: AcceptedSubmission;
  /** One for each message, in order. */
  holds: readonly Hold[];
  now: number;
  /** Idempotency-Keys that are older have expired. */
  repeatsSince: number;
}

export const openUnits = (sqlite: Sqlite.Database) => {
  const findRepeat = sqlite.prepare<[string, number], { body_hash: string; message_ids: string }>(
    'SELECT body_hash, message_ids FROM idempotency WHERE key_hash = ? AND created_at > ?',
  );
  const keepRepeat = sqlite.prepare(
    'INSERT OR REPLACE INTO idempotency (key_hash, body_hash, message_ids, created_at) VALUES (?, ?, ?, ?)',
  );
  const addMessage = sqlite.prepare(`
    INSERT INTO message (id, lane, state, settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes,
      attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at)
    VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const addRecipient = sqlite.prepare(`
    INSERT INTO recipient (message_id, position, address, kind, state, reply, explanation, updated_at)
    VALUES (?, ?, ?, ?, 'queued', '', '', ?)`);
  const addContent = sqlite.prepare('INSERT INTO content (message_id, bytes, parts) VALUES (?, ?, ?)');
  const addBlob = sqlite.prepare(`
    INSERT INTO blob (hash, bytes, size_bytes, created_at) VALUES (?, ?, ?, ?)
    ON CONFLICT (hash) DO UPDATE SET created_at = excluded.created_at
      WHERE blob.created_at < excluded.created_at - ${redateAfterMs}`);
  const addToQueue = sqlite.prepare(`
    INSERT INTO queue (message_id, lane, settings_id, ready_at, expires_at, attempts, crashes, token, leased_until, leased_by,
      attempt_id, attempt_settings_id, attempt_settings_name)
    VALUES (?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, ?)`);
  const addEvent = sqlite.prepare(
    "INSERT INTO event (message_id, position, type, at, data) VALUES (?, NULL, 'queued', ?, '{}')",
  );

  const add = (message: AcceptedMessage, hold: Hold) => {
    const { id, content, createdAt, settingsId, scheduledAt, expiresAt } = message;
    const lane = laneNumbers[message.lane];
    addMessage.run(
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
      JSON.stringify(message.tags),
      message.isSecret ? 1 : 0,
      message.holdsUncertain ? 1 : 0,
      message.resentFrom,
      message.submittedBy,
      createdAt,
      scheduledAt,
      expiresAt,
    );
    for (const [position, { address, kind }] of message.recipients.entries())
      addRecipient.run(id, position, address, kind, createdAt);
    addContent.run(id, content.bytes, content.parts && JSON.stringify(content.parts));
    for (const { hash, bytes } of content.blobs) addBlob.run(hash, bytes, bytes.byteLength, createdAt);
    addToQueue.run(
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
    );
    addEvent.run(id, createdAt);
  };

  const accept = ({ submission: { messages, idempotency }, holds, now, repeatsSince }: AcceptInput): AcceptOutcome => {
    const repeat = idempotency && findRepeat.get(idempotency.keyHash, repeatsSince);
    if (repeat) {
      if (repeat.body_hash !== idempotency.bodyHash) return { outcome: 'conflict' };
      return { outcome: 'repeated', ids: JSON.parse(repeat.message_ids) as string[] };
    }
    const ids = messages.map(({ id }) => id);
    for (const [place, message] of messages.entries()) add(message, holds[place] ?? null);
    if (idempotency) keepRepeat.run(idempotency.keyHash, idempotency.bodyHash, JSON.stringify(ids), now);
    return { outcome: 'accepted', ids };
  };
  return { accept };
};
