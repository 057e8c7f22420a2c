/** HTTP for signing in and out, one's sessions and the first run. The rules are in sign-in, first-run and session-rules. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  createFirstAdministrator,
  endOtherSessions,
  endSession,
  listSessions,
  readFirstRun,
  readMe,
  signIn as signInEndpoint,
  signOut,
} from '../../contracts/access.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import type { Caller, Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { AccessStore, Person } from './access.store.ts';
import type { FirstRun } from './first-run.ts';
import { HashQueueFullError, hashPassword } from './password-hash.ts';
import { findPasswordFault } from './password-rules.ts';
import type { SessionStore } from './session.store.ts';
import { printEndedCookie, printSessionCookie, readSessionCookie, sessionExpiresAt } from './session-rules.ts';
import { signIn } from './sign-in.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface AccessRouteParts {
  people: AccessStore;
  sessions: SessionStore;
  limits: SignInLimits;
  /** Null when the first administrator existed at the start. */
  firstRun: FirstRun | null;
  clock: Clock;
  isHttps: boolean;
}

export const addAccessRoutes = ({ route }: Router, parts: AccessRouteParts): void => {
  const { people, sessions, firstRun, clock, isHttps } = parts;

  route(readFirstRun, async () => ({ isOpen: firstRun !== null && (await people.isFirstRunOpen()) }));

  route(createFirstAdministrator, async ({ body: { token, name, email, password }, request, reply }) => {
    if (!firstRun || !(await people.isFirstRunOpen())) throw refuseSecondFirst();
    const fault = findPasswordFault(password, { name, email });
    if (fault) throw refuseField('password', 'too_easy', fault);
    const taken = firstRun.take(token);
    if (taken !== 'taken') throw refuseToken(taken);
    let person: Awaited<ReturnType<AccessStore['createFirstAdministrator']>>;
    try {
      person = await people.createFirstAdministrator(
        { name, email, passwordHash: await hashPassword(password) },
        clock.now(),
      );
    } catch (error) {
      firstRun.giveBack();
      if (error instanceof HashQueueFullError) throw refuseTry(5);
      throw error;
    }
    if (!person) throw refuseSecondFirst();
    const { token: sessionToken } = await sessions.startSession(person.id, originOf(request), clock.now());
    setCookie(reply, printSessionCookie(sessionToken, isHttps));
    return toMe(person);
  });

  route(signInEndpoint, async ({ body, request, reply }) => {
    const oldToken = readSessionCookie(request.headers.cookie, isHttps);
    const outcome = await signIn(parts, { ...body, oldToken, ...originOf(request) });
    if (outcome.ok) {
      setCookie(reply, printSessionCookie(outcome.token, isHttps));
      return toMe(outcome.person);
    }
    if (outcome.problem === 'wait') throw refuseTry(outcome.seconds);
    // Without the address: who mistypes may have typed the password there. Only tries that were looked at, or an attack
    // would fill the disk.
    request.log.warn({ ip: request.ip }, 'sign-in refused');
    throw new Refusal('invalid_credentials', 'The e-mail address or the password is wrong. Check both and try again.');
  });

  route(signOut, async ({ caller, reply }) => {
    const { id, sessionId } = personOf(caller);
    await sessions.endSession(id, sessionId);
    setCookie(reply, printEndedCookie(isHttps));
    return undefined;
  });

  route(readMe, async ({ caller }) => toMe(personOf(caller)));

  route(listSessions, async ({ caller }) => {
    const { id, sessionId } = personOf(caller);
    const all = await sessions.listSessions(id, clock.now());
    const data = all.map((session) => ({
      id: session.id,
      isCurrent: session.id === sessionId,
      ipAddress: session.ipAddress,
      userAgent: session.userAgent,
      createdAt: toIso(session.createdAt),
      lastSeenAt: toIso(session.lastSeenAt),
      expiresAt: toIso(sessionExpiresAt(session)),
    }));
    return { data };
  });

  route(endSession, async ({ caller, params, reply }) => {
    const { id, sessionId } = personOf(caller);
    if (!(await sessions.endSession(id, params.id))) {
      throw new Refusal('not_found', 'You have no session with this id; it may have ended.');
    }
    if (params.id === sessionId) setCookie(reply, printEndedCookie(isHttps));
    return undefined;
  });

  route(endOtherSessions, async ({ caller }) => {
    const { id, sessionId } = personOf(caller);
    await sessions.endOtherSessions(id, sessionId);
    return undefined;
  });
};

const toMe = ({ id, name, email, role }: Person) => ({
  id,
  name,
  email,
  role,
  language: null,
  mustSetUpSecondFactor: false,
});

const originOf = (request: FastifyRequest) => ({
  ipAddress: request.ip,
  userAgent: request.headers['user-agent'] ?? '',
});

const setCookie = (reply: FastifyReply, cookie: string) =>
  reply.header('set-cookie', cookie).header('cache-control', 'no-store');

/** The contract lets only people in here; a key would be a fault of the gate. */
function personOf(caller: Caller): Extract<Caller, { kind: 'person' }> {
  if (caller.kind !== 'person') throw new Error('An API key came through to an endpoint for people');
  return caller;
}

const refuseTry = (seconds: number): Refusal =>
  new Refusal('rate_limit_exceeded', `Too many tries. Wait ${seconds} s and try again; nothing is locked.`, {
    headers: { 'retry-after': String(seconds) },
  });

const refuseSecondFirst = (): Refusal =>
  new Refusal('conflict', 'The first administrator exists already. Sign in, or ask an administrator for an account.');

const refuseToken = (problem: 'wrong' | 'expired'): Refusal =>
  new Refusal(
    'forbidden',
    problem === 'expired'
      ? 'This link is older than 30 minutes. Start Postern again: the console prints a new one.'
      : 'This is not the link that the console printed last, or it was used already. Open that one.',
  );
