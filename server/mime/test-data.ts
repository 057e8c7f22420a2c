/** Mails for tests, made at random, and how many of them. */
import fc from 'fast-check';
import type { MailAddress } from './address.ts';
import type { OutgoingMail } from './compose.ts';

/** The nightly run sets POSTERN_TEST_RUNS to how many times as many random cases it wants. */
const factor = Math.max(1, Number(process.env.POSTERN_TEST_RUNS ?? 1) || 1);

/** Others each night; the same ones in each test run, so that a failure is nobody's bad luck. */
export const seed = factor > 1 ? Date.now() & 0x7fffffff : 1;

/** @param most what the nightly run proves; more would only take longer. */
export const countRuns = (few: number, most: number): number => Math.min(most, few * factor);

// biome-ignore lint/suspicious/noControlCharactersInRegex: what the composer refuses
const withoutControls = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '');
const anyText = (maxLength: number) =>
  fc
    .oneof(
      fc.string({ unit: 'binary', maxLength }),
      fc.string({ unit: 'grapheme', maxLength }),
      fc.string({ unit: 'grapheme-ascii', maxLength }),
      fc
        .array(fc.constantFrom('März', 'a', ' ', '  ', '=?utf-8?Q?a?=', '"', '\\', '日本', ',', '<x@y>', '(c)'), {
          maxLength: 25,
        })
        .map((words) => words.join(' ')),
    )
    .map(withoutControls);
const address = fc
  .tuple(
    fc.stringMatching(/^[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9]{1,10})?$/),
    fc.constantFrom('example.com', 'mail.example.org', 'münchen.example'),
  )
  .map(([local, domain]) => `${local}@${domain}`);
const mailbox: fc.Arbitrary<MailAddress> = fc.record({ name: anyText(60), address });
const body = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme-ascii', maxLength: 3000 }),
  fc
    .array(fc.constantFrom('.', 'From x', 'Zeile mit Ä ', '\t', '--', 'x'.repeat(1200), ''), { maxLength: 12 })
    .map((lines) => lines.join('\n')),
);
const plainMessage = 'From: a@example.com\r\nSubject: inside\r\n\r\n--=_x\r\nA message within the message.\r\n';
const attachment = fc.oneof(
  fc.record({
    filename: anyText(100).filter((name) => name !== ''),
    contentType: fc.constantFrom('application/pdf', 'image/png', 'text/csv; charset=utf-8', 'application/octet-stream'),
    content: fc.uint8Array({ maxLength: 500 }),
    contentId: fc.constantFrom('', '', 'logo', 'foot@example.com', 'not-shown'),
  }),
  fc.record({
    filename: fc.constantFrom('m.eml', 'Ä.eml'),
    contentType: fc.constant('message/rfc822'),
    content: fc.constantFrom(Buffer.from(plainMessage), Buffer.from(plainMessage.replace('A', 'Ä'))),
  }),
);

/** What a caller may ask for; nothing in it is refused. */
export const anyMail: fc.Arbitrary<OutgoingMail> = fc.record({
  from: mailbox,
  to: fc.array(mailbox, { minLength: 1, maxLength: 5 }),
  cc: fc.array(mailbox, { maxLength: 2 }),
  replyTo: fc.array(mailbox, { maxLength: 1 }),
  subject: anyText(200),
  text: body,
  html: fc
    .tuple(
      body,
      fc.constantFrom('', '', '<img src="cid:logo">', '<img src="cid:logo"><img src=CID:foot%40example.com>'),
    )
    .map((parts) => parts.join('')),
  attachments: fc.array(attachment, { maxLength: 3 }),
  headers: fc.oneof(
    fc.constant([]),
    fc.record({ name: fc.constant('X-Note'), value: anyText(300) }).map((one) => [one]),
  ),
  date: fc.date({ min: new Date('1980-01-01'), max: new Date('2090-01-01'), noInvalidDate: true }),
  messageId: fc.constant('<0123456789abcdef@example.com>'),
});
