import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { addAccessRoutes } from './access.routes.ts';
import { openAccessStore } from './access.store.ts';
import { addApiKeyRoutes } from './api-key.routes.ts';
import { openApiKeyStore } from './api-key.store.ts';
import { openGate } from './gate.ts';
import { hashPassword } from './password-hash.ts';
import { prepareFirstRun } from './prepare-first-run.ts';
import { openSessionStore } from './session.store.ts';
import { openSignInLimits } from './sign-in-limits.ts';

const hour = 60 * 60 * 1000;
const ada = { name: 'Ada', email: 'ada@example.com', password: 'canary battery staple' };

for (const { kind, open } of databases) {
  describe(`access over HTTP on ${kind}`, () => {
    let database: Database;
    let app: FastifyInstance;
    let token: string;
    let log: string[];
    const clock = { ms: 0, now: () => clock.ms, monotonic: () => clock.ms };

    beforeEach(async () => {
      clock.ms = 1_800_000_000_000;
      log = [];
      database = await open();
      const people = openAccessStore(database);
      const [sessions, apiKeys] = [openSessionStore(database), openApiKeyStore(database)];
      const { firstRun } = await prepareFirstRun(people, null, clock);
      token = firstRun!.path.split('#')[1]!;
      const logger = pino({ level: 'trace' }, { write: (line: string) => log.push(line) });
      app = openHttpApp({ logger, publicUrl: 'http://localhost:2580', listenHost: '127.0.0.1' });
      const router = openRouter(app, openGate({ sessions, apiKeys, clock, isHttps: false }));
      const limits = openSignInLimits(clock);
      addAccessRoutes(router, {
        people,
        sessions,
        limits,
        firstRun,
        clock,
        isHttps: false,
        beginSecondStep: async () => null,
      });
      addApiKeyRoutes(router, apiKeys, clock);
    });
    afterEach(async () => {
      await app.close();
      await database.close();
    });

    const send = async (
      method: 'GET' | 'POST' | 'DELETE',
      path: string,
      options: { cookie?: string; body?: object; key?: string } = {},
    ) => {
      const { cookie, body, key } = options;
      const reply = await app.inject({
        method,
        url: `/api/v1${path}`,
        headers: {
          host: 'localhost:2580',
          'user-agent': 'Firefox',
          ...(cookie !== undefined && { cookie, 'x-postern': '1' }),
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
        },
        ...(body && { payload: body }),
      });
      const setCookie = [reply.headers['set-cookie']].flat()[0] ?? '';
      return {
        status: reply.statusCode,
        body: reply.body === '' ? null : reply.json(),
        headers: reply.headers,
        setCookie,
        cookie: setCookie.split(';')[0]!,
      };
    };
    const firstRun = (body: object = {}) => send('POST', '/first-run', { body: { token, ...ada, ...body } });
    const signIn = (body: object = {}, cookie?: string) =>
      send('POST', '/sign-in', {
        body: { email: ada.email, password: ada.password, ...body },
        ...(cookie !== undefined && { cookie }),
      });
    const countSessions = async () => (await database.query.selectFrom('web_session').select('id').execute()).length;

    it('makes the first administrator with the printed token, signs them in, and is closed from then on', async () => {
      expect((await send('GET', '/first-run')).body).toEqual({ isOpen: true });
      const made = await firstRun();
      expect([made.status, made.body]).toEqual([
        201,
        {
          ...{ id: expect.stringMatching(/^user_/), name: 'Ada', email: ada.email, role: 'administrator' },
          ...{ language: null, mustSetUpSecondFactor: false },
        },
      ]);
      expect((await send('GET', '/me', { cookie: made.cookie })).body).toEqual(made.body);
      expect((await send('GET', '/first-run')).body).toEqual({ isOpen: false });
      const again = await firstRun({ email: 'eve@example.com' });
      expect([again.status, again.body.name]).toEqual([409, 'conflict']);
    });

    it('makes nobody with a wrong token, an old token or an easy password, and then still with the right one', async () => {
      const wrong = await firstRun({ token: `${token.slice(1)}A` });
      expect([wrong.status, wrong.body.name]).toEqual([403, 'forbidden']);
      const easy = await firstRun({ password: 'password1234' });
      expect([easy.status, easy.body.fields]).toEqual([
        422,
        [{ path: 'password', code: 'too_easy', message: expect.stringContaining('list') }],
      ]);
      const short = await firstRun({ password: 'short' });
      expect([short.status, short.body.fields[0].path]).toEqual([422, 'password']);
      expect(await database.query.selectFrom('person').selectAll().execute()).toEqual([]);
      expect((await firstRun()).status).toBe(201);
    });

    it('says that the link is too old after 30 minutes', async () => {
      clock.ms += 31 * 60 * 1000;
      const late = await firstRun();
      expect([late.status, late.body.message]).toEqual([403, expect.stringContaining('30 minutes')]);
    });

    it('lets one of two first runs at the same moment win', async () => {
      const both = await Promise.all([firstRun(), firstRun({ email: 'eve@example.com' })]);
      expect(both.map(({ status }) => status).sort()).toEqual([201, expect.any(Number)]);
      expect(both.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(await database.query.selectFrom('person').select('id').execute()).toHaveLength(1);
      expect(await countSessions()).toBe(1);
    });

    it('signs in with a new token each time and ends the session that the browser had', async () => {
      const first = await firstRun();
      const second = await signIn({}, first.cookie);
      expect(second.status).toBe(200);
      expect(second.setCookie).toMatch(/^postern=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict$/);
      expect(second.headers['cache-control']).toBe('no-store');
      expect(second.cookie).not.toBe(first.cookie);
      expect((await send('GET', '/me', { cookie: first.cookie })).status).toBe(401);
      expect((await send('GET', '/me', { cookie: second.cookie })).status).toBe(200);
    });

    it('does not take over a token that somebody else planted', async () => {
      await firstRun();
      const planted = `postern=${'A'.repeat(43)}`;
      const reply = await signIn({}, planted);
      expect(reply.cookie).not.toBe(planted);
      expect((await send('GET', '/me', { cookie: planted })).status).toBe(401);
    });

    it('answers an unknown address and a wrong password alike', async () => {
      await firstRun();
      const wrong = await signIn({ password: 'not the password' });
      const unknown = await signIn({ email: 'nobody@example.com' });
      expect([wrong.status, wrong.body.name]).toEqual([401, 'invalid_credentials']);
      expect([unknown.status, unknown.body]).toEqual([wrong.status, wrong.body]);
      expect([unknown.setCookie, wrong.setCookie]).toEqual(['', '']);
      expect(await countSessions()).toBe(1);
    });

    it('slows guessing down with a time to wait, and lets the owner in after it', async () => {
      await firstRun();
      for (let n = 0; n < 5; n += 1) expect((await signIn({ password: `guess ${n}` })).status).toBe(401);
      const slowed = await signIn();
      expect([slowed.status, slowed.body.name, slowed.headers['retry-after']]).toEqual([
        429,
        'rate_limit_exceeded',
        '1',
      ]);
      expect((await signIn({ email: 'nobody@example.com' })).status).toBe(401);
      clock.ms += 1000;
      expect((await signIn()).status).toBe(200);
    });

    it('signs out: the token is worth nothing afterwards', async () => {
      const { cookie } = await firstRun();
      const out = await send('POST', '/sign-out', { cookie });
      expect([out.status, out.setCookie]).toEqual([204, expect.stringMatching(/^postern=; Path=\/; Max-Age=0;/)]);
      expect((await send('GET', '/me', { cookie })).status).toBe(401);
      expect(await countSessions()).toBe(0);
    });

    it('lists where one is signed in and ends single sessions or all others', async () => {
      const { cookie } = await firstRun();
      clock.ms += hour;
      const other = await signIn();
      await signIn();
      const list = (await send('GET', '/me/sessions', { cookie })).body.data;
      expect(list).toHaveLength(3);
      const current = list.find((session: { isCurrent: boolean }) => session.isCurrent);
      expect(current).toEqual({
        id: expect.stringMatching(/^ses_/),
        isCurrent: true,
        ipAddress: '127.0.0.1',
        userAgent: 'Firefox',
        createdAt: new Date(clock.ms - hour).toISOString(),
        lastSeenAt: new Date(clock.ms).toISOString(),
        expiresAt: new Date(clock.ms + 8 * hour).toISOString(),
      });
      expect((await send('POST', '/me/sessions/end-others', { cookie })).status).toBe(204);
      expect((await send('GET', '/me', { cookie: other.cookie })).status).toBe(401);
      expect((await send('DELETE', `/me/sessions/${current.id}x`, { cookie })).status).toBe(404);
      const ended = await send('DELETE', `/me/sessions/${current.id}`, { cookie });
      expect([ended.status, ended.cookie]).toEqual([204, 'postern=']);
      expect(await countSessions()).toBe(0);
    });

    it('hides another person’s sessions', async () => {
      const { cookie } = await firstRun();
      const bob = { name: 'Bob', email: 'bob@example.com', role: 'viewer' as const };
      await openAccessStore(database).createPerson(
        { ...bob, passwordHash: await hashPassword(ada.password) },
        clock.ms,
      );
      const signedIn = await signIn({ email: bob.email });
      const [session] = (await send('GET', '/me/sessions', { cookie: signedIn.cookie })).body.data;
      expect((await send('DELETE', `/me/sessions/${session.id}`, { cookie })).status).toBe(404);
      expect((await send('GET', '/me', { cookie: signedIn.cookie })).body.role).toBe('viewer');
      expect((await send('GET', '/api-keys', { cookie: signedIn.cookie })).status).toBe(403);
    });

    it('creates a key that works at once, shows it once, and revokes it at once', async () => {
      const { cookie } = await firstRun();
      const body = { name: 'terraform', scopes: ['admin'], expiresInDays: 30 };
      const made = await send('POST', '/api-keys', { cookie, body });
      expect(made.status).toBe(201);
      const { key, ...shown } = made.body;
      expect(shown).toMatchObject({ name: 'terraform', scopes: ['admin'], createdBy: ada.email, lastUsedAt: null });
      expect(shown.expiresAt).toBe(new Date(clock.ms + 30 * 24 * hour).toISOString());
      const list = await send('GET', '/api-keys', { key });
      expect(list.body.data).toEqual([{ ...shown, lastUsedAt: new Date(clock.ms).toISOString() }]);
      expect((await send('GET', '/me', { key })).body.name).toBe('restricted_api_key');
      expect((await send('DELETE', `/api-keys/${shown.id}`, { cookie })).status).toBe(204);
      expect((await send('GET', '/api-keys', { key })).status).toBe(401);
      expect((await send('DELETE', `/api-keys/${shown.id}`, { cookie })).status).toBe(404);
    });

    it('keeps passwords, tokens and keys out of the database and the log', async () => {
      const { cookie } = await firstRun();
      const { key } = (await send('POST', '/api-keys', { cookie, body: { name: 'k', scopes: ['read'] } })).body;
      await signIn({ email: ada.password, password: 'canary mistyped' });
      await send('GET', '/api-keys', { key });
      const tables = ['person', 'web_session', 'api_key'] as const;
      const rows = await Promise.all(tables.map((table) => database.query.selectFrom(table).selectAll().execute()));
      const everything = JSON.stringify(rows) + log.join('');
      expect(log.join('')).toContain('sign-in refused');
      for (const secret of ['canary', cookie.split('=')[1]!, key.slice(-49), token]) {
        expect(everything).not.toContain(secret);
      }
    });
  });
}
