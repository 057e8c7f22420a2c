/** HTTP for the second step of signing in, and for signing in by a passkey alone. The rules are in prove-factor and challenge.store. */
import type { FastifyRequest } from 'fastify';
import { beginPasskeySignIn, completeSignIn, signInByPasskey } from '../../contracts/second-factor.ts';
import { openRateLimit } from '../access/rate-limit.ts';
import { answerSignIn, refuseTry, tryOf } from '../access/reply-with-session.ts';
import { startFor } from '../access/sign-in.ts';
import { networkOf } from '../access/sign-in-limits.ts';
import type { Router } from '../platform/http.ts';
import { Refusal } from '../platform/refusal.ts';
import { askToSign } from './passkey-ceremony.ts';
import { findPasskeyPlace, type PasskeyPlace } from './passkey-place.ts';
import { proveFactor, provePasskey } from './prove-factor.ts';
import { refuseLocked, type SecondStepParts } from './second-step.ts';

export const addSecondStepRoutes = ({ route }: Router, parts: SecondStepParts): void => {
  const { challenges, people, sessions, limits, isHttps, clock } = parts;
  const session = { isHttps, sessions, now: clock.now };
  const begun = openRateLimit(clock, { burst: 30, refillMs: 2_000 });

  route(completeSignIn, async ({ body: { challenge, ...proof }, request, reply }) => {
    const open = await challenges.try('second-step', challenge, clock.now());
    if (!open?.personId) throw refuseChallenge();
    const account = `second step ${open.personId}`;
    const waitSeconds = limits.begin(account, request.ip);
    if (waitSeconds > 0) throw refuseTry(waitSeconds);
    const place = proof.passkey ? placeOf(parts.publicUrl, request) : null;
    const signing = place && open.webAuthnChallenge ? { place, challenge: open.webAuthnChallenge } : null;
    const proved = await proveFactor(parts, open.personId, proof, signing);
    if (proved === 'locked') throw refuseLocked();
    if (!proved) {
      request.log.warn({ ip: request.ip }, 'second step refused');
      throw new Refusal('invalid_credentials', wrong[proof.passkey ? 'passkey' : proof.code ? 'code' : 'recoveryCode']);
    }
    limits.succeed(account, request.ip);
    const person = await people.findPerson(open.personId);
    if (!person || !(await challenges.finish('second-step', challenge))) throw refuseChallenge();
    const outcome = await startFor(parts, person, tryOf(request, isHttps));
    if (!outcome.ok && outcome.problem === 'second-step') throw refuseChallenge();
    return answerSignIn(session, outcome, { request, reply });
  });

  route(beginPasskeySignIn, async ({ request, reply }) => {
    if (!begun.take(networkOf(request.ip))) throw refuseTry(2);
    const { challenge, options } = await askToSign(placeOf(parts.publicUrl, request), null);
    const about = { personId: null, webAuthnChallenge: challenge, sessionId: null };
    const { token } = await challenges.begin('passkey-sign-in', about, clock.now());
    reply.header('cache-control', 'no-store');
    return { challenge: token, options };
  });

  route(signInByPasskey, async ({ body: { challenge, passkey }, request, reply }) => {
    const open = await challenges.try('passkey-sign-in', challenge, clock.now());
    if (!open?.webAuthnChallenge) throw refuseChallenge();
    const place = placeOf(parts.publicUrl, request);
    const personId = await provePasskey(parts, passkey, { place, challenge: open.webAuthnChallenge });
    const person = personId === null ? null : await people.findPerson(personId);
    if (!person) {
      request.log.warn({ ip: request.ip }, 'passkey refused');
      throw new Refusal('invalid_credentials', wrong.passkey);
    }
    if (!(await challenges.finish('passkey-sign-in', challenge))) throw refuseChallenge();
    const outcome = await startFor(parts, person, tryOf(request, isHttps));
    if (!outcome.ok && outcome.problem === 'second-step') throw refuseChallenge();
    return answerSignIn(session, outcome, { request, reply });
  });
};

/** @throws Refusal 409 that says where passkeys would work. */
function placeOf(publicUrl: string, request: FastifyRequest): PasskeyPlace {
  const found = findPasskeyPlace(publicUrl, request.headers.origin);
  if (!found.ok) throw new Refusal('conflict', found.why);
  return found.place;
}

const refuseChallenge = (): Refusal =>
  new Refusal('forbidden', 'This sign-in was finished, took longer than 5 minutes or failed 5 times. Begin again.');

const wrong = {
  code: 'This code is wrong, or was used already. Wait for the next one and try again.',
  recoveryCode: 'This is not one of your recovery codes, or it was used already.',
  passkey: 'This passkey does not fit this account. Use another, or another way.',
} as const;
