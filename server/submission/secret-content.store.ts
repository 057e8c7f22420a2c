/** Secret mail in the database: a rotation of the keys seals what waits anew. What is done loses its content by retention/. */
import type { Transaction } from 'kysely';
import type { Tables } from '../database/tables.ts';
import type { KeyRing } from '../platform/secret-box.ts';
import { isSealed, openBytes, sealBytes } from './secret-content.ts';

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
