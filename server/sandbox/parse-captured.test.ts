import { describe, expect, it } from 'vitest';
import { composeMessage } from '../mime/compose.ts';
import { extractAttachment, parseCaptured } from './parse-captured.ts';
import { readCaptured, readCapturedAttachment } from './parse-captured.worker.ts';

const png = Buffer.from('iVBORw0KGgo=', 'base64');
const sample = (html: string, size = 10) =>
  composeMessage({
    from: { name: 'Jörg', address: 'hub@example.com' },
    to: [{ name: 'Ann', address: 'ann@example.com' }, { address: 'bob@example.com' }],
    cc: [{ address: 'cy@example.com' }],
    replyTo: [{ address: 're@example.com' }],
    subject: 'Grüße',
    text: 'Hi',
    html,
    attachments: [
      { filename: 'Rechnung März.pdf', contentType: 'application/pdf', content: Buffer.alloc(size, 7) },
      { filename: 'logo.png', contentType: 'image/png', content: png, contentId: 'logo@x' },
      { filename: 'evil.svg', contentType: 'image/svg+xml', content: Buffer.from('<svg/>'), contentId: 'svg' },
    ],
    headers: [{ name: 'X-Long', value: 'word '.repeat(30).trim() }],
    date: new Date('2026-11-22T10:44:05Z'),
    messageId: '<1@example.com>',
  });

describe('a captured message', () => {
  it('is described whole', async () => {
    const mail = await parseCaptured(sample('<p>x</p>'));
    expect(mail).toMatchObject({
      from: 'Jörg <hub@example.com>',
      subject: 'Grüße',
      to: ['Ann <ann@example.com>', 'bob@example.com'],
      cc: ['cy@example.com'],
      replyTo: ['re@example.com'],
      messageId: '<1@example.com>',
      date: '2026-11-22T10:44:05.000Z',
      text: expect.stringMatching(/^Hi\s*$/),
    });
    expect(mail.headers.find(({ name }) => name === 'X-Long')?.value).toBe('word '.repeat(30).trim());
    expect(mail.attachments[0]).toEqual({
      index: 0,
      filename: 'Rechnung März.pdf',
      contentType: 'application/pdf',
      sizeBytes: 10,
    });
  });

  it('shows inline images from within itself, and only pictures of dots', async () => {
    const { html, attachments } = await parseCaptured(
      sample('<img src="cid:logo@x"><img src=\'cid:logo%40x\'><img src="cid:svg"><img src="cid:none">'),
    );
    const data = `data:image/png;base64,${png.toString('base64')}`;
    expect(html?.trim()).toBe(`<img src="${data}"><img src='${data}'><img src="cid:svg"><img src="cid:none">`);
    expect(attachments).toHaveLength(3);
  });

  it('does not grow without end when one image is named many times', async () => {
    const html = '<img src="cid:logo@x">'.repeat(20_000);
    const large = composeMessage({
      from: { address: 'a@example.com' },
      to: [],
      subject: '',
      html,
      attachments: [
        { filename: 'l.png', contentType: 'image/png', content: Buffer.alloc(100_000), contentId: 'logo@x' },
      ],
      date: new Date(0),
      messageId: '<1@example.com>',
    });
    expect((await parseCaptured(large)).html?.length).toBeLessThan(45_000_000);
  });

  it('hands out the bytes of an attachment, and nothing for an index that does not exist', async () => {
    const source = sample('x');
    expect(await extractAttachment(source, 0)).toEqual({
      filename: 'Rechnung März.pdf',
      content: new Uint8Array(10).fill(7),
    });
    expect(await extractAttachment(source, 3)).toBeNull();
    expect(await extractAttachment(Buffer.from('nothing'), 0)).toBeNull();
  });

  it.each([
    ['a header over 64 KB', `Subject: long\r\nX: ${'x'.repeat(70_000)}\r\n\r\nhi`],
    [
      'parts nested 1,000 deep',
      `Subject: long\r\n${Array.from({ length: 1000 }, (_, depth) => `Content-Type: multipart/mixed; boundary=b${depth}\r\n\r\n--b${depth}\r\n`).join('')}`,
    ],
  ])('is shown by its headers when it has %s', async (_, source) => {
    const mail = await parseCaptured(Buffer.from(source));
    expect(mail).toMatchObject({ subject: 'long', html: null, attachments: [] });
    expect(mail.text).toMatch(/^This message cannot be shown \(.+\)\. Its source is complete\.$/);
  });

  it('keeps no NUL and no half characters', async () => {
    const mail = await parseCaptured(Buffer.from('Subject: =?utf-8?Q?a=00b?=\r\n\r\nc\0d'));
    expect(JSON.stringify(mail)).not.toContain('\\u0000');
  });

  it.each([
    '',
    '\r\n\r\n',
    'no header at all',
    'Subject',
    '\0\0\0',
    'To: (((((',
    'Content-Type: multipart/mixed\r\n\r\n--\r\n',
  ])('never throws, not for %j either', async (source) => {
    expect(await parseCaptured(Buffer.from(source))).toHaveProperty('subject');
  });
});

describe('a large captured message', () => {
  it('is read in a thread, with the same result', async () => {
    const source = sample('<img src="cid:logo@x">', 3_000_000);
    expect(await readCaptured(source)).toEqual(await parseCaptured(source));
    expect((await readCapturedAttachment(source, 1))?.content.length).toBe(3_000_000);
    expect(await readCapturedAttachment(source, 9)).toBeNull();
  });

  const nested = (depth: number): string =>
    `${Array.from({ length: depth }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`).join('')}Content-Type: text/plain\r\n\r\ndeep\r\n`;
  const forwarded = (depth: number): string =>
    `${'Content-Type: message/rfc822\r\n\r\n'.repeat(depth)}Subject: x\r\n\r\ndeep`;
  const many = (parts: number): string =>
    `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: text/plain; name=a.txt\r\n\r\nx\r\n'.repeat(parts)}--b--\r\n`;
  it.each<[what: string, body: string]>([
    ['a thousand parts inside each other', nested(1000)],
    ['a thousand forwarded inside each other', forwarded(1000)],
    ['ten thousand parts', many(10_000)],
    ['ten thousand fields', `${'X-A: b\r\n'.repeat(10_000)}\r\nHi`],
    ['one field of a megabyte', `X-A: ${'=?utf-8?q?a?= '.repeat(80_000)}\r\n\r\nHi`],
    ['a thousand addresses that never end', `To: ${'a <'.repeat(20_000)}\r\n\r\nHi`],
  ])('of %s is answered for, and holds nothing else up', async (_, body) => {
    const source = Buffer.from(`From: a@example.com\r\nSubject: Bomb\r\nMIME-Version: 1.0\r\n${body}`);
    let longestStall = 0;
    let last = performance.now();
    const ticks = setInterval(() => {
      longestStall = Math.max(longestStall, performance.now() - last);
      last = performance.now();
    }, 5);
    const mail = await readCaptured(source);
    await new Promise((resolve) => setTimeout(resolve, 10));
    clearInterval(ticks);
    expect(mail.subject).toBe('Bomb');
    expect(mail.attachments.length).toBeLessThanOrEqual(10_000);
    // A tenth of a second, on a machine that others use too.
    expect(longestStall).toBeLessThan(500);
  });

  it('that would take more memory than a process has is shown by its headers', async () => {
    const source = Buffer.from(`Subject: =?utf-8?Q?=C3=A4?=\r\n\r\n${'\r\n'.repeat(6_000_000)}`);
    const mail = await readCaptured(source);
    expect(mail.subject).toBe('ä');
    expect(mail.text).toContain('too much memory');
  });

  it('waits its turn when many come at once', async () => {
    const source = sample('x', 100_000);
    const mails = await Promise.all(Array.from({ length: 6 }, () => readCaptured(source)));
    expect(mails.map(({ subject }) => subject)).toEqual(Array(6).fill('Grüße'));
  });
});
