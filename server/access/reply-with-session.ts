/** What the routes of this room and of second factors share: who asks from where, the cookie, and the usual refusals. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Me } from '../../contracts/access.ts';
import type { Caller } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import type { FoundSession, SessionOrigin, SessionStore } from './session.store.ts';
import { printSessionCookie, readSessionCookie } from './session-rules.ts';
import type { SignInOutcome } from './sign-in.ts';

export interface SessionReply {
  isHttps: boolean;
  sessions: Pick<SessionStore, 'findSession'>;
  now: () => number;
}

export const originOf = (request: FastifyRequest): SessionOrigin => ({
  ipAddress: request.ip,
  userAgent: request.headers['user-agent'] ?? '',
});

export const setCookie = (reply: FastifyReply, cookie: string): FastifyReply =>
  reply.header('set-cookie', cookie).header('cache-control', 'no-store');

/** Where from, and the session that this browser has so far. */
export const tryOf = (request: FastifyRequest, isHttps: boolean): SessionOrigin & { oldToken: string | null } => ({
  ...originOf(request),
  oldToken: readSessionCookie(request.headers.cookie, isHttps),
});

/** The contract lets only people in here; a key would be a fault of the gate. */
export function personOf(caller: Caller): Extract<Caller, { kind: 'person' }> {
  if (caller.kind !== 'person') throw new Error('An API key came through to an endpoint for people');
  return caller;
}

export const toMe = (
  { id, name, email, role, language = null }: Omit<FoundSession['person'], 'language'> & { language?: string | null },
  mustSetUpSecondFactor = false,
): Me => ({ id, name, email, role, language, mustSetUpSecondFactor });

/** Sets the cookie of a sign-in that came through. @throws Refusal for one that did not. */
export const answerSignIn = async (
  { isHttps, sessions, now }: SessionReply,
  outcome: Exclude<SignInOutcome, { problem: 'second-step' }>,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<Me> => {
  if (!outcome.ok) {
    if (outcome.problem === 'wait') throw refuseTry(outcome.seconds);
    // Without the address: who mistypes may have typed the password there. Only tries that were looked at, or an attack
    // would fill the disk.
    request.log.warn({ ip: request.ip }, 'sign-in refused');
    if (outcome.problem === 'disabled') {
      throw new Refusal('forbidden', 'This account is disabled. Ask an administrator to enable it.');
    }
    throw new Refusal('invalid_credentials', 'The e-mail address or the password is wrong. Check both and try again.');
  }
  setCookie(reply, printSessionCookie(outcome.token, isHttps));
  const found = await sessions.findSession(outcome.token, now());
  if (!found) throw new Refusal('forbidden', 'This account was disabled at this moment.');
  return toMe(found.person, found.mustSetUpSecondFactor);
};

export const refuseTry = (seconds: number): Refusal =>
  new Refusal('rate_limit_exceeded', `Too many tries. Wait ${seconds} s and try again; nothing is locked.`, {
    headers: { 'retry-after': String(seconds) },
  });
