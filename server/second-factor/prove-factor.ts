/** Whether what somebody gives is one of their factors. What is right is used up by it: none counts twice. */
import type { Clock } from '../platform/clock.ts';
import { checkSigned } from './passkey-ceremony.ts';
import type { PasskeyPlace } from './passkey-place.ts';
import type { SecondFactorStore } from './second-factor.store.ts';
import { findTotpStep } from './totp.ts';

export interface Proof {
  code?: string | undefined;
  recoveryCode?: string | undefined;
  passkey?: { id: string } | undefined;
}

export interface ProveParts {
  factors: Pick<
    SecondFactorStore,
    'readTotpSecret' | 'spendTotpStep' | 'spendRecoveryCode' | 'findPasskey' | 'notePasskeyUse'
  >;
  clock: Pick<Clock, 'now'>;
}

/** @param signing what the passkey had to sign, and where; null where none was asked for. */
export const proveFactor = async (
  { factors, clock }: ProveParts,
  personId: string,
  { code, recoveryCode, passkey }: Proof,
  signing: { place: PasskeyPlace; challenge: string } | null,
): Promise<boolean | 'locked'> => {
  if (code !== undefined) {
    const secret = await factors.readTotpSecret(personId, 'on');
    if (secret === 'locked') return 'locked';
    const step = secret === null ? null : findTotpStep(secret, code, clock.now());
    return step !== null && factors.spendTotpStep(personId, step);
  }
  if (recoveryCode !== undefined) return factors.spendRecoveryCode(personId, recoveryCode);
  if (!passkey || !signing) return false;
  return (await provePasskey({ factors, clock }, passkey, signing)) === personId;
};

/** Whose passkey it is that signed; null: nobody's, or it did not. */
export const provePasskey = async (
  { factors, clock }: ProveParts,
  answer: { id: string },
  { place, challenge }: { place: PasskeyPlace; challenge: string },
): Promise<string | null> => {
  const passkey = await factors.findPasskey(answer.id);
  const counter = passkey && (await checkSigned(place, challenge, answer, passkey));
  if (!passkey || counter === null) return null;
  await factors.notePasskeyUse(passkey.id, counter, clock.now());
  return passkey.person_id;
};
