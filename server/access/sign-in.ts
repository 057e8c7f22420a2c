/**
 * Signing in. Invariant: an address that nobody has and a wrong password get the same answer after the same work, so that
 * nobody learns who has an account here (OWASP ASVS 6.3.8).
 */
import type { Clock } from '../platform/clock.ts';
import type { AccessStore, Person } from './access.store.ts';
import { HashQueueFullError, hashPassword, isHashOutdated, isPasswordRight, nobodysHash } from './password-hash.ts';
import type { SessionOrigin, SessionStore } from './session.store.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface SignInParts {
  people: Pick<AccessStore, 'findPersonByEmail' | 'renewPasswordHash'>;
  sessions: Pick<SessionStore, 'startSession' | 'endSessionByToken'>;
  limits: SignInLimits;
  clock: Pick<Clock, 'now'>;
}

export interface SignInTry extends SessionOrigin {
  email: string;
  password: string;
  /** Of the session that this browser has so far; it ends. */
  oldToken: string | null;
}

export type SignInOutcome =
  | { ok: true; person: Person; token: string }
  | { ok: false; problem: 'wrong' }
  | { ok: false; problem: 'wait'; seconds: number };

export const signIn = async (
  { people, sessions, limits, clock }: SignInParts,
  { email, password, oldToken, ...origin }: SignInTry,
): Promise<SignInOutcome> => {
  const waitSeconds = limits.begin(email, origin.ipAddress);
  if (waitSeconds > 0) return { ok: false, problem: 'wait', seconds: waitSeconds };
  const found = await people.findPersonByEmail(email);
  try {
    const isRight = await isPasswordRight(password, found?.passwordHash ?? nobodysHash);
    if (!found || !isRight) return { ok: false, problem: 'wrong' };
    limits.succeed(email, origin.ipAddress);
    if (isHashOutdated(found.passwordHash)) {
      await people.renewPasswordHash(found.id, found.passwordHash, await hashPassword(password));
    }
  } catch (error) {
    if (error instanceof HashQueueFullError) return { ok: false, problem: 'wait', seconds: 5 };
    throw error;
  }
  // A token from before is never taken over (fixation), and the one it replaces must not live on.
  if (oldToken !== null) await sessions.endSessionByToken(oldToken);
  const { token } = await sessions.startSession(found.id, origin, clock.now());
  const { passwordHash: _, ...person } = found;
  return { ok: true, person, token };
};
