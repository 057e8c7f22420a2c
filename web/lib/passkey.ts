/** Passkeys, by the browser's own functions (W3C WebAuthn Level 3); options and answers travel as JSON. */
import type { z } from 'zod';
import type { WebAuthnOptions } from '../../contracts/access.ts';
import type { WebAuthnAnswer } from '../../contracts/second-factor.ts';

type Options = z.output<typeof WebAuthnOptions>;
type Answer = z.input<typeof WebAuthnAnswer>;

/** The browser gave no answer. `message` says why, for whoever sits before it. */
export class PasskeyError extends Error {
  constructor(cause: unknown, act: 'make' | 'use') {
    super(passkeyWords(cause instanceof Error ? cause.name : '', act), { cause });
    this.name = 'PasskeyError';
  }
}

/** Browsers offer passkeys on https pages and on localhost alone. */
export const canUsePasskeys = (): boolean => typeof window.PublicKeyCredential === 'function';

/** Asks the person to show one of their passkeys. @throws PasskeyError */
export async function showPasskey(options: Options): Promise<Answer> {
  const { startAuthentication } = await import('@simplewebauthn/browser');
  const optionsJSON = options as unknown as Parameters<typeof startAuthentication>[0]['optionsJSON'];
  return tell('use', () => startAuthentication({ optionsJSON }));
}

/** Asks the person to make a passkey for this site. @throws PasskeyError */
export async function makePasskey(options: Options): Promise<Answer> {
  const { startRegistration } = await import('@simplewebauthn/browser');
  const optionsJSON = options as unknown as Parameters<typeof startRegistration>[0]['optionsJSON'];
  return tell('make', () => startRegistration({ optionsJSON }));
}

async function tell(act: 'make' | 'use', ceremony: () => Promise<object>): Promise<Answer> {
  try {
    return (await ceremony()) as Answer;
  } catch (error) {
    throw new PasskeyError(error, act);
  }
}

/** @param name of the DOMException. Browsers say no more than `NotAllowedError` on purpose: it covers many causes. */
export function passkeyWords(name: string, act: 'make' | 'use'): string {
  if (name === 'NotAllowedError' || name === 'AbortError') {
    return act === 'make'
      ? 'No passkey was made: the browser’s question was closed, or it waited too long. Try again.'
      : 'No passkey was shown: the browser’s question was closed, it waited too long, or there is no passkey for this address here. Try again, or use another way.';
  }
  if (name === 'InvalidStateError') return 'This device has a passkey for your account already.';
  if (name === 'SecurityError') {
    return 'Passkeys do not work at this address: open Postern under its public address (POSTERN_PUBLIC_URL).';
  }
  if (name === 'NotSupportedError' || name === 'ConstraintError') {
    return 'This device cannot make a passkey that Postern can use. Try another device, or a security key with a PIN.';
  }
  return 'The browser could not do this with a passkey. Try again, or use another way.';
}
