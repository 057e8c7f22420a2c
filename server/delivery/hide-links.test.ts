import { describe, expect, it } from 'vitest';
import { hideLinks, hideLinksIn } from './hide-links.ts';

const token = 'Zk3v9QyT1m4x7wB2nC5pR8sU0aD6fG-h_JkLqWeRtYu';

describe('what a server says to secret mail', () => {
  it.each([
    [`554 5.7.1 blocked URL https://hub.test/password-reset#${token} (spam)`, '554 5.7.1 blocked URL [hidden] (spam)'],
    [`550 content: hub.test/password-reset%23${token}`, '550 content: [hidden]'],
    [`550 ${token}`, '550 [hidden]'],
    ['250 2.0.0 Ok: queued as 4ZyX1b2c3d', '250 2.0.0 Ok: queued as 4ZyX1b2c3d'],
    ['550 5.1.1 <somebody@example.com>: user unknown', '550 5.1.1 <somebody@example.com>: user unknown'],
  ])('keeps nothing of a link: %s', (said, kept) => {
    expect(hideLinks(said)).toBe(kept);
  });

  it('keeps nothing of a link with any recipient', () => {
    const recipient = { position: 0, state: 'bounced', reply: `554 https://x/#${token}`, explanation: 'No.' } as const;
    const verdict = { recipients: [recipient], server: null, countsAsAttempt: true, retryAfterSeconds: null };
    expect(JSON.stringify(hideLinksIn(verdict))).not.toContain(token);
  });
});
