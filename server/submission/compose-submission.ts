/**
 * A checked submission becomes a message: from here on its bytes, its Message-ID and its envelope never change, so that a
 * second try is the same mail.
 *
 * from: check-submission.ts and choose-settings.ts. to: the accept store.
 * Policy: too large is what no message may be, or what its server was seen to refuse (smtp-settings/server-memory.ts). From by choose-from.ts; an explicit Reply-To, else the template's, else that of the settings.
 * MAIL FROM is the address in From. Bcc is envelope alone. Attachments stand apart, under the hash of what goes out.
 */
import { hash } from 'node:crypto';
import type { FieldProblem } from '../../contracts/problem.ts';
import { submissionLimits } from '../../contracts/submission.ts';
import { compileMessage } from '../mime/compile-message.ts';
import { createMessageId } from '../mime/message-id.ts';
import type { DividedMessage } from '../mime/part.ts';
import { takeRandom } from '../platform/random.ts';
import { chooseFrom } from '../template/choose-from.ts';
import type { AcceptedMessage, MessageContent } from './accepted-message.ts';
import { type CheckedSubmission, tooLarge } from './check-submission.ts';
import type { SenderSettings } from './choose-settings.ts';
import { formatMailbox, type Mailbox, parseMailbox } from './mailbox.ts';
import { catchFault, toFieldProblem } from './problem-of.ts';
import { describeTooLarge } from './server-size.ts';

export interface ComposeParts {
  settings: SenderSettings;
  /** Whether the submission named them. */
  isNamed: boolean;
  /** `msg_…` */
  id: string;
  /** Milliseconds since 1970. */
  now: number;
  /** 16 random bytes for the Message-ID. */
  random?: Uint8Array;
  submittedBy: string;
}

export type Composed = { ok: true; message: AcceptedMessage } | { ok: false; problem: FieldProblem };

export const composeSubmission = (checked: CheckedSubmission, parts: ComposeParts): Composed => {
  const composed = catchFault(() => compose(checked, parts));
  if (!composed.ok) {
    const names = checked.headers.map(({ name }) => name);
    return { ok: false, problem: toFieldProblem(composed.fault, names) };
  }
  const message = composed.value;
  const tooMuch =
    message.sizeBytes > submissionLimits.messageBytes
      ? tooLarge
      : describeTooLarge(message.sizeBytes, parts.settings, checked.scheduledAt ?? parts.now);
  if (tooMuch === null) return { ok: true, message };
  const path = checked.attachments.length > 0 ? 'attachments' : checked.html === undefined ? 'text' : 'html';
  return { ok: false, problem: { path, code: 'too_large', message: tooMuch } };
};

function compose(checked: CheckedSubmission, parts: ComposeParts): AcceptedMessage {
  const { settings, now } = parts;
  const from = readSender(checked, settings);
  const replyTo = checked.replyTo.length > 0 ? checked.replyTo : readReplyTo(settings);
  const messageId = createMessageId(
    from.address.slice(from.address.lastIndexOf('@') + 1),
    parts.random ?? takeRandom(16),
  );
  const { to, cc, subject, text, html, headers, attachments, inlineImages = [] } = checked;
  const divided = compileMessage({ from, replyTo }).composeDivided({
    to,
    cc,
    subject,
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
    headers,
    attachments: inlineImages.length > 0 ? [...attachments, ...inlineImages] : attachments,
    date: new Date(checked.scheduledAt ?? now),
    messageId,
  });
  return {
    id: parts.id,
    lane: checked.lane ?? 'normal',
    settingsId: parts.isNamed ? settings.id : null,
    mailFrom: from.address,
    headerFrom: formatMailbox(from),
    headerTo: to.map(formatMailbox).join(', '),
    subject,
    messageId,
    sizeBytes: divided.sizeBytes,
    attachmentCount: attachments.length,
    tags: checked.tags,
    isSecret: checked.isSecret,
    holdsUncertain: checked.holdsUncertain,
    resentFrom: null,
    submittedBy: parts.submittedBy,
    createdAt: now,
    scheduledAt: checked.scheduledAt,
    expiresAt: checked.expiresAt,
    recipients: checked.recipients,
    content: storeOnce(divided),
  };
}

function storeOnce({ bytes, parts }: DividedMessage): MessageContent {
  const isWhole = parts.every((part) => Array.isArray(part));
  if (isWhole) return { bytes, parts: null, blobs: [] };
  const blobs = new Map<string, Uint8Array>();
  const named = parts.map((part) => {
    if (Array.isArray(part)) return part;
    const name = hash('sha256', part, 'hex');
    blobs.set(name, part);
    return name;
  });
  return { bytes, parts: named, blobs: Array.from(blobs, ([hash, bytes]) => ({ hash, bytes })) };
}

/** The From of the settings may have been typed before the rules were as strict as they are; then it is named. */
function readSender({ from: explicit, templateFrom }: CheckedSubmission, settings: SenderSettings) {
  const template = templateFrom ?? null;
  const { name, address, addressSource } = chooseFrom({ explicit, template, settings });
  if (addressSource === 'submission') return { name, address };
  return { ...parseMailbox(address, addressSource === 'template' ? 'template' : 'smtp_settings'), name };
}

function readReplyTo({ replyTo }: SenderSettings): Mailbox[] {
  return replyTo === '' ? [] : [parseMailbox(replyTo, 'smtp_settings')];
}
