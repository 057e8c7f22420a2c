/**
 * Secret mail of Postern's own that was sent into the sandbox (a reset link while somebody tries things out). Any other
 * server would be somebody else's; this one lies in our database and is read by every viewer. So it lies there sealed, and
 * the routes show it to administrators alone.
 *
 * What is secret is known by its Message-ID, among the few secret messages that are still being sent.
 */
import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/open.ts';
import type { Tables } from '../database/tables.ts';
import type { KeyRing } from '../platform/secret-box.ts';
import {
  type ContentKeys,
  isSealed,
  openBytes,
  openContent,
  sealBytes,
  sealedMark,
} from '../submission/secret-content.ts';

export interface CapturedSecrets {
  /** The source as it is to be stored. @throws when it is secret and the key that seals is missing. */
  seal: (id: string, messageId: string, source: Uint8Array) => Promise<Uint8Array>;
  /** @throws when the key that opens it is missing. */
  open: (id: string, stored: Uint8Array) => Promise<{ source: Uint8Array; isSecret: boolean }>;
}

export const openCapturedSecrets = ({ query }: Pick<Database, 'query'>, keys: ContentKeys): CapturedSecrets => ({
  seal: async (id, messageId, source) => {
    const found = await query
      .selectFrom('message')
      .select('id')
      // The index of secret mail whose body is still there.
      .where('is_secret', '=', sql.lit(1))
      .where('body_deleted_at', 'is', null)
      .where('message_id', '=', messageId)
      .executeTakeFirst();
    // A stranger's mail that begins as sealed mail does is sealed too, or it would be taken for that.
    if (!found && !isSealed({ bytes: source })) return source;
    const ring = await keys.ringFor('');
    if (!ring) throw new Error('the key that seals secret mail is missing');
    return sealBytes(ring, source, id);
  },
  open: async (id, stored) => {
    const isSecret = isSealed({ bytes: stored });
    const { bytes } = await openContent(keys, id, { bytes: stored, parts: null, blobs: [] });
    return { source: bytes, isSecret };
  },
});

/** Inside the rotation's transaction. */
export const resealCapturedSecrets = async (trx: Transaction<Tables>, old: KeyRing, next: KeyRing): Promise<void> => {
  const rows = await trx
    .selectFrom('sandbox_message')
    .select(['id', 'source'])
    .where(sql<boolean>`substr(source, 1, ${sql.lit(sealedMark.length)}) = ${sealedMark}`)
    .execute();
  for (const { id, source } of rows) {
    const plain = openBytes(old, source, id);
    // What nobody can open any more is lost either way; it must not keep the keys from being changed.
    if (!plain) continue;
    const set = { source: sealBytes(next, plain, id) };
    await trx.updateTable('sandbox_message').set(set).where('id', '=', id).execute();
  }
};
