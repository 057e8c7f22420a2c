/** Deleting on SQLite; runs in the writer's thread, so each step ends after a few milliseconds whatever it has come to. */
import type Sqlite from 'better-sqlite3';
import type { OldKind, OldRequest, OldStep } from './retention.store.ts';

/** Mail that is accepted meanwhile waits for as long, and for the flush to the disk. */
const stepMs = 5;
const mostRows = 200;

export const openUnits = (sqlite: Sqlite.Database) => {
  const find: Record<OldKind, Sqlite.Statement<[string, string, number], { id: string }>> = {
    body: sqlite.prepare(
      'SELECT message_id AS id FROM content WHERE message_id > ? AND message_id < ? ORDER BY 1 LIMIT ?',
    ),
    message: sqlite.prepare('SELECT id FROM message WHERE id > ? AND id < ? ORDER BY id LIMIT ?'),
    secret: sqlite.prepare(`
      SELECT id FROM message WHERE is_secret = 1 AND body_deleted_at IS NULL AND id > ? AND id < ? ORDER BY id LIMIT ?`),
  };
  // A body without a message was left behind; nobody can ask for it.
  const isKept = sqlite.prepare<[{ id: string; olderThan: number }], 1>(`
    SELECT 1 WHERE EXISTS (SELECT 1 FROM queue WHERE message_id = @id)
      OR EXISTS (SELECT 1 FROM recipient WHERE message_id = @id AND state = 'held')
      OR EXISTS (SELECT 1 FROM message WHERE id = @id AND coalesce(scheduled_at, created_at) >= @olderThan)`);
  const deleteContent = sqlite.prepare('DELETE FROM content WHERE message_id = ?');
  const noteBody = sqlite.prepare('UPDATE message SET body_deleted_at = ? WHERE id = ?');
  const ofMessage = ['attempt', 'event', 'recipient', 'content'].map((table) =>
    sqlite.prepare<[string]>(`DELETE FROM ${table} WHERE message_id = ?`),
  );
  const deleteMessage = sqlite.prepare('DELETE FROM message WHERE id = ?');
  const deleteRepeats = sqlite.prepare<[number, number]>(`
    DELETE FROM idempotency WHERE key_hash IN (SELECT key_hash FROM idempotency WHERE created_at <= ? LIMIT ?)`);
  const deleteBlob = sqlite.prepare<[string, number]>('DELETE FROM blob WHERE hash = ? AND created_at < ?');

  /** One after the other until the time is up. @returns how many were looked at, at least one */
  const eachInTime = <T>(all: readonly T[], work: (one: T) => void): number => {
    const until = performance.now() + stepMs;
    let looked = 0;
    for (const one of all) {
      work(one);
      looked += 1;
      if (performance.now() > until) break;
    }
    return looked;
  };

  const deleteOld = ({ kind, after, before, olderThan, now }: OldRequest): OldStep => {
    const found = find[kind].all(after, before, mostRows);
    let deleted = 0;
    const looked = eachInTime(found, ({ id }) => {
      if (isKept.get({ id, olderThan })) return;
      deleted += 1;
      if (kind === 'message') {
        for (const statement of ofMessage) statement.run(id);
        deleteMessage.run(id);
      } else {
        deleteContent.run(id);
        noteBody.run(now, id);
      }
    });
    const isAll = looked === found.length && found.length < mostRows;
    return { deleted, last: isAll ? null : (found[looked - 1]?.id ?? null) };
  };

  return {
    /** What a deleted page said stays in the file until something else needs the room; not so what secret mail said. */
    deleteOld: (request: OldRequest): OldStep => {
      if (request.kind !== 'secret') return deleteOld(request);
      const before = Number(sqlite.pragma('secure_delete', { simple: true }));
      sqlite.pragma('secure_delete = ON');
      try {
        return deleteOld(request);
      } finally {
        sqlite.pragma(`secure_delete = ${before}`);
      }
    },
    deleteRepeats: ({ olderThan }: { olderThan: number }): number => deleteRepeats.run(olderThan, mostRows).changes,
    deleteBlobs: ({ hashes, usedBefore }: { hashes: string[]; usedBefore: number }): number =>
      eachInTime(hashes, (hash) => deleteBlob.run(hash, usedBefore)),
  };
};
