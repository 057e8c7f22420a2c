/**
 * What Postern knows of one person outside, by e-mail address: to hand it over (GDPR art. 15, 20) and to erase it (art. 17).
 * The people who sign in are not meant; they are deleted on their own page.
 *
 * Erasing deletes the contacts, and in the message log puts a placeholder for the address and the name; bodies, attachments
 * and transcripts go. That something was sent, when, with which result and tags stays; so do invoices, which the law wants
 * kept (art. 17 (3) b).
 */
import { z } from 'zod';
import { Contact } from './account.ts';
import { defineEndpoint } from './endpoint.ts';
import { recipientStates } from './message.ts';
import { Time } from './page.ts';
import { EmailAddress } from './smtp-settings.ts';

export const PersonalData = z.object({
  address: z.string(),
  exported_at: Time,
  contacts: z.array(Contact),
  /** Newest first. */
  messages: z.array(
    z.object({
      id: z.string(),
      created_at: Time,
      from: z.string(),
      to: z.string(),
      subject: z.string(),
      kind: z.enum(['to', 'cc', 'bcc']),
      state: z.enum(recipientStates),
      reply: z.string(),
      updated_at: Time,
      tags: z.array(z.object({ name: z.string(), value: z.string() })),
    }),
  ),
  /** Those that a message to the address names. */
  invoices: z.array(z.object({ account_number: z.string(), number: z.string() })),
});
export type PersonalData = z.infer<typeof PersonalData>;

const tag = 'Personal data';
const access = { role: 'administrator', scope: 'admin' } as const;
/** In the body, not in the path: addresses of persons belong into no access log. */
const body = z.strictObject({ address: EmailAddress });

export const exportPersonalData = defineEndpoint({
  method: 'POST',
  path: '/api/v1/personal-data/export',
  tag,
  summary: 'Everything that is known of an address: contacts, messages with their states, invoices. Audited',
  access,
  body,
  status: 200,
  reply: PersonalData,
});

/** 409 while a message to the address still waits: cancel it first, or let it go. */
export const erasePersonalData = defineEndpoint({
  method: 'POST',
  path: '/api/v1/personal-data/erase',
  tag,
  summary:
    'Erase an address: its contacts, and address, name and content in the message log. Cannot be undone. Refused while mail to it waits. Audited',
  access,
  body,
  status: 200,
  reply: z.object({
    /** What stands in the log in place of the address. */
    placeholder: z.string(),
    contacts: z.number().int(),
    messages: z.number().int(),
  }),
});
