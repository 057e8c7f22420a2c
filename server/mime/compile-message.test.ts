import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { encodeBase64Lines } from './base64-lines.ts';
import { compileMessage, type MailContent, type MailTemplate } from './compile-message.ts';
import { composeMessage } from './compose.ts';
import { MailValueError } from './mail-value.ts';
import { anyMail, countRuns } from './test-data.ts';

const template: MailTemplate = {
  from: { name: 'Accounts', address: 'billing@example.com' },
  replyTo: [{ address: 'help@example.com' }],
  headers: [{ name: 'Auto-Submitted', value: 'auto-generated' }],
};
const content: MailContent = {
  to: [{ address: 'ann@example.com' }],
  subject: 'Invoice 1',
  text: 'Hello',
  date: new Date('2026-11-22T10:44:05Z'),
  messageId: '<1@example.com>',
};
const write = (shared: Partial<MailTemplate>, own: Partial<MailContent> = {}) =>
  Buffer.from(compileMessage({ ...template, ...shared }).compose({ ...content, ...own })).toString();
const refusalOf = (shared: Partial<MailTemplate>, own: Partial<MailContent> = {}): MailValueError => {
  try {
    write(shared, own);
  } catch (error) {
    if (error instanceof MailValueError) return error;
  }
  throw new Error('was not refused');
};
const file = (filename: string, contentType = 'application/pdf', contentId = '') => ({
  filename,
  contentType,
  content: Buffer.from(`content of ${filename} `.repeat(40)),
  ...(contentId && { contentId }),
});

/** As it was given: readers keep CRLF from base64, and a message ends with a line break. */
const asLines = (text = '') => text.replaceAll('\r\n', '\n').replace(/\n$/, '');

describe('a compiled mail', () => {
  it('is, for each mail, byte for byte what composing it whole gives', () => {
    fc.assert(
      fc.property(anyMail, anyMail, (first, second) => {
        const { from, replyTo = [], attachments: shared = [] } = first;
        const compiled = compileMessage({ from, replyTo, attachments: shared });
        for (const own of [first, second, first]) {
          const { from: _, replyTo: __, attachments = [], ...rest } = own;
          const whole = composeMessage({ ...rest, from, replyTo, attachments: [...shared, ...attachments] });
          expect(Buffer.compare(compiled.compose({ ...rest, attachments }), whole)).toBe(0);
        }
      }),
      { numRuns: countRuns(100, 20_000) },
    );
  });

  it('is the same with its attachments apart, and each of them is the same bytes in every mail', () => {
    fc.assert(
      fc.property(anyMail, anyMail, (first, second) => {
        const { from, replyTo = [], attachments: shared = [] } = first;
        const compiled = compileMessage({ from, replyTo, attachments: shared });
        for (const { from: _, replyTo: __, ...own } of [first, second]) {
          const divided = compiled.composeDivided(own);
          const pieces = divided.parts.map((part) => (Array.isArray(part) ? divided.bytes.subarray(...part) : part));
          const whole = compiled.compose(own);
          expect(Buffer.compare(Buffer.concat(pieces), whole)).toBe(0);
          expect(divided.sizeBytes).toBe(whole.length);
          const files = [...shared, ...(own.attachments ?? [])].filter(({ content }) => (content as Buffer).length > 0);
          expect(divided.parts.filter((part) => !Array.isArray(part))).toHaveLength(files.length);
        }
      }),
      { numRuns: countRuns(100, 20_000) },
    );
  });

  it('keeps nothing of one mail in the next when attachments stand apart', () => {
    const compiled = compileMessage(template);
    const divided = compiled.composeDivided({ ...content, attachments: [file('a.pdf')] });
    const before = Buffer.from(divided.bytes);
    compiled.composeDivided({ ...content, text: 'Other text' });
    expect(divided.bytes.equals(before)).toBe(true);
    expect(compiled.composeDivided(content).parts).toEqual([[0, compiled.compose(content).length]]);
  });

  it('shows a shared logo in those mails whose HTML names it, and attaches it to the others', () => {
    const attachments = [file('logo.png', 'image/png', 'logo'), file('terms.pdf')];
    const compiled = compileMessage({ ...template, attachments });
    const withLogo = Buffer.from(compiled.compose({ ...content, html: '<img src="cid:logo">' })).toString();
    expect(withLogo).toContain('multipart/related');
    expect(withLogo).toMatch(/Content-Disposition: inline; filename=logo.png/);
    const without = Buffer.from(compiled.compose({ ...content, html: '<p>' })).toString();
    expect(without).toMatch(/Content-Disposition: attachment; filename=logo.png/);
    for (const message of [withLogo, without]) expect(message).toContain('filename=terms.pdf');
  });

  it('takes an attachment that was encoded once for many messages', () => {
    const pdf = file('a.pdf');
    const encoded = { ...pdf, content: encodeBase64Lines(pdf.content) };
    expect(write({}, { attachments: [encoded] })).toBe(write({}, { attachments: [pdf] }));
  });

  it('keeps what an earlier mail gave back when the next is written', () => {
    const compiled = compileMessage(template);
    const first = compiled.compose({ ...content, text: 'ä'.repeat(3000) });
    const copy = Buffer.from(first);
    compiled.compose({ ...content, text: 'other '.repeat(1000), html: '<p>' });
    expect(Buffer.compare(first, copy)).toBe(0);
  });

  it('goes on after a mail that was refused', () => {
    const compiled = compileMessage(template);
    expect(() => compiled.compose({ ...content, text: 'ä', subject: 'a\nb' })).toThrow(MailValueError);
    expect(Buffer.from(compiled.compose(content)).toString()).toBe(write({}));
  });

  it('writes texts of any length side by side, each in its own encoding', async () => {
    const compiled = compileMessage(template);
    for (const length of [1, 5000, 20_000, 100_000]) {
      for (const [first, second] of [
        ['plain words ', 'Größe = '],
        ['Größe = ', '日本'],
        ['日本', 'plain words '],
      ] as const) {
        const text = `${first.repeat(length).replace(/.{60,70}/g, '$&\n')}.`;
        const html = `<p>${second.repeat(length)}</p>`;
        const reading = await PostalMime.parse(compiled.compose({ ...content, text, html }));
        expect(asLines(reading.text) === text, `${first} ${length}`).toBe(true);
        expect(asLines(reading.html) === html, `${second} ${length}`).toBe(true);
      }
    }
  });

  it('has the header fields of both halves, and a list to leave of its own before the shared one', () => {
    const message = write(
      { listUnsubscribe: { url: 'https://example.com/all' } },
      {
        headers: [{ name: 'X-Invoice', value: '1' }],
        listUnsubscribe: { url: 'https://example.com/1', isOneClick: true },
      },
    );
    expect(message).toMatch(
      /Auto-Submitted: auto-generated\r\nX-Invoice: 1\r\nList-Unsubscribe: <https:\/\/example.com\/1>\r\n/,
    );
    expect(message).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
    expect(message).not.toContain('/all');
    const own = { headers: [{ name: 'List-Unsubscribe', value: '<https://example.com/2>' }] };
    expect(write({ listUnsubscribe: { url: 'https://example.com/all' } }, own)).not.toContain('/all');
    expect(write({ listUnsubscribe: { url: 'https://example.com/all' } })).toContain(
      'List-Unsubscribe: <https://example.com/all>',
    );
  });

  it('forgets the header fields of a mail with the next', () => {
    const compiled = compileMessage(template);
    const own = { ...content, headers: [{ name: 'References', value: '<a@b>' }] };
    expect(Buffer.compare(compiled.compose(own), compiled.compose(own))).toBe(0);
  });

  it.each<[string, Partial<MailTemplate>, Partial<MailContent>]>([
    ['from.address', { from: { address: 'x' } }, {}],
    ['replyTo.0.address', { replyTo: [{ address: 'x' }] }, {}],
    ['headers.0.name', {}, { headers: [{ name: 'Auto-Submitted', value: 'no' }] }],
    ['attachments.0.filename', { attachments: [file('')] }, {}],
    [
      'listUnsubscribe',
      {},
      {
        headers: [{ name: 'List-Unsubscribe', value: '<https://a.example>' }],
        listUnsubscribe: { url: 'https://b.example' },
      },
    ],
  ])('refuses %s', (name, shared, own) => {
    expect(refusalOf(shared, own).field).toBe(name);
  });

  it('checks its shared half at once, not with the first mail', () => {
    expect(() => compileMessage({ ...template, from: { address: 'a b@example.com' } })).toThrow(MailValueError);
  });
});
