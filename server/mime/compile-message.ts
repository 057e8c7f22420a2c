/**
 * A mail in two halves: what a whole run of mails has in common, checked and written once, and what each has of its own.
 * A million invoices do not pay for the same From, header fields, logo and skeleton a million times. The bytes are those
 * that `composeMessage` gives for the two halves taken together.
 */
import type { MailAddress } from './address.ts';
import { type MailAttachment, prepareAttachment, type StreamableAttachment } from './attachment.ts';
import { encodeBase64Lines } from './base64-lines.ts';
import { buildTree } from './build-tree.ts';
import { type ExtraHeader, writeExtraHeaders } from './extra-header.ts';
import { formatDate, writeAddresses, writeText } from './header-field.ts';
import { type ListUnsubscribe, writeListUnsubscribe } from './list-unsubscribe.ts';
import { requireHeaderText } from './mail-value.ts';
import { requireMessageId } from './message-id.ts';
import { type DividedMessage, divide, join, measurePieces, type Piece, streamPieces } from './part.ts';
import { TextDesk } from './transfer-encoding.ts';

/** The half that mails share. */
export interface MailTemplate {
  from: MailAddress;
  replyTo?: readonly MailAddress[];
  /** Before those of each mail. */
  headers?: readonly ExtraHeader[];
  listUnsubscribe?: ListUnsubscribe;
  /** In each mail, before its own: a logo that the HTML shows, general terms. Encoded once. */
  attachments?: readonly MailAttachment[];
}

/** The half that each mail has of its own. */
export interface MailContent {
  /** Empty: the recipients are kept to themselves. */
  to: readonly MailAddress[];
  cc?: readonly MailAddress[];
  subject: string;
  text?: string;
  html?: string;
  attachments?: readonly MailAttachment[];
  headers?: readonly ExtraHeader[];
  listUnsubscribe?: ListUnsubscribe;
  date: Date;
  /** `<left@right>`, see createMessageId. */
  messageId: string;
}

export type StreamableContent = Omit<MailContent, 'attachments'> & { attachments?: readonly StreamableAttachment[] };

export interface StreamedMessage {
  /** Exactly what the chunks come to, for SIZE. */
  sizeBytes: number;
  /** Of at most 64 KB. Fails when an attachment has not the size that it was said to have. */
  chunks: AsyncIterable<Uint8Array>;
}

export interface CompiledMessage {
  /** @throws MailValueError for a value that must not be in a mail. */
  compose: (content: MailContent) => Uint8Array;
  /** The same octets with the attachments apart, so that a file in many messages is kept once. @throws MailValueError */
  composeDivided: (content: MailContent) => DividedMessage;
  /** @throws MailValueError at once, before anything is streamed. */
  composeStream: (content: StreamableContent) => StreamedMessage;
}

const maxSubject = 2000;
/** Messages that are joined at once are written one after the other, so one desk serves them all. */
const sharedDesk = new TextDesk(64 * 1024);

/** @throws MailValueError for a value that must not be in a mail. */
export const compileMessage = (template: MailTemplate): CompiledMessage => {
  const { from, replyTo = [], headers = [], attachments = [] } = template;
  const fromField = writeAddresses('From', from, 'from');
  const replyToField = replyTo.length === 0 ? '' : writeAddresses('Reply-To', replyTo, 'replyTo');
  const names = new Set<string>();
  const headerFields = writeExtraHeaders(headers, 'headers', names);
  const leave = template.listUnsubscribe
    ? writeListUnsubscribe(template.listUnsubscribe, 'listUnsubscribe', names)
    : '';
  const encoded = attachments.map(encodeOnce);
  const shared = encoded.map((file, place) => prepareAttachment(file, `attachments.${place}`));

  const writeHeader = (content: StreamableContent): string => {
    const { to, cc = [], headers: own = [], listUnsubscribe } = content;
    const seen = own.length === 0 ? names : new Set(names);
    return (
      fromField +
      // RFC 5322 §3.4: an empty group says that the recipients are kept to themselves.
      (to.length === 0 ? 'To: undisclosed-recipients:;\r\n' : writeAddresses('To', to, 'to')) +
      (cc.length === 0 ? '' : writeAddresses('Cc', cc, 'cc')) +
      replyToField +
      writeText('Subject', requireHeaderText(content.subject, 'subject', maxSubject)) +
      `Date: ${formatDate(content.date, 'date')}\r\n` +
      // Never folded: several well-known readers lose an id that stands on a line of its own.
      `Message-ID: ${requireMessageId(content.messageId, 'messageId')}\r\n` +
      headerFields +
      (own.length === 0 ? '' : writeExtraHeaders(own, 'headers', seen)) +
      writeLeave(listUnsubscribe, seen) +
      'MIME-Version: 1.0\r\n'
    );
  };

  /** Its own before the shared one; `names` are those of the fields that the mail has already. */
  const writeLeave = (own: ListUnsubscribe | undefined, names: ReadonlySet<string>): string => {
    if (own) return writeListUnsubscribe(own, 'listUnsubscribe', names);
    return names.has('list-unsubscribe') ? '' : leave;
  };

  const write = (content: StreamableContent, desk: TextDesk): Piece[] => {
    const header = writeHeader(content);
    const own = content.attachments ?? [];
    const files = own.map((file, place) => prepareAttachment(file, `attachments.${place}`));
    const root = buildTree(content, shared.length === 0 ? files : [...shared, ...files], desk);
    const head = `${header}${root.header}\r\n`;
    // Only a local part outside ASCII is not (RFC 6532).
    return [Buffer.byteLength(head) === head.length ? head : Buffer.from(head), ...root.body];
  };

  return {
    compose: (content) => {
      sharedDesk.clear();
      return join(write(content, sharedDesk));
    },
    composeDivided: (content) => {
      sharedDesk.clear();
      const pieces = write(content, sharedDesk);
      const files = [...encoded, ...(content.attachments ?? [])].map(bytesOf);
      return divide(pieces, (piece) => files.includes(piece));
    },
    composeStream: (content) => {
      const pieces = write(content, new TextDesk(0));
      return { sizeBytes: measurePieces(pieces), chunks: streamPieces(pieces) };
    },
  };
};

const bytesOf = ({ content }: MailAttachment): Uint8Array => (content instanceof Uint8Array ? content : content.bytes);

function encodeOnce(file: MailAttachment): MailAttachment {
  const { content } = file;
  // A message may have to stand as it is.
  const isEncodedOnce = content instanceof Uint8Array && !/^message\//i.test(file.contentType);
  return isEncodedOnce ? { ...file, content: encodeBase64Lines(content) } : file;
}
