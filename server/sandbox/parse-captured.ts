/**
 * What a captured message says, for reading on a screen. The message may come from anybody and be built to do harm, so
 * depth, header size and what is handed on are bounded; the caller bounds time and memory (parse-captured.worker.ts).
 * A message that cannot be read is shown by its headers and a sentence instead of its text; its source is always there.
 */
import PostalMime, { type Address, type Attachment, decodeWords, type Email } from 'postal-mime';
import { inlineImages } from './inline-images.ts';

export interface CapturedMail {
  from: string;
  subject: string;
  to: string[];
  cc: string[];
  replyTo: string[];
  messageId: string;
  /** ISO 8601 where it can be read, else as it stands; empty without one. */
  date: string;
  headers: { name: string; value: string }[];
  text: string | null;
  /** With inline images as data: URLs. */
  html: string | null;
  attachments: { index: number; filename: string; contentType: string; sizeBytes: number }[];
}

const maxDepth = 10;
const maxHeaderBytes = 64 * 1024;
const maxSubject = 1000;
const maxAddress = 500;
const maxAddresses = 1000;
const maxFilename = 255;
/** A browser shows no more without stopping. */
const maxShown = 2_000_000;

/** Never throws: what cannot be read is reported in the text. */
export const parseCaptured = async (source: Uint8Array): Promise<CapturedMail> => {
  try {
    const email = await parse(source);
    return {
      ...describe(email),
      text: email.text === undefined ? null : cut(email.text),
      html: email.html === undefined ? null : inlineImages(cut(email.html), email.attachments),
      attachments: email.attachments.map(describeAttachment),
    };
  } catch (error) {
    return describeUnreadable(source, error instanceof Error ? error.message : 'unknown reason');
  }
};

/** The decoded bytes of one attachment; null when there is none with this index. */
export const extractAttachment = async (
  source: Uint8Array,
  index: number,
): Promise<{ filename: string; content: Uint8Array } | null> => {
  const email = await parse(source).catch(() => null);
  const attachment = email?.attachments[index];
  if (!attachment) return null;
  return { filename: describeAttachment(attachment, index).filename, content: bytesOf(attachment) };
};

/** For a message that could not be parsed in time or space: what its first lines say, and why there is no more. */
export const describeUnreadable = (source: Uint8Array, reason: string): CapturedMail => {
  const head = new TextDecoder().decode(source.subarray(0, maxHeaderBytes)).split(/\r?\n\r?\n/, 1)[0] ?? '';
  const headers = Array.from(head.replace(/\r?\n(?=[ \t])/g, '').matchAll(/^([!-9;-~]+):[ \t]*(.*)$/gm), (match) => ({
    name: match[1] ?? '',
    value: clean(match[2] ?? '', maxHeaderBytes),
  }));
  const value = (name: string) => headers.find((header) => header.name.toLowerCase() === name)?.value ?? '';
  const list = (name: string) => (value(name) === '' ? [] : [clean(value(name), maxAddress)]);
  return {
    from: clean(value('from'), maxAddress),
    subject: clean(decodeWords(value('subject').slice(0, maxSubject)), maxSubject),
    to: list('to'),
    cc: list('cc'),
    replyTo: list('reply-to'),
    messageId: clean(value('message-id'), maxSubject),
    date: clean(value('date'), maxSubject),
    headers,
    text: `This message cannot be shown (${clean(reason, 200)}). Its source is complete.`,
    html: null,
    attachments: [],
  };
};

function parse(source: Uint8Array): Promise<Email> {
  return PostalMime.parse(source, {
    maxNestingDepth: maxDepth,
    maxHeadersSize: maxHeaderBytes,
    // A message within the message is a file like any other.
    forceRfc822Attachments: true,
  });
}

function describe(email: Email) {
  return {
    from: clean(formatAddresses(email.from ? [email.from] : [])[0] ?? '', maxAddress),
    subject: clean(email.subject ?? '', maxSubject),
    to: formatAddresses(email.to),
    cc: formatAddresses(email.cc),
    replyTo: formatAddresses(email.replyTo),
    messageId: clean(email.messageId ?? '', maxSubject),
    date: clean(email.date ?? '', maxSubject),
    headers: email.headers.map(({ originalKey, value }) => ({
      name: originalKey,
      value: clean(value, maxHeaderBytes),
    })),
  };
}

function formatAddresses(addresses: Address[] = []): string[] {
  return addresses.slice(0, maxAddresses).map(({ name, address, group }) => {
    const inside = group ? `${formatAddresses(group).join(', ')};` : (address ?? '');
    const text = group ? `${name}: ${inside}` : name && name !== inside ? `${name} <${inside}>` : inside;
    return clean(text, maxAddress);
  });
}

function describeAttachment(attachment: Attachment, index: number) {
  return {
    index,
    filename: clean(attachment.filename || `part-${index + 1}`, maxFilename),
    contentType: clean(attachment.mimeType, maxFilename),
    sizeBytes: bytesOf(attachment).length,
  };
}

function bytesOf({ content }: Attachment): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : new Uint8Array(content);
}

function cut(text: string): string {
  if (text.length <= maxShown) return clean(text, maxShown);
  return `${clean(text, maxShown)}\n\n(Cut here; the source has all ${text.length} characters.)`;
}

/** No half characters, and no NUL, which PostgreSQL does not store. */
function clean(text: string, maxLength: number): string {
  return text.slice(0, maxLength).toWellFormed().replaceAll('\u0000', '\uFFFD');
}
