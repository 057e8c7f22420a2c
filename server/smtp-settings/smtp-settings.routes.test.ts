import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { databases } from '../../test/support/databases.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import type { Database } from '../database/open.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openPasswordKeys } from './password-key.store.ts';
import { openShownCertificates } from './shown-certificates.ts';
import { addSmtpSettingsRoutes } from './smtp-settings.routes.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from './smtp-settings.store.ts';

const url = '/api/v1/smtp-settings';
const least = { name: 'Office', host: 'smtp.example.com', port: 587, fromEmail: 'a@example.com' };
const caller: Caller = {
  kind: 'person',
  id: 'user_1',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'administrator',
  sessionId: 's',
};

for (const { kind, open } of databases) {
  describe(`SMTP settings over HTTP on ${kind}`, () => {
    let database: Database;
    let store: SmtpSettingsStore;
    let app: ReturnType<typeof openHttpApp>;
    let dataFolder: string;
    let using: string[];
    const listTemplates = async () => using;
    const ask = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', at: string, payload?: object, headers = {}) => {
      const reply = await app.inject({
        method,
        url: at,
        headers: { host: 'localhost', ...headers },
        ...(payload && { payload }),
      });
      return {
        status: reply.statusCode,
        headers: reply.headers,
        json: reply.body ? reply.json() : null,
        body: reply.body,
      };
    };
    const add = async (more: object = {}) => (await ask('POST', url, { ...least, ...more })).json as SmtpSettings;
    const count = async () => (await store.list({ filter: '', cursor: undefined, limit: 100 })).data.length;

    beforeEach(async () => {
      using = [];
      dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-keys-'));
      database = await open();
      const keys = await openPasswordKeys(database, { dataFolder, secretKey: null }, systemClock);
      store = openSmtpSettingsStore(database, keys, systemClock);
      app = openHttpApp({
        logger: pino({ level: 'silent' }),
        publicUrl: 'http://localhost:1',
        listenHost: '127.0.0.1',
      });
      const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
      addSmtpSettingsRoutes(router, { store, keys, shown: openShownCertificates(systemClock), listTemplates });
    });
    afterEach(async () => {
      await app.close();
      await database.close();
      rmSync(dataFolder, { recursive: true, force: true });
    });

    it('creates with the defaults of the contract, says where, and returns no password', async () => {
      const reply = await ask('POST', url, { ...least, username: 'a', password: 'canary' });
      expect(reply.status).toBe(201);
      expect(reply.json).toMatchObject({
        ...least,
        starttlsOnly: false,
        security: 'automatic',
        hasPassword: true,
        version: 1,
      });
      expect(reply.headers.location).toBe(`${url}/${reply.json.id}`);
      expect(reply.headers.etag).toBe('"1"');
      expect(reply.body).not.toContain('canary');
      expect(Object.keys(reply.json).filter((key) => /^password$/i.test(key))).toEqual([]);
    });

    const refusals: [string, object, number, string[]][] = [
      ['nothing at all', {}, 422, ['name', 'host', 'port', 'fromEmail']],
      ['a port that is none', { ...least, port: 70000 }, 422, ['port']],
      ['a host with a scheme', { ...least, host: 'https://x.example' }, 422, ['host']],
      ['a line break in From', { ...least, fromName: 'a\r\nBcc: b@c.example' }, 422, ['fromName']],
      ['a line break in the password', { ...least, username: 'a', password: 'a\r\nb' }, 422, ['password']],
      ['a password without a user name', { ...least, password: 'x' }, 422, ['username']],
      ['a field that does not exist', { ...least, prot: 1 }, 422, ['prot']],
      ['a taken name in another case', { ...least, name: 'TAKEN' }, 409, ['name']],
    ];
    it.each(refusals)('refuses %s, names the field, and nothing else happens', async (_, body, status, paths) => {
      await add({ name: 'taken' });
      const reply = await ask('POST', url, body);
      expect([
        reply.status,
        reply.json.statusCode,
        reply.json.fields.map((field: { path: string }) => field.path),
      ]).toEqual([status, status, paths]);
      expect(await count()).toBe(1);
    });

    it('changes only what is given, and only on the version that was read', async () => {
      const { id } = await add({ fromName: 'Keep' });
      const first = await ask('PATCH', `${url}/${id}`, { port: 465 }, { 'if-match': '"1"' });
      expect([first.status, first.json.port, first.json.fromName, first.json.version, first.headers.etag]).toEqual([
        200,
        465,
        'Keep',
        2,
        '"2"',
      ]);
      const second = await ask('PATCH', `${url}/${id}`, { port: 25 }, { 'if-match': '"1"' });
      expect([second.status, second.json.name, second.json.current.port]).toEqual([412, 'version_conflict', 465]);
      expect((await ask('PATCH', `${url}/${id}`, { port: 25, version: 1 })).status).toBe(412);
      expect((await ask('PATCH', `${url}/${id}`, { port: 25 }, { 'if-match': 'x' })).status).toBe(422);
      expect((await store.read(id))?.port).toBe(465);
      expect((await ask('PATCH', `${url}/${id}`, { port: 25 })).status).toBe(200);
    });

    it('asks for the password again when the host changes, not when the port does', async () => {
      const { id } = await add({ username: 'a', password: 'canary' });
      const refused = await ask('PATCH', `${url}/${id}`, { host: 'evil.example' });
      expect([refused.status, refused.json.fields[0].path, refused.json.fields[0].code]).toEqual([
        422,
        'password',
        'password_required',
      ]);
      expect((await ask('PATCH', `${url}/${id}`, { security: 'none' })).status).toBe(422);
      expect((await ask('PATCH', `${url}/${id}`, { port: 2525 })).status).toBe(200);
      expect(await store.readPassword(id)).toEqual({ password: 'canary' });
      expect((await ask('PATCH', `${url}/${id}`, { host: 'new.example', password: 'typed' })).status).toBe(200);
      expect(await store.readPassword(id)).toEqual({ password: 'typed' });
    });

    it('keeps no password without a user name', async () => {
      const { id } = await add({ username: 'a', password: 'canary' });
      const reply = await ask('PATCH', `${url}/${id}`, { username: '' });
      expect([reply.status, reply.json.hasPassword]).toEqual([200, false]);
    });

    it('refuses a NUL anywhere, and a cursor that is not ours, before the database sees them', async () => {
      await add();
      for (const at of [
        '?filter=%00',
        '?cursor=AA',
        '?cursor=__4A',
        `?cursor=${Buffer.from('["a\u0000"]').toString('base64url')}`,
      ]) {
        expect([at, (await ask('GET', `${url}${at}`)).status]).toEqual([at, 422]);
      }
      expect((await ask('POST', url, { ...least, name: 'b', caCertificate: 'a\0b' })).json.fields[0].path).toBe(
        'caCertificate',
      );
    });

    it('takes only certificates as a CA, and keeps them out of the list', async () => {
      const pem = tlsLab().ca;
      const ca = { certificateCheck: 'ca', caCertificate: pem };
      const { id } = await add(ca);
      expect((await ask('GET', `${url}/${id}`)).json.caCertificate).toBe(pem.trim());
      expect((await ask('GET', url)).json.data[0].caCertificate).toBeUndefined();
      const key = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----';
      for (const wrong of [
        pem.replace(/[A-Za-z]{20}/, 'hello'),
        `${pem}\n${key}\n${pem}`,
        '-----BEGIN CERTIFICATE-----\nhello\n-----END CERTIFICATE-----',
      ]) {
        const reply = await ask('POST', url, { ...least, name: 'b', ...ca, caCertificate: wrong });
        expect([reply.status, reply.json.fields[0].path]).toEqual([422, 'caCertificate']);
      }
    });

    it('leaves settings alone that a file manages', async () => {
      await store.applyManaged([{ fields: { ...(await add()), name: 'Filed' }, password: null }]);
      const filed = (await store.readByName('filed'))!;
      expect((await ask('PATCH', `${url}/${filed.id}`, { port: 1 })).status).toBe(409);
      expect((await ask('DELETE', `${url}/${filed.id}`)).status).toBe(409);
      expect((await store.read(filed.id))?.port).toBe(587);
    });

    it('deletes once', async () => {
      const { id } = await add();
      expect((await ask('GET', `${url}/${id}/usage`)).json).toEqual({ data: [] });
      using = ['Invoice'];
      expect((await ask('GET', `${url}/${id}/usage`)).json).toEqual({ data: [{ kind: 'template', name: 'Invoice' }] });
      expect((await ask('DELETE', `${url}/${id}`)).status).toBe(204);
      for (const [method, at] of [
        ['DELETE', ''],
        ['GET', ''],
        ['GET', '/usage'],
      ] as const) {
        expect((await ask(method, `${url}/${id}${at}`)).status).toBe(404);
      }
      expect((await ask('PATCH', `${url}/${id}`, { port: 1 })).status).toBe(404);
      expect(await count()).toBe(0);
    });

    it('makes chosen settings the default and shows it in the list', async () => {
      await add({ name: 'a' });
      const { id } = await add({ name: 'b' });
      const reply = await ask('POST', `${url}/${id}/make-default`);
      expect([reply.status, reply.json.isDefault, reply.headers.etag]).toEqual([200, true, '"1"']);
      const { data } = (await ask('GET', url)).json;
      expect(data.map((s: SmtpSettings) => s.isDefault)).toEqual([false, true]);
      expect((await ask('POST', `${url}/smtp_00000000000000000000000000/make-default`)).status).toBe(404);
    });

    it('pages through the list', async () => {
      for (const name of ['c', 'a', 'b']) await add({ name });
      const first = (await ask('GET', `${url}?limit=2`)).json;
      const rest = (await ask('GET', `${url}?limit=2&cursor=${first.next}`)).json;
      expect([...first.data, ...rest.data].map((s: SmtpSettings) => s.name)).toEqual(['a', 'b', 'c']);
      expect(rest.next).toBeNull();
      expect((await ask('GET', `${url}?filter=smtp.EXAMPLE&limit=1`)).json.data).toHaveLength(1);
      expect((await ask('GET', `${url}?limit=0`)).status).toBe(422);
    });
  });
}
