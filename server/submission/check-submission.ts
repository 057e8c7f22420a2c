/**
 * What one email must be before anything is done with it; every fault found is named with its field.
 *
 * from: the body of POST /emails, already of the right shape. to: compose-submission.ts.
 * Policy: addresses strictly (RFC 5321 Mailbox, no groups, comments, quoted local parts), domains in A-labels, and each
 * recipient once, as To rather than Cc and Cc rather than Bcc. An attachment is the bytes in the call, never a path or URL.
 * Header fields by the composer's allow-rule. Times lie ahead: sending within a year, and expiry within a month of it.
 */

import type { FieldProblem } from '../../contracts/problem.ts';
import { type EmailInput, type Lane, submissionLimits, type TemplateUse } from '../../contracts/submission.ts';
import type { MailAttachment } from '../mime/attachment.ts';
import { type ExtraHeader, writeExtraHeaders } from '../mime/extra-header.ts';
import { requireHeaderText } from '../mime/mail-value.ts';
import { toIso } from '../platform/clock.ts';
import type { AcceptedMessage } from './accepted-message.ts';
import { guessContentType } from './attachment-type.ts';
import { decodeBase64 } from './decode-base64.ts';
import { type Mailbox, parseMailbox } from './mailbox.ts';
import { catchFault, toFieldProblem } from './problem-of.ts';

const day = 24 * 60 * 60 * 1000;
/** How long a message is tried when nothing is said: the usual life of mail in a queue (RFC 5321 §4.5.4.1). */
export const defaultLifetimeMs = 5 * day;
/** What is to be sent later than this belongs into a calendar. */
export const furthestScheduleMs = 366 * day;
/** Who has not had it a month after it was due is not helped by it; and every message that waits costs a place in the queue. */
export const longestLifetimeMs = 30 * day;

export interface CheckedSubmission {
  /** Null: the From of the settings it goes by. */
  from: Mailbox | null;
  to: Mailbox[];
  cc: Mailbox[];
  /** Empty: the Reply-To of the settings. */
  replyTo: Mailbox[];
  /** Who gets it, each once. */
  recipients: AcceptedMessage['recipients'];
  subject: string;
  text?: string;
  html?: string;
  headers: ExtraHeader[];
  attachments: (MailAttachment & { content: Buffer })[];
  tags: { name: string; value: string }[];
  /** Null: the template's, else normal. */
  lane: Lane | null;
  /** What subject, HTML and text are to be made of; see fill-templates.ts. */
  template: TemplateUse | null;
  /** Of the template that it was made of, '' where that leaves it to the settings; null: it was made of none. */
  templateFrom?: { name: string; address: string };
  /** Pictures that belong to the HTML and are nobody's attachments. */
  inlineImages?: CheckedSubmission['attachments'];
  /** Id or name; null: the default. */
  settings: string | null;
  isSecret: boolean;
  holdsUncertain: boolean;
  scheduledAt: number | null;
  expiresAt: number;
}

export type Checked = { ok: true; checked: CheckedSubmission } | { ok: false; problems: FieldProblem[] };

/** @param now milliseconds since 1970. */
export const checkSubmission = (input: EmailInput, now: number): Checked => {
  const problems: FieldProblem[] = [];
  const from = input.from === undefined ? null : checkMailbox(input.from, 'from', problems);
  const boxes = checkRecipients(input, problems);
  const replyTo = checkMailboxes(input.reply_to, 'reply_to', problems);
  if (input.template) checkTemplateAlone(input, problems);
  else if (input.text === undefined && input.html === undefined && input.attachments.length === 0) {
    problems.push({ path: 'text', code: 'required', message: 'Give text, html or both, or a template.' });
  }
  const headers = checkHeaders(input.headers, problems);
  const attachments = checkAttachments(input.attachments, problems);
  checkTags(input.tags, problems);
  const times = checkTimes(input, now, problems);
  if (problems.length > 0) return { ok: false, problems };
  const checked: CheckedSubmission = {
    from,
    ...boxes,
    replyTo,
    subject: input.subject,
    ...(input.text !== undefined && { text: input.text }),
    ...(input.html !== undefined && { html: input.html }),
    headers,
    attachments,
    tags: input.tags,
    lane: input.lane ?? null,
    template: input.template ?? null,
    settings: input.smtp_settings ?? null,
    isSecret: input.secret,
    holdsUncertain: input.when_uncertain === 'hold',
    ...times,
  };
  return { ok: true, checked };
};

function checkTemplateAlone({ subject, html, text }: EmailInput, problems: FieldProblem[]): void {
  for (const [path, given] of Object.entries({ subject: subject || undefined, html, text })) {
    if (given === undefined) continue;
    const message = `The template says what the ${path} is. Take ${path} out, or the template.`;
    problems.push({ path, code: 'not_with_template', message });
  }
}

function checkMailbox(text: string, field: string, problems: FieldProblem[]): Mailbox | null {
  const parsed = catchFault(() => parseMailbox(text, field));
  if (parsed.ok) return parsed.value;
  problems.push(toFieldProblem(parsed.fault, []));
  return null;
}

function checkMailboxes(texts: readonly string[], field: string, problems: FieldProblem[]): Mailbox[] {
  return texts.flatMap((text, place) => checkMailbox(text, `${field}.${place}`, problems) ?? []);
}

function checkRecipients(input: EmailInput, problems: FieldProblem[]) {
  const seen = new Set<string>();
  const take = (kind: 'to' | 'cc' | 'bcc') => {
    const isNew = ({ address }: Mailbox) => !seen.has(address) && seen.add(address).size <= submissionLimits.recipients;
    const before = seen.size;
    const boxes = checkMailboxes(input[kind], kind, problems).filter(isNew);
    if (before <= submissionLimits.recipients && seen.size > submissionLimits.recipients) {
      const message = `To, Cc and Bcc together take ${submissionLimits.recipients} recipients. Send the rest as messages of their own.`;
      problems.push({ path: kind, code: 'too_many', message });
    }
    return boxes;
  };
  const [to, cc, bcc] = [take('to'), take('cc'), take('bcc')];
  if (input.to.length + input.cc.length + input.bcc.length === 0) {
    problems.push({ path: 'to', code: 'required', message: 'Give at least one recipient in to, cc or bcc.' });
  }
  const recipients = [
    ...to.map(({ address }) => ({ address, kind: 'to' as const })),
    ...cc.map(({ address }) => ({ address, kind: 'cc' as const })),
    ...bcc.map(({ address }) => ({ address, kind: 'bcc' as const })),
  ];
  return { to, cc, recipients };
}

function checkHeaders(given: EmailInput['headers'], problems: FieldProblem[]): ExtraHeader[] {
  if (!given) return [];
  const headers = Object.entries(given).map(([name, value]) => ({ name, value }));
  if (headers.length > submissionLimits.headers) {
    problems.push({ path: 'headers', code: 'too_many', message: `At most ${submissionLimits.headers} headers.` });
    return [];
  }
  const written = catchFault(() => writeExtraHeaders(headers, 'headers', new Set()));
  if (!written.ok) problems.push(toFieldProblem(written.fault, Object.keys(given)));
  return headers;
}

/** Base64 is longer than its bytes, and goes out as base64 again: what is too long here would be too long there. */
function checkAttachments(given: EmailInput['attachments'], problems: FieldProblem[]) {
  let octets = 0;
  const attachments: CheckedSubmission['attachments'] = [];
  for (const [place, { filename, content, content_type, content_id }] of given.entries()) {
    octets += content.length;
    const path = `attachments.${place}.content`;
    if (octets > submissionLimits.messageBytes) {
      problems.push({ path, code: 'too_large', message: tooLarge });
      break;
    }
    const bytes = decodeBase64(content);
    if (!bytes) {
      problems.push({ path, code: 'invalid', message: 'Give the file as plain base64, without "data:…;base64,".' });
      continue;
    }
    attachments.push({
      filename,
      contentType: content_type || guessContentType(filename),
      content: bytes,
      ...(content_id && { contentId: content_id.replace(/^<(.*)>$/, '$1') }),
    });
  }
  return attachments;
}

/** For every check of the size: before the message is composed, and after. */
export const tooLarge = `A message has at most ${submissionLimits.messageBytes / 1024 / 1024} MB, attachments encoded. Send a link to large files.`;

function checkTags(tags: EmailInput['tags'], problems: FieldProblem[]): void {
  for (const [place, tag] of tags.entries()) {
    for (const key of ['name', 'value'] as const) {
      const read = catchFault(() => requireHeaderText(tag[key], `tags.${place}.${key}`, 1000));
      if (!read.ok) problems.push(toFieldProblem(read.fault, []));
    }
  }
}

function checkTimes(input: EmailInput, now: number, problems: FieldProblem[]) {
  const scheduledAt = input.scheduled_at === undefined ? null : Date.parse(input.scheduled_at);
  if (scheduledAt !== null && scheduledAt <= now) {
    const message = 'This time has passed. Give one that lies ahead, or leave it out to send at once.';
    problems.push({ path: 'scheduled_at', code: 'in_the_past', message });
  }
  if (scheduledAt !== null && scheduledAt > now + furthestScheduleMs) {
    problems.push({ path: 'scheduled_at', code: 'too_late', message: 'Give a time within a year.' });
  }
  const from = scheduledAt ?? now;
  const expiresAt = input.expires_at === undefined ? from + defaultLifetimeMs : Date.parse(input.expires_at);
  if (expiresAt <= from) {
    const message =
      scheduledAt === null
        ? 'This time has passed, so the message could never be sent.'
        : 'The message would expire before it is sent. Give a time after scheduled_at.';
    problems.push({ path: 'expires_at', code: 'in_the_past', message });
  }
  if (expiresAt > from + longestLifetimeMs) {
    const since = scheduledAt === null ? 'now' : 'scheduled_at';
    const message = `A message is tried for ${longestLifetimeMs / day} days at most. Give a time up to ${toIso(from + longestLifetimeMs)}, which is that long after ${since}, or leave it out for ${defaultLifetimeMs / day} days.`;
    problems.push({ path: 'expires_at', code: 'too_late', message });
  }
  return { scheduledAt, expiresAt };
}
