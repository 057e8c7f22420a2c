import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openPeopleApp, type PeopleApp, publicUrl } from './test-data.ts';

const day = 24 * 60 * 60 * 1000;
const chosen = { name: 'Eve', password: 'nine purple submarines' };

for (const { kind, open } of databases) {
  describe(`users over HTTP on ${kind}`, () => {
    let database: Database;
    let people: PeopleApp;
    let cookie: string;
    let ada: { id: string };
    beforeEach(async () => {
      database = await open();
      people = await openPeopleApp(database);
      ada = await people.add('Ada');
      ({ cookie } = await people.signIn('ada@example.com'));
    });
    afterEach(async () => {
      await people.close();
      await database.close();
    });
    const invite = (body: object = {}) =>
      people.call('POST', '/people', { cookie, body: { email: 'eve@example.com', role: 'operator', ...body } });
    const accept = (token: string, body: object = {}) =>
      people.call('POST', '/invitation/accept', { body: { token, ...chosen, ...body } });

    it('lists people with state, role, last sign-in and second factor, and filters', async () => {
      await people.add('Bob', 'viewer');
      const list = await people.call('GET', '/people', { cookie });
      expect(list.body.data).toEqual([
        {
          ...{ id: ada.id, name: 'Ada', email: 'ada@example.com', role: 'administrator', state: 'active' },
          ...{ language: null, hasSecondFactor: false, sessionCount: 1, disabledAt: null, invitedBy: null },
          ...{ invitationExpiresAt: null, isYou: true, isLastAdministrator: true },
          createdAt: new Date(people.clock.ms).toISOString(),
          lastSignInAt: new Date(people.clock.ms).toISOString(),
        },
        expect.objectContaining({ name: 'Bob', sessionCount: 0, lastSignInAt: null, isYou: false }),
      ]);
      const found = await people.call('GET', '/people?q=BOB@&state=active&role=viewer', { cookie });
      expect(found.body.data.map(({ name }: { name: string }) => name)).toEqual(['Bob']);
      expect((await people.call('GET', '/people?state=invited', { cookie })).body.data).toEqual([]);
    });

    it('invites by mail; the link shows whom it is for, sets name and password once, and signs nobody in', async () => {
      const invited = await invite({ language: 'de' });
      expect([invited.status, invited.body]).toMatchObject([201, { state: 'invited', invitedBy: 'Ada' }]);
      const token = await people.readToken();
      expect(people.mails).toEqual([
        {
          to: 'eve@example.com',
          language: 'de',
          expiresAt: people.clock.ms + 7 * day,
          content: {
            key: 'user-invitation',
            variables: {
              email: 'eve@example.com',
              invited_by: 'Ada',
              link: `${publicUrl}/invitation#${token}`,
              expires_at: new Date(people.clock.ms + 7 * day).toISOString(),
            },
          },
        },
      ]);
      for (let n = 0; n < 3; n += 1) {
        const check = await people.call('POST', '/invitation/check', { body: { token } });
        expect([check.status, check.body.email]).toEqual([200, 'eve@example.com']);
        expect((await people.call('GET', '/invitation/accept')).status).toBe(404);
      }
      expect((await people.signIn('eve@example.com', chosen.password)).status).toBe(401);
      const easy = await accept(token, { password: 'password1234' });
      expect([easy.status, easy.body.fields[0].path]).toEqual([422, 'password']);
      const done = await accept(token);
      expect([done.status, done.body, done.cookie]).toEqual([200, { email: 'eve@example.com' }, '']);
      const again = await accept(token, { password: 'another good password' });
      expect([again.status, again.body.name]).toEqual([403, 'forbidden']);
      const signedIn = await people.signIn('eve@example.com', chosen.password);
      expect(signedIn.body).toMatchObject({ name: 'Eve', role: 'operator', language: 'de' });
    });

    it('lets exactly one of two who accept an invitation at the same moment through', async () => {
      await invite();
      const token = await people.readToken();
      const both = await Promise.all([
        accept(token, { password: 'first good password' }),
        accept(token, { password: 'second good password' }),
      ]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
      const winner = both[0]!.status === 200 ? 'first' : 'second';
      expect((await people.signIn('eve@example.com', `${winner} good password`)).status).toBe(200);
    });

    it('sends an invitation again: the older link stops, the newer works for 7 days', async () => {
      const { body } = await invite();
      const first = await people.readToken();
      people.clock.ms += 7 * day;
      expect((await accept(first)).status).toBe(403);
      // A session lasts 7 days at most.
      ({ cookie } = await people.signIn('ada@example.com'));
      const again = await people.call('POST', `/people/${body.id}/resend-invitation`, { cookie });
      expect([again.status, again.body.invitationExpiresAt]).toEqual([
        200,
        new Date(people.clock.ms + 7 * day).toISOString(),
      ]);
      const second = await people.readToken();
      expect((await accept(first)).status).toBe(403);
      people.clock.ms += 7 * day - 1;
      expect((await accept(second)).status).toBe(200);
      ({ cookie } = await people.signIn('ada@example.com'));
      const late = await people.call('POST', `/people/${body.id}/resend-invitation`, { cookie });
      expect([late.status, late.body.message]).toEqual([409, expect.stringContaining('accepted')]);
    });

    it('withdraws an invitation', async () => {
      const { body } = await invite();
      const token = await people.readToken();
      expect((await people.call('DELETE', `/people/${body.id}`, { cookie })).status).toBe(204);
      expect((await accept(token)).status).toBe(403);
      expect((await people.call('GET', `/people/${body.id}`, { cookie })).status).toBe(404);
    });

    it('refuses an address that is there in any case, and leaves nobody behind when the mail is not accepted', async () => {
      const taken = await invite({ email: 'ADA@Example.com' });
      expect([taken.status, taken.body.fields]).toEqual([
        422,
        [expect.objectContaining({ path: 'email', code: 'taken' })],
      ]);
      people.post.refuses = 'the settings are paused';
      const refused = await invite();
      expect([refused.status, refused.body.message]).toEqual([409, expect.stringContaining('settings are paused')]);
      people.post.refuses = '';
      people.post.canSendMail = false;
      const early = await invite();
      expect([early.status, early.body.message]).toEqual([409, expect.stringContaining('person invite')]);
      expect((await people.call('GET', '/people?state=invited', { cookie })).body.data).toEqual([]);
      expect(people.mails).toEqual([]);
    });

    it('keeps the last administrator: not demoted, disabled or deleted, by two at once neither', async () => {
      const bob = await people.add('Bob');
      const asBob = (await people.signIn('bob@example.com')).cookie;
      const both = await Promise.all([
        people.call('PATCH', `/people/${bob.id}`, { cookie, body: { role: 'viewer' } }),
        people.call('PATCH', `/people/${ada.id}`, { cookie: asBob, body: { role: 'viewer' } }),
      ]);
      expect(both.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
      const left = await people.persons.list({ role: 'administrator', state: 'active' }, people.clock.ms);
      expect(left).toHaveLength(1);
      const last = left[0]!;
      expect(await people.persons.change(last.id, { role: 'operator' }, people.clock.ms)).toBe('last-administrator');
      expect(await people.persons.disable(last.id, people.clock.ms)).toBe('last-administrator');
      expect(await people.persons.remove(last.id)).toBe('last-administrator');
      expect((await people.persons.read(last.id, people.clock.ms))?.isLastAdministrator).toBe(true);
    });

    it('ends a person’s sessions with another role, with disabling and on demand; a token from before is worth nothing', async () => {
      const bob = await people.add('Bob', 'operator');
      const at = `/people/${bob.id}`;
      const bobs = async () => (await people.signIn('bob@example.com')).cookie;
      const isIn = async (one: string) => (await people.call('GET', '/me', { cookie: one })).status;
      const before = await bobs();
      await people.call('PATCH', at, { cookie, body: { name: 'Robert' } });
      expect(await isIn(before)).toBe(200);
      expect((await people.call('PATCH', at, { cookie, body: { role: 'administrator' } })).body.sessionCount).toBe(0);
      expect(await isIn(before)).toBe(401);
      const second = await bobs();
      await people.call('POST', `${at}/end-sessions`, { cookie });
      expect(await isIn(second)).toBe(401);
      const third = await bobs();
      const disabled = await people.call('POST', `${at}/disable`, { cookie });
      expect(disabled.body).toMatchObject({ state: 'disabled', disabledAt: expect.any(String) });
      expect(await isIn(third)).toBe(401);
      const kept = await people.signIn('bob@example.com');
      expect([kept.status, kept.body.message]).toEqual([403, expect.stringContaining('disabled')]);
      expect((await people.signIn('bob@example.com', 'a wrong password')).body.name).toBe('invalid_credentials');
      expect((await people.call('POST', `${at}/enable`, { cookie })).body).toMatchObject({
        state: 'active',
        disabledAt: null,
      });
      expect((await people.signIn('bob@example.com')).status).toBe(200);
    });

    it('does nothing to oneself that could not be undone, and nothing to nobody', async () => {
      await people.add('Bob');
      for (const what of ['disable', 'remove-second-factor']) {
        expect((await people.call('POST', `/people/${ada.id}/${what}`, { cookie })).status).toBe(409);
      }
      expect((await people.call('DELETE', `/people/${ada.id}`, { cookie })).status).toBe(409);
      const nobody = `/people/user_${'0'.repeat(26)}`;
      for (const what of ['disable', 'enable', 'end-sessions', 'resend-invitation']) {
        expect((await people.call('POST', `${nobody}/${what}`, { cookie })).status).toBe(404);
      }
      expect((await people.call('DELETE', nobody, { cookie })).status).toBe(404);
    });
  });
}
