import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { defineEndpoint } from '../../contracts/endpoint.ts';
import { openHttpApp } from './http-app.ts';
import { addWebPages } from './web-pages.ts';

const endpoint = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/things/:id',
  tag: '',
  summary: '',
  access: 'public',
  status: 204,
});
let app: ReturnType<typeof openHttpApp>;
const ask = (url: string, method: 'GET' | 'POST' = 'GET') =>
  app.inject({ method, url, headers: { host: 'localhost' } });

beforeEach(async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-pages-'));
  mkdirSync(path.join(folder, 'assets'));
  writeFileSync(path.join(folder, 'index.html'), '<meta name="csp-nonce" content="__CSP_NONCE__">');
  writeFileSync(path.join(folder, 'assets', 'a-123.js'), 'x');
  app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://localhost', listenHost: '127.0.0.1' });
  await addWebPages(app, folder, [endpoint]);
});
afterEach(() => app.close());

it('gives every page a fresh nonce that its policy names, and no inline script', async () => {
  const [one, two] = [await ask('/'), await ask('/setup/extensibility/smtp-settings/smtp_1')];
  for (const reply of [one, two]) {
    const nonce = /content="([^"]+)"/.exec(reply.body)?.[1];
    expect(reply.statusCode).toBe(200);
    expect(reply.headers['content-security-policy']).toContain(`style-src 'self' 'nonce-${nonce}'`);
    expect(reply.headers['content-security-policy']).toMatch(/script-src 'self'(;|$)/);
    expect(reply.headers['content-security-policy']).toContain(
      "require-trusted-types-for 'script'; trusted-types default",
    );
    expect(reply.headers['cache-control']).toBe('no-store');
  }
  expect(one.body).not.toBe(two.body);
});

it('lets hashed assets be kept, and answers a missing one with 404, not with a page', async () => {
  expect((await ask('/assets/a-123.js')).headers['cache-control']).toContain('immutable');
  expect((await ask('/assets/a-000.js')).statusCode).toBe(404);
});

it('tells an unknown path from a method that a known path does not take', async () => {
  expect((await ask('/api/v1/nothing')).json()).toMatchObject({ statusCode: 404, name: 'not_found' });
  const reply = await ask('/api/v1/things/7', 'POST');
  expect([reply.statusCode, reply.json().name, reply.headers.allow]).toEqual([405, 'method_not_allowed', 'DELETE']);
});
