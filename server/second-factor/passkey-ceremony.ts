/**
 * The two ceremonies of WebAuthn (Level 3 §7.1, §7.2), checked by @simplewebauthn/server: adding a passkey, and signing by
 * one. No attestation is asked for: which maker's authenticator it is does not matter here.
 */
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  RegistrationResponseJSON,
} from '@simplewebauthn/server';
import type { PasskeyRow } from '../database/tables.ts';
import type { PasskeyPlace } from './passkey-place.ts';
import type { NewPasskey } from './second-factor.store.ts';

const timeoutMs = 5 * 60 * 1000;

/** With the first passkey: a thousand modules and 20 MB, and most installations have none. */
const loadWebAuthn = () => import('@simplewebauthn/server');

/** Options as JSON for the browser; `challenge` is to be kept. */
export interface Ceremony {
  challenge: string;
  options: Record<string, unknown>;
}

export const askToAdd = async (
  place: PasskeyPlace,
  person: { id: string; name: string; email: string },
  known: readonly PasskeyRow[],
): Promise<Ceremony> => {
  const { generateRegistrationOptions } = await loadWebAuthn();
  const options = await generateRegistrationOptions({
    rpName: 'Postern',
    rpID: place.rpId,
    userID: new TextEncoder().encode(person.id),
    userName: person.email,
    userDisplayName: person.name,
    timeout: timeoutMs,
    excludeCredentials: known.map(toDescriptor),
    // Discoverable, so that it can sign in alone; and it checks who holds it, so that alone it is two factors.
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
  return { challenge: options.challenge, options: { ...options } };
};

/** @param known null: whoever has one for this place. */
export const askToSign = async (place: PasskeyPlace, known: readonly PasskeyRow[] | null): Promise<Ceremony> => {
  const { generateAuthenticationOptions } = await loadWebAuthn();
  const options = await generateAuthenticationOptions({
    rpID: place.rpId,
    timeout: timeoutMs,
    userVerification: 'required',
    ...(known && { allowCredentials: known.map(toDescriptor) }),
  });
  return { challenge: options.challenge, options: { ...options } };
};

/** Null: the answer does not fit. */
export const checkAdded = async (
  place: PasskeyPlace,
  challenge: string,
  answer: unknown,
): Promise<Omit<NewPasskey, 'name'> | null> => {
  const response = answer as RegistrationResponseJSON;
  const { verifyRegistrationResponse } = await loadWebAuthn();
  const verified = await verifyRegistrationResponse({
    response,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: place.rpId,
    requireUserVerification: true,
  }).catch(() => null);
  if (!verified?.verified) return null;
  const { credential, credentialDeviceType } = verified.registrationInfo;
  const transports = (credential.transports ?? []).filter((one) => /^[a-z-]{1,20}$/.test(one));
  return {
    credential_id: credential.id,
    public_key: Buffer.from(credential.publicKey),
    counter: credential.counter,
    transports: transports.slice(0, 10).join(','),
    is_synced: credentialDeviceType === 'multiDevice' ? 1 : 0,
  };
};

/** The new counter; null: the answer does not fit. A counter that does not grow is a copied authenticator (§7.2 step 22). */
export const checkSigned = async (
  place: PasskeyPlace,
  challenge: string,
  answer: unknown,
  passkey: PasskeyRow,
): Promise<number | null> => {
  const { verifyAuthenticationResponse } = await loadWebAuthn();
  const verified = await verifyAuthenticationResponse({
    response: answer as AuthenticationResponseJSON,
    expectedChallenge: challenge,
    expectedOrigin: place.origin,
    expectedRPID: place.rpId,
    credential: {
      id: passkey.credential_id,
      publicKey: new Uint8Array(passkey.public_key),
      counter: Number(passkey.counter),
    },
    requireUserVerification: true,
  }).catch(() => null);
  return verified?.verified ? verified.authenticationInfo.newCounter : null;
};

const toDescriptor = ({ credential_id, transports }: PasskeyRow) => ({
  id: credential_id,
  ...(transports !== '' && { transports: transports.split(',') as AuthenticatorTransport[] }),
});
