/** What other programs read from a composed message is what was asked for: postal-mime and Python's email package. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import PostalMime, { type Address, decodeWords } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import type { MailAddress } from './address.ts';
import type { MailAttachment } from './attachment.ts';
import { composeMessage, type OutgoingMail } from './compose.ts';
import { anyMail, countRuns, seed } from './test-data.ts';

interface Reading {
  names: string[];
  from: { name: string; address: string }[];
  to: { name: string; address: string }[];
  cc: { name: string; address: string }[];
  replyTo: { name: string; address: string }[];
  subject: string;
  notes: string[];
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
/** postal-mime keeps CRLF from base64, and ends other texts in a line break of its own; Python's reading is exact there. */
const asRead = (text: string | null | undefined) => (text ?? '').replace(/\r\n/g, '\n').replace(/\n+$/, '');
const flat = (list: Address[] | undefined) => (list ?? []).map(({ name, address: text }) => ({ name, address: text }));
/** A message ends with a line break, so a text that is all of it may gain one. */
const withoutLastBreak = (text: string | null | undefined) => (text ?? '').replace(/\r?\n$/, '');

const typesOf = (file: MailAttachment): string[] => {
  if (file.contentType !== 'message/rfc822') return [file.contentType.replace(/;.*/, '')];
  return asBytes(file).includes(0xc3) ? ['application/octet-stream'] : ['message/rfc822', 'text/plain'];
};
/** What the tree must be, from the mail alone: mixed( alternative( text, related( html, shown ) ), attached ). */
const expectedStructure = ({ text, html, attachments = [] }: OutgoingMail): string[] => {
  const isShown = ({ contentId = '' }: MailAttachment) =>
    (contentId === 'logo' && html?.includes('cid:logo')) ||
    (contentId === 'foot@example.com' && html?.includes('CID:foot'));
  const shown = html ? attachments.filter(isShown) : [];
  const attached = attachments.filter((file) => !shown.includes(file));
  const related = shown.length > 0 ? ['multipart/related', 'text/html', ...shown.flatMap(typesOf)] : ['text/html'];
  const texts = html ? (text ? ['multipart/alternative', 'text/plain', ...related] : related) : ['text/plain'];
  return attached.length > 0 ? ['multipart/mixed', ...texts, ...attached.flatMap(typesOf)] : texts;
};
/** In the order in which they stand: those that the HTML shows come first. */
const inOrder = <File extends { filename?: string | null }>(files: readonly File[]) =>
  [...files].sort((a, b) => ((a.filename ?? '') < (b.filename ?? '') ? -1 : 1));
const asBase64 = (content: unknown) => Buffer.from(content as Uint8Array).toString('base64');
/** postal-mime gives a message with the line ends of its own machine, and the line break that belongs to the boundary. */
const asText = (content: unknown) =>
  Buffer.from(content as Uint8Array)
    .toString()
    .replace(/\r/g, '')
    .trimEnd();

describe(`a composed message (seed ${seed})`, () => {
  const mails = fc.sample(anyMail, { numRuns: countRuns(500, 20_000), seed });
  const timeout = 20_000 + mails.length * 20;

  it('is read by Python as it was asked for', { timeout }, () => {
    for (let start = 0; start < mails.length; start += 1000) {
      const some = mails.slice(start, start + 1000);
      const readings = readWithPython(some.map(composeMessage));
      expect(readings).toHaveLength(some.length);
      for (const [place, mail] of some.entries()) {
        const reading = readings[place]!;
        const at = `mail ${start + place}`;
        expect.soft(reading.from, at).toEqual([asWire(mail.from)]);
        expect.soft(reading.to, at).toEqual(mail.to.map(asWire));
        expect.soft(reading.cc, at).toEqual(mail.cc?.map(asWire));
        expect.soft(reading.replyTo, at).toEqual(mail.replyTo?.map(asWire));
        expect.soft(reading.subject, at).toBe(mail.subject);
        expect.soft(reading.date, at).toBe(Math.floor(mail.date.getTime() / 1000) * 1000);
        expect.soft(reading.messageId, at).toBe(mail.messageId);
        expect.soft(reading.notes, at).toEqual(mail.headers?.map(({ value }) => value));
        expect.soft(reading.structure, at).toEqual(expectedStructure(mail));
        if (mail.text) expect.soft(withoutLastBreak(reading.text), at).toBe(withoutLastBreak(asLines(mail.text)));
        if (mail.html) expect.soft(withoutLastBreak(reading.html), at).toBe(withoutLastBreak(asLines(mail.html)));
        expect
          .soft(
            inOrder(reading.files.map(({ filename, content }) => ({ filename: withoutEnds(filename), content }))),
            at,
          )
          .toEqual(
            inOrder(
              (mail.attachments ?? []).map((file) => ({
                filename: withoutEnds(file.filename),
                content: asBase64(file.content),
              })),
            ),
          );
        expect.soft(reading.defects, at).toEqual([]);
      }
    }
  });

  it('is read by postal-mime as it was asked for', { timeout }, async () => {
    for (const [place, mail] of mails.entries()) {
      const reading = await PostalMime.parse(composeMessage(mail), { forceRfc822Attachments: true });
      const at = `mail ${place}`;
      expect.soft(trimmed(reading.from ? [reading.from] : []), at).toEqual([mail.from].map(asTrimmed));
      expect.soft(trimmed(reading.to), at).toEqual(mail.to.map(asTrimmed));
      expect.soft(trimmed(reading.cc), at).toEqual(mail.cc?.map(asTrimmed));
      expect.soft(reading.subject ?? '', at).toBe(mail.subject);
      expect.soft(reading.messageId, at).toBe(mail.messageId);
      if (mail.text) expect.soft(asRead(reading.text), at).toBe(asRead(asLines(mail.text)));
      if (mail.html) expect.soft(asRead(reading.html), at).toBe(asRead(asLines(mail.html)));
      const files = reading.attachments.map(({ filename, mimeType, content }) => ({
        filename,
        content: mimeType === 'message/rfc822' ? asText(content) : asBase64(content),
      }));
      // It decodes what looks like an encoded word in a file name even where RFC 2231 has encoded that.
      const asked = mail.attachments?.map((file) => ({
        filename: decodeWords(file.filename),
        content: typesOf(file)[0] === 'message/rfc822' ? asText(file.content) : asBase64(file.content),
      }));
      expect.soft(inOrder(files), at).toEqual(inOrder(asked ?? []));
    }
  });
});
