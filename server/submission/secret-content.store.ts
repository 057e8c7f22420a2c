/** Secret mail in the database: what is done loses its content, and a rotation of the keys seals what waits anew. */
import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/open.ts';
import type { Tables } from '../database/tables.ts';
import type { KeyRing } from '../platform/secret-box.ts';
import { isSealed, openBytes, sealBytes } from './secret-content.ts';

/** Mail is done before it expires, or a little later; what ran out long ago has been looked at many times. */
const lookBackMs = 2 * 24 * 60 * 60 * 1000;

/**
 * Deletes the content of secret mail that no longer waits.
 * @param since all that expired later is looked at; 0 for everything
 * @returns how many
 */
export const deleteDoneSecrets = async (query: Database['query'], since: number): Promise<number> => {
  const result = await sql`
    DELETE FROM content WHERE message_id IN (
      SELECT m.id FROM message m
      WHERE m.is_secret = 1 AND m.expires_at > ${since}
        AND NOT EXISTS (SELECT 1 FROM queue q WHERE q.message_id = m.id)
        AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = m.id AND r.state IN ('queued', 'sending', 'deferred', 'uncertain', 'held'))
    )`.execute(query);
  return Number(result.numAffectedRows ?? 0);
};

export const secretsSince = (now: number): number => now - lookBackMs;

/** Inside the rotation's transaction. */
export const resealSecretContent = async (trx: Transaction<Tables>, old: KeyRing, next: KeyRing): Promise<void> => {
  const rows = await trx
    .selectFrom('content')
    .innerJoin('message', 'message.id', 'content.message_id')
    .select(['content.message_id as id', 'content.bytes'])
    .where('message.is_secret', '=', 1)
    .execute();
  for (const { id, bytes } of rows) {
    if (!isSealed({ bytes })) continue;
    const plain = openBytes(old, bytes, id);
    // What nobody can open any more is lost either way; it must not keep the keys from being changed.
    if (plain)
      await trx
        .updateTable('content')
        .set({ bytes: sealBytes(next, plain, id) })
        .where('message_id', '=', id)
        .execute();
  }
};
