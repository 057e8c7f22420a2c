/** People, their sessions, API keys and the first run. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { hasNoControl } from './line.ts';
import { Time } from './page.ts';
import { EmailAddress } from './smtp-settings.ts';

export const roles = ['viewer', 'operator', 'administrator'] as const;
export const scopes = ['smtp-settings', 'send', 'read', 'contacts', 'admin'] as const;

/** NIST SP 800-63B: length is what counts; no composition rules. */
export const NewPassword = z
  .string()
  .min(12, 'At least 12 characters. A few words in a row are easy to remember.')
  .max(128, 'At most 128 characters.');

export const Me = z.object({
  id: z.string(),
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  /** Null: the language of each template itself. */
  language: z.string().nullable(),
  /** The policy asks for a second factor and this person has none: everything but setting one up answers 403 `second_factor_required`. */
  mustSetUpSecondFactor: z.boolean(),
});
export type Me = z.infer<typeof Me>;

const tag = 'Access';

/** What the sign-in page must know before anybody is signed in. */
export const readFirstRun = defineEndpoint({
  method: 'GET',
  path: '/api/v1/first-run',
  tag,
  summary: 'Whether the first administrator is still to be created',
  access: 'public',
  status: 200,
  reply: z.object({ isOpen: z.boolean() }),
});

/** The token is printed on the console as a link: /first-run#TOKEN. Single use. Signs the administrator in (sets the cookie). */
export const createFirstAdministrator = defineEndpoint({
  method: 'POST',
  path: '/api/v1/first-run',
  tag,
  summary: 'Create the first administrator with the token that the console printed',
  access: 'public',
  body: z.strictObject({
    token: z.string().min(1, 'Open the link that the console printed.').max(200),
    name: z.string().trim().min(1, 'Give your name.').max(100).refine(hasNoControl, 'Remove line breaks.'),
    email: EmailAddress,
    password: NewPassword,
  }),
  status: 201,
  reply: Me,
});

export const factors = ['totp', 'passkey', 'recovery'] as const;
export type Factor = (typeof factors)[number];

/** What the browser's WebAuthn functions take, as JSON (W3C WebAuthn Level 3). */
export const WebAuthnOptions = z.record(z.string(), z.unknown());

/** Of a sign-in that is half done: 256 bits, 5 minutes, 5 tries, single use. */
export const SignInChallenge = z.string().min(1).max(200);

/** Answered to a right password where a factor is on (second-factor.ts, `completeSignIn`). No cookie is set yet. */
export const SecondStep = z.object({
  /** Those that this person has. */
  needs: z.array(z.enum(factors)),
  challenge: SignInChallenge,
  expiresAt: Time,
  /** For `navigator.credentials.get`, where `needs` has `passkey`. */
  passkeyOptions: WebAuthnOptions.nullable(),
});
export type SecondStep = z.infer<typeof SecondStep>;

export const signIn = defineEndpoint({
  method: 'POST',
  path: '/api/v1/sign-in',
  tag,
  summary: 'Sign in; sets the session cookie, or says which second step is needed',
  access: 'public',
  body: z.strictObject({
    email: z.string().trim().min(1, 'Give your e-mail address.').max(254),
    password: z.string().min(1, 'Give your password.').max(128),
  }),
  status: 200,
  /** Tell them apart by `'needs' in reply`. */
  reply: z.union([Me, SecondStep]),
});

export const signOut = defineEndpoint({
  method: 'POST',
  path: '/api/v1/sign-out',
  tag,
  summary: 'Sign out; ends this session',
  access: 'signed-in',
  status: 204,
});

export const readMe = defineEndpoint({
  method: 'GET',
  path: '/api/v1/me',
  tag,
  summary: 'Who is signed in',
  access: 'signed-in',
  status: 200,
  reply: Me,
});

export const Session = z.object({
  id: z.string(),
  isCurrent: z.boolean(),
  ipAddress: z.string(),
  userAgent: z.string(),
  createdAt: Time,
  lastSeenAt: Time,
  expiresAt: Time,
});
export type Session = z.infer<typeof Session>;

export const listSessions = defineEndpoint({
  method: 'GET',
  path: '/api/v1/me/sessions',
  tag,
  summary: 'Where I am signed in',
  access: 'signed-in',
  status: 200,
  reply: z.object({ data: z.array(Session) }),
});

export const endSession = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/me/sessions/:id',
  tag,
  summary: 'End one of my sessions',
  access: 'signed-in',
  params: z.object({ id: z.string().max(100) }),
  status: 204,
});

export const endOtherSessions = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/sessions/end-others',
  tag,
  summary: 'End all my sessions but this one',
  access: 'signed-in',
  status: 204,
});

export const ApiKeyId = z.string().regex(/^key_[0-9a-z]{26}$/, 'Not the id of an API key.');

export const ApiKey = z.object({
  id: ApiKeyId,
  name: z.string(),
  scopes: z.array(z.enum(scopes)),
  /** The first characters, to tell keys apart: `pst_4fzq…`. */
  hint: z.string(),
  createdAt: Time,
  createdBy: z.string(),
  lastUsedAt: Time.nullable(),
  expiresAt: Time.nullable(),
});
export type ApiKey = z.infer<typeof ApiKey>;

export const ApiKeyInput = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'Give the key a name: who will use it?')
    .max(100)
    .refine(hasNoControl, 'Remove line breaks.'),
  scopes: z.array(z.enum(scopes)).min(1, 'Choose at least one scope.'),
  /** Days until it stops working; absent or null: never. */
  expiresInDays: z.number().int().min(1).max(3650).nullable().default(null),
});

export const listApiKeys = defineEndpoint({
  method: 'GET',
  path: '/api/v1/api-keys',
  tag,
  summary: 'List API keys',
  access: { role: 'administrator', scope: 'admin' },
  status: 200,
  reply: z.object({ data: z.array(ApiKey) }),
});

export const createApiKey = defineEndpoint({
  method: 'POST',
  path: '/api/v1/api-keys',
  tag,
  summary: 'Create an API key; the reply is the only time that the key itself is shown',
  access: { role: 'administrator', scope: 'admin' },
  body: ApiKeyInput,
  status: 201,
  reply: ApiKey.extend({ key: z.string() }),
});

export const deleteApiKey = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/api-keys/:id',
  tag,
  summary: 'Revoke an API key at once',
  access: { role: 'administrator', scope: 'admin' },
  params: z.object({ id: ApiKeyId }),
  status: 204,
});
