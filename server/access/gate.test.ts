import Fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles as everyRole, scopes as everyScope } from '../../contracts/access.ts';
import { endpoints } from '../../contracts/api.ts';
import type { Endpoint, Role, Scope } from '../../contracts/endpoint.ts';
import { openRouter } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import { makeApiKey } from './api-key.ts';
import { openGate } from './gate.ts';
import { makeSessionToken } from './session-rules.ts';

const roles: readonly Role[] = everyRole;
const scopes: readonly Scope[] = everyScope;
const tokens = new Map(roles.map((role) => [makeSessionToken(), role]));
const keys = new Map(scopes.map((scope) => [makeApiKey().key, scope]));
const expiredKey = makeApiKey().key;

type Headers = Record<string, string>;
const callers: { name: string; role?: Role; scope?: Scope; headers: Headers }[] = [
  { name: 'nobody', headers: {} },
  { name: 'nobody with an old cookie', headers: { cookie: `postern=${makeSessionToken()}` } },
  ...[...tokens].map(([token, role]) => ({
    name: role,
    role,
    headers: { cookie: `postern=${token}`, 'x-postern': '1' },
  })),
  ...[...keys].map(([key, scope]) => ({ name: `key: ${scope}`, scope, headers: { authorization: `Bearer ${key}` } })),
];

/** Written apart from the product's rule: what the contract says, read by somebody else. */
const expectedOf = (endpoint: Endpoint, { role, scope }: { role?: Role; scope?: Scope }): string => {
  const { access } = endpoint;
  if (access === 'public') return 'reached';
  if (!role && !scope) return '401 missing_api_key';
  if (access === 'signed-in') return role ? 'reached' : '403 restricted_api_key';
  if (role) return roles.indexOf(role) >= roles.indexOf(access.role) ? 'reached' : '403 forbidden';
  const wanted = [access.scope ?? []].flat();
  if (wanted.length === 0) return '403 restricted_api_key';
  return [...wanted, 'admin'].includes(scope!) ? 'reached' : '403 restricted_api_key';
};

describe('gate', () => {
  let app: FastifyInstance;
  const reached: string[] = [];

  beforeAll(async () => {
    app = Fastify();
    app.setErrorHandler((error, _request, reply) => {
      if (!(error instanceof Refusal)) throw error;
      return reply.code(error.problem.statusCode).headers(error.headers).send(error.problem);
    });
    const gate = openGate({
      sessions: {
        findSession: async (token) => {
          const role = tokens.get(token);
          const person = { id: 'user_1', name: 'n', email: 'e', language: null };
          return role
            ? { sessionId: 's', person: { ...person, role }, confirmedAt: 0, mustSetUpSecondFactor: false }
            : null;
        },
      },
      apiKeys: {
        admitApiKey: async (id, text) => {
          const scope = keys.get(text);
          if (text === expiredKey) return { ok: false, problem: 'expired' };
          if (!scope) return { ok: false, problem: 'unknown' };
          const rest = { name: scope, hint: '', createdAt: 0, createdBy: '', lastUsedAt: null, expiresAt: null };
          return { ok: true, apiKey: { id, scopes: [scope], ...rest } };
        },
      },
      clock: { now: () => 0 },
      isHttps: false,
    });
    const router = openRouter(app, gate);
    for (const { method, path, access } of endpoints) {
      // Without the shapes, so that what answers is the gate and not the check of the body.
      const bare: Endpoint = { method, path, access, tag: '', summary: '', status: 204 };
      router.route(bare, async () => {
        reached.push(`${method} ${path}`);
        return undefined;
      });
    }
    await app.ready();
  });
  afterAll(() => app.close());

  const ask = async (endpoint: { method: Endpoint['method']; path: string }, headers: Headers) => {
    const reply = await app.inject({ method: endpoint.method, url: endpoint.path.replaceAll(/:\w+/g, '1'), headers });
    return reply.statusCode === 204 ? 'reached' : `${reply.statusCode} ${reply.json<{ name: string }>().name}`;
  };

  for (const endpoint of endpoints) {
    it(`lets exactly those to ${endpoint.method} ${endpoint.path} whom the contract names`, async () => {
      for (const caller of callers) {
        const before = reached.length;
        const expected = expectedOf(endpoint, caller);
        expect([caller.name, await ask(endpoint, caller.headers)]).toEqual([caller.name, expected]);
        expect(reached.length - before).toBe(expected === 'reached' ? 1 : 0);
      }
    });

    it(`refuses ${endpoint.method} ${endpoint.path} through a signed-in browser on another site`, async () => {
      const [token] = [...tokens].find(([, role]) => role === 'administrator')!;
      const isRead = endpoint.method === 'GET';
      const expected = isRead ? 'reached' : '403 forbidden';
      expect(await ask(endpoint, { cookie: `postern=${token}` })).toBe(expected);
      const headers = { cookie: `postern=${token}`, 'x-postern': '1', 'sec-fetch-site': 'cross-site' };
      expect(await ask(endpoint, headers)).toBe(expected);
    });
  }

  const list = { method: 'GET', path: '/api/v1/smtp-settings' } as const;
  const askWhy = async (authorization: string) => {
    const reply = await app.inject({ method: 'GET', url: list.path, headers: { authorization } });
    expect(reply.headers['www-authenticate']).toBe('Bearer');
    return [reply.statusCode, reply.json<{ name: string; message: string }>().message];
  };

  it('tells a key that was copied badly from one that was revoked, one that expired and something else', async () => {
    const { key } = makeApiKey();
    expect(await askWhy(`Bearer ${key}`)).toEqual([401, expect.stringContaining('revoked')]);
    expect(await askWhy(`Bearer ${key.slice(0, -1)}`)).toEqual([401, expect.stringContaining('checksum')]);
    expect(await askWhy(`Bearer ${expiredKey}`)).toEqual([401, expect.stringContaining('expired')]);
    expect(await askWhy('Bearer re_12345')).toEqual([401, expect.stringContaining('not an API key')]);
    expect(await askWhy('Basic YWRhOmFkYQ==')).toEqual([401, expect.stringContaining('Sign in, or send an API key')]);
  });

  it('goes by the key alone where a cookie comes along', async () => {
    const [token] = [...tokens].find(([, role]) => role === 'administrator')!;
    const [key] = [...keys].find(([, scope]) => scope === 'send')!;
    const headers = { cookie: `postern=${token}`, 'x-postern': '1', authorization: `bearer ${key}` };
    expect(await ask(list, headers)).toBe('403 restricted_api_key');
  });

  it('leaves a password alone that a proxy in front asked for', async () => {
    const [token] = [...tokens].find(([, role]) => role === 'viewer')!;
    expect(await ask(list, { cookie: `postern=${token}`, authorization: 'Basic YWRhOmFkYQ==' })).toBe('reached');
  });

  it('tells a key that may only send nothing about mail that it does not know', () => {
    const open = endpoints.filter(
      ({ access }) => typeof access === 'object' && [access.scope ?? []].flat().includes('send'),
    );
    const takers = ['/api/v1/emails', '/api/v1/emails/batch', '/api/v1/billing-runs', '/api/v1/invoice-totals'];
    const isKnown = ({ method, path }: Endpoint) =>
      path.includes('/:id') || (method === 'POST' && takers.includes(path));
    expect(open.filter((endpoint) => !isKnown(endpoint)).map(({ path }) => path)).toEqual([]);
  });

  it('says which role or scope is missing', async () => {
    const [token] = [...tokens].find(([, role]) => role === 'viewer')!;
    const [key] = [...keys].find(([, scope]) => scope === 'send')!;
    const url = '/api/v1/smtp-settings';
    const person = await app.inject({ method: 'POST', url, headers: { cookie: `postern=${token}`, 'x-postern': '1' } });
    expect(person.json().message).toBe('Only an administrator may do this; you are a viewer.');
    const program = await app.inject({ method: 'GET', url, headers: { authorization: `Bearer ${key}` } });
    expect(program.json().message).toContain('it needs the scope read or smtp-settings or admin');
  });
});
