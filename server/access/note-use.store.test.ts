import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openApiKeyStore } from './api-key.store.ts';
import { openUseNotes } from './note-use.store.ts';

for (const { kind, open } of databases) {
  describe(`noting that a key was used on ${kind}`, () => {
    let database: Database;
    beforeEach(async () => {
      database = await open();
    });
    afterEach(() => database.close());

    it('writes it', async () => {
      const keys = openApiKeyStore(database);
      const { id } = await keys.createApiKey({ name: 'App', scopes: ['send'], expiresInDays: null }, 'ann', 1000);
      await openUseNotes(database)('api_key', id, 2000);
      expect(await keys.listApiKeys()).toMatchObject([{ lastUsedAt: 2000 }]);
    });

    it('turns nobody away, and keeps neither callers nor the event loop, while it cannot be written', async () => {
      const keys = openApiKeyStore(database);
      const made = await keys.createApiKey({ name: 'App', scopes: ['send'], expiresInDays: null }, 'ann', 1000);
      // A thread takes a moment to start.
      await openUseNotes(database)('api_key', made.id, 2000);
      const letGo = await holdKeys(database);
      let turns = 0;
      const count = setInterval(() => {
        turns += 1;
      }, 10);
      const startedAt = performance.now();
      for (let call = 0; call < 3; call += 1)
        expect(await keys.admitApiKey(made.id, made.key, 10 ** 7)).toMatchObject({ ok: true });
      clearInterval(count);
      expect(performance.now() - startedAt).toBeLessThan(2000);
      expect(turns).toBeGreaterThan(5);
      await letGo();
      await expect.poll(async () => (await keys.listApiKeys())[0]?.lastUsedAt).toBe(10 ** 7);
    });
  });
}

/** As a backup or somebody’s shell would. */
async function holdKeys(database: Database): Promise<() => Promise<unknown>> {
  if (database.kind === 'sqlite') {
    const other = new Sqlite(database.sqlite.name);
    other.exec('BEGIN IMMEDIATE');
    return async () => other.exec('ROLLBACK').close();
  }
  const other = await database.pool.connect();
  await other.query('BEGIN; LOCK TABLE api_key IN EXCLUSIVE MODE');
  return async () => {
    await other.query('ROLLBACK');
    other.release();
  };
}
