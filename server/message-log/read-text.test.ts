import fc from 'fast-check';
import { createTransport } from 'nodemailer';
import { describe, expect, it } from 'vitest';
import { composeMessage } from '../mime/compose.ts';
import { readText, readWords } from './read-text.ts';

const base = {
  from: { address: 'a@example.com' },
  to: [{ address: 'b@example.com' }],
  subject: 'Hidden subject',
  date: new Date(0),
  messageId: '<1@example.com>',
};
const text = 'Grüße aus Málaga = 100 %, eine ziemlich lange Zeile, die beim Verpacken mit Sicherheit umgebrochen wird.';

/** nodemailer as a second opinion on what mail looks like. */
const compose = async (mail: object): Promise<Buffer> => {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const { message } = await transport.sendMail({ from: 'a@example.com', to: 'b@example.com', ...mail });
  return message as Buffer;
};

describe('the text of a message for the search', () => {
  it('is the text part of what we compose, without headers and attachments', () => {
    const attachments = [{ filename: 'a.txt', contentType: 'text/plain', content: Buffer.from('in the file') }];
    for (const mail of [{ text }, { text, html: '<p>other</p>' }, { text, attachments }]) {
      expect(readText(composeMessage({ ...base, ...mail })).trim()).toBe(text);
    }
  });

  it.each(['quoted-printable', 'base64'])('is read from %s of another composer', async (textEncoding) => {
    const encoding = textEncoding === 'base64' ? 'base64' : 'quoted-printable';
    expect(readText(await compose({ text, html: '<p>x</p>', textEncoding: encoding })).trim()).toBe(text);
  });

  it('is what a reader sees of the HTML where there is no text', async () => {
    const html = `<html><head><title>no</title><style>p { color: red }</style></head><body><!-- hid>den --><p>past <b>du</b>e
      since&nbsp;May</p><script>if (a < b) no()</script><td>one</td><td>two</td> &euro;&#53; a &lt; b</body></html>`;
    const words = 'past due since may one two 5 a b'.split(' ');
    expect(readWords(await compose({ html }))).toEqual(words);
    expect(readWords(composeMessage({ ...base, html }))).toEqual(words);
  });

  it('is read in the character set it names', () => {
    const head = 'Content-Type: text/plain; charset="iso-8859-1"\r\n\r\n';
    expect(readText(Buffer.from(`${head}caf\xe9`, 'latin1'))).toBe('café');
    expect(readText(Buffer.from(`${head.replace('iso-8859-1', 'x-no-such')}plain`))).toBe('plain');
  });

  it('ends in time whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2000 }), (bytes) => {
        readWords(bytes);
      }),
    );
    const nested = (depth: number): string =>
      depth === 0
        ? 'x'
        : `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n${nested(depth - 1)}\r\n--b${depth}--`;
    expect(readText(Buffer.from(nested(100)))).toBe('');
    const many = `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\n\r\nx\r\n'.repeat(100_000)}`;
    const hostile = [
      many,
      `Content-Type: text/html\r\n\r\n${'<script'.repeat(100_000)}`,
      `Content-Type: text/html\r\n\r\n${'<script>'.repeat(50_000)}`,
    ];
    for (const mail of hostile) {
      const startedAt = performance.now();
      readWords(Buffer.from(mail));
      expect(performance.now() - startedAt).toBeLessThan(1000);
    }
  });
});
