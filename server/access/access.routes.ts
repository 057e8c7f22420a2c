/** HTTP for signing in and out, one's sessions and the first run. The rules are in sign-in, first-run and session-rules. */
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
import type { Router } from '../platform/http.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { AccessStore } from './access.store.ts';
import type { FirstRun } from './first-run.ts';
import { HashQueueFullError, hashPassword } from './password-hash.ts';
import { findPasswordFault } from './password-rules.ts';
import { answerSignIn, originOf, personOf, refuseTry, setCookie, toMe, tryOf } from './reply-with-session.ts';
import type { SessionStore } from './session.store.ts';
import { printEndedCookie, printSessionCookie, sessionExpiresAt } from './session-rules.ts';
import { type SignInParts, signIn } from './sign-in.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface AccessRouteParts {
  people: AccessStore;
  sessions: SessionStore;
  limits: SignInLimits;
  beginSecondStep: SignInParts['beginSecondStep'];
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
    const outcome = await signIn(parts, {
      ...body,
      ...tryOf(request, isHttps),
      requestOrigin: request.headers.origin,
    });
    if (!outcome.ok && outcome.problem === 'second-step') {
      reply.header('cache-control', 'no-store');
      return outcome.step;
    }
    return answerSignIn({ isHttps, sessions, now: clock.now }, outcome, { request, reply });
  });

  route(signOut, async ({ caller, reply }) => {
    const { id, sessionId } = personOf(caller);
    await sessions.endSession(id, sessionId);
    setCookie(reply, printEndedCookie(isHttps));
    return undefined;
  });

  route(readMe, async ({ caller }) => toMe(personOf(caller), personOf(caller).mustSetUpSecondFactor));

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

const refuseSecondFirst = (): Refusal =>
  new Refusal('conflict', 'The first administrator exists already. Sign in, or ask an administrator for an account.');

const refuseToken = (problem: 'wrong' | 'expired'): Refusal =>
  new Refusal(
    'forbidden',
    problem === 'expired'
      ? 'This link is older than 30 minutes. Start Postern again: the console prints a new one.'
      : 'This is not the link that the console printed last, or it was used already. Open that one.',
  );
