/** Secret mail that was sent into the sandbox: sealed where it lies, and shown to administrators alone. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { testMessage } from '../message-log/test-data.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openPasswordKeys, type PasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openSmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import { addSandboxRoutes } from './sandbox.routes.ts';
import { openSandboxStore, type SandboxStore } from './sandbox.store.ts';
import { openCapturedSecrets, resealCapturedSecrets } from './secret-capture.store.ts';

const token = 'Kanarienvogel-7Yq9-gelb';
const source = Buffer.from(`Subject: Reset\r\nContent-Type: text/html\r\n\r\n<a href="#${token}">Reset</a>\r\n`);
const captured = {
  mailFrom: 'hub@example.com',
  recipients: ['ann@example.com'],
  from: 'hub@example.com',
  subject: 'Reset',
  attachmentCount: 0,
  ehloName: 'hub.example',
  remoteAddress: '127.0.0.1',
};
const person = { kind: 'person', id: 'user_1', name: 'Ann', email: 'ann@example.com', sessionId: 'ses_1' } as const;

describe.each(databases)('secret mail in the sandbox on $kind', ({ open }) => {
  let database: Database;
  let keys: PasswordKeys;
  let store: SandboxStore;
  let app: FastifyInstance;
  let caller: Caller;
  beforeEach(async () => {
    database = await open();
    const place = { dataFolder: '/nonexistent', secretKey: randomBytes(32) };
    keys = await openPasswordKeys(database, place, systemClock, [resealCapturedSecrets]);
    store = openSandboxStore(database, systemClock, openCapturedSecrets(database, keys));
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://127.0.0.1', listenHost: '127.0.0.1' });
    const capture = { status: () => ({ isListening: true, host: '127.0.0.1', port: 1025, problem: '' }) };
    const settings = openSmtpSettingsStore(database, keys, systemClock);
    const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
    addSandboxRoutes(router, { store, capture, settings });
  });
  afterEach(async () => {
    await app.close();
    await database.close();
  });
  /** As it is while Postern sends it. */
  const send = async (isSecret: boolean) => {
    const message = testMessage({ isSecret });
    await openAcceptStore(database, { clock: systemClock }).accept({ messages: [message], idempotency: null });
    return (await store.add({ ...captured, messageId: message.messageId, source })).id;
  };
  const readRow = (id: string) =>
    database.query.selectFrom('sandbox_message').select('source').where('id', '=', id).executeTakeFirstOrThrow();
  const sides = ['', '/source', '/html', '/attachments/0'];
  const statuses = async (id: string, who: Caller) => {
    caller = who;
    const replies = await Promise.all(
      sides.map((side) => app.inject({ url: `/api/v1/sandbox/messages/${id}${side}`, headers: { host: '127.0.0.1' } })),
    );
    return { codes: replies.map(({ statusCode }) => statusCode), text: replies.map(({ body }) => body).join() };
  };

  it('lies sealed, and comes back byte for byte, also after the keys were rotated', async () => {
    const id = await send(true);
    expect((await readRow(id)).source.includes(token)).toBe(false);
    const read = await store.read(id);
    expect([Buffer.from(read?.source ?? []), read?.isSecret]).toEqual([source, true]);
    expect(read?.summary.sizeBytes).toBe(source.length);
    const before = (await readRow(id)).source;
    await keys.rotate(randomBytes(32));
    expect((await readRow(id)).source.equals(before)).toBe(false);
    expect(Buffer.from((await store.read(id))?.source ?? [])).toEqual(source);
  });

  it('leaves all other mail as it came, also what only looks sealed', async () => {
    const id = await send(false);
    expect((await readRow(id)).source).toEqual(source);
    const bytes = Buffer.from('\0sealed v1.deadbeef.AAAA');
    const other = (await store.add({ ...captured, messageId: '', source: bytes })).id;
    expect(Buffer.from((await store.read(other))?.source ?? [])).toEqual(bytes);
  });

  it('is shown to administrators, and to no viewer, operator or key', async () => {
    const [secret, plain] = [await send(true), await send(false)];
    for (const who of [
      { ...person, role: 'viewer' },
      { ...person, role: 'operator' },
      { kind: 'key', id: 'key_1', name: 'k', scopes: ['read', 'smtp-settings', 'admin'] },
    ] satisfies Caller[]) {
      const seen = await statuses(secret, who);
      expect([who, seen.codes]).toEqual([who, [403, 403, 403, 403]]);
      expect(seen.text).not.toContain(token);
      expect((await statuses(plain, who)).codes).toEqual([200, 200, 200, 404]);
    }
    const shown = await statuses(secret, { ...person, role: 'administrator' });
    expect(shown.codes).toEqual([200, 200, 200, 404]);
    expect(shown.text).toContain(token);
  });
});
