/** Accepting on SQLite; runs in the writer's thread, many submissions to a transaction. */
import type Sqlite from 'better-sqlite3';
import { type AcceptInput, type AcceptRows, createdAtPlace } from './accept-rows.ts';
import type { AcceptOutcome } from './accepted-message.ts';
import { redateAfterMs } from './blob-age.ts';

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

  const add = ([message, recipients, bytes, parts, blobs, queue]: AcceptRows) => {
    const [id] = message;
    const createdAt = message[createdAtPlace];
    addMessage.run(message);
    for (let place = 0; place < recipients.length; place += 2)
      addRecipient.run(id, place / 2, recipients[place], recipients[place + 1], createdAt);
    addContent.run(id, bytes, parts);
    for (const { hash, bytes } of blobs) addBlob.run(hash, bytes, bytes.byteLength, createdAt);
    addToQueue.run(queue);
    addEvent.run(id, createdAt);
  };

  const accept = ({ messages, idempotency, now, repeatsSince }: AcceptInput): AcceptOutcome => {
    const repeat = idempotency && findRepeat.get(idempotency.keyHash, repeatsSince);
    if (repeat) {
      if (repeat.body_hash !== idempotency.bodyHash) return { outcome: 'conflict' };
      return { outcome: 'repeated', ids: JSON.parse(repeat.message_ids) as string[] };
    }
    const ids = messages.map(([[id]]) => id);
    for (const message of messages) add(message);
    if (idempotency) keepRepeat.run(idempotency.keyHash, idempotency.bodyHash, JSON.stringify(ids), now);
    return { outcome: 'accepted', ids };
  };
  return { accept };
};
