import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openShownCertificates } from '../smtp-settings/shown-certificates.ts';
import { addSmtpSettingsRoutes } from '../smtp-settings/smtp-settings.routes.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { openAcceptStore } from './accept.store.ts';
import type { AcceptStore } from './accepted-message.ts';
import { addSubmissionRoutes } from './submission.routes.ts';
import { noTemplates } from './test-data.ts';

const url = '/api/v1/emails';
const mail = { to: 'ann@example.com', subject: 'Hello', text: 'Hi' };
const ndjson = 'application/x-ndjson';

for (const { kind, open } of databases) {
  describe(`submission over HTTP on ${kind}`, () => {
    let database: Database;
    let settings: SmtpSettingsStore;
    let store: AcceptStore;
    let app: ReturnType<typeof openHttpApp>;
    let dataFolder: string;
    let caller: Caller;
    let base: string;
    const ask = async (at: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') => {
      const type = typeof body === 'string' ? ndjson : 'application/json';
      const reply = await fetch(base + at, {
        method,
        headers: { ...(body !== undefined && { 'content-type': type }), ...headers },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await reply.text();
      return {
        status: reply.status,
        headers: Object.fromEntries(reply.headers),
        body: text,
        json: () => JSON.parse(text),
      };
    };
    const rows = () => database.query.selectFrom('message').selectAll().orderBy('id').execute();
    const addSettings = async () => {
      const reply = await ask('/api/v1/smtp-settings', {
        name: 'Office',
        host: 'smtp.example.com',
        port: 587,
        fromName: 'Example Ltd',
        fromEmail: 'office@example.com',
      });
      expect(reply.status).toBe(201);
      return reply.json().id as string;
    };

    beforeEach(async () => {
      dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-keys-'));
      database = await open();
      const keys = await openPasswordKeys(database, { dataFolder, secretKey: null }, systemClock);
      settings = openSmtpSettingsStore(database, keys, systemClock);
      const real = openAcceptStore(database, { clock: systemClock });
      store = { ...real };
      caller = { kind: 'key', id: 'key_1', name: 'shop', scopes: ['send'] };
      app = openHttpApp({
        logger: pino({ level: 'silent' }),
        publicUrl: 'http://localhost:1',
        listenHost: '127.0.0.1',
      });
      const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
      addSmtpSettingsRoutes(router, {
        store: settings,
        keys,
        shown: openShownCertificates(systemClock),
        listTemplates: async () => [],
      });
      addSubmissionRoutes(router, {
        store: { accept: (one) => store.accept(one), findRepeat: real.findRepeat },
        settings,
        templates: noTemplates,
        clock: systemClock,
      });
      base = await app.listen({ port: 0, host: '127.0.0.1' });
    });
    afterEach(async () => {
      await app.close();
      await database.close();
      rmSync(dataFolder, { recursive: true, force: true });
    });

    it('accepts what a client of the API world sends, and answers its id when it is stored', async () => {
      await addSettings();
      const reply = await ask(url, {
        from: 'Acme <onboarding@example.com>',
        to: ['ann@example.com', 'bob@example.com'],
        cc: 'cc@example.com',
        bcc: ['bcc@example.com'],
        reply_to: 'support@example.com',
        subject: 'Hello World',
        html: '<strong>It works!</strong>',
        text: 'It works!',
        headers: { 'X-Entity-Ref-ID': '123' },
        tags: [{ name: 'category', value: 'confirm_email' }],
        attachments: [{ filename: 'invoice.pdf', content: Buffer.from('pdf').toString('base64') }],
        scheduled_at: new Date(Date.now() + 60_000).toISOString(),
      });
      expect([reply.status, Object.keys(reply.json())]).toEqual([200, ['id']]);
      const [row] = await rows();
      expect(row).toMatchObject({
        id: reply.json().id,
        mail_from: 'onboarding@example.com',
        subject: 'Hello World',
        submitted_by: 'api key shop',
        settings_id: null,
        attachment_count: 1,
        state: 'queued',
      });
      const recipients = await database.query
        .selectFrom('recipient')
        .select(['address', 'kind'])
        .orderBy('position')
        .execute();
      expect(recipients.map(({ address, kind }) => `${kind} ${address}`)).toEqual([
        'to ann@example.com',
        'to bob@example.com',
        'cc cc@example.com',
        'bcc bcc@example.com',
      ]);
      const [blob] = await database.query.selectFrom('blob').selectAll().execute();
      expect(Buffer.from(blob!.bytes).toString()).toBe(Buffer.from('pdf').toString('base64'));
    });

    it.each([[5], [[['ann@example.com']]], [Array(1001).fill('ann@example.com')]])(
      'says what recipients may be of those that are something else: %#',
      async (to) => {
        const message = 'Give an address as text, or a list of at most 1000 of them.';
        expect((await ask(url, { ...mail, to })).json()).toMatchObject({ message, fields: [{ path: 'to' }] });
      },
    );

    it.each<[string, object, number, string[]]>([
      ['no recipient', { ...mail, to: [] }, 422, ['to']],
      ['a recipient that is none', { ...mail, to: ['ann@example.com', 'bob'] }, 422, ['to.1']],
      ['a field that does not exist', { ...mail, topic_id: 'x' }, 422, ['topic_id']],
      [
        'an attachment by path',
        { ...mail, attachments: [{ filename: 'a', path: '/etc/passwd' }] },
        422,
        ['attachments.0.content', 'attachments.0.path'],
      ],
      [
        'an attachment that is not base64',
        { ...mail, attachments: [{ filename: 'a', content: '…' }] },
        422,
        ['attachments.0.content'],
      ],
      ['settings that do not exist', { ...mail, smtp_settings: 'Other' }, 422, ['smtp_settings']],
      [
        'a message of more than 25 MB',
        { ...mail, attachments: [{ filename: 'a', content: 'A'.repeat(26 * 1024 * 1024) }] },
        413,
        ['attachments.0.content'],
      ],
    ])('refuses %s, names the field, and nothing else happens', async (_, body, status, paths) => {
      await addSettings();
      const reply = await ask(url, body);
      expect([reply.status, reply.json().fields.map((field: { path: string }) => field.path)]).toEqual([status, paths]);
      expect(await rows()).toEqual([]);
    });

    it('says how to begin while there are no SMTP settings', async () => {
      const reply = await ask(url, mail);
      expect([reply.status, reply.json().fields[0].path]).toEqual([422, 'smtp_settings']);
      expect(reply.json().message).toContain('Add your mail server');
      await addSettings();
      expect((await ask(url, mail)).status).toBe(200);
    });

    it('goes by settings that are named, in any case, and keeps to them', async () => {
      const id = await addSettings();
      expect((await ask(url, { ...mail, smtp_settings: 'OFFICE' })).status).toBe(200);
      expect((await ask(url, { ...mail, smtp_settings: id })).status).toBe(200);
      expect((await rows()).map((row) => row.settings_id)).toEqual([id, id]);
    });

    it('names the mail that waits for settings, and holds it when they are deleted', async () => {
      const id = await addSettings();
      const usage = async () => (await ask(`/api/v1/smtp-settings/${id}/usage`, undefined, {}, 'GET')).json().data;
      expect(await usage()).toEqual([]);
      for (const smtp_settings of ['Office', 'Office', undefined]) await ask(url, { ...mail, smtp_settings });
      expect(await usage()).toEqual([
        { kind: 'mail', name: '2 waiting messages' },
        { kind: 'mail', name: '1 waiting message for the default settings' },
      ]);
      const reply = await ask(`/api/v1/smtp-settings/${id}`, undefined, {}, 'DELETE');
      expect(reply.status).toBe(204);
      expect((await rows()).map(({ state, settings_id }) => `${state} ${settings_id}`)).toEqual([
        `held ${id}`,
        `held ${id}`,
        'queued null',
      ]);
    });

    it('makes repeats safe with Idempotency-Key, per caller', async () => {
      await addSettings();
      const key = { 'idempotency-key': 'order-7 confirmation' };
      const first = await ask(url, mail, key);
      const second = await ask(url, { text: 'Hi', subject: 'Hello', to: ['ann@example.com'] }, key);
      expect([first.status, second.status, second.body]).toEqual([200, 200, first.body]);
      expect([first.headers['idempotency-replayed'], second.headers['idempotency-replayed']]).toEqual([
        undefined,
        'true',
      ]);
      const other = await ask(url, { ...mail, text: 'Other' }, key);
      expect([other.status, other.json().name]).toEqual([409, 'conflict']);
      caller = {
        kind: 'person',
        id: 'user_1',
        name: 'Ada',
        email: 'ada@example.com',
        role: 'operator',
        sessionId: 's',
      };
      expect((await ask(url, mail, key)).body).not.toBe(first.body);
      expect((await rows()).map((row) => row.submitted_by)).toEqual(['api key shop', 'ada@example.com']);
      for (const bad of ['', 'x'.repeat(257), 'ä'])
        expect((await ask(url, mail, { 'idempotency-key': bad })).status).toBe(422);
    });

    it('accepts once when the same key comes many times at once', async () => {
      await addSettings();
      const replies = await Promise.all(
        Array.from({ length: 20 }, () => ask(url, mail, { 'idempotency-key': 'same' })),
      );
      expect(new Set(replies.map(({ status, body }) => `${status} ${body}`)).size).toBe(1);
      expect(await rows()).toHaveLength(1);
    });

    it('answers 503 and when to come again while nothing can be stored', async () => {
      await addSettings();
      store.accept = async () => ({ outcome: 'unavailable', problem: 'The disk is full.' });
      const reply = await ask(url, mail);
      expect([reply.status, reply.json().name, reply.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
      expect(reply.json().message).toContain('The disk is full.');
      expect(await rows()).toEqual([]);
    });

    it('accepts a JSON batch as a whole, in order', async () => {
      await addSettings();
      const reply = await ask(`${url}/batch`, [mail, { ...mail, subject: 'Second' }]);
      expect(reply.status).toBe(200);
      expect((await rows()).map(({ subject, id }) => [subject, id])).toEqual(
        [
          ['Hello', reply.json().data[0].id],
          ['Second', reply.json().data[1].id],
        ].toSorted((a, b) => (a[1] < b[1] ? -1 : 1)),
      );
    });

    it('refuses a JSON batch as a whole, and names the email and its field', async () => {
      await addSettings();
      const reply = await ask(`${url}/batch`, [mail, mail, mail, { ...mail, to: ['a@1.1'] }]);
      expect([reply.status, reply.json().fields.map((field: { path: string }) => field.path)]).toEqual([
        422,
        ['3.to.0'],
      ]);
      const shape = await ask(`${url}/batch`, [mail, { ...mail, to: 'x' }]);
      expect([shape.status, shape.json().fields[0].path]).toEqual([422, '1.to']);
      expect((await ask(`${url}/batch`, [])).status).toBe(422);
      expect(
        (
          await ask(
            `${url}/batch`,
            Array.from({ length: 1001 }, () => mail),
          )
        ).status,
      ).toBe(422);
      expect(await rows()).toEqual([]);
    });

    it('answers each line of NDJSON in order; one bad line fails alone', async () => {
      await addSettings();
      const lines = [
        mail,
        '{"to":',
        { ...mail, to: 'a@1.1' },
        { ...mail, tpo: 1 },
        [mail],
        { ...mail, subject: 'Last' },
      ];
      const body = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n');
      const reply = await ask(`${url}/batch`, body, { 'content-type': ndjson });
      expect([reply.status, reply.headers['content-type']]).toEqual([200, ndjson]);
      const results = reply.body
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      expect(results.map(({ index, id, name, fields }) => [index, id ? 'id' : name, fields?.[0]?.path])).toEqual([
        [0, 'id', undefined],
        [1, 'validation_error', undefined],
        [2, 'validation_error', 'to.0'],
        [3, 'validation_error', 'tpo'],
        [4, 'validation_error', ''],
        [5, 'id', undefined],
      ]);
      expect((await rows()).map(({ id }) => id).toSorted()).toEqual([results[0].id, results[5].id].toSorted());
    });

    it('takes a stream again with the same Idempotency-Key: each line counts once', async () => {
      await addSettings();
      const body = ['a', 'b', 'c'].map((subject) => JSON.stringify({ ...mail, subject })).join('\n');
      const headers = { 'content-type': ndjson, 'idempotency-key': 'run-7' };
      const first = await ask(`${url}/batch`, body, headers);
      const again = await ask(`${url}/batch`, `${body}\n${JSON.stringify(mail)}`, headers);
      expect(again.body.startsWith(first.body)).toBe(true);
      const changed = await ask(`${url}/batch`, JSON.stringify({ ...mail, subject: 'other' }), headers);
      expect(changed.body).toContain('"name":"conflict"');
      expect(await rows()).toHaveLength(4);
    });

    it('answers lines while the caller is still sending, and keeps what was accepted when the caller goes away', async () => {
      await addSettings();
      const request = httpRequest(`${base}${url}/batch`, { method: 'POST', headers: { 'content-type': ndjson } });
      const send = (subject: string) => request.write(`${JSON.stringify({ ...mail, subject })}\n`);
      send('first');
      const reply = await new Promise<AsyncIterable<Buffer>>((resolve) => request.on('response', resolve));
      const pieces = reply[Symbol.asyncIterator]();
      expect(JSON.parse(String((await pieces.next()).value))).toMatchObject({ index: 0 });
      send('second');
      expect(JSON.parse(String((await pieces.next()).value))).toMatchObject({ index: 1 });
      request.on('error', () => {});
      request.destroy();
      expect((await ask(url, mail)).status).toBe(200);
      expect(await rows()).toHaveLength(3);
    });

    it('takes NDJSON nowhere else', async () => {
      await addSettings();
      expect((await ask(url, JSON.stringify(mail), { 'content-type': ndjson })).status).toBe(415);
      expect((await ask(`${url}/batch`, JSON.stringify(mail), { 'content-type': 'application/xml' })).status).toBe(415);
    });
  });
}
