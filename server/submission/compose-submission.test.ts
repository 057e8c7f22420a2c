import { hash } from 'node:crypto';
import PostalMime from 'postal-mime';
import { describe, expect, it } from 'vitest';
import { composeMessage } from '../mime/compose.ts';
import type { AcceptedMessage } from './accepted-message.ts';
import { checkSubmission } from './check-submission.ts';
import type { SenderSettings } from './choose-settings.ts';
import { composeSubmission } from './compose-submission.ts';
import { billing, email, now, office, readBytes } from './test-data.ts';

const random = Buffer.alloc(16, 7);
const compose = (change: Record<string, unknown>, settings: SenderSettings = office, isNamed = false) => {
  const result = checkSubmission(email(change), now);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return composeSubmission(result.checked, {
    settings,
    isNamed,
    id: 'msg_1',
    now,
    random,
    submittedBy: 'ada@x.example',
  });
};
const composed = (...given: Parameters<typeof compose>): AcceptedMessage => {
  const result = compose(...given);
  if (!result.ok) throw new Error(JSON.stringify(result.problem));
  return result.message;
};
const headerOf = (message: AcceptedMessage, name: string) =>
  new RegExp(`^${name}: (.*)\\r$`, 'm').exec(readBytes(message).toString().split('\r\n\r\n', 1)[0] ?? '')?.[1];
const pdf = Buffer.from('an invoice '.repeat(500));
const file = (change: Record<string, unknown> = {}) => ({
  filename: 'invoice.pdf',
  content: pdf.toString('base64'),
  ...change,
});

describe('a composed submission', () => {
  it('is the message and its envelope, as they will always be', () => {
    const message = composed({
      from: 'Ada <ada@exämple.com>',
      to: ['Ann <ann@example.com>', 'bob@example.com'],
      bcc: 'secret@example.com',
      lane: 'urgent',
      secret: true,
      when_uncertain: 'hold',
      tags: [{ name: 'kind', value: 'reset' }],
    });
    const { content, ...rest } = message;
    expect(rest).toEqual({
      id: 'msg_1',
      lane: 'urgent',
      settingsId: null,
      mailFrom: 'ada@xn--exmple-cua.com',
      headerFrom: 'Ada <ada@xn--exmple-cua.com>',
      headerTo: 'Ann <ann@example.com>, bob@example.com',
      subject: 'Hello',
      messageId: `<${random.toString('hex')}@xn--exmple-cua.com>`,
      sizeBytes: content.bytes.length,
      attachmentCount: 0,
      tags: [{ name: 'kind', value: 'reset' }],
      isSecret: true,
      holdsUncertain: true,
      resentFrom: null,
      submittedBy: 'ada@x.example',
      createdAt: now,
      scheduledAt: null,
      expiresAt: now + 5 * 24 * 3_600_000,
      recipients: [
        { address: 'ann@example.com', kind: 'to' },
        { address: 'bob@example.com', kind: 'to' },
        { address: 'secret@example.com', kind: 'bcc' },
      ],
    });
    expect(content).toMatchObject({ parts: null, blobs: [] });
    expect(Buffer.from(content.bytes).toString()).not.toMatch(/secret@|bcc/i);
  });

  it('goes out as the From and Reply-To of the settings unless it has its own', () => {
    expect(headerOf(composed({}), 'From')).toBe('Example Ltd <office@example.com>');
    expect(headerOf(composed({}), 'Reply-To')).toBeUndefined();
    const other = composed({}, billing, true);
    expect([other.settingsId, other.mailFrom, headerOf(other, 'Reply-To')]).toEqual([
      billing.id,
      'billing@example.com',
      'help@example.com',
    ]);
    const own = composed({ from: 'x@example.org', reply_to: 'y@example.org' }, billing);
    expect([own.mailFrom, headerOf(own, 'From'), headerOf(own, 'Reply-To')]).toEqual([
      'x@example.org',
      'x@example.org',
      'y@example.org',
    ]);
  });

  it('stands with its files apart, and is byte for byte what composing it whole gives', () => {
    const files = [
      file(),
      file({ filename: 'again.pdf' }),
      file({ filename: 'logo.png', content: 'YWJj', content_id: 'logo' }),
    ];
    const message = composed({ html: '<img src="cid:logo">', attachments: files });
    const whole = composeMessage({
      from: { name: 'Example Ltd', address: 'office@example.com' },
      to: [{ address: 'ann@example.com' }],
      subject: 'Hello',
      text: 'Hi',
      html: '<img src="cid:logo">',
      date: new Date(now),
      messageId: message.messageId,
      attachments: [
        { filename: 'invoice.pdf', contentType: 'application/pdf', content: pdf },
        { filename: 'again.pdf', contentType: 'application/pdf', content: pdf },
        { filename: 'logo.png', contentType: 'image/png', content: Buffer.from('abc'), contentId: 'logo' },
      ],
    });
    expect(Buffer.compare(readBytes(message), whole)).toBe(0);
    expect([message.sizeBytes, message.attachmentCount]).toEqual([whole.length, 3]);
    // The same file twice is kept once.
    expect(message.content.blobs).toHaveLength(2);
    for (const blob of message.content.blobs) expect(hash('sha256', blob.bytes, 'hex')).toBe(blob.hash);
    expect(message.content.bytes.length).toBeLessThan(2500);
  });

  it('gives the same file the same hash in every message', () => {
    const hashes = [{}, { subject: 'Other', html: '<p>x</p>' }].map(
      (change) => composed({ ...change, attachments: [file()] }).content.blobs[0]?.hash,
    );
    expect(hashes[0]).toBe(hashes[1]);
  });

  it('is dated at the time it is to be sent, and can be read by others', async () => {
    const message = composed({
      scheduled_at: '2026-12-24T08:00:00Z',
      headers: { 'X-Order': '7' },
      attachments: [file()],
    });
    const read = await PostalMime.parse(readBytes(message));
    expect(read).toMatchObject({ subject: 'Hello', date: '2026-12-24T08:00:00.000Z', text: 'Hi\n' });
    expect(read.headers.find(({ key }) => key === 'x-order')?.value).toBe('7');
    expect(Buffer.compare(Buffer.from(read.attachments[0]?.content as ArrayBuffer), pdf)).toBe(0);
  });

  it.each<[string, Record<string, unknown>, SenderSettings, string]>([
    ['half a character in the subject', { subject: '\ud800' }, office, 'subject not_well_formed'],
    [
      'a file name of half a character',
      { attachments: [file(), file({ filename: '\udc00' })] },
      office,
      'attachments.1.filename not_well_formed',
    ],
    [
      'a content type that is none',
      { attachments: [file({ content_type: 'pdf' })] },
      office,
      'attachments.0.content_type not_allowed',
    ],
    [
      'a content id with brackets in it',
      { attachments: [file({ content_id: 'a<b' })] },
      office,
      'attachments.0.content_id not_allowed',
    ],
    [
      'settings whose From cannot be written',
      {},
      { ...office, fromEmail: 'a@10.0.0.1' },
      'smtp_settings not_an_address',
    ],
    [
      'a text that is too large once it is encoded',
      { text: undefined, html: undefined, attachments: [file({ content: 'A'.repeat(26_000_000) })] },
      office,
      'attachments too_large',
    ],
  ])('is refused for %s', (_, change, settings, problem) => {
    const result = compose(change, settings);
    expect(result.ok ? null : `${result.problem.path} ${result.problem.code}`).toBe(problem);
  });
});

describe('a submission that its server does not take', () => {
  const day = 24 * 3_600_000;
  const knows = (sizeLimitBytes: number | null, age = 0): SenderSettings => ({
    ...office,
    sizeLimitBytes,
    serverSeenAt: new Date(now - age).toISOString(),
  });
  const { sizeBytes } = composed({ attachments: [file()] });

  it('is refused by what is too large in it, with its size, the limit and the server', () => {
    const problem = { path: 'attachments', code: 'too_large' };
    const refused = compose({ attachments: [file()] }, knows(sizeBytes - 1));
    expect(refused).toMatchObject({ ok: false, problem });
    expect(refused.ok === false && refused.problem.message).toMatch(
      /^The message has 9 KB.*"Office" takes at most 8 KB/,
    );
    expect(compose({ text: 'x'.repeat(2000) }, knows(2000))).toMatchObject({ problem: { path: 'text' } });
  });

  it.each<[string, SenderSettings, Record<string, unknown>]>([
    ['it fits to the octet', knows(sizeBytes), {}],
    ['no limit was named', knows(null), {}],
    ['the server was never spoken to', office, {}],
    ['the limit was seen more than a week ago', knows(100, 7 * day + 1), {}],
    ['it leaves when that is stale', knows(100), { scheduled_at: new Date(now + 8 * day).toISOString() }],
  ])('is accepted where %s', (_, settings, change) => {
    expect(compose({ attachments: [file()], ...change }, settings).ok).toBe(true);
  });
});
