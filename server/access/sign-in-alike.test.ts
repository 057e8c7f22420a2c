/** Signing in takes as long whoever is asked for, and lifts a hash of older parameters. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openPeopleApp, type PeopleApp } from '../person/test-data.ts';

const minute = 60_000;

describe.each(databases)('signing in on $kind', ({ open }) => {
  let database: Database;
  let people: PeopleApp;
  beforeEach(async () => {
    database = await open();
    people = await openPeopleApp(database);
    await people.add('Ada');
  });
  afterEach(async () => {
    await people.close();
    await database.close();
  });

  it('answers in the same time for known, unknown, invited and disabled people', async () => {
    const { cookie } = await people.signIn('ada@example.com');
    await people.call('POST', '/people', { cookie, body: { email: 'eve@example.com', role: 'viewer' } });
    const bob = await people.add('Bob');
    await people.persons.disable(bob.id, people.clock.ms);
    const times = new Map(['ada', 'nobody', 'eve', 'bob'].map((name) => [name, [] as number[]]));
    for (let n = 0; n < 25; n += 1) {
      for (const [name, taken] of times) {
        people.clock.ms += 60 * minute;
        const start = performance.now();
        const answer = await people.signIn(`${name}@example.com`, 'not the password at all');
        taken.push(performance.now() - start);
        expect([name, answer.status, answer.body.name]).toEqual([name, 401, 'invalid_credentials']);
      }
    }
    // The fastest of many is what an attacker would compare: what else the machine does only ever adds to it.
    const fastest = new Map(Array.from(times, ([name, taken]) => [name, Math.min(...taken)]));
    for (const [name, time] of fastest) {
      expect([name, Math.abs(time - fastest.get('ada')!) < 10]).toEqual([name, true]);
    }
    // A hash was computed each time.
    expect(fastest.get('nobody')).toBeGreaterThan(8);
  });

  it('hashes a password anew whose hash has older parameters, once it was right', async () => {
    // `password` by the reference implementation, with a quarter of the memory.
    const old = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    await database.query.updateTable('person').set({ password_hash: old }).execute();
    const stored = () => database.query.selectFrom('person').select('password_hash').executeTakeFirstOrThrow();
    expect((await people.signIn('ada@example.com', 'wrong')).status).toBe(401);
    expect((await stored()).password_hash).toBe(old);
    expect((await people.signIn('ada@example.com', 'password')).status).toBe(200);
    expect((await stored()).password_hash).toMatch(/^\$argon2id\$v=19\$m=47104,t=1,p=1\$/);
    expect((await people.signIn('ada@example.com', 'password')).status).toBe(200);
  });
});
