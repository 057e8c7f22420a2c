/** The sandbox: a server that takes every message and forwards none, and the inbox that shows what it took. */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { pageOf, Time } from './page.ts';
import { SmtpSettings } from './smtp-settings.ts';

export const SandboxMessageId = z.string().regex(/^box_[0-9a-z]{26}$/, 'Not the id of a sandbox message.');

export const SandboxMessageSummary = z.object({
  id: SandboxMessageId,
  /** The envelope, as the session gave it. */
  mailFrom: z.string(),
  recipients: z.array(z.string()),
  /** From the header, for reading. */
  from: z.string(),
  subject: z.string(),
  sizeBytes: z.number().int(),
  attachmentCount: z.number().int(),
  receivedAt: Time,
});
export type SandboxMessageSummary = z.infer<typeof SandboxMessageSummary>;

export const SandboxMessage = SandboxMessageSummary.extend({
  to: z.array(z.string()),
  cc: z.array(z.string()),
  replyTo: z.array(z.string()),
  messageId: z.string(),
  date: z.string(),
  /** In the order received, folded lines joined. */
  headers: z.array(z.object({ name: z.string(), value: z.string() })),
  text: z.string().nullable(),
  /** Never put into our own page: shown by `readSandboxHtml` in a frame. Inline images by cid are already data: URLs. */
  html: z.string().nullable(),
  attachments: z.array(
    z.object({ index: z.number().int(), filename: z.string(), contentType: z.string(), sizeBytes: z.number().int() }),
  ),
  /** How it came: EHLO name, TLS, who signed in. */
  session: z.object({ ehloName: z.string(), remoteAddress: z.string() }),
});
export type SandboxMessage = z.infer<typeof SandboxMessage>;

const tag = 'Sandbox';
const path = '/api/v1/sandbox';
const params = z.object({ id: SandboxMessageId });

export const readSandbox = defineEndpoint({
  method: 'GET',
  path,
  tag,
  summary: 'Whether the sandbox listens, where, and which settings point to it',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  status: 200,
  reply: z.object({
    isListening: z.boolean(),
    host: z.string(),
    port: z.number().int().nullable(),
    /** Why it does not listen: switched off, or the port is taken. Empty when it does. */
    problem: z.string(),
    messageCount: z.number().int(),
    smtpSettingsId: z.string().nullable(),
  }),
});

/** One click: makes settings named "Sandbox" that point here; answers with the existing ones when there are some. */
export const createSandboxSettings = defineEndpoint({
  method: 'POST',
  path: `${path}/smtp-settings`,
  tag,
  summary: 'Make SMTP settings that point to the sandbox',
  access: { role: 'administrator', scope: 'smtp-settings' },
  status: 201,
  reply: SmtpSettings,
});

export const listSandboxMessages = defineEndpoint({
  method: 'GET',
  path: `${path}/messages`,
  tag,
  summary: 'Captured messages, newest first',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  query: z.object({
    filter: z.string().max(200).default(''),
    cursor: SandboxMessageId.optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(SandboxMessageSummary),
});

export const readSandboxMessage = defineEndpoint({
  method: 'GET',
  path: `${path}/messages/:id`,
  tag,
  summary: 'One captured message',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  params,
  status: 200,
  reply: SandboxMessage,
});

export const readSandboxSource = defineEndpoint({
  method: 'GET',
  path: `${path}/messages/:id/source`,
  tag,
  summary: 'The message as it came, byte for byte',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  params,
  status: 200,
  produces: 'text/plain; charset=utf-8',
});

/**
 * The HTML part as a document of its own, for `<iframe sandbox="">`. It cannot be `srcdoc`: such a document inherits the
 * page's Content-Security-Policy, which would strip every inline style of the mail. The reply carries its own policy:
 * `sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'`. 404 without an HTML part.
 */
export const readSandboxHtml = defineEndpoint({
  method: 'GET',
  path: `${path}/messages/:id/html`,
  tag,
  summary: 'The HTML part as a document that may run and load nothing',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  params,
  status: 200,
  produces: 'text/html; charset=utf-8',
});

export const readSandboxAttachment = defineEndpoint({
  method: 'GET',
  path: `${path}/messages/:id/attachments/:index`,
  tag,
  summary: 'One attachment, always as a download',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  params: params.extend({ index: z.coerce.number().int().min(0) }),
  status: 200,
  produces: 'application/octet-stream',
});

export const deleteSandboxMessage = defineEndpoint({
  method: 'DELETE',
  path: `${path}/messages/:id`,
  tag,
  summary: 'Delete a captured message',
  access: { role: 'operator', scope: 'smtp-settings' },
  params,
  status: 204,
});

export const emptySandbox = defineEndpoint({
  method: 'DELETE',
  path: `${path}/messages`,
  tag,
  summary: 'Delete all captured messages',
  access: { role: 'operator', scope: 'smtp-settings' },
  status: 204,
});

/** Server-sent events: `event: message` with a SandboxMessageSummary for each arrival; `event: deleted` with {id} or {}. */
export const watchSandbox = defineEndpoint({
  method: 'GET',
  path: `${path}/events`,
  tag,
  summary: 'Arrivals as they happen',
  access: { role: 'viewer', scope: ['read', 'smtp-settings'] },
  status: 200,
  produces: 'text/event-stream',
});
