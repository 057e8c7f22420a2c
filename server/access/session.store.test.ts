import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openAccessStore } from './access.store.ts';
import { openSessionStore, type SessionStore } from './session.store.ts';

const hour = 60 * 60 * 1000;
const start = 1_800_000_000_000;
const origin = { ipAddress: '192.0.2.1', userAgent: 'Firefox' };

for (const { kind, open } of databases) {
  describe(`session store on ${kind}`, () => {
    let database: Database;
    let sessions: SessionStore;
    let ada: string;
    let bob: string;
    beforeEach(async () => {
      database = await open();
      sessions = openSessionStore(database);
      const people = openAccessStore(database);
      const make = async (name: string) =>
        (await people.createPerson({ name, email: `${name}@example.com`, role: 'operator', passwordHash: 'x' }, start))!
          .id;
      [ada, bob] = [await make('ada'), await make('bob')];
    });
    afterEach(() => database.close());

    it('finds the person behind a token, and stores no token', async () => {
      const { id, token } = await sessions.startSession(ada, origin, start);
      expect(await sessions.findSession(token, start + 1)).toEqual({
        sessionId: id,
        person: { id: ada, name: 'ada', email: 'ada@example.com', role: 'operator', language: null },
        confirmedAt: start,
        mustSetUpSecondFactor: false,
      });
      expect(JSON.stringify(await database.query.selectFrom('web_session').selectAll().execute())).not.toContain(token);
      expect(await sessions.findSession(`${token.slice(1)}A`, start + 1)).toBeNull();
    });

    it('sees a changed role at once', async () => {
      const { token } = await sessions.startSession(ada, origin, start);
      await database.query.updateTable('person').set({ role: 'viewer' }).where('id', '=', ada).execute();
      expect((await sessions.findSession(token, start + 1))?.person.role).toBe('viewer');
    });

    it('ends after 8 hours without a call, and after 7 days with calls', async () => {
      const idle = await sessions.startSession(ada, origin, start);
      expect(await sessions.findSession(idle.token, start + 8 * hour)).toBeNull();
      const busy = await sessions.startSession(ada, origin, start);
      for (let at = 7; at < 168; at += 7)
        expect(await sessions.findSession(busy.token, start + at * hour)).not.toBeNull();
      expect(await sessions.findSession(busy.token, start + 168 * hour)).toBeNull();
    });

    it('writes when it was last seen, at most once a minute', async () => {
      const { token } = await sessions.startSession(ada, origin, start);
      const lastSeen = async () => (await sessions.listSessions(ada, start))[0]?.lastSeenAt;
      await sessions.findSession(token, start + 59_999);
      expect(await lastSeen()).toBe(start);
      await sessions.findSession(token, start + 60_000);
      expect(await lastSeen()).toBe(start + 60_000);
    });

    it('lists what has not ended, last seen first, of this person only', async () => {
      const one = await sessions.startSession(ada, origin, start);
      const two = await sessions.startSession(ada, { ...origin, userAgent: 'Chromium' }, start + hour);
      await sessions.startSession(bob, origin, start);
      await sessions.findSession(one.token, start + 2 * hour);
      expect((await sessions.listSessions(ada, start + 2 * hour)).map(({ id }) => id)).toEqual([one.id, two.id]);
      expect((await sessions.listSessions(ada, start + 9 * hour)).map(({ id }) => id)).toEqual([one.id]);
    });

    it('ends one’s own sessions, never another person’s', async () => {
      const [one, two, three] = [
        await sessions.startSession(ada, origin, start),
        await sessions.startSession(ada, origin, start),
        await sessions.startSession(ada, origin, start),
      ];
      const other = await sessions.startSession(bob, origin, start);
      expect(await sessions.endSession(ada, other.id)).toBe(false);
      expect(await sessions.endSession(ada, one.id)).toBe(true);
      expect(await sessions.endSession(ada, one.id)).toBe(false);
      expect(await sessions.findSession(one.token, start)).toBeNull();
      await sessions.endOtherSessions(ada, two.id);
      expect(await sessions.findSession(two.token, start)).not.toBeNull();
      expect(await sessions.findSession(three.token, start)).toBeNull();
      expect(await sessions.findSession(other.token, start)).not.toBeNull();
      await sessions.endSessionByToken(two.token);
      expect(await sessions.findSession(two.token, start)).toBeNull();
    });

    it('sweeps ended sessions away and keeps the newest 50 of a person', async () => {
      await sessions.startSession(bob, origin, start - 8 * hour);
      for (let n = 0; n < 52; n += 1) await sessions.startSession(ada, origin, start + n);
      const rows = await database.query.selectFrom('web_session').select('created_at').orderBy('created_at').execute();
      expect(rows).toHaveLength(50);
      expect(rows[0]?.created_at).toBe(start + 2);
    });
  });
}
