/** An attachment as a leaf of the message: its type, its name, its bytes. */
import { Base64Lines } from './base64-lines.ts';
import { parseContentType } from './content-type.ts';
import { MailValueError, requireHeaderText } from './mail-value.ts';
import { writeParameters } from './parameter.ts';
import type { Part, Piece, StreamedContent } from './part.ts';
import { isPlainMessage, type TransferEncoding } from './transfer-encoding.ts';

export interface MailAttachment {
  filename: string;
  contentType: string;
  /** Its bytes; or the same encoded once for many messages, see `encodeBase64Lines`. */
  content: Uint8Array | Base64Lines;
  /** Without angle brackets; where the HTML names it as `cid:…`, the attachment is shown inside the text. */
  contentId?: string;
}

/** For messages that are written as a stream. */
export interface StreamableAttachment extends Omit<MailAttachment, 'content'> {
  content: MailAttachment['content'] | StreamedContent;
}

/** Checked, and its header written; whether it is shown in the text is each message's matter. */
export interface PreparedAttachment {
  contentId: string;
  attached: Part;
  inline: Part;
  /** The bytes, where they stand in the message as they are: no boundary may occur in them. */
  asItIs: Uint8Array | null;
}

const maxFilename = 255;

/** @throws MailValueError that names `field.filename`, `field.contentType`, `field.contentId` or `field.content`. */
export const prepareAttachment = (attachment: StreamableAttachment, field: string): PreparedAttachment => {
  const { content } = attachment;
  const filename = requireHeaderText(attachment.filename, `${field}.filename`, maxFilename);
  if (filename === '') throw new MailValueError(`${field}.filename`, 'missing', 'give the file a name');
  const { type, parameters } = parseContentType(attachment.contentType, `${field}.contentType`);
  const contentId = requireContentId(attachment.contentId ?? '', `${field}.contentId`);
  const body: Piece = requireContent(content, `${field}.content`);
  const isMessage = type === 'message/rfc822';
  const asItIs = isMessage && content instanceof Uint8Array && isPlainMessage(content) ? content : null;
  // RFC 2046 §5.2.1 forbids base64 for a message, so one that is not plain 7bit travels as a file; and so does one that
  // comes bit by bit, because it cannot be searched.
  const isFile = isMessage && asItIs === null;
  const encoding: TransferEncoding = asItIs ? '7bit' : 'base64';
  const header =
    writeParameters('Content-Type', isFile ? 'application/octet-stream' : type, isFile ? [] : parameters) +
    `Content-Transfer-Encoding: ${encoding}\r\n`;
  const id = contentId === '' ? '' : `Content-ID: <${contentId}>\r\n`;
  const create = (disposition: 'attachment' | 'inline'): Part => ({
    header: `${header}${writeParameters('Content-Disposition', disposition, [{ name: 'filename', value: filename }])}${id}`,
    body: [asItIs ?? body],
  });
  return { contentId, attached: create('attachment'), inline: create('inline'), asItIs };
};

function requireContentId(id: string, field: string): string {
  if (!/^[\w!#$%&'*+/=?^`{|}~.@-]*$/.test(requireHeaderText(id, field, 250))) {
    throw new MailValueError(field, 'not-allowed', 'use letters, digits, ".", "-", "_" and "@" only');
  }
  return id;
}

/** Bytes and nothing else: never a path, a URL or an object that says where to find them. */
function requireContent(content: StreamableAttachment['content'], field: string): Piece {
  if (content instanceof Uint8Array) return { raw: content };
  if (content instanceof Base64Lines) return content.bytes;
  const { sizeBytes = -1, chunks = {} } = (content ?? {}) as Partial<StreamedContent>;
  if (Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && Symbol.asyncIterator in chunks) {
    return content;
  }
  throw new MailValueError(field, 'not-allowed', 'give the bytes themselves');
}

/** The ids that the HTML names as `cid:…` (RFC 2392). */
export const readContentIds = (html: string): Set<string> => {
  const ids = Array.from(html.matchAll(/\bcid:([^\s"'<>()]{1,750})/gi), ([, id = '']) => id);
  return new Set(ids.flatMap((id) => (/%[0-9a-f]{2}/i.test(id) ? [id, unescapeId(id)] : [id])));
};

function unescapeId(id: string): string {
  return id.replace(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}
