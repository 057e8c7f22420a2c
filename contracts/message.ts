/** A message: accepted, stored, immutable, with an envelope. Each recipient has a state of its own. */
import { z } from 'zod';
import { TranscriptLine } from './diagnosis.ts';
import { defineEndpoint } from './endpoint.ts';
import { pageOf, Time } from './page.ts';
import { lanes } from './submission.ts';

export const MessageId = z.string().regex(/^msg_[0-9a-z]{26}$/, 'Not the id of a message.');

/**
 * queued: waits for its turn · sending: an attempt is under way · sent: the server answered the final dot with 2xx ·
 * deferred: refused for now, tried again · bounced: refused for good · expired: its time ran out · uncertain: the line
 * broke after the final dot · held: stopped by a person, a policy or for one to decide · cancelled: by a person.
 */
export const recipientStates = [
  'queued',
  'sending',
  'sent',
  'deferred',
  'bounced',
  'expired',
  'uncertain',
  'held',
  'cancelled',
] as const;
export type RecipientState = (typeof recipientStates)[number];

export const MessageRecipient = z.object({
  address: z.string(),
  kind: z.enum(['to', 'cc', 'bcc']),
  state: z.enum(recipientStates),
  /** The server's last words about this recipient; empty before the first attempt. */
  reply: z.string(),
  /** What they mean and what happens next, in plain words. */
  explanation: z.string(),
  updated_at: Time,
});

export const MessageSummary = z.object({
  id: MessageId,
  from: z.string(),
  to: z.array(z.string()),
  subject: z.string(),
  /** The worst state of its recipients, in words for a list. */
  state: z.enum(recipientStates),
  lane: z.enum(lanes),
  tags: z.array(z.object({ name: z.string(), value: z.string() })),
  smtp_settings: z.object({ id: z.string(), name: z.string() }).nullable(),
  size_bytes: z.number().int(),
  attachment_count: z.number().int(),
  is_secret: z.boolean(),
  attempt_count: z.number().int(),
  /** Null when nothing waits. */
  next_attempt_at: Time.nullable(),
  created_at: Time,
  scheduled_at: Time.nullable(),
  expires_at: Time,
});
export type MessageSummary = z.infer<typeof MessageSummary>;

export const MessageAttempt = z.object({
  id: z.string(),
  number: z.number().int(),
  smtp_settings: z.object({ id: z.string(), name: z.string() }),
  started_at: Time,
  ended_at: Time.nullable(),
  /** The state it led to, for the message as a whole: the worst of its recipients'. */
  outcome: z.enum(recipientStates),
  /** For how many recipients it ended how, worst first; empty where it ended for nobody. */
  outcome_counts: z.array(z.object({ state: z.enum(recipientStates), count: z.number().int() })),
  phase: z.string(),
  reply: z.string(),
  explanation: z.string(),
  transcript: z.array(TranscriptLine),
  /** So many attempts before this one, and after the one that is listed before it, came to the same and are not listed. */
  repeats: z.number().int(),
});

export type MessageAttempt = z.infer<typeof MessageAttempt>;

/** Words of Resend's API, for its client libraries. */
export const lastEvents = [
  'queued',
  'scheduled',
  'sent',
  'delivered',
  'delivery_delayed',
  'bounced',
  'failed',
  'canceled',
] as const;

export const Message = MessageSummary.extend({
  object: z.literal('email'),
  /** The state in words that client libraries of Resend's API know; `state` tells more. */
  last_event: z.enum(lastEvents),
  message_id: z.string(),
  cc: z.array(z.string()),
  bcc: z.array(z.string()),
  reply_to: z.array(z.string()),
  recipients: z.array(MessageRecipient),
  attempts: z.array(MessageAttempt),
  /** Null for secret messages, and once their retention has passed. */
  text: z.string().nullable(),
  html: z.string().nullable(),
  attachments: z.array(
    z.object({ index: z.number().int(), filename: z.string(), content_type: z.string(), size_bytes: z.number().int() }),
  ),
  resent_from: MessageId.nullable(),
  /** Who handed it over, or sent it again: somebody's address, `api key` with its name, or Postern itself. */
  submitted_by: z.string(),
});
export type Message = z.infer<typeof Message>;

/** A test of SMTP settings is a message that says so by both. */
export const testTag = { name: 'kind', value: 'test' } as const;
export const testSubjectStart = 'Postern test: ';

/** What it says of its settings was true of this one try only: it is never sent again. */
export const isTestMessage = ({ subject, tags }: Pick<MessageSummary, 'subject' | 'tags'>): boolean =>
  subject.startsWith(testSubjectStart) &&
  tags.some(({ name, value }) => name === testTag.name && value === testTag.value);

const tag = 'Emails';
const path = '/api/v1/emails';
const params = z.object({ id: MessageId });
const change = (name: string, summary: string) =>
  defineEndpoint({
    method: 'POST',
    path: `${path}/:id/${name}`,
    tag,
    summary,
    access: { role: 'operator', scope: 'send' },
    params,
    status: 200,
    reply: MessageSummary,
  });

export const listMessages = defineEndpoint({
  method: 'GET',
  path,
  tag,
  summary:
    'Messages, newest first; `q` searches: to: from: subject: status: tag: template: account: settings: has:attachment before: after: "words in the text"',
  access: { role: 'viewer', scope: 'read' },
  query: z.object({
    q: z.string().max(500).default(''),
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(MessageSummary).extend({
    /**
     * Null, or how far back this page got before its time ran out: a search that few messages or none answer may take
     * several. Then there may be fewer messages than asked for, or none, and `next` goes on.
     */
    searched_back_to: Time.nullable(),
  }),
});

export const readMessage = defineEndpoint({
  method: 'GET',
  path: `${path}/:id`,
  tag,
  summary: 'One message: state per recipient, attempts, content',
  access: { role: 'viewer', scope: ['read', 'send'] },
  params,
  status: 200,
  reply: Message,
});

export const cancelMessage = change('cancel', 'Never send it to those who do not have it yet');
export const retryMessage = change('retry', 'Try again now');
export const releaseMessage = change('release', 'Let a held message go');

/** It ended for these recipients, and no server said that it took it. */
export const unreachedStates = ['bounced', 'expired', 'cancelled'] as const satisfies RecipientState[];

export const resendMessage = defineEndpoint({
  ...change(
    'resend',
    'Send the same content again as a new message; `only`: to those for whom it ended without a server taking it',
  ),
  body: z.strictObject({
    only: z.literal('unreached', { error: 'Give "unreached", or leave it out for all recipients.' }).optional(),
  }),
});

/** Where the person knows better than the log: those who wait, are held or uncertain were reached. Nothing more is sent. */
export const markMessageSent = change('mark-sent', 'Say that it did arrive: nothing more is sent');

export const rescheduleMessage = defineEndpoint({
  method: 'PATCH',
  path: `${path}/:id`,
  tag,
  summary: 'Another time for a message that has not begun; null: now',
  access: { role: 'operator', scope: 'send' },
  params,
  body: z.strictObject({
    scheduled_at: z.iso
      .datetime({ offset: true, error: 'Give a time such as 2026-12-24T08:00:00Z, or null for now.' })
      .nullable(),
  }),
  status: 200,
  reply: MessageSummary,
});

export const bulkActions = ['retry', 'release', 'cancel', 'mark-sent'] as const;

/**
 * One step of an action on all that a search finds: at most `limit` messages, oldest first. Call again with the `cursor` of
 * the reply until it is null; whoever stops calling stops the action. `before` keeps out what came after the question.
 * Each message is changed by itself, by the rules for one. A step ends after about two seconds and may then have found
 * none while its cursor goes on. Sending again is left out: it cannot be taken back, and a search may find too much.
 */
export const changeMessages = defineEndpoint({
  method: 'POST',
  path: `${path}/bulk`,
  tag,
  summary: 'One step of an action on everything that a search finds',
  // A key that may only send is not told by a search what others wrote, and does not stop their mail.
  access: { role: 'operator', scope: 'admin' },
  body: z.strictObject({
    action: z.enum(bulkActions),
    q: z.string().max(500),
    before: Time,
    cursor: z.string().max(500).optional(),
    limit: z.number().int().min(1).max(200).default(100),
  }),
  status: 200,
  reply: z.object({
    changed: z.number().int(),
    /** Those the action does not fit, and why, at most 20 of them. */
    unchanged: z.number().int(),
    reasons: z.array(z.object({ why: z.string(), count: z.number().int() })),
    cursor: z.string().nullable(),
  }),
});

export const countMessages = defineEndpoint({
  method: 'GET',
  path: `${path}/count`,
  tag,
  summary: 'How many messages a search finds, counted up to 10,000',
  access: { role: 'viewer', scope: 'read' },
  query: z.object({ q: z.string().max(500).default('') }),
  status: 200,
  reply: z.object({ count: z.number().int(), isMore: z.boolean() }),
});

/** The message as it is sent, byte for byte. 403 for secret messages. */
export const readMessageSource = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/source`,
  tag,
  summary: 'The message as it is sent, byte for byte',
  access: { role: 'viewer', scope: 'read' },
  params,
  status: 200,
  produces: 'text/plain; charset=utf-8',
});

/** For `<iframe sandbox="">`, with a policy of its own: see `readSandboxHtml`. 404 without an HTML part. */
export const readMessageHtml = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/html`,
  tag,
  summary: 'The HTML part as a document that may run and load nothing',
  access: { role: 'viewer', scope: 'read' },
  params,
  status: 200,
  produces: 'text/html; charset=utf-8',
});

export const readMessageAttachment = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/attachments/:index`,
  tag,
  summary: 'One attachment, always as a download',
  access: { role: 'viewer', scope: 'read' },
  params: params.extend({ index: z.coerce.number().int().min(0) }),
  status: 200,
  produces: 'application/octet-stream',
});

/**
 * Server-sent events, at most one a second: `event: changed` with {ids}, those of the messages that something happened to;
 * `ids` is null when there are too many to name.
 */
export const watchMessages = defineEndpoint({
  method: 'GET',
  path: `${path}/events`,
  tag,
  summary: 'Which messages change, as it happens',
  access: { role: 'viewer', scope: 'read' },
  status: 200,
  produces: 'text/event-stream',
});
