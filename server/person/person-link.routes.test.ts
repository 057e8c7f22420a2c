import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openPeopleApp, type PeopleApp, password, publicUrl } from './test-data.ts';

const minute = 60_000;
const better = 'nine purple submarines';

for (const { kind, open } of databases) {
  describe(`forgotten passwords on ${kind}`, () => {
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
    const ask = (email = 'ada@example.com', headers: Record<string, string> = {}) =>
      people.call('POST', '/password-reset', { body: { email }, headers });
    const complete = (token: string, typed = better) =>
      people.call('POST', '/password-reset/complete', { body: { token, password: typed } });
    const check = (token: string) => people.call('POST', '/password-reset/check', { body: { token } });

    it('mails a link that sets another password once; sessions end, a notice follows, nobody is signed in', async () => {
      const before = (await people.signIn('ada@example.com')).cookie;
      const asked = await ask(' ADA@example.COM');
      expect([asked.status, asked.body]).toEqual([
        200,
        { canSendMail: true, resetCommand: 'npm run postern -- person reset-link ADDRESS' },
      ]);
      const token = await people.readToken();
      expect(people.mails).toEqual([
        {
          to: 'ada@example.com',
          language: null,
          expiresAt: people.clock.ms + 30 * minute,
          content: {
            key: 'password-reset',
            variables: {
              ...{ name: 'Ada', email: 'ada@example.com', expires_minutes: 30 },
              link: `${publicUrl}/password-reset#${token}`,
            },
          },
        },
      ]);
      for (let n = 0; n < 3; n += 1) {
        expect((await check(token)).body.email).toBe('ada@example.com');
        expect((await people.call('GET', `/password-reset?token=${token}`)).status).toBe(200);
      }
      expect((await complete(token, 'short')).status).toBe(422);
      expect((await complete(token, 'ada@example.com1')).status).toBe(422);
      const done = await complete(token);
      expect([done.status, done.body, done.cookie]).toEqual([200, { email: 'ada@example.com' }, '']);
      expect((await people.call('GET', '/me', { cookie: before })).status).toBe(401);
      expect((await people.signIn('ada@example.com')).status).toBe(401);
      expect((await people.signIn('ada@example.com', better)).status).toBe(200);
      expect((await check(token)).status).toBe(403);
      expect((await complete(token, 'another good password')).status).toBe(403);
      await people.notices.idle();
      expect(people.mails.slice(1)).toEqual([
        expect.objectContaining({
          to: 'ada@example.com',
          content: {
            key: 'password-changed',
            variables: {
              ...{ name: 'Ada', email: 'ada@example.com', link: `${publicUrl}/password-reset` },
              changed_at: new Date(people.clock.ms).toISOString(),
            },
          },
        }),
      ]);
    });

    it('lets exactly one of five who use a link at the same moment through', async () => {
      await ask();
      const token = await people.readToken();
      const all = await Promise.all([1, 2, 3, 4, 5].map((n) => complete(token, `password number ${n}`)));
      expect(all.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403, 403]);
      const winner = all.findIndex(({ status }) => status === 200) + 1;
      expect((await people.signIn('ada@example.com', `password number ${winner}`)).status).toBe(200);
    });

    it('ends a link after 30 minutes, by a newer one, by another address, by disabling and by another password', async () => {
      const fresh = async () => {
        people.clock.ms += 60 * minute;
        await ask();
        return people.readToken();
      };
      const old = await fresh();
      people.clock.ms += 30 * minute;
      expect((await complete(old)).status).toBe(403);
      const [first, second] = [await fresh(), await fresh()];
      expect([(await check(first)).status, (await check(second)).status]).toEqual([403, 200]);
      await database.query.updateTable('person').set({ email_key: 'a@b', email: 'a@b' }).execute();
      expect([(await check(second)).status, (await complete(second)).status]).toEqual([403, 403]);
      const back = { email_key: 'ada@example.com', email: 'ada@example.com' };
      await database.query.updateTable('person').set(back).execute();
      await people.add('Bob');
      const ada = (await people.people.findPersonByEmail('ada@example.com'))!;
      const third = await fresh();
      await people.persons.disable(ada.id, people.clock.ms);
      await people.persons.enable(ada.id, people.clock.ms);
      expect((await complete(third)).status).toBe(403);
      const fourth = await fresh();
      await people.people.setPassword('ada@example.com', ada.passwordHash, people.clock.ms);
      expect((await complete(fourth)).status).toBe(403);
      expect((await people.signIn('ada@example.com')).status).toBe(200);
    });

    it('answers alike and mails nothing for unknown, disabled and invited people', async () => {
      const bob = await people.add('Bob');
      await people.persons.disable(bob.id, people.clock.ms);
      const cookie = (await people.signIn('ada@example.com')).cookie;
      await people.call('POST', '/people', { cookie, body: { email: 'eve@example.com', role: 'viewer' } });
      people.mails.length = 0;
      const known = await ask();
      for (const email of ['nobody@example.com', 'bob@example.com', 'eve@example.com']) {
        const { status, body, headers } = await ask(email);
        expect([status, body]).toEqual([known.status, known.body]);
        expect(Object.keys(headers).sort()).toEqual(Object.keys(known.headers).sort());
      }
      await people.reset.idle();
      expect(people.mails.map(({ to }) => to)).toEqual(['ada@example.com']);
    });

    it('says when no mail can be sent, whoever asks, and names the command', async () => {
      people.post.canSendMail = false;
      people.post.refuses = 'There are no SMTP settings yet.';
      const says = { canSendMail: false, resetCommand: expect.stringContaining('reset-link') };
      expect((await people.call('GET', '/password-reset')).body).toEqual(says);
      expect((await ask()).body).toEqual(says);
      expect((await ask('nobody@example.com')).body).toEqual(says);
    });

    it('mails an address three times at once and no more, without a word; later again', async () => {
      for (let n = 0; n < 6; n += 1) expect((await ask(n % 2 ? 'Ada@example.com' : undefined)).status).toBe(200);
      await people.reset.idle();
      expect(people.mails).toHaveLength(3);
      people.clock.ms += 20 * minute;
      await ask();
      await people.reset.idle();
      expect(people.mails).toHaveLength(4);
    });

    it('takes twenty addresses from a network at once and no more, without a word', async () => {
      for (let n = 0; n < 20; n += 1) await ask(`nobody${n}@example.com`);
      expect((await ask()).status).toBe(200);
      await people.reset.idle();
      expect(people.mails).toEqual([]);
    });

    it('builds links from the public URL alone, whatever a request says about its host', async () => {
      const names = ['x-forwarded-host', 'x-host', 'x-forwarded-server', 'forwarded', 'x-original-url', 'referer'];
      for (const name of names) {
        people.clock.ms += 60 * minute;
        const value = name === 'forwarded' ? 'host=evil.example' : 'evil.example';
        expect((await ask('ada@example.com', { [name]: value, 'x-forwarded-proto': 'http' })).status).toBe(200);
      }
      for (const host of ['evil.example', 'postern.example.evil.example', 'postern.example@evil.example']) {
        expect((await ask('ada@example.com', { host })).status).toBe(421);
      }
      await people.reset.idle();
      expect(people.mails).toHaveLength(names.length);
      expect(JSON.stringify(people.mails)).not.toContain('evil');
      for (const mail of people.mails) expect(JSON.stringify(mail)).toContain(`${publicUrl}/password-reset#`);
    });

    it('keeps tokens out of the database and the log', async () => {
      await ask();
      const token = await people.readToken();
      await check(token);
      await check(`${token.slice(1)}A`);
      const rows = await database.query.selectFrom('person_link').selectAll().execute();
      expect(rows).toHaveLength(1);
      expect(people.log.length).toBeGreaterThan(0);
      expect(JSON.stringify(rows) + people.log.join('')).not.toContain(token);
      await complete(token);
      expect(people.log.join('')).not.toContain(token);
    });

    it('answers as fast for an address that somebody has as for one that nobody has', async () => {
      const times: Record<string, number[]> = { known: [], unknown: [] };
      for (let n = 0; n < 60; n += 1) {
        for (const [which, email] of [
          ['known', 'ada@example.com'],
          ['unknown', 'zoe@example.com'],
        ] as const) {
          people.clock.ms += 60 * minute;
          const start = performance.now();
          await ask(email);
          times[which]!.push(performance.now() - start);
          await people.reset.idle();
        }
      }
      expect(people.mails).toHaveLength(60);
      const median = (all: number[]) => all.sort((a, b) => a - b)[all.length >> 1]!;
      expect(Math.abs(median(times.known!) - median(times.unknown!))).toBeLessThan(10);
    });
  });

  describe(`profile on ${kind}`, () => {
    let database: Database;
    let people: PeopleApp;
    let cookie: string;
    beforeEach(async () => {
      database = await open();
      people = await openPeopleApp(database);
      await people.add('Ada');
      ({ cookie } = await people.signIn('ada@example.com'));
    });
    afterEach(async () => {
      await people.close();
      await database.close();
    });

    it('changes name and language', async () => {
      const changed = await people.call('PATCH', '/me/profile', { cookie, body: { name: 'Ada L.', language: 'de' } });
      expect(changed.body).toMatchObject({ name: 'Ada L.', language: 'de', email: 'ada@example.com' });
      expect((await people.call('GET', '/me', { cookie })).body).toMatchObject({ name: 'Ada L.', language: 'de' });
      expect((await people.call('PATCH', '/me/profile', { cookie, body: { role: 'viewer' } })).status).toBe(422);
    });

    it('changes the password: others are signed out, this session goes on under a new token, a notice is mailed', async () => {
      const other = (await people.signIn('ada@example.com')).cookie;
      const change = (oldPassword: string, to = better) =>
        people.call('POST', '/me/password', { cookie, body: { oldPassword, password: to } });
      const wrong = await change('not my password');
      expect([wrong.status, wrong.body.fields[0].path]).toEqual([422, 'oldPassword']);
      expect((await change(password, 'password1234')).status).toBe(422);
      const done = await change(password);
      expect(done.status).toBe(204);
      for (const old of [cookie, other]) expect((await people.call('GET', '/me', { cookie: old })).status).toBe(401);
      expect((await people.call('GET', '/me', { cookie: done.cookie })).status).toBe(200);
      await people.notices.idle();
      expect(people.mails.map(({ content }) => 'key' in content && content.key)).toEqual(['password-changed']);
    });

    it('slows somebody down who guesses the password in a session left open', async () => {
      const guess = () =>
        people.call('POST', '/me/password', { cookie, body: { oldPassword: 'guess', password: better } });
      for (let n = 0; n < 5; n += 1) expect((await guess()).status).toBe(422);
      expect((await guess()).status).toBe(429);
    });

    it('changes the address once the new one is confirmed, and tells the old one', async () => {
      const ask = (email: string, typed = password) =>
        people.call('POST', '/me/email', { cookie, body: { email, password: typed } });
      expect((await ask('ada@new.example', 'wrong password')).status).toBe(422);
      const asked = await ask('ada@new.example');
      expect([asked.status, asked.body.email, asked.body.pendingEmail]).toEqual([
        200,
        'ada@example.com',
        'ada@new.example',
      ]);
      const [confirmation, notice] = people.mails;
      expect([confirmation?.to, notice?.to]).toEqual(['ada@new.example', 'ada@example.com']);
      const token = /email-change#([\w-]{43})/.exec(JSON.stringify(confirmation))![1]!;
      expect(JSON.stringify(notice)).not.toContain(token);
      expect((await people.signIn('ada@new.example')).status).toBe(401);
      const confirm = () => people.call('POST', '/email-change/confirm', { body: { token } });
      const both = await Promise.all([confirm(), confirm()]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
      expect((await people.signIn('ada@new.example')).status).toBe(200);
      expect((await people.signIn('ada@example.com')).status).toBe(401);
      await people.notices.idle();
      expect(people.mails.at(-1)).toMatchObject({ to: 'ada@example.com' });
      expect((await people.call('GET', '/me/profile', { cookie })).body.pendingEmail).toBeNull();
    });

    it('does not tell whether a new address is somebody’s, mails nothing there, and takes it from nobody', async () => {
      await people.add('Bob');
      const ask = (email: string) => people.call('POST', '/me/email', { cookie, body: { email, password } });
      const asked = await ask('bob@example.com');
      expect([asked.status, asked.body.pendingEmail]).toEqual([200, 'bob@example.com']);
      expect(people.mails.map(({ to }) => to)).toEqual(['ada@example.com']);
      await ask('zoe@example.com');
      const token = /email-change#([\w-]{43})/.exec(JSON.stringify(people.mails))![1]!;
      await people.add('Zoe');
      const late = await people.call('POST', '/email-change/confirm', { body: { token } });
      expect([late.status, late.body.name]).toEqual([409, 'conflict']);
    });

    it('withdraws a change of address', async () => {
      await people.call('POST', '/me/email', { cookie, body: { email: 'ada@new.example', password } });
      const token = /email-change#([\w-]{43})/.exec(JSON.stringify(people.mails))![1]!;
      expect((await people.call('DELETE', '/me/email', { cookie })).body.pendingEmail).toBeNull();
      expect((await people.call('POST', '/email-change/confirm', { body: { token } })).status).toBe(403);
    });
  });
}
