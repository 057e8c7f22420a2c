/** An attachment as a leaf of the message: its type, its name, its bytes. */
import { type Parameter, writeParameters } from './header-field.ts';
import { MailValueError, requireHeaderText } from './mail-value.ts';
import { type ContentType, createLeaf, type Part } from './part.ts';
import { type EncodedContent, encodeAsIs, encodeBase64 } from './transfer-encoding.ts';

export interface MailAttachment {
  filename: string;
  contentType: string;
  content: Uint8Array;
  /** Without angle brackets; where the HTML names it as `cid:…`, the attachment is shown inside the text. */
  contentId?: string;
}

/** What has been checked and encoded, so that boundaries can be chosen before the tree is built. */
export interface EncodedAttachment {
  contentType: ContentType;
  content: EncodedContent;
  filename: string;
  contentId: string;
}

const maxFilename = 255;
const maxContentType = 255;

/** @throws MailValueError that names `field.filename`, `field.contentType` or `field.contentId`. */
export const encodeAttachment = (attachment: MailAttachment, field: string): EncodedAttachment => {
  const filename = requireHeaderText(attachment.filename, `${field}.filename`, maxFilename);
  if (filename === '') throw new MailValueError(`${field}.filename`, 'missing', 'give the file a name');
  const contentType = parseContentType(attachment.contentType, `${field}.contentType`);
  const contentId = attachment.contentId ?? '';
  if (!/^[\w!#$%&'*+/=?^`{|}~.@-]*$/.test(requireHeaderText(contentId, `${field}.contentId`, 250))) {
    throw new MailValueError(`${field}.contentId`, 'not-allowed', 'use letters, digits, ".", "-", "_" and "@" only');
  }
  const isMessage = contentType.type === 'message/rfc822';
  const asIs = isMessage ? encodeAsIs(attachment.content) : null;
  if (asIs) return { contentType, content: asIs, filename, contentId };
  const content: EncodedContent = { encoding: 'base64', bytes: encodeBase64(attachment.content) };
  // RFC 2046 §5.2.1 forbids base64 for a message, so one that is not plain 7bit travels as a file.
  const type = isMessage ? { type: 'application/octet-stream', parameters: [] } : contentType;
  return { contentType: type, content, filename, contentId };
};

export const createAttachmentPart = (attachment: EncodedAttachment, disposition: 'attachment' | 'inline'): Part => {
  const parameters = [{ name: 'filename', value: attachment.filename }];
  const id = attachment.contentId === '' ? '' : `Content-ID: <${attachment.contentId}>\r\n`;
  const header = writeParameters('Content-Disposition', disposition, parameters) + id;
  return createLeaf(attachment.contentType, attachment.content, header);
};

/** `type/subtype`, then `; name=value` any number of times (RFC 2045 §5.1). */
const typePattern = /^([\w!#$&^.+-]+\/[\w!#$&^.+-]+)\s*((?:;.*)?)$/;
const parameterPattern = /\s*;\s*([\w!#$&^.+-]+)=(?:"((?:[^"\\]|\\.)*)"|([\w!#$%&'*+.^`{|}~-]+))\s*/y;

function parseContentType(text: string, field: string): ContentType {
  const refuse = () => new MailValueError(field, 'not-allowed', 'give a type such as application/pdf');
  const match = typePattern.exec(requireHeaderText(text, field, maxContentType).trim());
  const type = match?.[1]?.toLowerCase() ?? '';
  if (!match || type.startsWith('multipart/')) throw refuse();
  const rest = match[2] ?? '';
  const parameters: Parameter[] = [];
  parameterPattern.lastIndex = 0;
  while (parameterPattern.lastIndex < rest.length) {
    const parameter = parameterPattern.exec(rest);
    if (!parameter) throw refuse();
    const value = parameter[2]?.replace(/\\(.)/g, '$1') ?? parameter[3] ?? '';
    parameters.push({ name: parameter[1]!.toLowerCase(), value });
  }
  // Its name is told once, by Content-Disposition.
  return { type, parameters: parameters.filter(({ name }) => name !== 'name') };
}
