/** What is sent to every mail server, and how it must lie in the mailbox there. */
import { composeMessage } from '../server/mime/compose.ts';
import type { ArrivedMessage } from './support/mail-peer.ts';
import { toStored } from './support/started-peers.ts';

export const attachment = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 256);
export const attachmentName = 'Rechnung März.bin';
export const sender = { name: 'Müller, Rechnungen', address: 'billing@example.com' };

export const text = [
  'Grüße aus Zürich, 😀',
  '.',
  '..a line that begins with dots',
  'From the start of a line',
  `a long line: ${'0123456789 '.repeat(120)}`,
  '',
].join('\n');

/** Names, an accented subject, HTML beside the text, a file of 70 KB: as an invoice comes. */
export function composeInvoice(subject: string, messageId: string): Uint8Array {
  return composeMessage({
    from: sender,
    to: [{ name: 'Zoë', address: 'contact@example.org' }],
    subject,
    text,
    html: '<p>Grüße aus Zürich</p>',
    attachments: [{ filename: attachmentName, contentType: 'application/octet-stream', content: attachment }],
    headers: [{ name: 'X-Postern-Test', value: `a folded one ${'word '.repeat(60)}end` }],
    date: new Date('2026-11-22T10:00:00Z'),
    messageId,
  });
}

/** By hand, with what a composer avoids: octets over 127 as they are, lines as long as a line may be, dots, commands. */
export function writeRawMail(subject: string, messageId: string): Uint8Array {
  const lines = [
    'From: billing@example.com',
    'To: contact@example.org',
    `Subject: ${subject}`,
    'Date: Sun, 22 Nov 2026 10:00:00 +0000',
    `Message-ID: ${messageId}`,
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Grüße, 8bit, 😀',
    ...['.', '..', '...', '. ', '.\t', ' .', '.hidden', 'a.', '.'],
    'x'.repeat(998),
    `.${'y'.repeat(997)}`,
    'ü'.repeat(499),
    'a tab\tand blanks at the end   ',
    ...['QUIT', 'RSET', 'DATA', 'MAIL FROM:<smuggled@example.com>', 'From somebody', '>From somebody'],
    ...['', '', '.', ''],
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n`);
}

/**
 * @returns null when the message lies there as it was sent, octet for octet, below nothing but header lines of the server;
 * else what is wrong.
 */
export function findDifference(arrived: ArrivedMessage, sent: Uint8Array): string | null {
  const [there, whole] = [toStored(arrived.bytes), toStored(sent)];
  if (!there.endsWith(whole)) return `${describeFirstDifference(there, whole)}`;
  const added = there.slice(0, there.length - whole.length);
  const strange = added.split('\n').find((line) => !/^([\w-]+:.*|[ \t].*|)$/.test(line));
  if (strange !== undefined) return `a strange line was added: ${JSON.stringify(strange)}`;
  return /\n\n|^\n/.test(added) ? 'an empty line was added above the message' : null;
}

function describeFirstDifference(there: string, whole: string): string {
  const start = there.indexOf(whole.slice(0, 20));
  const at = start < 0 ? 0 : [...whole].findIndex((character, index) => there[start + index] !== character);
  const show = (text: string, from: number) => JSON.stringify(text.slice(Math.max(0, from - 20), from + 40));
  return `at ${at}: sent ${show(whole, at)}, arrived ${show(there, Math.max(0, start) + at)}`;
}
