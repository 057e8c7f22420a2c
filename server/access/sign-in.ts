/**
 * Signing in: the password, then a second factor where one is on; or a passkey alone.
 *
 * Invariant: an address that nobody has and a wrong password get the same answer after the same work, so that nobody
 * learns who has an account here (OWASP ASVS 6.3.8). Only who gives the right password learns that an account is disabled
 * or has a factor. Every sign-in makes a new session token, and only a finished one makes any.
 */
import type { SecondStep } from '../../contracts/access.ts';
import type { Clock } from '../platform/clock.ts';
import type { AccessStore, Account } from './access.store.ts';
import { HashQueueFullError, hashPassword, isHashOutdated, isPasswordRight, nobodysHash } from './password-hash.ts';
import type { SessionOrigin, SessionStore } from './session.store.ts';
import type { SignInLimits } from './sign-in-limits.ts';

export interface SignInParts {
  people: Pick<AccessStore, 'findPersonByEmail' | 'renewPasswordHash' | 'noteSignIn'>;
  sessions: Pick<SessionStore, 'startSession' | 'endSessionByToken'>;
  /** Null: no factor is on. */
  beginSecondStep: (personId: string, requestOrigin: string | undefined) => Promise<SecondStep | null>;
  limits: SignInLimits;
  clock: Pick<Clock, 'now'>;
}

export interface SignInTry extends SessionOrigin {
  email: string;
  password: string;
  /** Of the session that this browser has so far; it ends. */
  oldToken: string | null;
  /** The Origin header. */
  requestOrigin: string | undefined;
}

export type SignInOutcome =
  | { ok: true; token: string }
  | { ok: false; problem: 'second-step'; step: SecondStep }
  | { ok: false; problem: 'wrong' | 'disabled' }
  | { ok: false; problem: 'wait'; seconds: number };

export const signIn = async (parts: SignInParts, tried: SignInTry): Promise<SignInOutcome> => {
  const { people, limits } = parts;
  const { email, password, ipAddress } = tried;
  const waitSeconds = limits.begin(email, ipAddress);
  if (waitSeconds > 0) return { ok: false, problem: 'wait', seconds: waitSeconds };
  const found = await people.findPersonByEmail(email);
  try {
    // Who is invited has no password yet; comparing must take as long all the same.
    const isRight = await isPasswordRight(password, found?.passwordHash || nobodysHash);
    if (!found || !isRight) return { ok: false, problem: 'wrong' };
    limits.succeed(email, ipAddress);
    if (found.state !== 'active') return { ok: false, problem: 'disabled' };
    if (isHashOutdated(found.passwordHash)) {
      await people.renewPasswordHash(found.id, found.passwordHash, await hashPassword(password));
    }
  } catch (error) {
    if (error instanceof HashQueueFullError) return { ok: false, problem: 'wait', seconds: 5 };
    throw error;
  }
  const step = await parts.beginSecondStep(found.id, tried.requestOrigin);
  if (step) return { ok: false, problem: 'second-step', step };
  return startFor(parts, found, tried);
};

/** After every step was passed. */
export const startFor = async (
  { people, sessions, clock }: Pick<SignInParts, 'people' | 'sessions' | 'clock'>,
  person: Pick<Account, 'id' | 'state'>,
  { oldToken, ipAddress, userAgent }: Omit<SignInTry, 'email' | 'password' | 'requestOrigin'>,
): Promise<SignInOutcome> => {
  if (person.state !== 'active') return { ok: false, problem: 'disabled' };
  // A token from before is never taken over (fixation), and the one it replaces must not live on.
  if (oldToken !== null) await sessions.endSessionByToken(oldToken);
  const { token } = await sessions.startSession(person.id, { ipAddress, userAgent }, clock.now());
  await people.noteSignIn(person.id, clock.now());
  return { ok: true, token };
};
