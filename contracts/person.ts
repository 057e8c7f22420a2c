/**
 * People who sign in to Postern: the users page, invitations, the forgotten password and one's own profile. (In a URL
 * `people`: the users of the systems that send mail through Postern are not these.) Factors: second-factor.ts.
 */
import { z } from 'zod';
import { NewPassword, roles } from './access.ts';
import { defineEndpoint } from './endpoint.ts';
import { hasNoControl } from './line.ts';
import { Time } from './page.ts';
import { EmailAddress } from './smtp-settings.ts';
import { Language } from './submission.ts';

export const personStates = ['invited', 'active', 'disabled'] as const;
export type PersonState = (typeof personStates)[number];

export const PersonId = z.string().regex(/^user_[0-9a-z]{26}$/, 'Not the id of a person.');

export const PersonName = z
  .string()
  .trim()
  .min(1, 'Give a name.')
  .max(100, 'At most 100 characters.')
  .refine(hasNoControl, 'Remove line breaks.');

/** What carries it stands behind the # of a link: browsers send it to no server, and no log has it. */
const LinkToken = z.string().min(1, 'Open the link in the mail.').max(200, 'This is not the link in the mail.');

export const Person = z.object({
  id: PersonId,
  /** Empty for somebody invited who has not said it yet. */
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  state: z.enum(personStates),
  /** Null: the language of each template itself. */
  language: z.string().nullable(),
  hasSecondFactor: z.boolean(),
  /** Where the person is signed in now. */
  sessionCount: z.number().int(),
  createdAt: Time,
  lastSignInAt: Time.nullable(),
  disabledAt: Time.nullable(),
  /** Of somebody invited: who did it, and until when the newest link works (past: it has run out; send it again). */
  invitedBy: z.string().nullable(),
  invitationExpiresAt: Time.nullable(),
  isYou: z.boolean(),
  /** The one administrator who can sign in: cannot be demoted, disabled or deleted. */
  isLastAdministrator: z.boolean(),
});
export type Person = z.infer<typeof Person>;

const tag = 'People';
const administrator = { role: 'administrator' } as const;
const params = z.object({ id: PersonId });

export const listPeople = defineEndpoint({
  method: 'GET',
  path: '/api/v1/people',
  tag,
  summary: 'Everybody who may sign in, and who is invited; by name',
  access: administrator,
  query: z.object({
    /** Looks in name and address. */
    q: z.string().max(200).optional(),
    state: z.enum(personStates).optional(),
    role: z.enum(roles).optional(),
  }),
  status: 200,
  reply: z.object({ data: z.array(Person) }),
});

export const readPerson = defineEndpoint({
  method: 'GET',
  path: '/api/v1/people/:id',
  tag,
  summary: 'Read one person',
  access: administrator,
  params,
  status: 200,
  reply: Person,
});

export const InvitationInput = z.strictObject({
  email: EmailAddress,
  name: PersonName.or(z.literal('')).default(''),
  role: z.enum(roles),
  language: Language.nullable().default(null),
});

/** Where no mail can be sent yet (no SMTP settings), nothing is stored: 409 `conflict`, and the message names the command. */
export const invitePerson = defineEndpoint({
  method: 'POST',
  path: '/api/v1/people',
  tag,
  summary: 'Invite somebody by mail; the link works for 7 days, once',
  access: administrator,
  body: InvitationInput,
  status: 201,
  reply: Person,
});

export const resendInvitation = defineEndpoint({
  method: 'POST',
  path: '/api/v1/people/:id/resend-invitation',
  tag,
  summary: 'Send another link for 7 days; the one before stops working',
  access: administrator,
  params,
  status: 200,
  reply: Person,
});

/** Another role ends the person's sessions: they sign in anew with it. */
export const changePerson = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/people/:id',
  tag,
  summary: 'Change somebody’s role, name or language',
  access: administrator,
  params,
  body: z.strictObject({
    role: z.enum(roles).optional(),
    name: PersonName.optional(),
    language: Language.nullable().optional(),
  }),
  status: 200,
  reply: Person,
});

export const disablePerson = defineEndpoint({
  method: 'POST',
  path: '/api/v1/people/:id/disable',
  tag,
  summary: 'Keep somebody out; ends their sessions and links. Nothing of theirs is lost',
  access: administrator,
  params,
  status: 200,
  reply: Person,
});

export const enablePerson = defineEndpoint({
  method: 'POST',
  path: '/api/v1/people/:id/enable',
  tag,
  summary: 'Let somebody in again, with the password they had',
  access: administrator,
  params,
  status: 200,
  reply: Person,
});

export const endSessionsOfPerson = defineEndpoint({
  method: 'POST',
  path: '/api/v1/people/:id/end-sessions',
  tag,
  summary: 'Sign somebody out everywhere',
  access: administrator,
  params,
  status: 200,
  reply: Person,
});

export const removeSecondFactorOfPerson = defineEndpoint({
  method: 'POST',
  path: '/api/v1/people/:id/remove-second-factor',
  tag,
  summary: 'Take away somebody’s app codes, passkeys and recovery codes, when they have lost them; ends their sessions',
  access: administrator,
  params,
  status: 200,
  reply: Person,
});

/** Of somebody invited: withdraws the invitation. */
export const deletePerson = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/people/:id',
  tag,
  summary: 'Delete a person, or withdraw an invitation',
  access: administrator,
  params,
  status: 204,
});

/** The page /invitation#TOKEN asks this first; nothing is used up. 403 `forbidden`: the link is wrong, used or too old. */
export const checkInvitation = defineEndpoint({
  method: 'POST',
  path: '/api/v1/invitation/check',
  tag,
  summary: 'Whom an invitation is for; uses nothing up',
  access: 'public',
  body: z.strictObject({ token: LinkToken }),
  status: 200,
  reply: z.object({ email: z.string(), name: z.string(), invitedBy: z.string(), expiresAt: Time }),
});

/** Signs nobody in: the sign-in page follows, with the address filled in. */
export const acceptInvitation = defineEndpoint({
  method: 'POST',
  path: '/api/v1/invitation/accept',
  tag,
  summary: 'Accept an invitation with a name and a password',
  access: 'public',
  body: z.strictObject({
    token: LinkToken,
    name: PersonName,
    password: NewPassword,
    language: Language.nullable().optional(),
  }),
  status: 200,
  reply: z.object({ email: z.string() }),
});

export const MailState = z.object({
  /** False: there are no SMTP settings to send by. The same whoever asks, and for whatever address. */
  canSendMail: z.boolean(),
  /** What makes a link without mail, on the machine that runs Postern; ADDRESS stands for the address. */
  resetCommand: z.string(),
});

export const readPasswordReset = defineEndpoint({
  method: 'GET',
  path: '/api/v1/password-reset',
  tag,
  summary: 'Whether a reset link could be mailed now',
  access: 'public',
  status: 200,
  reply: MailState,
});

/** The same answer, at the same speed, whether or not anybody has the address. Too many tries are ignored quietly. */
export const requestPasswordReset = defineEndpoint({
  method: 'POST',
  path: '/api/v1/password-reset',
  tag,
  summary: 'Have a link mailed that sets another password: 30 minutes, once',
  access: 'public',
  body: z.strictObject({ email: EmailAddress }),
  status: 200,
  reply: MailState,
});

/** The page /password-reset#TOKEN asks this first; nothing is used up. 403 `forbidden`: the link is wrong, used or too old. */
export const checkPasswordReset = defineEndpoint({
  method: 'POST',
  path: '/api/v1/password-reset/check',
  tag,
  summary: 'Whose password a reset link sets; uses nothing up',
  access: 'public',
  body: z.strictObject({ token: LinkToken }),
  status: 200,
  reply: z.object({ email: z.string(), expiresAt: Time }),
});

/** Signs nobody in, and takes no second factor away: the sign-in page follows. */
export const completePasswordReset = defineEndpoint({
  method: 'POST',
  path: '/api/v1/password-reset/complete',
  tag,
  summary: 'Set another password by a reset link; ends all sessions of the person',
  access: 'public',
  body: z.strictObject({ token: LinkToken, password: NewPassword }),
  status: 200,
  reply: z.object({ email: z.string() }),
});

export const Profile = z.object({
  name: z.string(),
  email: z.string(),
  role: z.enum(roles),
  language: z.string().nullable(),
  /** The address that waits to be confirmed, and until when its link works. */
  pendingEmail: z.string().nullable(),
  pendingEmailExpiresAt: Time.nullable(),
  passwordSetAt: Time,
});
export type Profile = z.infer<typeof Profile>;

const profileTag = 'Profile';

export const readProfile = defineEndpoint({
  method: 'GET',
  path: '/api/v1/me/profile',
  tag: profileTag,
  summary: 'My profile',
  access: 'signed-in',
  status: 200,
  reply: Profile,
});

export const changeProfile = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/me/profile',
  tag: profileTag,
  summary: 'Change my name or language',
  access: 'signed-in',
  body: z.strictObject({ name: PersonName.optional(), language: Language.nullable().optional() }),
  status: 200,
  reply: Profile,
});

/** The new address gets a link (/email-change#TOKEN, 24 hours), the old one a notice. 409 where no mail can be sent. */
export const changeMyEmail = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/email',
  tag: profileTag,
  summary: 'Ask for another address; it counts once the link mailed to it was confirmed',
  access: 'signed-in',
  body: z.strictObject({ email: EmailAddress, password: z.string().min(1, 'Give your password.').max(128) }),
  status: 200,
  reply: Profile,
});

export const withdrawMyEmail = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/me/email',
  tag: profileTag,
  summary: 'Keep the address I have; the link to confirm the other stops working',
  access: 'signed-in',
  status: 200,
  reply: Profile,
});

/** Public: the link may be opened in another browser. The page asks for a click, a mail scanner's GET changes nothing. */
export const confirmEmail = defineEndpoint({
  method: 'POST',
  path: '/api/v1/email-change/confirm',
  tag: profileTag,
  summary: 'Confirm another address by the link that was mailed to it',
  access: 'public',
  body: z.strictObject({ token: LinkToken }),
  status: 200,
  reply: z.object({ email: z.string() }),
});

/** My other sessions end, this one gets a new cookie, and a notice is mailed. 422 on `oldPassword` when it is wrong. */
export const changeMyPassword = defineEndpoint({
  method: 'POST',
  path: '/api/v1/me/password',
  tag: profileTag,
  summary: 'Set another password',
  access: 'signed-in',
  body: z.strictObject({
    oldPassword: z.string().min(1, 'Give the password you have.').max(128),
    password: NewPassword,
  }),
  status: 204,
});
