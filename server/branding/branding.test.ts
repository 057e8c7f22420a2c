import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { onePoint } from '../template/test-data.ts';
import { addBrandingRoutes } from './branding.routes.ts';
import { openBrandingStore } from './branding.store.ts';
import { chooseTextOn, contrastOf, makeReadable } from './contrast.ts';
import { readPicture } from './read-picture.ts';

const url = '/api/v1/branding';
const caller: Caller = {
  kind: 'person',
  id: 'u',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'administrator',
  sessionId: 's',
};

for (const { kind, open } of databases) {
  describe(`Branding over HTTP on ${kind}`, () => {
    let database: Database;
    let app: ReturnType<typeof openHttpApp>;
    const ask = async (method: 'GET' | 'PATCH' | 'POST' | 'DELETE', at = url, payload?: object, headers = {}) => {
      const reply = await app.inject({
        method,
        url: at,
        headers: { host: 'localhost', ...headers },
        ...(payload && { payload }),
      });
      const isJson = String(reply.headers['content-type']).includes('json');
      return {
        status: reply.statusCode,
        headers: reply.headers,
        json: isJson ? reply.json() : null,
        bytes: reply.rawPayload,
      };
    };
    beforeEach(async () => {
      database = await open();
      app = openHttpApp({
        logger: pino({ level: 'silent' }),
        publicUrl: 'http://localhost:1',
        listenHost: '127.0.0.1',
      });
      const router = openRouter(app, { authenticate: async () => caller, authorise: () => {} });
      addBrandingRoutes(router, openBrandingStore(database, systemClock));
    });
    afterEach(async () => {
      await app.close();
      await database.close();
    });

    it('is empty at first, and changes only what is given, on the version that was read', async () => {
      expect((await ask('GET')).json).toMatchObject({
        company_name: '',
        color: '#0f766e',
        logo: null,
        version: 0,
        updated_at: null,
      });
      expect(
        (await ask('PATCH', url, { company_name: 'Acme', footer: 'One\nTwo' }, { 'if-match': '"0"' })).json,
      ).toMatchObject({ version: 1, updated_by: 'ada@example.com' });
      expect((await ask('PATCH', url, { color: '#AA0000', version: 1 })).json).toMatchObject({
        company_name: 'Acme',
        color: '#aa0000',
        version: 2,
      });
      const late = await ask('PATCH', url, { color: '#00aa00', version: 1 });
      expect([late.status, late.json.name, late.json.current.color]).toEqual([412, 'version_conflict', '#aa0000']);
      expect((await ask('GET')).json).toMatchObject({ color: '#aa0000', version: 2 });
    });

    it.each([
      ['color', 'red'],
      ['website', 'http://example.com'],
      ['website', 'javascript:alert(1)'],
      ['company_name', 'a\r\nb'],
      ['footer', 'a\u0007b'],
      ['nothing', 'x'],
    ])('refuses %s %j, and names it', async (field, value) => {
      const reply = await ask('PATCH', url, { [field]: value });
      expect([reply.status, reply.json.fields.map(({ path }: { path: string }) => path)]).toEqual([422, [field]]);
      expect((await ask('GET')).json.version).toBe(0);
    });

    it('takes a logo as PNG or JPEG, gives it back as it was, and nothing that could run', async () => {
      const set = await ask('POST', `${url}/logo`, { content: onePoint.toString('base64') });
      expect(set.json.logo).toEqual({ content_type: 'image/png', width: 1, height: 1, size_bytes: onePoint.length });
      const got = await ask('GET', `${url}/logo`);
      expect([got.headers['content-type'], got.headers['x-content-type-options'], got.bytes.equals(onePoint)]).toEqual([
        'image/png',
        'nosniff',
        true,
      ]);
      const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>').toString(
        'base64',
      );
      for (const content of [
        svg,
        'no base64!',
        Buffer.alloc(201 * 1024).toString('base64'),
        Buffer.from('GIF89a').toString('base64'),
      ]) {
        expect((await ask('POST', `${url}/logo`, { content })).status).toBe(422);
      }
      expect((await ask('GET')).json.logo.size_bytes).toBe(onePoint.length);
      expect([(await ask('DELETE', `${url}/logo`)).status, (await ask('GET', `${url}/logo`)).status]).toEqual([
        204, 404,
      ]);
    });
  });
}

describe('a picture', () => {
  const jpeg = Buffer.from('ffd8ffe000104a46494600010101000100010000ffc00011080002000303011100021101031101ffd9', 'hex');
  it('is a JPEG by its own bytes, with its size', () => {
    expect(readPicture(jpeg)).toMatchObject({ ok: true, picture: { contentType: 'image/jpeg', width: 3, height: 2 } });
  });
  it('is refused when it is cut off, or as large as a wall', () => {
    const huge = Buffer.from(onePoint);
    huge.writeUInt32BE(5000, 16);
    expect(
      [onePoint.subarray(0, 50), huge, jpeg.subarray(0, 22), Buffer.alloc(0)].map((one) => readPicture(one).ok),
    ).toEqual([false, false, false, false]);
  });
});

describe('the company’s colour', () => {
  it.each(['#000000', '#ffffff', '#0f766e', '#ffdd00', '#ff0000', '#777777'])('%s stays readable', (color) => {
    expect(contrastOf(chooseTextOn(color), color)).toBeGreaterThanOrEqual(4);
    for (const ground of ['#fdfefe', '#212828'])
      expect(contrastOf(makeReadable(color, ground), ground)).toBeGreaterThanOrEqual(4.5);
  });
  it('is left as it is where it can be read', () => {
    expect(makeReadable('#0f766e', '#fdfefe')).toBe('#0f766e');
  });
});
