/**
 * The real program, asked for everything by everybody: each endpoint by each role, by a key of each scope and by nobody.
 * Who may is what the contract says, read here by somebody else than the gate; then what belongs to somebody else, and
 * fields that would lift whoever sends them.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles, scopes } from '../contracts/access.ts';
import { endpoints } from '../contracts/api.ts';
import type { Endpoint, Role, Scope } from '../contracts/endpoint.ts';
import { type ApiClient, openApiClient, signIn } from './support/api-client.ts';
import { databases, type EmptyDatabase } from './support/databases.ts';
import { administrator, administratorEnv, type Program, startProgram } from './support/program.ts';

const password = 'nine purple submarines';
const root = path.resolve(import.meta.dirname, '..');

interface Asker {
  name: string;
  role?: Role;
  scope?: Scope;
  client: ApiClient;
}

const isAllowed = ({ access }: Endpoint, { role, scope }: Asker): boolean => {
  if (access === 'public') return true;
  if (access === 'signed-in') return role !== undefined;
  if (role) return roles.indexOf(role) >= roles.indexOf(access.role);
  return scope !== undefined && access.scope !== undefined && [access.scope, 'admin'].flat().includes(scope);
};

/** These end what the others need, or answer without end. */
const leftOut = new Set([
  'POST /api/v1/sign-out',
  'POST /api/v1/me/sessions/end-others',
  'POST /api/v1/sending/pause',
  'GET /api/v1/emails/events',
  'GET /api/v1/sandbox/events',
]);

/** An id that could be, of nothing. */
const fillPath = (at: string): string =>
  at.replace(/:(\w+)/g, (_, name: string) => {
    if (name === 'index' || name === 'version') return '1';
    if (name === 'preview') return 'x'.repeat(43);
    const prefixes: [part: string, prefix: string][] = [
      ['/smtp-settings', 'smtp'],
      ['/emails', 'msg'],
      ['/templates', 'tpl'],
      ['/accounts', 'acct'],
      ['/contacts', 'ctct'],
      ['/contact-imports', 'imp'],
      ['/invoices', 'inv'],
      ['/billing-runs', 'run'],
      ['/sandbox', 'box'],
      ['/me/sessions', 'ses'],
      ['/me/passkeys', 'pk'],
      ['/people', 'user'],
      ['/api-keys', 'key'],
    ];
    const [, prefix = 'x'] = prefixes.find(([part]) => at.startsWith(`/api/v1${part}`)) ?? [];
    return `${prefix}_${'0'.repeat(26)}`;
  });

describe.each(databases)('everything, asked for by everybody on $kind', ({ kind, create }) => {
  let place: EmptyDatabase;
  let program: Program;
  const askers: Asker[] = [];
  const people = {} as Record<Role, ApiClient & { cookie: string }>;

  beforeAll(async () => {
    place = await create();
    program = await startProgram({
      env: administratorEnv,
      ...(kind === 'postgres' && { database: place.address }),
    });
    people.administrator = await signIn(program.url);
    for (const role of ['viewer', 'operator'] as const) {
      const email = `${role}@postern.test`;
      await createPerson(email, role);
      people[role] = await signIn(program.url, { email, password });
    }
    for (const role of roles) askers.push({ name: role, role, client: people[role] });
    for (const scope of scopes) {
      const made = await people.administrator.call<{ key: string }>('POST', '/api/v1/api-keys', {
        name: scope,
        scopes: [scope],
      });
      const client = openApiClient(program.url, { authorization: `Bearer ${made.body.key}` });
      askers.push({ name: `key: ${scope}`, scope, client });
    }
    askers.push({ name: 'nobody', client: openApiClient(program.url) });
  });
  afterAll(async () => {
    await program?.stop();
    program?.remove();
    await place?.remove();
  });

  const createPerson = async (email: string, role: Role) => {
    const args = ['server/cli/postern.ts', 'person', 'create', '--email', email, '--role', role, '--password-stdin'];
    const child = spawn(process.execPath, args, { cwd: root, env: program.env, stdio: ['pipe', 'ignore', 'inherit'] });
    child.stdin.end(password);
    expect((await once(child, 'close'))[0]).toBe(0);
  };

  it('opens to those whom the contract names, and to nobody else', async () => {
    const wrong: string[] = [];
    for (const endpoint of endpoints) {
      const { method, path: at } = endpoint;
      if (leftOut.has(`${method} ${at}`)) continue;
      for (const asker of askers) {
        // Nothing that any of them could take: who may call gets as far as that, and no further.
        const body = method === 'GET' || method === 'DELETE' ? undefined : { 'no such field': true };
        if (method === 'DELETE' && !at.includes('/:') && isAllowed(endpoint, asker)) continue;
        const { status } = await asker.client.call<{ name?: string }>(method, fillPath(at), body);
        const isRefused = status === 401 || status === 403;
        if (isRefused === isAllowed(endpoint, asker)) wrong.push(`${asker.name}: ${method} ${at} → ${status}`);
        if (status === 405 || status >= 500) wrong.push(`${method} ${at} → ${status}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 120_000);

  it('keeps from each what belongs to another', async () => {
    const sessions = await people.administrator.call<{ data: { id: string }[] }>('GET', '/api/v1/me/sessions');
    const foreign = sessions.body.data[0]!.id;
    for (const who of [people.viewer, people.operator]) {
      expect((await who.call('DELETE', `/api/v1/me/sessions/${foreign}`)).status).toBe(404);
      const own = await who.call<{ data: { id: string }[] }>('GET', '/api/v1/me/sessions');
      expect(own.body.data.map(({ id }) => id)).not.toContain(foreign);
    }
    expect((await people.administrator.call('GET', '/api/v1/me')).status).toBe(200);
  });

  it('lifts nobody by fields that they may not set', async () => {
    const { viewer } = people;
    const lifts: [method: string, at: string, body: object][] = [
      ['PATCH', '/api/v1/me/profile', { name: 'V', role: 'administrator' }],
      ['PATCH', '/api/v1/me/profile', { name: 'V', email: administrator.email }],
      ['PATCH', '/api/v1/me/profile', { name: 'V', id: 'user_00000000000000000000000000' }],
      ['PATCH', '/api/v1/me/profile', { name: 'V', passwordHash: 'x' }],
      ['PATCH', '/api/v1/me/profile', { name: 'V', state: 'active' }],
      ['POST', '/api/v1/me/password', { oldPassword: password, password: `${password}!`, personId: 'user_1' }],
      ['POST', '/api/v1/invitation/accept', { token: 'x', name: 'V', password, role: 'administrator' }],
      ['POST', '/api/v1/password-reset', { email: administrator.email, to: 'viewer@postern.test' }],
    ];
    for (const [method, at, body] of lifts) {
      expect([at, (await viewer.call(method, at, body)).status]).toEqual([at, 422]);
    }
    expect((await viewer.call('GET', '/api/v1/me')).body).toMatchObject({
      role: 'viewer',
      email: 'viewer@postern.test',
    });
    expect((await signIn(program.url)).cookie).not.toBe('');
  });
});
