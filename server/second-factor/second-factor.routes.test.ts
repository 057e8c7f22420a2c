import { Secret, TOTP } from 'otpauth';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openPeopleApp, type PeopleApp, password } from '../person/test-data.ts';

const minute = 60_000;

for (const { kind, open } of databases) {
  describe(`second factors on ${kind}`, () => {
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
    const showCode = (secret: string, stepsOn = 0) =>
      new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: people.clock.ms + stepsOn * 30_000 });
    const post = (path: string, body?: object, as = cookie) =>
      people.call('POST', path, { cookie: as, ...(body && { body }) });
    const setUp = async () => {
      const { secret } = (await post('/me/totp')).body;
      const confirmed = await post('/me/totp/confirm', { code: showCode(secret) });
      expect(confirmed.status).toBe(200);
      people.clock.ms += 30_000;
      return { secret: secret as string, codes: confirmed.body.recoveryCodes as string[] };
    };
    const begin = async () => (await people.signIn('ada@example.com')).body.challenge as string;
    const finish = (challenge: string, proof: object) =>
      people.call('POST', '/sign-in/second-step', { body: { challenge, ...proof } });

    it('turns an app on only once a code was right, then asks for one at each sign-in', async () => {
      const begun = await post('/me/totp');
      expect([begun.status, begun.body.uri]).toEqual([200, expect.stringMatching(/^otpauth:\/\/totp\/Postern/)]);
      const wrong = await post('/me/totp/confirm', { code: '000000' });
      expect([wrong.status, wrong.body.fields[0].path]).toEqual([422, 'code']);
      expect((await people.signIn('ada@example.com')).body.name).toBe('Ada');
      const { secret, codes } = await setUp();
      expect(codes).toHaveLength(10);
      expect((await post('/me/totp')).status).toBe(409);
      const first = await people.signIn('ada@example.com');
      expect([first.status, first.cookie, first.body]).toEqual([
        200,
        '',
        {
          needs: ['totp', 'recovery'],
          challenge: expect.stringMatching(/^[\w-]{43}$/),
          expiresAt: new Date(people.clock.ms + 5 * minute).toISOString(),
          passkeyOptions: null,
        },
      ]);
      const done = await finish(first.body.challenge, { code: showCode(secret) });
      expect([done.status, done.body.name]).toEqual([200, 'Ada']);
      expect((await people.call('GET', '/me', { cookie: done.cookie })).status).toBe(200);
      expect((await people.call('GET', '/people', { cookie: done.cookie })).body.data[0].hasSecondFactor).toBe(true);
    });

    it('tells nobody without the password that a factor is on', async () => {
      await setUp();
      const wrong = await people.signIn('ada@example.com', 'wrong password');
      const unknown = await people.signIn('nobody@example.com', 'wrong password');
      expect([wrong.status, wrong.body]).toEqual([unknown.status, unknown.body]);
    });

    it('takes a code once, and none of an earlier step after it', async () => {
      const { secret } = await setUp();
      const code = showCode(secret);
      const earlier = showCode(secret, -1);
      expect((await finish(await begin(), { code })).status).toBe(200);
      const again = await finish(await begin(), { code });
      expect([again.status, again.body.name]).toEqual([401, 'invalid_credentials']);
      expect((await finish(await begin(), { code: earlier })).status).toBe(401);
      people.clock.ms += 30_000;
      expect((await finish(await begin(), { code: showCode(secret) })).status).toBe(200);
    });

    it('lets exactly one of two with the same code at the same moment in', async () => {
      const { secret } = await setUp();
      const challenges = [await begin(), await begin()];
      const both = await Promise.all(challenges.map((challenge) => finish(challenge, { code: showCode(secret) })));
      expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
    });

    it('finishes a sign-in once: not again, not later, not with another person’s', async () => {
      const { secret, codes } = await setUp();
      const challenge = await begin();
      expect((await finish(challenge, { code: showCode(secret) })).status).toBe(200);
      expect((await finish(challenge, { recoveryCode: codes[0] })).status).toBe(403);
      const twice = await begin();
      const both = await Promise.all([1, 2].map((n) => finish(twice, { recoveryCode: codes[n] })));
      expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
      const late = await begin();
      people.clock.ms += 5 * minute;
      expect((await finish(late, { code: showCode(secret) })).status).toBe(403);
      expect((await finish('A'.repeat(43), { code: showCode(secret) })).status).toBe(403);
      await people.add('Bob', 'viewer');
      const bobs = (await people.signIn('bob@example.com')).cookie;
      const { secret: other } = (await post('/me/totp', undefined, bobs)).body;
      expect((await finish(await begin(), { code: showCode(other) })).status).toBe(401);
    });

    it('ends a half-done sign-in after five wrong codes, and slows the next down', async () => {
      const { secret } = await setUp();
      const challenge = await begin();
      for (let n = 0; n < 5; n += 1) expect((await finish(challenge, { code: '000000' })).status).toBe(401);
      expect((await finish(challenge, { code: showCode(secret) })).status).toBe(403);
      const next = await begin();
      const slowed = await finish(next, { code: showCode(secret) });
      expect([slowed.status, slowed.body.name]).toEqual([429, 'rate_limit_exceeded']);
      people.clock.ms += minute;
      expect((await finish(next, { code: showCode(secret) })).status).toBe(200);
    });

    it('dies with the password it began with, and with the account', async () => {
      const { secret } = await setUp();
      const challenge = await begin();
      const ada = (await people.people.findPersonByEmail('ada@example.com'))!;
      await people.people.setPassword('ada@example.com', ada.passwordHash, people.clock.ms);
      expect((await finish(challenge, { code: showCode(secret) })).status).toBe(403);
      await people.add('Bob');
      const next = await begin();
      await people.persons.disable(ada.id, people.clock.ms);
      expect((await finish(next, { code: showCode(secret) })).status).toBe(403);
    });

    it('is still asked for after the password was reset by mail', async () => {
      await setUp();
      await people.call('POST', '/password-reset', { body: { email: 'ada@example.com' } });
      const body = { token: await people.readToken(), password: 'nine purple submarines' };
      expect((await people.call('POST', '/password-reset/complete', { body })).status).toBe(200);
      expect((await people.signIn('ada@example.com', body.password)).body.needs).toEqual(['totp', 'recovery']);
    });

    it('takes each recovery code once, however it is typed, and new ones in the place of the old', async () => {
      const { codes } = await setUp();
      expect((await finish(await begin(), { recoveryCode: codes[0]!.toUpperCase() })).status).toBe(200);
      expect((await finish(await begin(), { recoveryCode: codes[0] })).status).toBe(401);
      const shown = await people.call('GET', '/me/second-factors', { cookie });
      expect(shown.body.recoveryCodes.left).toBe(9);
      const renewed = await post('/me/recovery-codes');
      expect(renewed.body.recoveryCodes).toHaveLength(10);
      expect((await finish(await begin(), { recoveryCode: codes[1] })).status).toBe(401);
      expect((await finish(await begin(), { recoveryCode: renewed.body.recoveryCodes[1] })).status).toBe(200);
    });

    it('asks who it is once more, ten minutes after, before factors are changed', async () => {
      const { secret } = await setUp();
      people.clock.ms += 10 * minute;
      const changes: ['POST' | 'DELETE', string][] = [
        ['POST', '/me/totp'],
        ['DELETE', '/me/totp'],
        ['POST', '/me/passkeys/options'],
        ['POST', '/me/recovery-codes'],
      ];
      for (const [method, path] of changes) {
        const refused = await people.call(method, path, { cookie });
        expect([path, refused.status, refused.body.name]).toEqual([path, 403, 'confirmation_required']);
      }
      expect((await people.call('GET', '/me/second-factors', { cookie })).body.confirmedUntil).toBeNull();
      const wrong = await post('/me/confirmation', { password: 'wrong' });
      expect([wrong.status, wrong.body.fields[0].path]).toEqual([422, 'password']);
      expect((await post('/me/confirmation', { password })).status).toBe(200);
      const off = await people.call('DELETE', '/me/totp', { cookie });
      expect(off.body).toMatchObject({ totp: null, recoveryCodes: null });
      expect((await people.signIn('ada@example.com')).body.name).toBe('Ada');
      expect(await database.query.selectFrom('recovery_code').selectAll().execute()).toEqual([]);
      expect(secret).toBeTruthy();
    });

    it('asks administrators for a factor where the policy says so: without one nothing else is open', async () => {
      await people.add('Bob');
      const bobs = (await people.signIn('bob@example.com')).cookie;
      const setPolicy = (isOn: boolean, as = cookie) =>
        people.call('PATCH', '/sign-in-policy', { cookie: as, body: { administratorsNeedSecondFactor: isOn } });
      expect((await setPolicy(true)).status).toBe(409);
      await setUp();
      expect((await setPolicy(true)).body).toEqual({ administratorsNeedSecondFactor: true });
      const shut = await people.call('GET', '/people', { cookie: bobs });
      expect([shut.status, shut.body.name]).toEqual([403, 'second_factor_required']);
      expect((await people.call('GET', '/me', { cookie: bobs })).body.mustSetUpSecondFactor).toBe(true);
      expect((await people.signIn('bob@example.com')).body.mustSetUpSecondFactor).toBe(true);
      const { secret } = (await post('/me/totp', undefined, bobs)).body;
      await post('/me/totp/confirm', { code: showCode(secret) }, bobs);
      expect((await people.call('GET', '/people', { cookie: bobs })).status).toBe(200);
      const last = await people.call('DELETE', '/me/totp', { cookie });
      expect([last.status, last.body.message]).toEqual([409, expect.stringContaining('last')]);
      await people.add('Eve', 'operator');
      expect((await people.signIn('eve@example.com')).body.mustSetUpSecondFactor).toBe(false);
      expect((await setPolicy(false)).status).toBe(200);
      expect((await people.call('DELETE', '/me/totp', { cookie })).status).toBe(200);
    });

    it('is taken away by an administrator when it is lost; the person’s sessions end', async () => {
      await setUp();
      await people.add('Bob');
      const bobs = (await people.signIn('bob@example.com')).cookie;
      const { id } = (await people.people.findPersonByEmail('ada@example.com'))!;
      const gone = await people.call('POST', `/people/${id}/remove-second-factor`, { cookie: bobs });
      expect(gone.body).toMatchObject({ hasSecondFactor: false, sessionCount: 0 });
      expect((await people.call('GET', '/me', { cookie })).status).toBe(401);
      expect((await people.signIn('ada@example.com')).body.name).toBe('Ada');
    });

    it('keeps secrets, codes and challenges out of the database and the log', async () => {
      const { secret, codes } = await setUp();
      const challenge = await begin();
      await finish(challenge, { recoveryCode: `${codes[0]}x` });
      const tables = ['person_totp', 'recovery_code', 'sign_in_challenge', 'person'] as const;
      const rows = await Promise.all(tables.map((table) => database.query.selectFrom(table).selectAll().execute()));
      const everything = JSON.stringify(rows) + people.log.join('');
      expect(people.log.join('')).toContain('second step refused');
      for (const canary of [secret, codes[0]!, codes[0]!.replaceAll('-', ''), challenge]) {
        expect(everything).not.toContain(canary);
      }
    });

    it('refuses passkeys that are made up, and challenges that are not one’s own', async () => {
      const begun = await people.call('POST', '/sign-in/passkey-options');
      expect(begun.body.options).toMatchObject({ rpId: 'postern.example', userVerification: 'required' });
      const fake = { id: 'AAAA', rawId: 'AAAA', type: 'public-key', response: {}, clientExtensionResults: {} };
      const sent = { challenge: begun.body.challenge, passkey: fake };
      expect((await people.call('POST', '/sign-in/passkey', { body: sent })).status).toBe(401);
      expect((await people.call('POST', '/sign-in/passkey', { body: { ...sent, challenge: 'x' } })).status).toBe(403);
      expect((await post('/me/passkeys', { name: 'Key', passkey: fake })).status).toBe(403);
      await post('/me/passkeys/options');
      expect((await post('/me/passkeys', { name: 'Key', passkey: fake })).status).toBe(403);
      expect((await post('/me/confirmation/passkey-options')).status).toBe(409);
      expect((await post('/me/confirmation', { passkey: fake })).status).toBe(403);
    });
  });
}
