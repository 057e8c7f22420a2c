/**
 * API keys: only their hashes are stored. A revoked key's row is gone: it stops at its next request to this process, and
 * within a second at any other (another node, or this one where the command line revoked it), since a row that admits many
 * requests is read once a second. When a key expires is looked at with every request.
 */
import type { Scope } from '../../contracts/endpoint.ts';
import type { Database } from '../database/open.ts';
import type { ApiKeyRow } from '../database/tables.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { openRecall } from '../platform/recall.ts';
import { hashApiKey, isSameHash, makeApiKey } from './api-key.ts';
import { type NoteUse, openUseNotes } from './note-use.store.ts';
import { seenWriteMs } from './session-rules.ts';

export interface StoredApiKey {
  id: string;
  name: string;
  scopes: Scope[];
  hint: string;
  createdAt: number;
  createdBy: string;
  lastUsedAt: number | null;
  expiresAt: number | null;
}

export interface ApiKeyInput {
  name: string;
  scopes: readonly Scope[];
  /** Days until it stops; null: never. */
  expiresInDays: number | null;
}

export interface ApiKeyStore {
  /** `key` is the key itself; it cannot be had again. */
  createApiKey: (input: ApiKeyInput, createdBy: string, now: number) => Promise<StoredApiKey & { key: string }>;
  /** Newest first. */
  listApiKeys: () => Promise<StoredApiKey[]>;
  /** False when there is none with this id. */
  deleteApiKey: (id: string) => Promise<boolean>;
  /** `text` has the right shape and names `id`. Notes that the key was used. */
  admitApiKey: (id: string, text: string, now: number) => Promise<UsedApiKey>;
}

export type UsedApiKey = { ok: true; apiKey: StoredApiKey } | { ok: false; problem: 'unknown' | 'expired' };

const dayMs = 24 * 60 * 60 * 1000;

export const openApiKeyStore = (
  database: Database,
  clock: Pick<Clock, 'monotonic'> = systemClock,
  noteUse: NoteUse = openUseNotes(database),
): ApiKeyStore => {
  const { query } = database;
  const { recall, forget } = openRecall<ApiKeyRow>(clock);
  const read = async (id: string) =>
    (await query.selectFrom('api_key').selectAll().where('id', '=', id).executeTakeFirst()) ?? null;
  return {
    createApiKey: async ({ name, scopes, expiresInDays }, createdBy, now) => {
      const { id, key, secretHash, hint } = makeApiKey();
      const row: ApiKeyRow = {
        id,
        name,
        scopes: [...new Set(scopes)].join(','),
        hint,
        secret_hash: secretHash,
        created_at: now,
        created_by: createdBy,
        last_used_at: null,
        expires_at: expiresInDays === null ? null : now + expiresInDays * dayMs,
      };
      await query.insertInto('api_key').values(row).execute();
      return { ...toApiKey(row), key };
    },
    listApiKeys: async () => {
      const rows = await query.selectFrom('api_key').selectAll().orderBy('created_at', 'desc').orderBy('id').execute();
      return rows.map(toApiKey);
    },
    deleteApiKey: async (id) => {
      const result = await query.deleteFrom('api_key').where('id', '=', id).executeTakeFirst();
      forget();
      return result.numDeletedRows === 1n;
    },
    admitApiKey: async (id, text, now) => {
      const row = await recall(id, () => read(id));
      if (!row || !isSameHash(hashApiKey(text), row.secret_hash)) return { ok: false, problem: 'unknown' };
      if (row.expires_at !== null && row.expires_at <= now) return { ok: false, problem: 'expired' };
      if (row.last_used_at === null || now - row.last_used_at >= seenWriteMs) {
        // Before it is written: those that come meanwhile need not write it too.
        row.last_used_at = now;
        await noteUse('api_key', id, now);
      }
      return { ok: true, apiKey: toApiKey(row) };
    },
  };
};

const toApiKey = (row: ApiKeyRow): StoredApiKey => ({
  id: row.id,
  name: row.name,
  scopes: row.scopes.split(',') as Scope[],
  hint: row.hint,
  createdAt: row.created_at,
  createdBy: row.created_by,
  lastUsedAt: row.last_used_at,
  expiresAt: row.expires_at,
});
