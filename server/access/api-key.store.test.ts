import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { type ApiKeyStore, openApiKeyStore } from './api-key.store.ts';

const start = 1_800_000_000_000;
const day = 24 * 60 * 60 * 1000;
const input = { name: 'billing', scopes: ['read', 'send', 'read'] as const, expiresInDays: null };

for (const { kind, open } of databases) {
  describe(`API key store on ${kind}`, () => {
    let database: Database;
    let apiKeys: ApiKeyStore;
    let time: number;
    beforeEach(async () => {
      database = await open();
      time = 0;
      apiKeys = openApiKeyStore(database, { monotonic: () => time });
    });
    afterEach(() => database.close());

    it('hands the key out once and keeps only its hash', async () => {
      const { key, ...created } = await apiKeys.createApiKey(input, 'ada@example.com', start);
      expect(created).toMatchObject({ name: 'billing', scopes: ['read', 'send'], createdBy: 'ada@example.com' });
      expect(created).toMatchObject({ createdAt: start, lastUsedAt: null, expiresAt: null });
      expect(await apiKeys.listApiKeys()).toEqual([created]);
      const stored = JSON.stringify(await database.query.selectFrom('api_key').selectAll().execute());
      expect(stored).not.toContain(key.slice(-49));
    });

    it('admits the key, and nothing that only has its id', async () => {
      const { key, ...created } = await apiKeys.createApiKey(input, 'ada', start);
      expect(await apiKeys.admitApiKey(created.id, key, start)).toMatchObject({ ok: true, apiKey: { id: created.id } });
      const wrong = await apiKeys.admitApiKey(created.id, `${key.slice(0, -1)}!`, start);
      expect(wrong).toEqual({ ok: false, problem: 'unknown' });
    });

    it('writes when it was last used, at most once a minute', async () => {
      const { id, key } = await apiKeys.createApiKey(input, 'ada', start);
      const lastUsed = async () => (await apiKeys.listApiKeys())[0]?.lastUsedAt;
      await apiKeys.admitApiKey(id, `${key}x`, start + 1);
      expect(await lastUsed()).toBeNull();
      await apiKeys.admitApiKey(id, key, start + 1);
      await apiKeys.admitApiKey(id, key, start + 60_000);
      expect(await lastUsed()).toBe(start + 1);
      await apiKeys.admitApiKey(id, key, start + 60_001);
      expect(await lastUsed()).toBe(start + 60_001);
    });

    it('admits a key until it expires', async () => {
      const { id, key } = await apiKeys.createApiKey({ ...input, expiresInDays: 1 }, 'ada', start);
      expect((await apiKeys.admitApiKey(id, key, start + day - 1)).ok).toBe(true);
      expect(await apiKeys.admitApiKey(id, key, start + day)).toEqual({ ok: false, problem: 'expired' });
    });

    it('forgets a revoked key at once', async () => {
      const { id, key } = await apiKeys.createApiKey(input, 'ada', start);
      expect((await apiKeys.admitApiKey(id, key, start)).ok).toBe(true);
      expect(await apiKeys.deleteApiKey(id)).toBe(true);
      expect(await apiKeys.admitApiKey(id, key, start)).toEqual({ ok: false, problem: 'unknown' });
      expect(await apiKeys.deleteApiKey(id)).toBe(false);
      expect(await apiKeys.listApiKeys()).toEqual([]);
    });

    it('forgets a key that another process revoked within a second', async () => {
      const { id, key } = await apiKeys.createApiKey(input, 'ada', start);
      expect((await apiKeys.admitApiKey(id, key, start)).ok).toBe(true);
      await openApiKeyStore(database).deleteApiKey(id);
      time = 1000;
      expect(await apiKeys.admitApiKey(id, key, start + 1000)).toEqual({ ok: false, problem: 'unknown' });
    });

    it('does not read the row of a busy key for every request', async () => {
      const { id, key } = await apiKeys.createApiKey(input, 'ada', start);
      await apiKeys.admitApiKey(id, key, start);
      await database.query.deleteFrom('api_key').execute();
      time = 999;
      expect((await apiKeys.admitApiKey(id, key, start + 999)).ok).toBe(true);
      expect((await apiKeys.admitApiKey(id, `${key}x`, start + 999)).ok).toBe(false);
    });

    it('lists the newest first', async () => {
      await apiKeys.createApiKey({ ...input, name: 'old' }, 'ada', start);
      await apiKeys.createApiKey({ ...input, name: 'new' }, 'ada', start + 1);
      expect((await apiKeys.listApiKeys()).map(({ name }) => name)).toEqual(['new', 'old']);
    });
  });
}
