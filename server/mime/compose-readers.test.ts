/** What other programs read from a composed message is what was asked for: postal-mime and Python's email package. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import PostalMime, { type Address, decodeWords } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import type { MailAddress } from './address.ts';
import type { MailAttachment } from './attachment.ts';
import { composeMessage } from './compose.ts';
import { anyMail, countRuns } from './test-data.ts';

interface Reading {
  names: string[];
  from: { name: string; address: string }[];
  to: { name: string; address: string }[];
  cc: { name: string; address: string }[];
  replyTo: { name: string; address: string }[];
  subject: string;
  date: number;
  messageId: string;
  structure: string[];
  text: string | null;
  html: string | null;
  files: { filename: string; contentType: string; content: string; contentId: string; disposition: string }[];
  defects: string[];
}

/** One process for all messages. */
const readWithPython = (messages: Uint8Array[]): Reading[] => {
  const script = fileURLToPath(new URL('./read-mail.py', import.meta.url));
  const input = messages.map((bytes) => `${Buffer.from(bytes).toString('base64')}\n`).join('');
  const result = spawnSync('python3', [script], { input, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (result.status !== 0) throw new Error(`python3: ${result.stderr || result.error}`);
  return result.stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Reading);
};

const asWire = ({ name = '', address: text }: MailAddress) => ({
  name,
  address: text.replace('münchen.example', 'xn--mnchen-3ya.example'),
});
/** Python takes angle brackets and spaces off the ends of some file names. */
const withoutEnds = (filename: string) => filename.replace(/^[<>\s]+|[<>\s]+$/g, '');
/** postal-mime takes spaces off the ends of some names. */
const asTrimmed = (box: MailAddress) => ({ ...asWire(box), name: asWire(box).name.trim() });
const trimmed = (list: Address[] | undefined) =>
  flat(list).map(({ name, address: text }) => ({ address: text, name: name.trim() }));
const asLines = (text: string) => text.replace(/\r\n|\r|\n/g, '\r\n');
const asBytes = ({ content }: MailAttachment) => Buffer.from(content as Uint8Array);
const asBuffer = (content: unknown) => Buffer.from(content as ArrayBuffer);
const flat = (list: Address[] | undefined) => (list ?? []).map(({ name, address: text }) => ({ name, address: text }));
/** A message ends with a line break, so a text that is all of it may gain one. */
const withoutLastBreak = (text: string | null | undefined) => (text ?? '').replace(/\r?\n$/, '');

describe('a composed message', () => {
  const mails = fc.sample(anyMail, { numRuns: countRuns(500, 20_000), seed: 1 });
  const messages = mails.map(composeMessage);

  it('is read by Python as it was asked for', () => {
    const readings = readWithPython(messages);
    expect(readings).toHaveLength(mails.length);
    for (const [place, mail] of mails.entries()) {
      const reading = readings[place]!;
      expect.soft(reading.from, `from ${place}`).toEqual([asWire(mail.from)]);
      expect.soft(reading.to, `to ${place}`).toEqual(mail.to.map(asWire));
      expect.soft(reading.cc).toEqual(mail.cc?.map(asWire));
      expect.soft(reading.replyTo).toEqual(mail.replyTo?.map(asWire));
      expect.soft(reading.subject, `subject ${place}`).toBe(mail.subject);
      expect.soft(reading.date).toBe(Math.floor(mail.date.getTime() / 1000) * 1000);
      expect.soft(reading.messageId).toBe(mail.messageId);
      if (mail.text) expect.soft(withoutLastBreak(reading.text)).toBe(withoutLastBreak(asLines(mail.text)));
      if (mail.html) expect.soft(withoutLastBreak(reading.html)).toBe(withoutLastBreak(asLines(mail.html)));
      expect.soft(reading.files.map(({ filename, content }) => ({ filename: withoutEnds(filename), content }))).toEqual(
        mail.attachments?.map((file) => ({
          filename: withoutEnds(file.filename),
          content: asBytes(file).toString('base64'),
        })),
      );
      expect.soft(reading.defects).toEqual([]);
    }
  });

  it('is read by postal-mime as it was asked for', async () => {
    for (const [place, mail] of mails.entries()) {
      const reading = await PostalMime.parse(messages[place]!);
      expect.soft(trimmed(reading.from ? [reading.from] : []), `from ${place}`).toEqual([mail.from].map(asTrimmed));
      expect.soft(trimmed(reading.to), `to ${place}`).toEqual(mail.to.map(asTrimmed));
      expect.soft(trimmed(reading.cc)).toEqual(mail.cc?.map(asTrimmed));
      expect.soft(reading.subject ?? '', `subject ${place}`).toBe(mail.subject);
      expect.soft(reading.messageId).toBe(mail.messageId);
      expect
        .soft(reading.attachments.map(({ filename, content }) => ({ filename, content: asBuffer(content) })))
        // It decodes what looks like an encoded word in a file name even where RFC 2231 has encoded that.
        .toEqual(
          mail.attachments?.map((file) => ({
            filename: decodeWords(file.filename),
            content: asBytes(file),
          })),
        );
    }
  });
});
