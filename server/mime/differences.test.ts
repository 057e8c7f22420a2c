/** Where our output differs from nodemailer's, and why: the table of docs/composer.md, checked against both. */
import { readFileSync } from 'node:fs';
import MailComposer from 'nodemailer/lib/mail-composer';
import type Mail from 'nodemailer/lib/mailer';
import { describe, expect, it } from 'vitest';
import { composeMessage, type OutgoingMail } from './compose.ts';
import { structuredFields, textFields } from './extra-header.ts';
import { MailValueError } from './mail-value.ts';

const base: OutgoingMail = {
  from: { address: 'hub@example.com' },
  to: [{ address: 'ann@example.com' }],
  subject: 'Hello',
  text: 'Hi',
  date: new Date('2026-11-22T10:44:05Z'),
  messageId: '<1@example.com>',
};
const content = Buffer.from('x');

interface Difference {
  asked: string;
  mail: Partial<OutgoingMail>;
  /** What nodemailer calls it, where that differs. */
  theirMail?: Mail.Options;
  /** A part of the message; `refused` for a refusal. */
  ours: string;
  theirs: string;
  why: string;
}

const differences: readonly Difference[] = [
  {
    asked: 'a subject with some foreign words',
    mail: { subject: 'Order for März is here' },
    ours: 'Subject: Order for =?utf-8?B?TcOkcno=?= is here',
    theirs: 'Subject: =?UTF-8?Q?Order_for_M=C3=A4rz_is_here?=',
    why: 'only the words that need it, in the shorter encoding: the rest stays readable and searchable',
  },
  {
    asked: 'a subject that looks like an encoded word',
    mail: { subject: '=?utf-8?Q?x?=' },
    ours: 'Subject: =?utf-8?B?PT91dGYtOD9RP3g/PQ==?=',
    theirs: 'Subject: =?utf-8?Q?x?=',
    why: 'what was asked for is what is read',
  },
  {
    asked: 'spaces at the ends of a subject',
    mail: { subject: ' a  b ' },
    ours: 'Subject: =?utf-8?Q?_a__b_?=',
    theirs: 'Subject:  a  b ',
    why: 'readers take bare ones off',
  },
  {
    asked: 'a subject of one long word',
    mail: { subject: 'x'.repeat(120) },
    ours: 'Subject: =?utf-8?Q?xxxx',
    theirs: 'Subject:\r\n xxxx',
    why: 'header lines stay within 78, as RFC 5322 §2.1.1 asks, and are read as one word all the same',
  },
  {
    asked: 'a line break in a subject',
    mail: { subject: 'a\r\nBcc: eve@evil.example' },
    ours: 'refused',
    theirs: 'Subject: a Bcc: eve@evil.example',
    why: 'nothing is repaired in silence: the caller has a fault to find',
  },
  {
    asked: 'half of an emoji in a subject',
    mail: { subject: 'a\ud83d' },
    ours: 'refused',
    theirs: 'Subject: =?UTF-8?B?Ye+/vQ==?=',
    why: 'the same; in a body it becomes U+FFFD, as everywhere on the Web',
  },
  {
    asked: 'an address with a comment',
    mail: { to: [{ address: 'ann(x)@example.com' }] },
    ours: 'refused',
    theirs: 'To: <"ann(x)"@example.com>',
    why: 'every parser reads comments, groups and quoted local parts differently; that is how mail is led astray',
  },
  {
    asked: 'a foreign domain beside a foreign local part',
    mail: { to: [{ address: 'jörg@münchen.example' }] },
    ours: 'To: jörg@xn--mnchen-3ya.example',
    theirs: 'To: jörg@münchen.example',
    why: 'a domain has one form: the one that was checked and that DNS knows',
  },
  {
    asked: 'no recipients to name',
    mail: { to: [] },
    ours: 'To: undisclosed-recipients:;',
    theirs: 'From: hub@example.com\r\nSubject:',
    why: 'a mail without To looks like spam to filters',
  },
  {
    asked: 'a long value for a program',
    mail: { headers: [{ name: 'X-Data', value: `{"a":"${'x'.repeat(80)}"}` }] },
    theirMail: { headers: [{ key: 'X-Data', value: `{"a":"${'x'.repeat(80)}"}` }] },
    ours: `X-Data:\r\n {"a":"${'x'.repeat(80)}"}`,
    theirs: 'X-Data: =?UTF-8?Q?=7B=22a=22',
    why: 'programs read these fields, and few of them know encoded words',
  },
  {
    asked: 'a file name outside ASCII',
    mail: { attachments: [{ filename: 'März.pdf', contentType: 'application/pdf', content }] },
    ours: "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename*=utf-8''M%C3%A4rz.pdf",
    theirs: 'Content-Type: application/pdf; name="=?UTF-8?Q?M=C3=A4rz=2Epdf?="',
    why: 'told once, by RFC 2231; an encoded word in quotes is forbidden by RFC 2047 §5 and read in two ways',
  },
  {
    asked: 'an image that the HTML does not show',
    mail: { html: '<p>', attachments: [{ filename: 'l.png', contentType: 'image/png', content, contentId: 'l' }] },
    theirMail: { html: '<p>', attachments: [{ filename: 'l.png', contentType: 'image/png', content, cid: 'l' }] },
    ours: 'Content-Disposition: attachment; filename=l.png',
    theirs: 'Content-Disposition: inline; filename=l.png',
    why: 'inside `related` nobody would ever see it',
  },
  {
    asked: 'an attached message',
    mail: {
      attachments: [{ filename: 'm.eml', contentType: 'message/rfc822', content: Buffer.from('A: b\r\n\r\nc\r\n') }],
    },
    ours: 'Content-Disposition: attachment; filename=m.eml',
    theirs: 'Content-Disposition: inline; filename=m.eml',
    why: 'it was attached',
  },
  {
    asked: 'an attached message that is not plain 7bit',
    mail: { attachments: [{ filename: 'm.eml', contentType: 'message/rfc822', content: Buffer.from('A: ä\n\nc\n') }] },
    ours: 'Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64',
    theirs: 'Content-Type: message/rfc822; name=m.eml\r\nContent-Transfer-Encoding: 8bit',
    why: 'RFC 2046 §5.2.1 allows it no encoding, and 8bit lines with bare LF do not survive every server',
  },
  {
    asked: 'a text line that begins with "From "',
    mail: { text: 'x\nFrom y' },
    ours: 'x\r\n=46rom y',
    theirs: 'x\nFrom y',
    why: 'old mailboxes put ">" before it, which breaks a signature',
  },
  {
    asked: 'a lone CR in a text',
    mail: { text: 'a\rb' },
    ours: 'a\r\nb',
    theirs: 'a\rb',
    why: 'composed lines end in CRLF and nothing else, whatever the session does afterwards',
  },
  {
    asked: 'a quoted-printable text with a line that begins with a dot',
    mail: { text: 'ä, and some more words\n.' },
    ours: '\r\n=2E\r\n',
    theirs: '\n.',
    why: 'a server that gets dots wrong cannot end the message there',
  },
];

const writeOurs = (mail: Partial<OutgoingMail>): string => {
  try {
    return Buffer.from(composeMessage({ ...base, ...mail })).toString();
  } catch (error) {
    if (error instanceof MailValueError) return 'refused';
    throw error;
  }
};
const writeTheirs = async (mail: Mail.Options) =>
  (await new MailComposer({ ...(base as unknown as Mail.Options), ...mail }).compile().build()).toString();

describe('a difference from nodemailer is as docs/composer.md says:', () => {
  it.each(differences.map((one) => [one.asked, one] as const))('%s', async (_, { mail, theirMail, ours, theirs }) => {
    expect(writeOurs(mail)).toContain(ours);
    const other = await writeTheirs(theirMail ?? (mail as unknown as Mail.Options));
    expect(other).toContain(theirs);
    expect(other).not.toContain(ours);
  });

  it('the page has this table, and every header field that callers may add', () => {
    const page = readFileSync(new URL('../../docs/composer.md', import.meta.url), 'utf8');
    for (const { asked, why } of differences) expect(page).toContain(`| ${asked} | ${why} |`);
    for (const name of [...structuredFields, ...textFields]) expect(page.toLowerCase()).toContain(`\`${name}\``);
  });
});
