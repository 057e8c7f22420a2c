import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { type Database, type DatabaseAddress, openDatabase } from './open.ts';
import { openWakeUp, tellEveryMs, type WakeUp, wakeUpChannels } from './wake-up.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

interface Node {
  wakeUp: WakeUp;
  heard: string[];
  errors: unknown[];
  /** Resolves with what is heard next. */
  next: () => Promise<string>;
}

for (const { kind, create } of databases) {
  const openNode = async (address: DatabaseAddress): Promise<Node> => {
    const database: Database = await openDatabase(address);
    const errors: unknown[] = [];
    const heard: string[] = [];
    const waiting: ((said: string) => void)[] = [];
    const wakeUp = openWakeUp(database, address, (error) => errors.push(error));
    await wakeUp.listen((channel, detail) => {
      const said = `${channel} ${detail}`.trim();
      heard.push(said);
      for (const tell of waiting.splice(0)) tell(said);
    });
    cleanUps.push(async () => {
      await wakeUp.stop();
      await database.close();
    });
    return { wakeUp, heard, errors, next: () => new Promise((resolve) => waiting.push(resolve)) };
  };
  const openAddress = async () => {
    const { address, remove } = await create();
    cleanUps.push(remove);
    return address;
  };

  if (kind === 'sqlite') {
    it('has nobody to tell on SQLite', async () => {
      const node = await openNode(await openAddress());
      node.wakeUp.tell('queue');
      expect(node.heard).toEqual([]);
    });
    continue;
  }

  describe('word between nodes on PostgreSQL', () => {
    it('reaches the others and not the one who said it; on beginning to listen everything may have been said', async () => {
      const address = await openAddress();
      const [a, b, c] = [await openNode(address), await openNode(address), await openNode(address)];
      for (const { heard } of [a, b, c]) expect(heard.splice(0)).toEqual([...wakeUpChannels]);
      const all = [b.next(), c.next()];
      a.wakeUp.tell('sending', 'probe smtp_1');
      expect(await Promise.all(all)).toEqual(['sending probe smtp_1', 'sending probe smtp_1']);
      const back = a.next();
      b.wakeUp.tell('settings');
      expect(await back).toBe('settings');
      expect(a.heard).toEqual(['settings']);
    });

    it('says what is said again and again once in fifty milliseconds, and the first at once', async () => {
      const address = await openAddress();
      const [a, b] = [await openNode(address), await openNode(address)];
      b.heard.length = 0;
      let said = 0;
      const since = performance.now();
      while (b.heard.length < 3) {
        a.wakeUp.tell('queue');
        said += 1;
        await new Promise((resolve) => setImmediate(resolve));
      }
      const took = performance.now() - since;
      expect(said).toBeGreaterThan(3);
      expect(b.heard.length).toBeLessThanOrEqual(1 + Math.ceil(took / tellEveryMs));
      expect(took).toBeGreaterThanOrEqual(2 * tellEveryMs - 5);
    });

    it('listens again when its connection was cut, and takes it that everything was said meanwhile', async () => {
      const address = await openAddress();
      if (address.kind !== 'postgres') throw new Error('not PostgreSQL');
      const [a, b] = [await openNode(address), await openNode(address)];
      b.heard.length = 0;
      const killer = new pg.Client({ connectionString: address.url });
      await killer.connect();
      const again = b.next();
      await killer.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND query = 'LISTEN postern'`,
      );
      await killer.end();
      expect(await again).toBe('queue');
      expect(b.heard).toEqual([...wakeUpChannels]);
      expect(b.errors).toHaveLength(1);
      const heard = b.next();
      a.wakeUp.tell('queue');
      expect(await heard).toBe('queue');
    });

    it('goes on where the database cannot be reached, and stops at once', async () => {
      const address = await openAddress();
      const node = await openNode(address);
      const database = await openDatabase(address);
      const errors: unknown[] = [];
      const lost = openWakeUp(database, { kind: 'postgres', url: 'postgres://x@127.0.0.1:1/x' }, (e) => errors.push(e));
      await lost.listen(() => {});
      expect(errors).toHaveLength(1);
      const heard = node.next();
      lost.tell('queue');
      expect(await heard).toBe('queue');
      await lost.stop();
      await database.close();
    });
  });
}
