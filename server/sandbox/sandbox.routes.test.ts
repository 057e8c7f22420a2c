import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxMessage } from '../../contracts/sandbox.ts';
import { smtpSettingsDefaults } from '../../contracts/smtp-settings.ts';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { composeMessage } from '../mime/compose.ts';
import { systemClock } from '../platform/clock.ts';
import { openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import type { CaptureStatus } from './capture.smtp-server.ts';
import { addSandboxRoutes } from './sandbox.routes.ts';
import { openSandboxStore, type SandboxStore } from './sandbox.store.ts';
import { openCapturedSecrets } from './secret-capture.store.ts';

const source = (html = '<p onclick="x()">Hi <script>steal()</script><img src="cid:l"></p>') =>
  composeMessage({
    from: { address: 'hub@example.com' },
    to: [{ address: 'ann@example.com' }],
    subject: 'Hello',
    messageId: '<1@example.com>',
    text: 'Hi',
    html,
    attachments: [
      {
        filename: '../../Märchen\u202efdp.html',
        contentType: 'text/html',
        content: Buffer.from('<script>alert(1)</script>'),
      },
    ],
    date: new Date('2026-11-22T10:44:05Z'),
  });
const captured = {
  mailFrom: 'hub@example.com',
  recipients: ['ann@example.com'],
  from: 'hub@example.com',
  subject: 'Hello',
  messageId: '<1@example.com>',
  attachmentCount: 1,
  ehloName: 'app.example',
  remoteAddress: '127.0.0.1',
};

const page = { filter: '', cursor: undefined, limit: 10 };

describe('the sandbox over HTTP', () => {
  let database: Database;
  let app: FastifyInstance;
  let store: SandboxStore;
  let status: CaptureStatus;
  let settings: SmtpSettingsStore;
  beforeEach(async () => {
    database = await databases[0]!.open();
    status = { isListening: true, host: '127.0.0.1', port: 1025, problem: '' };
    const place = { dataFolder: '/nonexistent', secretKey: randomBytes(32) };
    const keys = await openPasswordKeys(database, place, systemClock);
    store = openSandboxStore(database, systemClock, openCapturedSecrets(database, keys));
    settings = openSmtpSettingsStore(database, keys, systemClock);
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://127.0.0.1', listenHost: '127.0.0.1' });
    const caller = {
      kind: 'person',
      id: 'user_1',
      name: 'Ann',
      email: 'ann@example.com',
      role: 'administrator',
      sessionId: 'ses_1',
    } as const;
    const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
    addSandboxRoutes(router, { store, capture: { status: () => status }, settings });
  });
  afterEach(async () => {
    await app.close();
    await database.close();
  });
  const get = (path: string) => app.inject({ url: `/api/v1/sandbox${path}`, headers: { host: '127.0.0.1' } });
  const call = (method: 'POST' | 'DELETE', path: string) =>
    app.inject({ method, url: `/api/v1/sandbox${path}`, headers: { host: '127.0.0.1' } });
  const add = (html?: string) => store.add({ ...captured, source: source(html) });

  it('says where it listens, what it holds and which settings point to it', async () => {
    await add();
    expect((await get('')).json()).toEqual({ ...status, messageCount: 1, smtpSettingsId: null });
    await call('POST', '/smtp-settings');
    expect((await get('')).json()).toMatchObject({ smtpSettingsId: expect.stringMatching(/^smtp_/) });
  });

  it('makes settings named Sandbox that point to it, once', async () => {
    const first = await call('POST', '/smtp-settings');
    expect(first.statusCode).toBe(201);
    expect(first.json()).toMatchObject({
      name: 'Sandbox',
      host: '127.0.0.1',
      port: 1025,
      security: 'none',
      username: '',
      updatedBy: 'ann@example.com',
    });
    expect((await call('POST', '/smtp-settings')).json()).toEqual(first.json());
    expect((await settings.list(page)).data).toHaveLength(1);
  });

  it('takes the next name when somebody uses Sandbox for something else', async () => {
    const other = { ...smtpSettingsDefaults, host: 'smtp.example.com', port: 587, fromEmail: 'a@example.com' };
    for (const name of ['SANDBOX', 'Sandbox 2']) await settings.create({ ...other, name }, null, 'ann@example.com');
    expect((await call('POST', '/smtp-settings')).json()).toMatchObject({ name: 'Sandbox 3' });
  });

  it('makes no settings while it does not listen, and says why', async () => {
    status = { isListening: false, host: '127.0.0.1', port: 1025, problem: 'Port 1025 is taken.' };
    const reply = await call('POST', '/smtp-settings');
    expect(reply.statusCode).toBe(409);
    expect(reply.json()).toMatchObject({ message: 'Port 1025 is taken.' });
    expect((await settings.list(page)).data).toEqual([]);
  });

  it('shows a message whole', async () => {
    const summary = await add();
    const reply = await get(`/messages/${summary.id}`);
    expect(reply.statusCode).toBe(200);
    expect(reply.json<SandboxMessage>()).toMatchObject({
      ...summary,
      to: ['ann@example.com'],
      messageId: '<1@example.com>',
      session: { ehloName: 'app.example', remoteAddress: '127.0.0.1' },
      attachments: [{ index: 0, contentType: 'text/html', sizeBytes: 25 }],
    });
    expect((await get('/messages')).json()).toEqual({ data: [summary], next: null });
  });

  it('hands out the source as plain text, byte for byte', async () => {
    const { id } = await add();
    const reply = await get(`/messages/${id}/source`);
    expect(reply.headers).toMatchObject({
      'content-type': 'text/plain; charset=utf-8',
      'x-content-type-options': 'nosniff',
    });
    expect(reply.rawPayload.equals(Buffer.from(source()))).toBe(true);
  });

  it('hands out the HTML as a document that may run and load nothing', async () => {
    const { id } = await add();
    const reply = await get(`/messages/${id}/html`);
    expect(reply.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(reply.headers['content-security-policy']).toBe(
      "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'",
    );
    expect(reply.headers['x-frame-options']).toBe('SAMEORIGIN');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.body).toContain('<script>steal()</script>');
    const plain = await store.add({ ...captured, source: Buffer.from('Subject: x\r\n\r\nhi') });
    expect((await get(`/messages/${plain.id}/html`)).statusCode).toBe(404);
  });

  it('hands out an attachment only as a download without its type, under a harmless name', async () => {
    const { id } = await add();
    const reply = await get(`/messages/${id}/attachments/0`);
    expect(reply.body).toBe('<script>alert(1)</script>');
    expect(reply.headers['content-type']).toBe('application/octet-stream');
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(reply.headers['content-disposition']).toBe(
      `attachment; filename="__.._M_rchen_fdp.html"; filename*=UTF-8''__.._M%C3%A4rchen_fdp.html`,
    );
    for (const index of ['1', '-1', 'x', '1e99']) {
      expect((await get(`/messages/${id}/attachments/${index}`)).statusCode).toBe(404);
    }
  });

  it('deletes one, then all, and answers 404 afterwards', async () => {
    const { id } = await add();
    await add();
    expect((await call('DELETE', `/messages/${id}`)).statusCode).toBe(204);
    for (const path of ['', '/source', '/html', '/attachments/0']) {
      expect((await get(`/messages/${id}${path}`)).statusCode).toBe(404);
    }
    expect((await call('DELETE', `/messages/${id}`)).statusCode).toBe(404);
    expect((await call('DELETE', '/messages')).statusCode).toBe(204);
    expect(await store.count()).toBe(0);
  });

  it('tells of arrivals and deletions as they happen, and stops when the reader goes', async () => {
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    const leaving = new AbortController();
    const reply = await fetch(`${url}/api/v1/sandbox/events`, { signal: leaving.signal });
    expect(reply.headers.get('content-type')).toContain('text/event-stream');
    const reader = reply.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = (await reader.read()).value ?? '';
    const summary = await add();
    await store.remove(summary.id);
    await store.removeAll();
    while (!text.includes('data: {}')) text += (await reader.read()).value ?? '';
    expect(text.split('\n\n').filter((part) => part.startsWith('event:'))).toEqual([
      `event: message\ndata: ${JSON.stringify(summary)}`,
      `event: deleted\ndata: ${JSON.stringify({ id: summary.id })}`,
      'event: deleted\ndata: {}',
    ]);
    leaving.abort();
    await reader.closed.catch(() => {});
  });
});
