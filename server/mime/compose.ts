/**
 * Writes a mail: header fields and parts in, the bytes of the message out (RFC 5322, 2045–2047, 2231, 6532).
 *
 * A value that could end its line or mean something else to another reader is refused with the name of its field; nothing
 * is cut or repaired in silence. Lines end in CRLF and in nothing else, are folded at 78 and never longer than 998.
 * The same mail gives the same bytes each time, so a retry is byte for byte the first try. There is no Bcc field at all:
 * who gets the mail is the envelope's business.
 *
 * Tree: mixed( alternative( text, related( html, inline images ) ), attachments ), each level only where it is needed.
 * Limits: no signature (added to these bytes later), the content of attachments is held in memory.
 */
import type { MailAddress } from './address.ts';
import { createAttachmentPart, type EncodedAttachment, encodeAttachment, type MailAttachment } from './attachment.ts';
import { createBoundaries } from './boundary.ts';
import { isStructuredField, writeAddresses, writeStructured, writeText } from './header-field.ts';
import { MailValueError, requireHeaderText } from './mail-value.ts';
import { requireMessageId } from './message-id.ts';
import { type BoundarySource, createLeaf, createMultipart, type Part } from './part.ts';
import { type EncodedContent, encodeText } from './transfer-encoding.ts';

export interface OutgoingMail {
  from: MailAddress;
  to: readonly MailAddress[];
  cc?: readonly MailAddress[];
  replyTo?: readonly MailAddress[];
  subject: string;
  text?: string;
  html?: string;
  attachments?: readonly MailAttachment[];
  headers?: readonly { name: string; value: string }[];
  date: Date;
  /** `<left@right>`, see createMessageId. */
  messageId: string;
}

const maxSubject = 2000;
const maxHeaderValue = 20_000;
/** Programs read the fields that callers add, so their long words stay plain as long as a line can hold them. */
const longestPlainWord = 900;

/** @throws MailValueError for a value that must not be in a mail. */
export const composeMessage = (mail: OutgoingMail): Uint8Array => {
  const header = writeHeader(mail);
  const root = buildTree(mail);
  const chunks = [Buffer.from(`${header}MIME-Version: 1.0\r\n${root.header}\r\n`), ...root.body];
  if (!endsWithLineBreak(chunks.at(-1))) chunks.push(Buffer.from('\r\n'));
  return Buffer.concat(chunks);
};

function writeHeader(mail: OutgoingMail): string {
  const numbered = (name: string, list: readonly unknown[]) => list.map((_, place) => `${name}.${place}`);
  const { to, cc = [], replyTo = [], headers = [] } = mail;
  return [
    writeAddresses('From', [mail.from], ['from']),
    // RFC 5322 §3.4: an empty group says that the recipients are kept to themselves.
    to.length === 0 ? 'To: undisclosed-recipients:;\r\n' : writeAddresses('To', to, numbered('to', to)),
    cc.length === 0 ? '' : writeAddresses('Cc', cc, numbered('cc', cc)),
    replyTo.length === 0 ? '' : writeAddresses('Reply-To', replyTo, numbered('replyTo', replyTo)),
    writeText('Subject', requireHeaderText(mail.subject, 'subject', maxSubject)),
    `Date: ${formatDate(mail.date)}\r\n`,
    // Never folded: several well-known readers lose an id that stands on a line of its own.
    `Message-ID: ${requireMessageId(mail.messageId, 'messageId')}\r\n`,
    ...headers.map(({ name, value }, place) => writeExtra(name, value, `headers.${place}`)),
  ].join('');
}

/** What this composer writes itself, what other servers write, and what would tell of hidden recipients. */
const reserved =
  /^(from|sender|to|cc|bcc|reply-to|subject|date|message-id|mime-version|content-.*|resent-.*|received|return-path|delivered-to|dkim-signature|arc-.*|authentication-results)$/i;

function writeExtra(name: string, value: string, field: string): string {
  if (!/^[!-9;-~]{1,76}$/.test(name)) {
    throw new MailValueError(`${field}.name`, 'not-allowed', 'use letters, digits and hyphens, at most 76');
  }
  if (reserved.test(name))
    throw new MailValueError(`${field}.name`, 'not-allowed', 'this header has a field of its own');
  requireHeaderText(value, `${field}.value`, maxHeaderValue);
  if (isStructuredField(name)) return writeStructured(name, value, `${field}.value`);
  return writeText(name, value, longestPlainWord);
}

/** RFC 5322 §3.3, always in UTC. */
function formatDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 1900 && year <= 9999)) throw new MailValueError('date', 'not-allowed', 'give a date after 1900');
  return date.toUTCString().replace('GMT', '+0000');
}

function buildTree(mail: OutgoingMail): Part {
  const files = (mail.attachments ?? []).map((file, place) => encodeAttachment(file, `attachments.${place}`));
  const html = mail.html ? encodeText(mail.html) : null;
  // An empty text beside HTML would be shown instead of it; a mail with neither still has a body.
  const text = mail.text || !html ? encodeText(mail.text ?? '') : null;
  // Only what the HTML shows is inline: anything else would be invisible to the reader.
  const shown = readContentIds(mail.html ?? '');
  const isShown = (file: EncodedAttachment) => shown.has(file.contentId);
  const contents = [text, html, ...files.map(({ content }) => content)].filter((content) => content !== null);
  const boundaries = createBoundaries(mail.messageId, contents);

  const bodies: Part[] = [];
  if (text) bodies.push(createTextLeaf('plain', text));
  if (html) bodies.push(createHtml(html, files.filter(isShown), boundaries));
  const body = bodies.length === 1 ? bodies[0]! : createMultipart('alternative', bodies, boundaries);
  const attached = files.filter((file) => !isShown(file)).map((file) => createAttachmentPart(file, 'attachment'));
  return attached.length === 0 ? body : createMultipart('mixed', [body, ...attached], boundaries);
}

function createHtml(html: EncodedContent, inline: readonly EncodedAttachment[], boundaries: BoundarySource): Part {
  const root = createTextLeaf('html', html);
  if (inline.length === 0) return root;
  return createMultipart('related', [root, ...inline.map((file) => createAttachmentPart(file, 'inline'))], boundaries);
}

function createTextLeaf(subtype: 'plain' | 'html', content: EncodedContent): Part {
  return createLeaf({ type: `text/${subtype}`, parameters: [{ name: 'charset', value: 'utf-8' }] }, content);
}

/** The ids that the HTML names as `cid:…` (RFC 2392). */
function readContentIds(html: string): Set<string> {
  const ids = Array.from(html.matchAll(/\bcid:([^\s"'<>()]{1,750})/gi), ([, id = '']) => id);
  return new Set(ids.flatMap((id) => (/%[0-9a-f]{2}/i.test(id) ? [id, unescapeId(id)] : [id])));
}

function unescapeId(id: string): string {
  return id.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function endsWithLineBreak(bytes: Uint8Array | undefined): boolean {
  return bytes !== undefined && bytes.at(-2) === 0x0d && bytes.at(-1) === 0x0a;
}
