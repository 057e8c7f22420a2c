import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LadderResult } from '../../contracts/diagnosis.ts';
import { on } from '../../test/climb-settings.ts';
import { startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { databases } from '../../test/support/databases.ts';
import { isAllowed } from '../access/is-allowed.ts';
import type { Database } from '../database/open.ts';
import { DatabaseUnavailableError } from '../database/unavailable.ts';
import { openDeliveryStore } from '../delivery/delivery.store.ts';
import { openMessageActions } from '../message-log/message-actions.store.ts';
import { openMessageLogStore } from '../message-log/message-log.store.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openSession } from '../smtp/session.client.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openServerMemory } from '../smtp-settings/server-memory.ts';
import { openShownCertificates } from '../smtp-settings/shown-certificates.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { addDiagnosisRoutes } from './diagnosis.routes.ts';
import { openSmtpSettingsTest } from './smtp-settings-test.client.ts';
import { testsPerMinute } from './test-limit.ts';
import { openTestLog, type TestLog } from './test-log.store.ts';

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
  let fault: keyof TestLog | null;
  let server: Awaited<ReturnType<typeof startFakeSmarthost>>;
  let id: string;
  /** The disk is full for this step of the log. */
  const withFault = (log: TestLog): TestLog => {
    const guard = async (step: keyof TestLog) => {
      if (fault === step) throw new DatabaseUnavailableError('The disk is full.', 'SQLITE_FULL');
    };
    return {
      ...log,
      begin: (...given) => guard('begin').then(() => log.begin(...given)),
      markDot: (...given) => guard('markDot').then(() => log.markDot(...given)),
      record: (...given) => guard('record').then(() => log.record(...given)),
    };
  };
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
    [caller, closed, fault] = [person('administrator'), null, null];
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
      test: openSmtpSettingsTest({
        openSession,
        denyPrivate: false,
        isOwnServer: () => false,
        log: withFault(openTestLog(database, openDeliveryStore(database), systemClock)),
        clock: systemClock,
      }),
      store,
      shown: openShownCertificates(systemClock),
      remember: (settings) => openServerMemory(settings, { save: store.noteOffer, now: systemClock.now }),
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

  it('remembers what the server of saved settings takes, and of a draft nothing', async () => {
    const small = await startFakeSmarthost({
      login,
      replies: { EHLO: '250-fake.test\n250-SIZE 5000\n250 AUTH PLAIN' },
    });
    await post('/test', { id, port: small.port });
    expect(await store.read(id)).toMatchObject({ serverSeenAt: null, sizeLimitBytes: null });
    const current = (await store.read(id))!;
    await store.change(id, 1, { ...current, port: small.port }, undefined, 'x');
    expect((await post(`/${id}/test`, {})).json()).toMatchObject({ ok: true });
    await vi.waitFor(async () => expect(await store.read(id)).toMatchObject({ sizeLimitBytes: 5000 }));
    expect((await store.read(id))?.serverSeenAt).not.toBeNull();
    await small.close();
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

  const inLog = async (result: LadderResult) => (await openMessageLogStore(database).read(result.emailId ?? ''))!;

  it('is a message in the log, sent by the saved settings in the name of who asked', async () => {
    const result = (await post(`/${id}/test`, {})).json() as LadderResult;
    const message = await inLog(result);
    expect(message).toMatchObject({
      state: 'sent',
      lane: 'urgent',
      to: ['administrator@example.com'],
      subject: 'Postern test: Relay works',
      tags: [{ name: 'kind', value: 'test' }],
      smtp_settings: { id, name: 'Relay' },
      message_id: result.messageId,
      next_attempt_at: null,
      attempts: [{ number: 1, outcome: 'sent', phase: 'dot', smtp_settings: { id, name: 'Relay' } }],
    });
    expect(message.attempts[0]?.transcript).toEqual(result.transcript);
    expect(JSON.stringify(message)).not.toContain('canary-password');
    const content = await openMessageLogStore(database).readContent(message.id);
    const [wire = ''] = server.connections[0]?.messages ?? [];
    expect(
      Buffer.from(content?.bytes ?? [])
        .toString('latin1')
        .trim(),
    ).toBe(wire.trim());
  });

  it('names a draft as one, and says why it failed; a test is tried once', async () => {
    const other = await startFakeSmarthost({ login, replies: { RCPT: '451 4.7.1 greylisted' } });
    const result = (await post('/test', { id, name: 'New relay', port: other.port })).json() as LadderResult;
    await other.close();
    expect(result.ok).toBe(false);
    expect(await inLog(result)).toMatchObject({
      state: 'bounced',
      smtp_settings: { id: '', name: 'New relay (not saved)' },
      next_attempt_at: null,
      recipients: [
        {
          state: 'bounced',
          reply: '451 4.7.1 greylisted',
          explanation: `${result.failure?.title} A test is tried once.`,
        },
      ],
    });
  });

  it('stays uncertain where the server hangs up after the dot', async () => {
    const other = await startFakeSmarthost({ login, replies: { '.': { say: '', end: 'close' } } });
    const result = (await post('/test', { id, port: other.port })).json() as LadderResult;
    await other.close();
    expect(result.failure?.code).toBe('uncertain');
    expect(await inLog(result)).toMatchObject({ state: 'uncertain', next_attempt_at: null });
  });

  it('is not sent when somebody cancels it in the log meanwhile', async () => {
    let cancelled: unknown;
    const cancelAny = async () => {
      const row = await database.query.selectFrom('queue').select('message_id').executeTakeFirstOrThrow();
      cancelled = await openMessageActions(database, systemClock).cancel(row.message_id, 'bob');
    };
    const other = await startFakeSmarthost({
      login,
      replies: on('DATA', () => ({ say: '354 go on', after: cancelAny() })),
    });
    const result = (await post('/test', { id, port: other.port })).json() as LadderResult;
    expect([cancelled, result.failure?.code]).toEqual([{ outcome: 'done' }, 'cancelled']);
    expect(other.connections[0]?.messages).toEqual([]);
    await other.close();
    expect(await inLog(result)).toMatchObject({
      state: 'cancelled',
      recipients: [{ explanation: 'Cancelled by bob.' }],
    });
  });

  it('sends nothing that the log cannot take', async () => {
    fault = 'begin';
    const reply = await post(`/${id}/test`, {});
    expect([reply.status, reply.json().message]).toEqual([503, 'Nothing was sent: The disk is full. Test again.']);
    expect(server.connections).toHaveLength(0);
    const live = await post(`/${id}/test`, {}, { accept: 'text/event-stream' });
    expect(live.body).toMatch(/^event: problem\ndata: .*"unavailable".*The disk is full/m);
  });

  it('hands nothing over that cannot be marked before', async () => {
    fault = 'markDot';
    const reply = await post(`/${id}/test`, {});
    expect([reply.status, reply.json().message]).toEqual([
      503,
      'The message was not handed over: The disk is full. Test again.',
    ]);
    expect(server.connections[0]?.messages).toEqual([]);
  });

  it('says so where its outcome cannot be written down', async () => {
    fault = 'record';
    const result = (await post(`/${id}/test`, {})).json() as LadderResult;
    expect(result).toMatchObject({ ok: true, warnings: [expect.stringContaining('The disk is full.')] });
    expect(await inLog(result)).toMatchObject({ state: 'sending' });
  });
});
