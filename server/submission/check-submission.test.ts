import { describe, expect, it } from 'vitest';
import { submissionLimits } from '../../contracts/submission.ts';
import { checkSubmission, defaultLifetimeMs } from './check-submission.ts';
import { email, now } from './test-data.ts';

const hour = 3_600_000;
const at = (ms: number) => new Date(now + ms).toISOString();
const problemsOf = (change: Record<string, unknown>) => {
  const result = checkSubmission(email(change), now);
  return result.ok ? [] : result.problems.map(({ path, code }) => `${path} ${code}`);
};
const checked = (change: Record<string, unknown> = {}) => {
  const result = checkSubmission(email(change), now);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.checked;
};
const file = (change: Record<string, unknown> = {}) => ({ filename: 'a.pdf', content: 'YWJj', ...change });
const many = (count: number, domain: string) => Array.from({ length: count }, (_, n) => `a${n}@${domain}`);

describe('checking a submission', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['no recipient at all', { to: [] }, ['to required']],
    ['neither text nor html', { text: undefined }, ['text required']],
    ['two addresses in one', { to: ['ann@example.com', 'a@b.example <bob@example.com>'] }, ['to.1 not_an_address']],
    ['an IP address for a domain', { cc: 'bob@127.0.0.1' }, ['cc.0 not_an_address']],
    ['a From that is no mailbox', { from: 'ada@example.1' }, ['from not_an_address']],
    ['a Reply-To that is none', { reply_to: ['ada@example.com', 'x@1.2'] }, ['reply_to.1 not_an_address']],
    ['half a character in a name', { to: 'A\ud800 <a@example.com>' }, ['to.0 not_well_formed']],
    ['half a character in a tag', { tags: [{ name: 'a', value: '\ud800' }] }, ['tags.0.value not_well_formed']],
    [
      'a header that has a field of its own',
      { headers: { 'X-Ok': '1', Bcc: 'x@example.com' } },
      ['headers.Bcc not_allowed'],
    ],
    [
      'a list header that no program reads',
      { headers: { 'List-Unsubscribe': 'nowhere' } },
      ['headers.List-Unsubscribe not_allowed'],
    ],
    [
      'more headers than there may be',
      { headers: Object.fromEntries(many(51, 'x').map((_, n) => [`X-${n}`, ''])) },
      ['headers too_many'],
    ],
    [
      'an attachment that is not base64',
      { attachments: [file(), file({ content: '{}' })] },
      ['attachments.1.content invalid'],
    ],
    [
      'a data URL',
      { attachments: [file({ content: 'data:text/plain;base64,YWJj' })] },
      ['attachments.0.content invalid'],
    ],
    ['sending in the past', { scheduled_at: at(-1) }, ['scheduled_at in_the_past']],
    ['sending in two years', { scheduled_at: at(2 * 366 * 24 * hour) }, ['scheduled_at too_late']],
    ['an expiry that has passed', { expires_at: at(0) }, ['expires_at in_the_past']],
    ['an expiry before it is sent', { scheduled_at: at(hour), expires_at: at(hour) }, ['expires_at in_the_past']],
    ['an expiry in more than a month', { expires_at: at(30 * 24 * hour + 1) }, ['expires_at too_late']],
    [
      'an expiry more than a month after it is sent',
      { scheduled_at: at(hour), expires_at: at(30 * 24 * hour + hour + 1) },
      ['expires_at too_late'],
    ],
    [
      'several faults at once',
      { from: 'a@1.1', to: 'b@1.1', scheduled_at: at(-1) },
      ['from not_an_address', 'to.0 not_an_address', 'scheduled_at in_the_past'],
    ],
  ])('refuses %s and names the field', (_, change, problems) => {
    expect(problemsOf(change)).toEqual(problems);
  });

  it('counts recipients of To, Cc and Bcc together, each once', () => {
    const { recipients: most } = submissionLimits;
    expect(checked({ to: many(most, 'example.com'), cc: many(most, 'EXAMPLE.com') }).recipients).toHaveLength(most);
    expect(problemsOf({ to: many(most - 1, 'example.com'), bcc: many(2, 'example.org') })).toEqual(['bcc too_many']);
    expect(problemsOf({ to: many(most, 'a.example'), cc: many(9, 'b.example'), bcc: many(9, 'c.example') })).toEqual([
      'cc too_many',
    ]);
  });

  it('mails everybody once, as To rather than Cc and as Cc rather than Bcc, and says so in the header', () => {
    const { to, cc, recipients } = checked({
      to: ['b@example.com', 'Again <b@EXAMPLE.com>', 'B@example.com'],
      cc: ['a@exämple.com', 'b@example.com'],
      bcc: ['a@xn--exmple-cua.com', 'c@example.com'],
    });
    expect(recipients).toEqual([
      { address: 'b@example.com', kind: 'to' },
      { address: 'B@example.com', kind: 'to' },
      { address: 'a@xn--exmple-cua.com', kind: 'cc' },
      { address: 'c@example.com', kind: 'bcc' },
    ]);
    expect([to.length, cc.length]).toEqual([2, 1]);
  });

  it('tries for five days from the time of sending when nothing is said', () => {
    expect(checked()).toMatchObject({ scheduledAt: null, expiresAt: now + defaultLifetimeMs });
    expect(checked({ scheduled_at: at(hour) })).toMatchObject({
      scheduledAt: now + hour,
      expiresAt: now + hour + defaultLifetimeMs,
    });
    expect(checked({ expires_at: '2026-11-22T12:44:00+01:00' }).expiresAt).toBe(now + hour);
    const latest = { scheduled_at: at(hour), expires_at: at(30 * 24 * hour + hour) };
    expect(checked(latest).expiresAt).toBe(now + 30 * 24 * hour + hour);
  });

  it('reads attachments as bytes, and tells their type by their name where it is not given', () => {
    const { attachments } = checked({
      attachments: [
        file(),
        file({ filename: 'A.B.JPG', content_id: '<logo>' }),
        file({ filename: 'x', content_type: 'text/csv' }),
        file({ filename: 'constructor' }),
      ],
    });
    expect(attachments.map(({ contentType, contentId }) => [contentType, contentId])).toEqual([
      ['application/pdf', undefined],
      ['image/jpeg', 'logo'],
      ['text/csv', undefined],
      ['application/octet-stream', undefined],
    ]);
    expect(attachments[0]?.content.toString()).toBe('abc');
  });

  it('refuses attachments that are too large together at the one that is too much, before reading it', () => {
    const content = 'A'.repeat(submissionLimits.messageBytes / 2);
    expect(problemsOf({ attachments: [file({ content }), file({ content }), file({ content: '!!!!' })] })).toEqual([
      'attachments.2.content too_large',
    ]);
  });
});
