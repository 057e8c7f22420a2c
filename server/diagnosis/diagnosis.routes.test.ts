import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LadderResult } from '../../contracts/diagnosis.ts';
import { startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { databases } from '../../test/support/databases.ts';
import { isAllowed } from '../access/is-allowed.ts';
import type { Database } from '../database/open.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openSession } from '../smtp/session.client.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openShownCertificates } from '../smtp-settings/shown-certificates.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { addDiagnosisRoutes } from './diagnosis.routes.ts';
import { openSmtpSettingsTest } from './smtp-settings-test.client.ts';
import { testsPerMinute } from './test-limit.ts';

const url = '/api/v1/smtp-settings';
const login = { username: 'u', password: 'canary-password' };
const person = (role: 'operator' | 'administrator'): Caller => ({
  kind: 'person',
  id: `user_${role}`,
  name: role,
  email: `${role}@example.com`,
  role,
  sessionId: 's',
});
const key: Caller = { kind: 'key', id: 'key_1', name: 'monitor', scopes: ['smtp-settings'] };

const [{ open }] = databases as [(typeof databases)[number]];

describe('tests of SMTP settings over HTTP', () => {
  let database: Database;
  let store: SmtpSettingsStore;
  let app: ReturnType<typeof openHttpApp>;
  let dataFolder: string;
  let caller: Caller;
  let closed: string | null;
  let server: Awaited<ReturnType<typeof startFakeSmarthost>>;
  let id: string;
  const post = async (at: string, payload: object, headers = {}) => {
    const reply = await app.inject({
      method: 'POST',
      url: `${url}${at}`,
      headers: { host: 'localhost', ...headers },
      payload,
    });
    return { status: reply.statusCode, body: reply.body, headers: reply.headers, json: () => reply.json() };
  };

  beforeEach(async () => {
    [caller, closed] = [person('administrator'), null];
    dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-keys-'));
    database = await open();
    server = await startFakeSmarthost({ login });
    const keys = await openPasswordKeys(database, { dataFolder, secretKey: null }, systemClock);
    store = openSmtpSettingsStore(database, keys, systemClock);
    const { port } = server;
    const host = '127.0.0.1';
    const fields = {
      name: 'Relay',
      starttlsOnly: false,
      security: 'none',
      host,
      port,
      fromName: '',
      fromEmail: 'a@example.com',
      replyTo: '',
      username: 'u',
      certificateCheck: 'verify',
      certificateFingerprint: '',
      caCertificate: '',
      tlsMinimum: '1.2',
      authMethod: 'automatic',
      ehloName: '',
      connectTimeoutSeconds: 5,
      replyTimeoutSeconds: 5,
    } as const;
    const saved = await store.create(fields, 'canary-password', 'x');
    if (saved.outcome !== 'saved') throw new Error(saved.outcome);
    id = saved.settings.id;
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://localhost:1', listenHost: '127.0.0.1' });
    const router = openRouter(app, {
      authenticate: async () => caller,
      authorise: (endpoint, who) => {
        if (!isAllowed(who, endpoint.access)) throw new Error('the gate is tested elsewhere');
      },
    });
    addDiagnosisRoutes(router, {
      test: openSmtpSettingsTest({ openSession, denyPrivate: false, isOwnServer: () => false, clock: systemClock }),
      store,
      shown: openShownCertificates(systemClock),
      clock: systemClock,
      closedBecause: async () => closed,
    });
  });
  afterEach(async () => {
    await app.close();
    await server.close();
    await database.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });

  it('sends saved settings’ test to the person who asked, and notes the result on the row', async () => {
    const reply = await post(`/${id}/test`, {});
    expect(reply.json()).toMatchObject({ ok: true, to: 'administrator@example.com', failure: null });
    expect(reply.body).not.toContain('canary-password');
    expect(await store.read(id)).toMatchObject({ lastTestOk: true, version: 1 });
  });

  it('is told step by step where that is asked for, the whole at the end', async () => {
    const { body, headers } = await post(`/${id}/test`, {}, { accept: 'text/event-stream' });
    expect(headers['content-type']).toContain('text/event-stream');
    const events = [...body.matchAll(/^event: (\w+)\ndata: (.*)$/gm)].map(([, event, data]) => [
      event,
      JSON.parse(data!),
    ]);
    expect(events.at(-1)?.[0]).toBe('result');
    expect(events.at(-1)?.[1]).toMatchObject({ ok: true } satisfies Partial<LadderResult>);
    const climbed = events
      .filter(([event, rung]) => event === 'step' && rung.status === 'ok')
      .map(([, rung]) => rung.step);
    expect(climbed).toEqual(['dns', 'tcp', 'ehlo', 'auth', 'mail', 'rcpt', 'data']);
  });

  it('asks a program for an address', async () => {
    caller = key;
    expect((await post(`/${id}/test`, {})).json().fields[0].path).toBe('to');
    expect((await post(`/${id}/test`, { to: 'b@example.com' })).json()).toMatchObject({
      ok: true,
      to: 'b@example.com',
    });
  });

  it('tests a draft with the stored password, and saves nothing', async () => {
    const other = await startFakeSmarthost({ login });
    const reply = await post('/test', { id, port: other.port });
    await other.close();
    expect(reply.json()).toMatchObject({ ok: true });
    expect(await store.read(id)).toMatchObject({ port: server.port, lastTestedAt: null, version: 1 });
  });

  it('lends the stored password to nobody’s other server where the caller may not change settings', async () => {
    const thief = await startFakeSmarthost({ login });
    caller = person('operator');
    for (const changes of [{ port: thief.port }, { host: 'localhost' }, { username: 'v' }, { authMethod: 'plain' }]) {
      const reply = await post('/test', { id, ...changes });
      expect([changes, reply.status, reply.json().fields[0].code]).toEqual([changes, 422, 'password_required']);
    }
    expect(thief.connections).toHaveLength(0);
    expect((await post('/test', { id, fromName: 'x' })).json()).toMatchObject({ ok: true });
    await thief.close();
  });

  it('lends it to no other host, whoever asks', async () => {
    for (const who of [person('administrator'), key]) {
      caller = who;
      expect((await post('/test', { id, host: 'localhost', to: 'b@example.com' })).status).toBe(422);
    }
  });

  it('names the fields of a draft that cannot be tested, and a sender that can be in no mail', async () => {
    expect((await post('/test', {})).json().fields.map((field: { path: string }) => field.path)).toEqual([
      'host',
      'port',
      'fromEmail',
    ]);
    const odd = await post('/test', { host: '127.0.0.1', port: 1, fromEmail: 'x＠y@example.com' });
    expect([odd.status, odd.json().fields?.[0]?.path]).toEqual([422, 'fromEmail']);
    expect((await post('/test', { id: `smtp_${'0'.repeat(26)}` })).json().fields[0].path).toBe('id');
  });

  it('sends nothing while sending is closed', async () => {
    closed = 'The key is missing.';
    const reply = await post(`/${id}/test`, {});
    expect([reply.status, reply.json().message]).toEqual([503, 'The key is missing.']);
    expect(server.connections).toHaveLength(0);
  });

  it('stops whoever would scan a network with it', async () => {
    for (let count = 0; count < testsPerMinute; count += 1)
      await post('/test', { host: 'x.invalid', port: 1, fromEmail: 'a@b.example' });
    const reply = await post('/test', { host: 'x.invalid', port: 1, fromEmail: 'a@b.example' });
    expect([reply.status, Number(reply.headers['retry-after']) > 0]).toEqual([429, true]);
  });
});
