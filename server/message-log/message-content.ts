/**
 * A message's bytes out of its stored pieces, and the same bytes as a new message.
 *
 * Sent again, the content is the same, but it is another message: its own Message-ID, so that receivers do not take it for
 * a copy and drop it, and its own Date, so that it does not appear among last month's mail.
 */
import type { MessageContent } from '../submission/accepted-message.ts';

/** @throws when a piece is missing: that is a broken database, and must not go out as a shorter mail. */
export const assembleContent = ({ bytes, parts, blobs }: MessageContent): Uint8Array => {
  if (parts === null) return bytes;
  const byHash = new Map(blobs.map((blob) => [blob.hash, blob.bytes]));
  return Buffer.concat(
    parts.map((part) => {
      if (typeof part !== 'string') return bytes.subarray(part[0], part[1]);
      const blob = byHash.get(part);
      if (!blob) throw new Error(`the attachment ${part} is not stored`);
      return blob;
    }),
  );
};

/** @param date as the header has it. */
export const renewContent = (content: MessageContent, messageId: string, date: string): MessageContent =>
  rewriteHead(content, { 'Message-ID': messageId, Date: date });

/** The same content with other values of these header fields. The header block lies in the first piece. */
export const rewriteHead = (content: MessageContent, fields: Readonly<Record<string, string>>): MessageContent => {
  const { bytes, parts, blobs } = content;
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = source.indexOf('\r\n\r\n');
  const headEnd = end < 0 ? source.length : end + 2;
  const head = source.toString('latin1', 0, headEnd);
  const renewed = Object.entries(fields).reduce((lines, [name, value]) => setField(lines, name, value), head);
  const shift = renewed.length - headEnd;
  return {
    bytes: Buffer.concat([Buffer.from(renewed, 'latin1'), source.subarray(headEnd)]),
    parts:
      parts?.map((part, place) => {
        if (typeof part === 'string') return part;
        return [place === 0 ? part[0] : part[0] + shift, part[1] + shift] satisfies [number, number];
      }) ?? null,
    blobs,
  };
};

/** Replaces the field, folded lines and all. */
function setField(head: string, name: string, value: string): string {
  const field = new RegExp(`^${name}:[^\\r\\n]*\\r\\n(?:[ \\t][^\\r\\n]*\\r\\n)*`, 'im');
  const line = `${name}: ${value}\r\n`;
  return field.test(head) ? head.replace(field, () => line) : line + head;
}
