import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { brotliDecompressSync } from 'node:zlib';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineEndpoint } from '../../contracts/endpoint.ts';
import { findUnavailability } from '../database/unavailable.ts';
import { quickBytes, workBytes } from './body-room.ts';
import { openRouter, type Router } from './http.ts';
import { addCompression, openHttpApp } from './http-app.ts';
import { Refusal } from './refusal.ts';

const endpoint = defineEndpoint({
  method: 'POST',
  path: '/api/v1/things/:id',
  tag: 'Things',
  summary: 'Make a thing',
  access: 'public',
  params: z.object({ id: z.string().regex(/^\d+$/) }),
  body: z.strictObject({ name: z.string().min(1, 'Give a name.'), size: z.number().int() }),
  status: 201,
  reply: z.object({ name: z.string() }),
});

let app: ReturnType<typeof openHttpApp>;
let router: Router;
const logged: string[] = [];

beforeEach(async () => {
  logged.length = 0;
  const logger = pino({ level: 'trace' }, { write: (line) => logged.push(line) });
  app = openHttpApp({
    logger,
    publicUrl: 'https://postern.example.com',
    listenHost: '127.0.0.1',
    isUnavailable: (error) => findUnavailability(error) !== null,
  });
  await addCompression(app);
  router = openRouter(app, { authenticate: async () => null, authorise: () => {} });
  router.route(endpoint, async ({ body }) => {
    if (body.name === 'bug') throw new Error('canary-detail');
    if (body.name === 'away') throw Object.assign(new Error('x'), { code: '57P01' });
    if (body.name === 'long') return { name: 'x'.repeat(9000) };
    if (body.name === 'no') throw new Refusal('conflict', 'No.', { headers: { 'retry-after': '3' } });
    return { name: body.name, password: 'canary-secret' };
  });
});
afterEach(() => app.close());

const post = (payload: unknown, headers: Record<string, string> = {}, url = '/api/v1/things/1') =>
  app.inject({ method: 'POST', url, headers: { host: 'postern.example.com', ...headers }, payload: payload as object });

describe('an endpoint', () => {
  it('lets out only what its reply names', async () => {
    const reply = await post({ name: 'x', size: 1 });
    expect([reply.statusCode, reply.json()]).toEqual([201, { name: 'x' }]);
  });

  it('names every faulty field with its repair', async () => {
    const reply = await post({ name: '', size: 'big', colour: 1 });
    expect(reply.statusCode).toBe(422);
    expect(reply.json()).toMatchObject({ statusCode: 422, name: 'validation_error' });
    expect(reply.json().fields.map((field: { path: string; code: string }) => [field.path, field.code])).toEqual([
      ['name', 'required'],
      ['size', 'invalid_type'],
      ['colour', 'unknown_field'],
    ]);
    expect((await post({})).json().fields).toContainEqual({ path: 'size', code: 'required', message: 'Give size.' });
  });

  it('asks who calls before it reads a body', async () => {
    const closed = openRouter(app, {
      authenticate: async () => null,
      authorise: () => {
        throw new Refusal('missing_api_key', 'Sign in.');
      },
    });
    closed.route({ ...endpoint, path: '/api/v1/closed' }, async () => ({ name: 'never' }));
    const reply = await post('{"a"', { 'content-type': 'application/json' }, '/api/v1/closed');
    expect([reply.statusCode, reply.json().name]).toEqual([401, 'missing_api_key']);
  });

  it('lets large bodies in only as there is room for them, and small ones at any time', async () => {
    const bodyLimitBytes = 36 * 1024 * 1024;
    router.route({ ...endpoint, path: '/api/v1/large/:id', bodyLimitBytes }, async ({ body }) => ({
      name: String(body.name.length),
    }));
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    const send = (characters: number) => {
      const body = JSON.stringify({ name: 'x'.repeat(characters), size: 1 });
      const headers = {
        host: 'postern.example.com',
        'content-type': 'application/json',
        'content-length': body.length,
      };
      const asked = request(`${base}/api/v1/large/1`, { method: 'POST', headers });
      const answer = once(asked, 'response').then(([reply]) => (reply as IncomingMessage).resume().statusCode);
      return { asked, body, answer };
    };
    const slow = send(30_000_000);
    slow.answer.catch(() => {});
    await new Promise((resolve) => slow.asked.write(slow.body.slice(0, 1000), resolve));
    const small = send(10);
    small.asked.end(small.body);
    expect(await small.answer).toBe(201);
    const waits = send(10_000_000);
    let isAnswered = false;
    void waits.answer.then(() => {
      isAnswered = true;
    });
    waits.asked.end(waits.body);
    for (let n = 0; n < 5; n += 1) {
      const again = send(10);
      again.asked.end(again.body);
      expect(await again.answer).toBe(201);
    }
    expect(isAnswered).toBe(false);
    slow.asked.destroy();
    expect(await waits.answer).toBe(201);
    const after = send(35_000_000);
    after.asked.end(after.body);
    expect(await after.answer).toBe(201);
  });

  it('works on large bodies that have come in one after the other, also past those whose callers have gone', async () => {
    const begun: { name: string; end: () => void }[] = [];
    const bodyLimitBytes = 2 * workBytes;
    router.route({ ...endpoint, path: '/api/v1/slow/:id', bodyLimitBytes }, async ({ body }) => {
      await new Promise<void>((end) => begun.push({ name: body.name.slice(-1), end }));
      return { name: 'x' };
    });
    const base = await app.listen({ port: 0, host: '127.0.0.1' });
    const headers = { host: 'postern.example.com', 'content-type': 'application/json' };
    const send = (name: string, octets: number, signal?: AbortSignal) => {
      const body = JSON.stringify({ name: 'x'.repeat(octets) + name, size: 1 });
      return new Promise<number | undefined>((resolve) => {
        const asked = request(`${base}/api/v1/slow/1`, { method: 'POST', headers, signal }, (reply) => {
          reply.resume();
          resolve(reply.statusCode);
        });
        asked.on('error', () => resolve(undefined)).end(body);
      });
    };
    const hasBegun = async (count: number) => {
      while (begun.length < count) await new Promise(setImmediate);
      return begun.map(({ name }) => name);
    };
    const gone = new AbortController();
    let closed = 0;
    app.server.on('connection', (socket) => socket.on('close', () => (closed += 1)));
    const first = send('a', workBytes);
    expect(await hasBegun(1)).toEqual(['a']);
    const second = send('b', workBytes, gone.signal);
    const third = send('c', workBytes);
    const small = send('d', quickBytes / 2);
    expect(await hasBegun(2)).toEqual(['a', 'd']);
    gone.abort();
    expect(await second).toBeUndefined();
    while (closed < 1) await new Promise(setImmediate);
    begun[0]?.end();
    expect(await hasBegun(3)).toEqual(['a', 'd', 'c']);
    for (const { end } of begun) end();
    expect(await Promise.all([first, third, small])).toEqual([201, 201, 201]);
  });

  it('answers 404 for an id that cannot exist', async () => {
    expect((await post({ name: 'x', size: 1 }, {}, '/api/v1/things/abc')).statusCode).toBe(404);
  });

  it('answers in one shape whatever goes wrong', async () => {
    const raw = (payload: string, type: string) => post(payload, { 'content-type': type });
    expect((await raw('{"a"', 'application/json')).statusCode).toBe(400);
    expect((await raw('', 'application/json')).json().fields.map((field: { path: string }) => field.path)).toEqual([
      'name',
      'size',
    ]);
    expect((await raw('<a/>', 'text/xml')).statusCode).toBe(415);
    expect((await raw(`"${'x'.repeat(1024 * 1024)}"`, 'application/json')).statusCode).toBe(413);
    const refused = await post({ name: 'no', size: 1 });
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([409, '3']);
    for (const reply of [await raw('{"a"', 'application/json'), await raw('<a/>', 'text/xml'), refused]) {
      expect(Object.keys(reply.json()).sort()).toEqual(['fields', 'message', 'name', 'statusCode']);
    }
  });

  it('keeps the details of a bug in the log and out of the reply', async () => {
    const reply = await post({ name: 'bug', size: 1 });
    expect(reply.statusCode).toBe(500);
    expect(reply.body).not.toContain('canary-detail');
    expect(reply.json().message).toContain(reply.headers['x-request-id'] as string);
    expect(logged.join('')).toContain('canary-detail');
  });
});

it('is compressed where it is long and the caller can read that', async () => {
  const long = await post({ name: 'long', size: 1 }, { 'accept-encoding': 'br, gzip' });
  expect(long.headers['content-encoding']).toBe('br');
  expect(JSON.parse(brotliDecompressSync(long.rawPayload).toString()).name).toHaveLength(9000);
  expect((await post({ name: 'long', size: 1 })).headers['content-encoding']).toBeUndefined();
  expect((await post({ name: 'x', size: 1 }, { 'accept-encoding': 'br' })).headers['content-encoding']).toBeUndefined();
});

it('sends whole what a handler answers itself, however long it is and whatever the caller can read', async () => {
  const page = defineEndpoint({
    method: 'GET',
    path: '/api/v1/page',
    tag: 'Things',
    summary: 'A page',
    access: 'public',
    status: 200,
    produces: 'text/html; charset=utf-8',
  });
  const html = '<p>whole</p>'.repeat(1000);
  router.route(page, async ({ reply }) => {
    reply.type(page.produces).send(html);
    return undefined;
  });
  for (const encoding of ['identity', 'br', 'gzip, deflate, br, zstd']) {
    const headers = { host: 'postern.example.com', 'accept-encoding': encoding };
    const got = await app.inject({ url: page.path, headers });
    const isPacked = got.headers['content-encoding'] === 'br';
    expect([encoding, (isPacked ? brotliDecompressSync(got.rawPayload) : got.rawPayload).toString()]).toEqual([
      encoding,
      html,
    ]);
  }
});

it('says that the database is away, and when to come again', async () => {
  const reply = await post({ name: 'away', size: 1 });
  expect([reply.statusCode, reply.json().name, reply.headers['retry-after']]).toEqual([503, 'unavailable', '5']);
});

it('answers an address that cannot be read in the same shape and with the same headers', async () => {
  for (const url of ['/%', `/api/v1/things/${'1'.repeat(300)}`]) {
    const reply = await app.inject({ method: 'POST', url, headers: { host: 'localhost' } });
    expect([url, reply.json().name, reply.headers['x-frame-options']]).toEqual([url, 'not_found', 'DENY']);
  }
});

it('refuses at once what is nested deeper than any contract', async () => {
  const deep = (depth: number) => `{"name":${'['.repeat(depth)}${']'.repeat(depth)},"size":1}`;
  const send = (text: string) => post(text, { 'content-type': 'application/json' });
  const reply = await send(deep(20_000));
  expect(reply.json()).toMatchObject({ statusCode: 422, fields: [{ code: 'too_deep' }] });
  expect((await send(deep(50))).json().fields).toEqual([{ path: 'name', code: 'invalid_type', message: 'Give text.' }]);
});

it('refuses text in another encoding rather than to replace its characters', async () => {
  const latin1 = Buffer.from('{"name":"caf\u00e9","size":1}', 'latin1');
  const reply = await post(latin1, { 'content-type': 'application/json' });
  expect([reply.statusCode, reply.json().message]).toEqual([400, 'The body is not UTF-8. Encode its text as UTF-8.']);
});

it('names a NUL wherever it stands', async () => {
  expect((await post({ name: 'a\0', size: 1 })).json().fields).toEqual([
    { path: 'name', code: 'invalid', message: 'Remove the NUL character.' },
  ]);
});

describe('every reply', () => {
  it('carries the headers that keep browsers safe, also a refusal', async () => {
    for (const reply of [await post({ name: 'x', size: 1 }), await post({})]) {
      expect(reply.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000',
        'cache-control': 'no-store',
      });
      expect(reply.headers['content-security-policy']).toContain("default-src 'none'");
      expect(reply.headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  it('is refused under a host name that is not ours', async () => {
    expect((await post({ name: 'x', size: 1 }, { host: 'evil.example' })).statusCode).toBe(421);
    expect((await post({ name: 'x', size: 1 }, { host: '192.0.2.7:2580' })).statusCode).toBe(421);
    expect((await post({ name: 'x', size: 1 }, { host: 'localhost:2580' })).statusCode).toBe(201);
  });

  it('logs no body, no query and no header', async () => {
    await post(
      { name: 'canary-name', size: 1 },
      { authorization: 'Bearer canary-key' },
      '/api/v1/things/1?q=canary-query',
    );
    expect(logged.join('')).toContain('/api/v1/things/:id');
    expect(logged.join('')).not.toContain('canary');
  });
});
