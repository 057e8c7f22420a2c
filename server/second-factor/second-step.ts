/** What signing in asks for after a right password, where a factor is on. */
import type { Factor, SecondStep } from '../../contracts/access.ts';
import type { AccessStore } from '../access/access.store.ts';
import type { SessionStore } from '../access/session.store.ts';
import type { SignInLimits } from '../access/sign-in-limits.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import { Refusal } from '../platform/refusal.ts';
import type { ChallengeStore } from './challenge.store.ts';
import { askToSign } from './passkey-ceremony.ts';
import { findPasskeyPlace } from './passkey-place.ts';
import type { SecondFactorStore } from './second-factor.store.ts';

export interface SecondStepParts {
  factors: SecondFactorStore;
  challenges: ChallengeStore;
  people: Pick<AccessStore, 'findPerson' | 'findPersonByEmail' | 'renewPasswordHash' | 'noteSignIn'>;
  sessions: SessionStore;
  limits: SignInLimits;
  publicUrl: string;
  isHttps: boolean;
  clock: Clock;
}

/** What the sign-in asks after a right password. Null: no factor is on. */
export const beginSecondStep = async (
  { factors, challenges, publicUrl, clock }: Pick<SecondStepParts, 'factors' | 'challenges' | 'publicUrl' | 'clock'>,
  personId: string,
  requestOrigin: string | undefined,
): Promise<SecondStep | null> => {
  const { totp, passkeys, recoveryCodes } = await factors.read(personId);
  if (!totp && passkeys.length === 0) return null;
  // Where passkeys cannot work (another host name), the others are left.
  const found = passkeys.length > 0 ? findPasskeyPlace(publicUrl, requestOrigin) : null;
  const asked = found?.ok ? await askToSign(found.place, passkeys) : null;
  const webAuthnChallenge = asked?.challenge ?? null;
  const begun = await challenges.begin('second-step', { personId, webAuthnChallenge, sessionId: null }, clock.now());
  const needs: Factor[] = [];
  if (totp) needs.push('totp');
  if (asked) needs.push('passkey');
  if ((recoveryCodes?.left ?? 0) > 0) needs.push('recovery');
  return {
    needs,
    challenge: begun.token,
    expiresAt: toIso(begun.expiresAt),
    passkeyOptions: asked?.options ?? null,
  };
};

export const refuseLocked = (): Refusal =>
  new Refusal('sending_closed', 'The key that opens stored secrets is missing. An administrator must put it back.');
