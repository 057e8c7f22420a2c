/**
 * What is asked for beside the password: codes of an authenticator app (TOTP), passkeys (WebAuthn), recovery codes; and
 * the policy. To change any of one's own, one must have confirmed who one is within 10 minutes (signing in counts);
 * else 403 `confirmation_required`: confirm with the password or a passkey, then send the change again.
 */
import { z } from 'zod';
import { Me, SignInChallenge, WebAuthnOptions } from './access.ts';
import { defineEndpoint } from './endpoint.ts';
import { hasNoControl } from './line.ts';
import { Time } from './page.ts';

/** What the browser's WebAuthn functions give, as JSON (W3C WebAuthn Level 3); checked by the server's library. */
export const WebAuthnAnswer = z.looseObject({ id: z.string().max(2000), response: z.looseObject({}) });

/** Spaces and hyphens between digits do not matter. */
const TotpCode = z
  .string()
  .max(20)
  .transform((text) => text.replace(/[\s-]/g, ''))
  .refine((text) => /^\d{6}$/.test(text), 'Give the six digits that the app shows.');
const RecoveryCode = z.string().trim().min(1, 'Give one of your recovery codes.').max(50);

const tag = 'Second factor';

/** 401 `invalid_credentials`: wrong, try again; 403 `forbidden`: begin again with the password. */
export const completeSignIn = defineEndpoint({
  method: 'POST',
  path: '/api/v1/sign-in/second-step',
  tag,
  summary: 'The second step of signing in: one of code, passkey, recovery code. Sets the session cookie',
  access: 'public',
  body: z
    .strictObject({
      challenge: SignInChallenge,
      code: TotpCode.optional(),
      recoveryCode: RecoveryCode.optional(),
      passkey: WebAuthnAnswer.optional(),
    })
    .refine(
      ({ code, recoveryCode, passkey }) =>
        [code, recoveryCode, passkey].filter((one) => one !== undefined).length === 1,
      { path: ['code'], message: 'Give one of code, recoveryCode and passkey.' },
    ),
  status: 200,
  reply: Me,
});

export const beginPasskeySignIn = defineEndpoint({
  method: 'POST',
  path: '/api/v1/sign-in/passkey-options',
  tag,
  summary: 'Begin to sign in by a passkey alone, without address and password',
  access: 'public',
  status: 200,
  reply: z.object({ challenge: SignInChallenge, options: WebAuthnOptions }),
});

export const signInByPasskey = defineEndpoint({
  method: 'POST',
  path: '/api/v1/sign-in/passkey',
  tag,
  summary: 'Sign in by a passkey alone. Sets the session cookie',
  access: 'public',
  body: z.strictObject({ challenge: SignInChallenge, passkey: WebAuthnAnswer }),
  status: 200,
  reply: Me,
});

export const PasskeyId = z.string().regex(/^pk_[0-9a-z]{26}$/, 'Not the id of a passkey.');
const PasskeyName = z
  .string()
  .trim()
  .min(1, 'Give it a name, such as Work laptop.')
  .max(100, 'At most 100 characters.')
  .refine(hasNoControl, 'Remove line breaks.');

export const Passkey = z.object({
  id: PasskeyId,
  name: z.string(),
  /** Kept by a password manager on several devices, rather than on this one alone. */
  isSynced: z.boolean(),
  createdAt: Time,
  lastUsedAt: Time.nullable(),
});
export type Passkey = z.infer<typeof Passkey>;

export const SecondFactors = z.object({
  /** Null: off. */
  totp: z.object({ createdAt: Time }).nullable(),
  passkeys: z.array(Passkey),
  /** Null: none were made; they come with the first factor. */
  recoveryCodes: z.object({ left: z.number().int(), createdAt: Time }).nullable(),
  /** The policy asks me for one: the last cannot be taken away. */
  isRequired: z.boolean(),
  /** Until when factors can be changed without confirming anew; null: confirm first. */
  confirmedUntil: Time.nullable(),
});
export type SecondFactors = z.infer<typeof SecondFactors>;

/** `recoveryCodes`: the ten, where this was the first factor; shown this one time. */
const Changed = z.object({ factors: SecondFactors, recoveryCodes: z.array(z.string()).nullable() });

export const readSecondFactors = defineEndpoint({
  method: 'GET',
  path: '/api/v1/me/second-factors',
  tag,
  summary: 'My factors',
  access: 'signed-in',
  status: 200,
  reply: SecondFactors,
});

export const beginConfirmation = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/confirmation/passkey-options',
  tag,
  summary: 'Begin to confirm who I am by a passkey',
  access: 'signed-in',
  status: 200,
  reply: z.object({ options: WebAuthnOptions }),
});

/** 422 on `password` when it is wrong; 403 `forbidden` for a passkey that does not fit. */
export const confirmMyself = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/confirmation',
  tag,
  summary: 'Confirm who I am, by password or passkey; holds for 10 minutes in this session',
  access: 'signed-in',
  body: z
    .strictObject({
      password: z.string().min(1, 'Give your password.').max(128).optional(),
      passkey: WebAuthnAnswer.optional(),
    })
    .refine(({ password, passkey }) => (password === undefined) !== (passkey === undefined), {
      path: ['password'],
      message: 'Give your password, or a passkey.',
    }),
  status: 200,
  reply: z.object({ confirmedUntil: Time }),
});

/** Nothing is on before a code was confirmed. The secret leaves this one time. */
export const beginTotp = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/totp',
  tag,
  summary: 'Begin to set up an authenticator app',
  access: 'signed-in',
  status: 200,
  reply: z.object({
    /** `otpauth://totp/…`, for a QR code. */
    uri: z.string(),
    /** The same in base 32, to type. */
    secret: z.string(),
  }),
});

/** 422 on `code` when it is wrong. */
export const confirmTotp = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/totp/confirm',
  tag,
  summary: 'Turn the authenticator app on, with a code that it shows',
  access: 'signed-in',
  body: z.strictObject({ code: TotpCode }),
  status: 200,
  reply: Changed,
});

export const deleteTotp = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/me/totp',
  tag,
  summary: 'Turn the authenticator app off',
  access: 'signed-in',
  status: 200,
  reply: SecondFactors,
});

export const beginPasskey = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/passkeys/options',
  tag,
  summary: 'Begin to add a passkey',
  access: 'signed-in',
  status: 200,
  reply: z.object({ options: WebAuthnOptions }),
});

export const addPasskey = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/passkeys',
  tag,
  summary: 'Add a passkey',
  access: 'signed-in',
  body: z.strictObject({ name: PasskeyName, passkey: WebAuthnAnswer }),
  status: 200,
  reply: Changed,
});

export const renamePasskey = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/me/passkeys/:id',
  tag,
  summary: 'Give a passkey another name',
  access: 'signed-in',
  params: z.object({ id: PasskeyId }),
  body: z.strictObject({ name: PasskeyName }),
  status: 200,
  reply: SecondFactors,
});

export const deletePasskey = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/me/passkeys/:id',
  tag,
  summary: 'Delete a passkey',
  access: 'signed-in',
  params: z.object({ id: PasskeyId }),
  status: 200,
  reply: SecondFactors,
});

export const makeRecoveryCodes = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/recovery-codes',
  tag,
  summary: 'Make ten new recovery codes; the old ones stop working. Shown this one time',
  access: 'signed-in',
  status: 200,
  reply: z.object({ factors: SecondFactors, recoveryCodes: z.array(z.string()) }),
});

export const SignInPolicy = z.object({
  /** An administrator without a factor can do nothing but set one up. */
  administratorsNeedSecondFactor: z.boolean(),
});

export const readSignInPolicy = defineEndpoint({
  method: 'GET',
  path: '/api/v1/sign-in-policy',
  tag,
  summary: 'What signing in takes here',
  access: { role: 'administrator' },
  status: 200,
  reply: SignInPolicy,
});

/** 409 where the administrator who turns it on has no factor. */
export const changeSignInPolicy = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/sign-in-policy',
  tag,
  summary: 'Change what signing in takes',
  access: { role: 'administrator' },
  body: z.strictObject({ administratorsNeedSecondFactor: z.boolean() }),
  status: 200,
  reply: SignInPolicy,
});
