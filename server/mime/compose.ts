/**
 * Writes a mail: header fields and parts in, the bytes of the message out (RFC 5322, 2045–2047, 2231, 6532).
 *
 * A value that could end its line or mean something else to another reader is refused with the name of its field; nothing
 * is cut or repaired in silence. Lines end in CRLF and in nothing else, are folded at 78 and never longer than 998.
 * The same mail gives the same bytes each time, so a retry is byte for byte the first try. There is no Bcc field at all:
 * who gets the mail is the envelope's business.
 *
 * Tree: mixed( alternative( text, related( html, inline images ) ), attachments ), each level only where it is needed.
 * What many mails share is compiled once: see compile-message.ts. Signatures are added to these bytes later: sign-message.ts.
 */
import {
  compileMessage,
  type MailContent,
  type MailTemplate,
  type StreamableContent,
  type StreamedMessage,
} from './compile-message.ts';

export type OutgoingMail = Pick<MailTemplate, 'from' | 'replyTo'> & MailContent;
export type StreamableMail = Pick<MailTemplate, 'from' | 'replyTo'> & StreamableContent;

/** @throws MailValueError for a value that must not be in a mail. */
export const composeMessage = (mail: OutgoingMail): Uint8Array => compile(mail).compose(mail);

/** Attachments may come bit by bit; the size is known before the first of them is read. @throws MailValueError */
export const composeStream = (mail: StreamableMail): StreamedMessage => compile(mail).composeStream(mail);

function compile({ from, replyTo = [] }: Pick<MailTemplate, 'from' | 'replyTo'>) {
  return compileMessage({ from, replyTo });
}
