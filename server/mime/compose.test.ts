import { describe, expect, it } from 'vitest';
import { composeMessage, type OutgoingMail } from './compose.ts';
import { MailValueError } from './mail-value.ts';

const base: OutgoingMail = {
  from: { address: 'hub@example.com' },
  to: [{ address: 'ann@example.com' }],
  subject: 'Hello',
  text: 'Hi',
  date: new Date('2026-11-22T10:44:05.999Z'),
  messageId: '<1@example.com>',
};
const write = (mail: Partial<OutgoingMail>) => Buffer.from(composeMessage({ ...base, ...mail })).toString();
const headOf = (mail: Partial<OutgoingMail>) => write(mail).split('\r\n\r\n', 1)[0] ?? '';
const field = (mail: Partial<OutgoingMail>, name: string) =>
  new RegExp(`^${name}:((?:.|\\r\\n[ \\t])*)`, 'm').exec(headOf(mail))?.[1]?.trim();
const refusalOf = (mail: Partial<OutgoingMail>): MailValueError => {
  try {
    write(mail);
  } catch (error) {
    if (error instanceof MailValueError) return error;
  }
  throw new Error('was not refused');
};
const file = (filename: string, content = 'x', contentType = 'application/pdf', contentId?: string) => ({
  filename,
  contentType,
  content: Buffer.from(content),
  ...(contentId && { contentId }),
});
const structure = (mail: Partial<OutgoingMail>) =>
  Array.from(write(mail).matchAll(/^Content-Type: ([^;\r]+)/gm), ([, type]) => type);

describe('the header', () => {
  it('is complete for the plainest message', () => {
    expect(write({})).toBe(
      [
        'From: hub@example.com',
        'To: ann@example.com',
        'Subject: Hello',
        'Date: Sun, 22 Nov 2026 10:44:05 +0000',
        'Message-ID: <1@example.com>',
        'MIME-Version: 1.0',
        'Content-Type: text/plain; charset=utf-8',
        'Content-Transfer-Encoding: 7bit',
        '',
        'Hi',
        '',
      ].join('\r\n'),
    );
  });

  it('says that recipients are kept to themselves when there are none to name', () => {
    expect(field({ to: [] }, 'To')).toBe('undisclosed-recipients:;');
  });

  it.each([
    ['Ann Bee', 'Ann Bee <ann@example.com>'],
    ['John Q. Public', '"John Q. Public" <ann@example.com>'],
    ['Bee, Ann', '"Bee, Ann" <ann@example.com>'],
    ['Ann "B" \\ Bee', '"Ann \\"B\\" \\\\ Bee" <ann@example.com>'],
    ['a@evil.example', '"a@evil.example" <ann@example.com>'],
    ['Jörg', '=?utf-8?B?SsO2cmc=?= <ann@example.com>'],
    ['Jörg from Accounts', '=?utf-8?Q?J=C3=B6rg_from_Accounts?= <ann@example.com>'],
    ['日本語', '=?utf-8?B?5pel5pys6Kqe?= <ann@example.com>'],
    ['=?utf-8?Q?x?=', '=?utf-8?B?PT91dGYtOD9RP3g/PQ==?= <ann@example.com>'],
  ])('writes the display name %s as %s', (name, expected) => {
    expect(field({ to: [{ name, address: 'ann@example.com' }] }, 'To')).toBe(expected);
  });

  it('writes internationalised domains as A-labels and leaves a local part outside ASCII to SMTPUTF8', () => {
    expect(field({ to: [{ address: 'jörg@münchen.example' }] }, 'To')).toBe('jörg@xn--mnchen-3ya.example');
  });

  it('encodes only the words of a subject that need it', () => {
    expect(field({ subject: 'Order for März is here' }, 'Subject')).toBe('Order for =?utf-8?B?TcOkcno=?= is here');
    expect(field({ subject: 'a ä  ö b' }, 'Subject')).toBe('a =?utf-8?B?w6QgIMO2?= b');
    expect(field({ subject: '' }, 'Subject')).toBe('');
  });

  it('never splits a character over two encoded words', () => {
    const subject = '👩‍🚀日本語é'.repeat(40);
    const words = headOf({ subject }).match(/=\?utf-8\?B\?[^?]+\?=/g) ?? [];
    expect(words.length).toBeGreaterThan(5);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const text = words.map((word) => decoder.decode(Buffer.from(word.slice(10, -2), 'base64'))).join('');
    expect(text).toBe(subject);
    for (const word of words) expect(word.length).toBeLessThanOrEqual(75);
  });

  it('folds long address lists, subjects and fields at 78', () => {
    const to = Array.from({ length: 100 }, (_, place) => ({
      name: `Person ${place}, Ä`,
      address: `p${place}@example.com`,
    }));
    const head = headOf({
      to,
      subject: 'word '.repeat(100).trim(),
      headers: [{ name: 'References', value: '<a@b> '.repeat(90) }],
    });
    for (const line of head.split('\r\n')) expect(line.length, line).toBeLessThanOrEqual(78);
  });

  it('puts a word that is too long for a line into encoded words', () => {
    const head = headOf({ subject: `see https://example.com/${'x'.repeat(2000 - 30)}` });
    for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
  });

  it('keeps what callers add for programs readable by programs', () => {
    const value = `{"data":"${'x'.repeat(700)}"}`;
    expect(field({ headers: [{ name: 'X-Smtpapi', value }] }, 'X-Smtpapi')).toBe(value);
  });

  it('writes a long or foreign file name by RFC 2231', () => {
    expect(write({ attachments: [file('March.pdf')] })).toContain(
      'Content-Disposition: attachment; filename=March.pdf\r\n',
    );
    expect(write({ attachments: [file('March 1.pdf')] })).toContain('filename="March 1.pdf"');
    expect(write({ attachments: [file('März.pdf')] })).toContain("filename*=utf-8''M%C3%A4rz.pdf");
    const long = write({ attachments: [file(`${'Ä'.repeat(100)}.pdf`)] });
    expect(long).toMatch(/filename\*0\*=utf-8''(%C3%84)+;\r\n filename\*1\*=/);
    for (const line of long.split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
  });
});

describe('the body', () => {
  it('nests only as deep as needed', () => {
    const html = '<img src="cid:logo">';
    const logo = file('logo.png', 'x', 'image/png', 'logo');
    expect(structure({})).toEqual(['text/plain']);
    expect(structure({ text: '', html })).toEqual(['text/html']);
    expect(structure({ html })).toEqual(['multipart/alternative', 'text/plain', 'text/html']);
    expect(structure({ html, attachments: [logo, file('a.pdf')] })).toEqual([
      'multipart/mixed',
      'multipart/alternative',
      'text/plain',
      'multipart/related',
      'text/html',
      'image/png',
      'application/pdf',
    ]);
  });

  it('attaches an image that the HTML does not show, so that nobody loses it', () => {
    const logo = file('logo.png', 'x', 'image/png', 'logo');
    expect(write({ html: '<img src="cid:logo2">', attachments: [logo] })).toContain('Content-Disposition: attachment');
    expect(write({ html: '<img src="cid:logo%2Ex">', attachments: [{ ...logo, contentId: 'logo.x' }] })).toContain(
      'Content-Disposition: inline',
    );
  });

  it.each([
    ['plain', '7bit', 'Hello\n  there\t\n'],
    ['a line of 998', '7bit', 'x'.repeat(998)],
    ['a line of 999', 'quoted-printable', 'x'.repeat(999)],
    ['a little outside ASCII', 'quoted-printable', 'Viele Grüße aus München'],
    ['mostly outside ASCII', 'base64', '日本語のメッセージ'],
    ['a line that begins with "From "', 'quoted-printable', 'x\nFrom here'],
    ['a control character', 'quoted-printable', 'a bell \u0007 in a longer line'],
  ])('writes %s as %s', (_, encoding, text) => {
    expect(field({ text }, 'Content-Transfer-Encoding')).toBe(encoding);
  });

  it('leaves no dot and no "From " at the start of a quoted-printable line', () => {
    const body = write({ text: `ä\n.\n..\nFrom me\n${'.'.repeat(500)}` }).split('\r\n\r\n')[1] ?? '';
    expect(body).not.toMatch(/^(\.|From )/m);
  });

  it('ends every line in CRLF whatever the text had', () => {
    const message = write({ text: 'a\nb\rc\r\nd\u0000', html: 'e\r\rf\n\n' });
    expect(message).not.toMatch(/\r(?!\n)|(?<!\r)\n|\0/);
    expect(message).toContain('a\r\nb\r\nc\r\nd=00');
  });

  it('never lets a text hold a line that looks like a boundary of ours', () => {
    const boundary = /boundary="([^"]+)"/.exec(write({ html: 'x' }))?.[1] ?? '';
    expect(boundary).toMatch(/^=_/);
    const message = write({ html: 'x', text: `a\n--${boundary}\n\nsmuggled\n--${boundary}--\n` });
    expect(message.split(`--${boundary}`)).toHaveLength(4);
    expect(message).toContain('--=3D_');
  });

  it('takes another boundary when a message attached as it is has the first one', () => {
    const boundaryOf = (message: string) => /boundary="(=_[0-9a-f]+)_m"/.exec(message)?.[1] ?? '';
    const first = boundaryOf(write({ attachments: [file('m.eml', 'A: b\r\n\r\nhi', 'message/rfc822')] }));
    const inner = `A: b\r\n\r\n--${first}_m\r\n\r\nsmuggled\r\n--${first}_m--\r\n`;
    const message = write({ attachments: [file('m.eml', inner, 'message/rfc822')] });
    expect(message).toContain(inner);
    expect(first).not.toBe('');
    expect(boundaryOf(message)).not.toBe(first);
  });

  it('depends on nothing that was written before', () => {
    const plain = write({ text: 'a\nFr' });
    write({ text: 'a\nFrom b' });
    expect(write({ text: 'a\nFr' })).toBe(plain);
    expect(plain).toContain('7bit');
  });

  it('writes base64 in lines of 76', () => {
    for (const length of [0, 1, 2, 3, 56, 57, 58, 113, 114, 115, 1000]) {
      const content = 'ä~\u00ff'.repeat(length).slice(0, length);
      const text = write({ attachments: [file('a.bin', content, 'application/octet-stream')] });
      const lines = text.split('filename=a.bin\r\n\r\n')[1]?.split('\r\n--')[0]?.split('\r\n') ?? [];
      expect(lines.join('')).toBe(Buffer.from(content).toString('base64'));
      for (const line of lines.slice(0, -1)) expect(line).toHaveLength(76);
      expect(lines.at(-1)?.length).toBeLessThanOrEqual(76);
    }
  });

  it('attaches a message as a message only where it may travel as it is', () => {
    const plain = write({ attachments: [file('m.eml', 'Subject: x\r\n\r\nhi', 'message/rfc822')] });
    expect(plain).toContain('Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit');
    const other = write({ attachments: [file('m.eml', 'Subject: x\n\nhü', 'message/rfc822')] });
    expect(other).toContain('Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64');
  });

  it('is the same each time', () => {
    const mail = { html: '<b>x</b>', attachments: [file('a.pdf')] };
    expect(write(mail)).toBe(write(mail));
  });
});

describe('a value that must not be in a mail is refused with its field:', () => {
  const bad = 'a\r\nBcc: eve@evil.example';
  it.each<[string, Partial<OutgoingMail>]>([
    ['from.name', { from: { name: bad, address: 'a@example.com' } }],
    ['from.address', { from: { address: bad } }],
    ['to.1.name', { to: [{ address: 'a@example.com' }, { name: bad, address: 'a@example.com' }] }],
    ['to.0.address', { to: [{ address: 'a@example.com\r\nX: y' }] }],
    ['cc.0.address', { cc: [{ address: 'a@example.com\u2028' }] }],
    ['replyTo.0.name', { replyTo: [{ name: 'a\u0085b', address: 'a@example.com' }] }],
    ['subject', { subject: bad }],
    ['subject', { subject: 'half \ud800' }],
    ['headers.0.value', { headers: [{ name: 'X-A', value: bad }] }],
    ['headers.0.name', { headers: [{ name: 'X-A: b\r\nX-B', value: 'c' }] }],
    ['headers.0.name', { headers: [{ name: 'Bcc', value: 'eve@evil.example' }] }],
    ['headers.0.name', { headers: [{ name: 'to', value: 'eve@evil.example' }] }],
    ['headers.0.name', { headers: [{ name: 'Content-Type', value: 'text/html' }] }],
    ['headers.0.name', { headers: [{ name: 'Resent-To', value: 'eve@evil.example' }] }],
    ['headers.0.value', { headers: [{ name: 'List-Unsubscribe', value: '<https://example.com/ä>' }] }],
    ['headers.0.value', { headers: [{ name: 'References', value: 'x'.repeat(998) }] }],
    ['attachments.0.filename', { attachments: [file('a\r\nb.pdf')] }],
    ['attachments.0.filename', { attachments: [file('')] }],
    ['attachments.0.contentType', { attachments: [file('a', 'x', 'text/plain\r\nX: y')] }],
    ['attachments.0.contentType', { attachments: [file('a', 'x', 'multipart/mixed; boundary=x')] }],
    ['attachments.0.contentType', { attachments: [file('a', 'x', 'pdf')] }],
    ['attachments.0.contentType', { attachments: [file('a', 'x', 'text/csv; charset')] }],
    ['attachments.0.contentId', { attachments: [file('a', 'x', 'image/png', 'a>\r\nX: <b')] }],
    ['messageId', { messageId: '<a@b>\r\nX: y' }],
    ['messageId', { messageId: 'a@b' }],
    ['date', { date: new Date(Number.NaN) }],
  ])('%s', (name, mail) => {
    expect(refusalOf(mail).field).toBe(name);
  });
});
