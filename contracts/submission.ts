/**
 * A submission: a request to send, as it comes in by HTTP. Names are the API world's (snake_case, `email`), so that people
 * who know Resend's API, and its client libraries, find their way. What it becomes is a message: contracts/message.ts.
 */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { hasNoControl } from './line.ts';
import { FieldProblem, problemNames } from './problem.ts';
import { EmailAddress } from './smtp-settings.ts';

/** Urgent overtakes everything and has reserved room at every server; bulk waits for the others. */
export const lanes = ['urgent', 'normal', 'bulk'] as const;
export type Lane = (typeof lanes)[number];

export const submissionLimits = {
  /** To, Cc and Bcc together. */
  recipients: 1000,
  attachments: 50,
  /** The whole composed message. */
  messageBytes: 25 * 1024 * 1024,
  textBytes: 2 * 1024 * 1024,
  subjectCharacters: 998,
  tags: 25,
  headers: 50,
  batch: 1000,
} as const;
const l = submissionLimits;

const line = (max: number) =>
  z
    .string()
    .max(max, `At most ${max} characters.`)
    .refine(hasNoControl, 'Remove line breaks and other control characters.');

/** `ada@example.com` or `Ada Lovelace <ada@example.com>`; one address, no group, no comment. */
export const Mailbox = line(500).refine(
  (text) => EmailAddress.safeParse(/^[^<>]*<([^<>]*)>$/.exec(text.trim())?.[1] ?? text).success,
  'Give one address: ada@example.com or Ada <ada@example.com>.',
);
const mailboxes = z
  .union(
    [Mailbox, z.array(Mailbox).max(l.recipients)],
    `Give an address as text, or a list of at most ${l.recipients} of them.`,
  )
  .transform((given) => (typeof given === 'string' ? [given] : given));

export const Attachment = z.strictObject({
  filename: line(255).min(1, 'Give the file a name.'),
  /** Base64. Content is never fetched from a path or a URL. */
  content: z.string(),
  content_type: line(200).optional(),
  /** Makes it an inline image: `<img src="cid:logo">`. */
  content_id: line(200).optional(),
});

/** A language tag, such as `de` or `pt-BR` (RFC 5646, its usual forms). */
export const Language = z
  .string()
  .max(35)
  .regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/i, 'Give a language such as en, de or pt-BR.');

/** How programs name a template. */
export const TemplateKey = z
  .string()
  .max(64, 'At most 64 characters.')
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'Use small letters, digits and hyphens, such as order-shipped.');

export const TemplateVariables = z.record(z.string().max(50), z.json());
export type TemplateVariables = z.output<typeof TemplateVariables>;

/** Subject, HTML and text come from a template (contracts/template.ts); one of `key` and `id` names it. */
export const TemplateUse = z
  .strictObject({
    id: line(100).optional(),
    key: line(100).optional(),
    variables: TemplateVariables.default({}),
    /** Absent: the template's own. The nearest one that it has: `de-AT` takes `de`. */
    language: Language.optional(),
  })
  .refine(
    ({ id, key }) => (id === undefined) !== (key === undefined),
    'Name the template by key or by id, one of them.',
  );
export type TemplateUse = z.output<typeof TemplateUse>;

const moment = z.iso.datetime({ offset: true, error: 'Give a time such as 2026-12-24T08:00:00Z.' });

export const EmailInput = z.strictObject({
  /** Absent: the From of the SMTP settings it goes by. */
  from: Mailbox.optional(),
  to: mailboxes.default([]),
  cc: mailboxes.default([]),
  bcc: mailboxes.default([]),
  reply_to: mailboxes.default([]),
  subject: line(l.subjectCharacters).default(''),
  html: z.string().max(l.textBytes, 'At most 2 MB.').optional(),
  text: z.string().max(l.textBytes, 'At most 2 MB.').optional(),
  /** Instead of subject, html and text. */
  template: TemplateUse.optional(),
  headers: z.record(line(100), line(2000)).optional(),
  attachments: z.array(Attachment).max(l.attachments, `At most ${l.attachments} attachments.`).default([]),
  tags: z
    .array(z.strictObject({ name: line(100).min(1), value: line(256) }))
    .max(l.tags, `At most ${l.tags} tags.`)
    .default([]),
  scheduled_at: moment.optional(),
  /** Never sent after it: a reset link that has died is not delivered. At most 30 days after it may leave; absent: 5 days. */
  expires_at: moment.optional(),
  /** Absent: the template's, else `normal`. */
  lane: z.enum(lanes).optional(),
  /** Id or name; absent: the default settings. */
  smtp_settings: line(100).optional(),
  /** Nobody reads its body in the log: resets, invitations. */
  secret: z.boolean().default(false),
  /** When the line breaks after the final dot: send again (a possible double is marked), or hold for a person. */
  when_uncertain: z.enum(['retry', 'hold']).default('retry'),
});
export type EmailInput = z.output<typeof EmailInput>;

const tag = 'Emails';
/** A message of the largest size, its attachments in base64, and room for the rest; also of one line of NDJSON. */
export const bodyLimitBytes = 36 * 1024 * 1024;

export const sendEmail = defineEndpoint({
  method: 'POST',
  path: '/api/v1/emails',
  tag,
  summary:
    'Accept a message for sending; answered only when it is durable. `Idempotency-Key` (≤ 256 characters, 24 h) makes repeats safe',
  access: { role: 'operator', scope: 'send' },
  body: EmailInput,
  bodyLimitBytes,
  status: 200,
  reply: z.object({ id: z.string() }),
});

/** One result per line of an NDJSON batch, in order; a JSON batch is accepted or refused as a whole. */
export const BatchLine = z.union([
  z.object({ index: z.number().int(), id: z.string() }),
  z.object({
    index: z.number().int(),
    name: z.enum(problemNames),
    message: z.string(),
    fields: z.array(FieldProblem),
  }),
]);
export type BatchLine = z.output<typeof BatchLine>;

/** Said with an answer that had been given before, to the same Idempotency-Key. */
export const repeatedHeader = 'idempotency-replayed';

export const sendEmailBatch = defineEndpoint({
  method: 'POST',
  path: '/api/v1/emails/batch',
  tag,
  summary:
    'Accept up to 1,000 messages as a JSON array, all or none; or any number as NDJSON (`application/x-ndjson`), one message a line, with a result per line as they are accepted: read it while you send. `Idempotency-Key` counts for the array, or for each line at its place',
  access: { role: 'operator', scope: 'send' },
  body: z
    .array(EmailInput)
    .min(1, 'Give at least one message.')
    .max(l.batch, `At most ${l.batch}; send more as NDJSON.`),
  bodyLimitBytes,
  streamedBody: 'application/x-ndjson',
  status: 200,
  reply: z.object({ data: z.array(z.object({ id: z.string() })) }),
});
