/** Whatever string stands in whatever field: the message keeps its shape, its recipients and its lines, or is refused. */
import { domainToASCII } from 'node:url';
import fc from 'fast-check';
import addressparser from 'nodemailer/lib/addressparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import PostalMime, { type Email } from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeMessage, type OutgoingMail } from './compose.ts';
import { MailValueError } from './mail-value.ts';
import { countRuns } from './test-data.ts';

const runs = { numRuns: countRuns(2_000, 1_000_000) };
/** The nightly run takes its time. */
const timeout = 20_000 + runs.numRuns * 10;
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({ maxLength: 1200 }),
  fc
    .array(
      fc.constantFrom(
        '\r\n',
        '\n',
        '\r',
        '\0',
        '\u0085',
        '\u2028',
        'Bcc: eve@evil.example',
        ' ',
        '"',
        '<',
        '>',
        ',',
        ';',
        ':',
        '(',
        ')',
        '@',
        '\\',
        '=?utf-8?Q?=0D=0A?=',
        'ä',
        'a@b.example',
        '.\r\n',
        '--',
        '\ud800',
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join('')),
);
/** Begins as it should, so that it gets past the first look. */
const behind = (start: string) => hostile.map((text) => start + text);
const hostileMail: fc.Arbitrary<OutgoingMail> = fc.record({
  from: fc.record({ name: hostile, address: fc.oneof(fc.constant('hub@example.com'), hostile) }),
  to: fc.array(fc.record({ name: hostile, address: fc.oneof(fc.constant('ann@example.com'), hostile) }), {
    maxLength: 3,
  }),
  subject: hostile,
  text: hostile,
  html: hostile,
  headers: fc.array(
    fc.record({
      name: fc.oneof(fc.constantFrom('X-A', 'List-Id', 'References'), behind('X-'), hostile),
      value: hostile,
    }),
    { maxLength: 2 },
  ),
  attachments: fc.array(
    fc.record({
      filename: hostile,
      contentType: fc.oneof(fc.constant('text/plain'), behind('multipart/'), behind('text/plain;'), hostile),
      content: fc.uint8Array(),
      contentId: fc.oneof(fc.constant('logo'), hostile),
    }),
    { maxLength: 2 },
  ),
  listUnsubscribe: fc.record(
    { url: behind('https://a.example/'), mailto: behind('a@b.example'), isOneClick: fc.boolean() },
    { requiredKeys: [] },
  ),
  date: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
  messageId: fc.oneof({ weight: 9, arbitrary: fc.constant('<1@example.com>') }, { weight: 1, arbitrary: hostile }),
});
/** One hostile field at a time in an otherwise plain mail, so that most mails get past the refusals. */
const oneHostileField = fc
  .tuple(
    hostileMail,
    fc.constantFrom<keyof OutgoingMail>(
      'from',
      'to',
      'subject',
      'text',
      'html',
      'headers',
      'attachments',
      'listUnsubscribe',
      'messageId',
    ),
  )
  .map(
    ([mail, key]): OutgoingMail => ({
      from: { name: 'Hub', address: 'hub@example.com' },
      to: [{ name: 'Ann', address: 'ann@example.com' }],
      subject: 'Hello',
      text: 'Hi',
      date: mail.date,
      messageId: '<1@example.com>',
      [key]: mail[key],
    }),
  );

const composeOrRefuse = (mail: OutgoingMail): string | null => {
  try {
    return Buffer.from(composeMessage(mail)).toString('latin1');
  } catch (error) {
    if (error instanceof MailValueError) return null;
    throw error;
  }
};
const known =
  /^(from|to|cc|reply-to|subject|date|message-id|mime-version|content-type|content-transfer-encoding|list-unsubscribe|list-unsubscribe-post)$/;

/** The domain in A-labels: the form that was checked. */
const asWire = (address: string) => {
  const [local, domain = ''] = address.split('@');
  return `${local}@${/[^\x20-\x7e]/.test(domain) ? domainToASCII(domain) : domain}`;
};

/** postal-mime ends a text in a line break where it was not base64; the order of header fields is each composer's own. */
const comparable = (email: Email) => ({
  ...email,
  headers: [],
  headerLines: [],
  text: email.text?.trimEnd(),
  html: email.html?.trimEnd(),
});

describe('any string in any field', () => {
  it(
    'leaves no bare CR, LF or NUL and no line over 998',
    () => {
      let composed = 0;
      fc.assert(
        fc.property(fc.oneof(hostileMail, oneHostileField), (mail) => {
          const message = composeOrRefuse(mail);
          if (message === null) return;
          composed += 1;
          expect(message).not.toMatch(/\r(?!\n)|(?<!\r)\n|\0/);
          for (const line of message.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
          const head = message.split('\r\n\r\n', 1)[0] ?? '';
          // A line of white space alone would end the header for some readers.
          expect(head).not.toMatch(/\r\n[ \t]*\r\n/);
          expect(message.endsWith('\r\n')).toBe(true);
        }),
        runs,
      );
      expect(composed).toBeGreaterThan(runs.numRuns / 6);
    },
    timeout,
  );

  it(
    'adds no header and changes no recipient, as postal-mime and nodemailer read them',
    async () => {
      await fc.assert(
        fc.asyncProperty(oneHostileField, async (mail) => {
          const message = composeOrRefuse(mail);
          if (message === null) return;
          const reading = await PostalMime.parse(Buffer.from(message, 'latin1'));
          const added = new Set((mail.headers ?? []).map(({ name }) => name.toLowerCase()));
          for (const { key } of reading.headers) expect(known.test(key) || added.has(key), key).toBe(true);
          const asked = mail.to.map(({ address }) => asWire(address));
          if (asked.length === 0) return;
          expect(reading.to?.map(({ address }) => address)).toEqual(asked);
          const raw = reading.headers.find(({ key }) => key === 'to')?.value ?? '';
          expect(addressparser(raw, { flatten: true }).map(({ address }) => address)).toEqual(asked);
        }),
        runs,
      );
    },
    timeout,
  );

  it('says the same as nodemailer’s composer where that takes the mail too', async () => {
    const clean = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .map((text) => text.replace(/[\p{Cc}\u2028\u2029]/gu, '').trim() || 'x');
    const mails = fc.record({
      name: clean,
      subject: clean,
      text: clean,
      html: clean,
      filename: clean,
      content: fc.uint8Array({ maxLength: 300 }),
    });
    await fc.assert(
      fc.asyncProperty(mails, async ({ name, subject, text, html, filename, content }) => {
        const from = { name, address: 'hub@example.com' };
        const date = new Date(0);
        const messageId = '<1@example.com>';
        const attachments = [{ filename, content: Buffer.from(content), contentType: 'application/pdf' }];
        const ours = composeMessage({ from, to: [from], subject, text, html, attachments, date, messageId });
        const theirs = await new MailComposer({ from, to: [from], subject, text, html, attachments, date, messageId })
          .compile()
          .build();
        const [a, b] = await Promise.all([PostalMime.parse(ours), PostalMime.parse(theirs)]);
        expect(comparable(a)).toEqual(comparable(b));
      }),
      { numRuns: 100 },
    );
  });
});
