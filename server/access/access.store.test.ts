import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { type AccessStore, openAccessStore } from './access.store.ts';
import { openSessionStore } from './session.store.ts';

const ada = { name: 'Ada', email: 'Ada@Example.com', passwordHash: 'hash-a' };
const bob = { name: 'Bob', email: 'bob@example.com', passwordHash: 'hash-b', role: 'viewer' as const };

for (const { kind, open } of databases) {
  describe(`access store on ${kind}`, () => {
    let database: Database;
    let people: AccessStore;
    beforeEach(async () => {
      database = await open();
      people = openAccessStore(database);
    });
    afterEach(() => database.close());

    it('makes the first administrator and closes the first run', async () => {
      expect(await people.isFirstRunOpen()).toBe(true);
      const created = await people.createFirstAdministrator(ada, 1000);
      expect(created).toEqual({
        id: expect.stringMatching(/^user_/),
        name: 'Ada',
        email: 'Ada@Example.com',
        role: 'administrator',
      });
      expect(await people.isFirstRunOpen()).toBe(false);
    });

    it('lets one of two first administrators at the same moment win', async () => {
      const others = Array.from({ length: 5 }, (_, n) =>
        openAccessStore(database).createFirstAdministrator({ ...ada, email: `p${n}@example.com` }, 1000),
      );
      const created = (await Promise.all(others)).filter((person) => person !== null);
      expect(created).toHaveLength(1);
      expect(await people.listPeople()).toHaveLength(1);
    });

    it('closes the first run with any administrator, but no other person, and for ever', async () => {
      await people.createPerson(bob, 1000);
      expect(await people.isFirstRunOpen()).toBe(true);
      await people.createPerson({ ...bob, email: 'eve@example.com', role: 'administrator' }, 1000);
      expect(await people.isFirstRunOpen()).toBe(false);
      await database.query.deleteFrom('person').execute();
      expect(await people.isFirstRunOpen()).toBe(false);
      expect(await people.createFirstAdministrator(ada, 2000)).toBeNull();
      expect(await people.listPeople()).toEqual([]);
    });

    it('gives an address to one person, whatever its case', async () => {
      await people.createPerson(bob, 1000);
      expect(await people.createPerson({ ...bob, email: 'BOB@example.COM' }, 2000)).toBeNull();
      expect(await people.listPeople()).toHaveLength(1);
    });

    it('finds a person by the address as anybody would type it', async () => {
      const created = await people.createFirstAdministrator(ada, 1000);
      expect(await people.findPersonByEmail(' ADA@example.com ')).toEqual({
        ...created,
        ...{ passwordHash: 'hash-a', state: 'active', language: null },
      });
      expect(await people.findPersonByEmail('ad_@example.com')).toBeNull();
    });

    it('renews a hash only while it is still the one that was checked', async () => {
      const created = await people.createPerson(bob, 1000);
      await people.renewPasswordHash(created!.id, 'another', 'hash-c');
      expect((await people.findPersonByEmail(bob.email))?.passwordHash).toBe('hash-b');
      await people.renewPasswordHash(created!.id, 'hash-b', 'hash-c');
      expect((await people.findPersonByEmail(bob.email))?.passwordHash).toBe('hash-c');
    });

    it('ends all sessions of a person who gets another password, and nobody else’s', async () => {
      const sessions = openSessionStore(database);
      const [one, two] = [await people.createFirstAdministrator(ada, 1000), await people.createPerson(bob, 1000)];
      const origin = { ipAddress: '192.0.2.1', userAgent: 'test' };
      const first = await sessions.startSession(one!.id, origin, 2000);
      const second = await sessions.startSession(two!.id, origin, 2000);
      expect(await people.setPassword('ada@example.com', 'hash-d', 3000)).toBe(true);
      expect(await sessions.findSession(first.token, 3000)).toBeNull();
      expect(await sessions.findSession(second.token, 3000)).not.toBeNull();
      expect(await people.setPassword('nobody@example.com', 'hash-d', 3000)).toBe(false);
    });
  });
}
