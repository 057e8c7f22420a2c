/** For tests: everything about people behind HTTP on a given database, and a postbox that keeps what would be mailed. */
import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import type { Role } from '../../contracts/endpoint.ts';
import { addAccessRoutes } from '../access/access.routes.ts';
import { openAccessStore } from '../access/access.store.ts';
import { openApiKeyStore } from '../access/api-key.store.ts';
import { openGate } from '../access/gate.ts';
import { hashPassword } from '../access/password-hash.ts';
import { openSessionStore } from '../access/session.store.ts';
import { openSignInLimits } from '../access/sign-in-limits.ts';
import type { Database } from '../database/open.ts';
import { openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { type KeyRing, toSecretKey } from '../platform/secret-box.ts';
import { openChallengeStore } from '../second-factor/challenge.store.ts';
import { addSecondFactorRoutes } from '../second-factor/second-factor.routes.ts';
import { openSecondFactorStore } from '../second-factor/second-factor.store.ts';
import { addSecondStepRoutes } from '../second-factor/second-step.routes.ts';
import { beginSecondStep } from '../second-factor/second-step.ts';
import { openPasswordReset } from './password-reset.ts';
import { addPersonRoutes } from './person.routes.ts';
import { openPersonStore } from './person.store.ts';
import { addPersonLinkRoutes } from './person-link.routes.ts';
import { openPersonLinkStore } from './person-link.store.ts';
import type { PersonMail } from './person-mail.ts';
import { openPersonNotices } from './person-notices.ts';
import { addProfileRoutes } from './profile.routes.ts';

export const password = 'canary battery staple';
export const publicUrl = 'https://postern.example';

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the endpoint answers
  body: any;
  headers: Record<string, unknown>;
  cookie: string;
}

export type PeopleApp = Awaited<ReturnType<typeof openPeopleApp>>;

export const openPeopleApp = async (database: Database) => {
  const clock = { ms: 1_800_000_000_000, now: () => clock.ms, monotonic: () => clock.ms };
  const mails: PersonMail[] = [];
  const log: string[] = [];
  const post = { canSendMail: true, refuses: '' };
  const ring: KeyRing = { current: toSecretKey(randomBytes(32)), previous: [] };
  const keys = { ringForSealing: async () => ring, ringFor: async () => ring };

  const people = openAccessStore(database);
  const persons = openPersonStore(database);
  const links = openPersonLinkStore(database);
  const sessions = openSessionStore(database);
  const factors = openSecondFactorStore(database, keys);
  const challenges = openChallengeStore(database);
  const limits = openSignInLimits(clock);
  const send = async (mail: PersonMail) => {
    if (post.refuses) return { ok: false as const, why: post.refuses };
    mails.push(mail);
    return { ok: true as const };
  };
  const onFault = (error: unknown) => log.push(String(error));
  const logger = pino({ level: 'trace' }, { write: (line: string) => log.push(line) });
  const app: FastifyInstance = openHttpApp({ logger, publicUrl, listenHost: '127.0.0.1' });
  const apiKeys = openApiKeyStore(database);
  const router = openRouter(app, openGate({ sessions, apiKeys, clock, isHttps: true }));
  const shared = { sessions, limits, publicUrl, isHttps: true, clock, links, send };
  const canSendMail = async () => post.canSendMail;
  const notices = openPersonNotices({ people, send, publicUrl, clock, onFault });
  const reset = openPasswordReset({ people, links, send, publicUrl, clock, breathe: async () => {}, onFault });
  addAccessRoutes(router, {
    ...{ ...shared, people, firstRun: null },
    beginSecondStep: (id, origin) => beginSecondStep({ ...shared, factors, challenges }, id, origin),
  });
  addSecondStepRoutes(router, { ...shared, factors, challenges, people });
  addSecondFactorRoutes(router, { ...shared, factors, challenges, people });
  addPersonRoutes(router, { ...shared, people: persons, canSendMail });
  addPersonLinkRoutes(router, { ...shared, passwordReset: reset, notices, canSendMail });
  addProfileRoutes(router, { ...shared, people: persons, accounts: people, notices, canSendMail });

  const send_ = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    { cookie, body, headers = {} }: { cookie?: string; body?: object; headers?: Record<string, string> } = {},
  ): Promise<Answer> => {
    const reply = await app.inject({
      method,
      url: `/api/v1${path}`,
      headers: {
        host: 'postern.example',
        origin: publicUrl,
        ...(cookie !== undefined && { cookie, 'x-postern': '1' }),
        ...headers,
      },
      ...(body && { payload: body }),
    });
    const setCookie = [reply.headers['set-cookie']].flat()[0] ?? '';
    return {
      status: reply.statusCode,
      body: reply.body === '' ? null : reply.json(),
      headers: reply.headers,
      cookie: String(setCookie).split(';')[0]!,
    };
  };

  const passwordHash = await hashPassword(password);
  return {
    ...{ app, clock, mails, log, post, people, persons, links, factors, notices, reset, database, limits },
    call: send_,
    /** Somebody who signs in with `password`. */
    add: async (name: string, role: Role = 'administrator') => {
      const email = `${name.toLowerCase()}@example.com`;
      const person = await people.createPerson({ name, email, role, passwordHash }, clock.ms);
      if (!person) throw new Error(`${email} is taken`);
      return person;
    },
    signIn: (email: string, typed = password) => send_('POST', '/sign-in', { body: { email, password: typed } }),
    /** The token in the newest mail, after all that is going on has come to its end. */
    readToken: async () => {
      await reset.idle();
      await notices.idle();
      return /#([\w-]{43})/.exec(JSON.stringify(mails.at(-1)))?.[1] ?? '';
    },
    close: () => app.close(),
  };
};
