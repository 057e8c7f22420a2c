import { describe, expect, it } from 'vitest';
import { emptyFacts, type SessionFacts } from '../smtp/target.ts';
import {
  describeEhlo,
  describeTls,
  findWarnings,
  formatAddress,
  formatReply,
  toConnectionFacts,
} from './describe-rung.ts';
import type { DiagnosedSettings } from './recognise-failure.ts';

const now = Date.UTC(2026, 2, 1);
const settings: DiagnosedSettings = {
  host: 'mail.example.com',
  port: 587,
  starttlsOnly: false,
  security: 'automatic',
  fromEmail: 'billing@example.com',
  replyTo: '',
  username: 'billing@example.com',
  certificateFingerprint: '',
  tlsMinimum: '1.2',
  authMethod: 'automatic',
};
const facts: SessionFacts = {
  ...emptyFacts(),
  connectedAddress: '192.0.2.1',
  greeting: { code: 220, enhancedCode: '', lines: ['mx7.example.com ESMTP ready'] },
  encryption: 'starttls',
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  capabilities: ['PIPELINING', 'SIZE 35882577', 'STARTTLS', 'AUTH PLAIN LOGIN'],
  sizeLimitBytes: 35_882_577,
  certificates: [
    {
      subject: 'CN=mail.example.com',
      issuer: "C=US, O=Let's Encrypt, CN=R11",
      names: ['mail.example.com'],
      validFrom: new Date(Date.UTC(2026, 1, 1)),
      validTo: new Date(Date.UTC(2026, 4, 2, 12)),
      fingerprint: 'ab'.repeat(32),
    },
  ],
};
const endingIn = (days: number): SessionFacts => ({
  ...facts,
  certificates: facts.certificates.map((one) => ({ ...one, validTo: new Date(now + days * 86_400_000 + 1) })),
});

describe('a rung in plain words', () => {
  it('names protocol, cipher, certificate and days left', () => {
    expect(describeTls(facts, now)).toBe(
      'TLSv1.3, TLS_AES_256_GCM_SHA384; certificate for mail.example.com by R11, 62 days left',
    );
    expect(describeTls(endingIn(1), now)).toContain('1 day left');
    expect(describeTls(endingIn(0), now)).toContain('ends today');
    expect(describeTls(endingIn(-3), now)).toContain('ended 26 February 2026');
  });

  it('names what the server offers, as far as it matters', () => {
    expect(describeEhlo(facts, 'mail.example.com')).toBe(
      'mx7.example.com offers STARTTLS, AUTH PLAIN LOGIN, SIZE 36 MB',
    );
    expect(describeEhlo({ ...emptyFacts() }, 'mail.example.com')).toBe(
      'mail.example.com offers no extension that matters here',
    );
  });

  it('shows a reply as it stood on the line, each line with its code', () => {
    expect(formatReply({ code: 250, enhancedCode: '2.1.0', lines: ['Ok'] })).toBe('250 2.1.0 Ok');
    expect(formatReply({ code: 250, enhancedCode: '', lines: ['one', 'two'] })).toBe('250-one\n250 two');
    expect(formatReply({ code: 250, enhancedCode: '', lines: [] })).toBe('250');
    expect(formatReply(null)).toBe('');
  });

  it('puts IPv6 addresses in brackets', () => {
    expect(formatAddress('192.0.2.1', 587)).toBe('192.0.2.1:587');
    expect(formatAddress('2001:db8::1', 465)).toBe('[2001:db8::1]:465');
  });

  it('carries the facts over HTTP with ISO dates and whole days', () => {
    const crossing = toConnectionFacts(facts, 587, now);
    expect(crossing).toMatchObject({ address: '192.0.2.1:587', encryption: 'starttls', sizeLimitBytes: 35_882_577 });
    expect(crossing.certificates[0]).toMatchObject({ daysLeft: 62, validTo: '2026-05-02T12:00:00.000Z' });
  });
});

describe('a test that passed warns', () => {
  const warn = (changed: Partial<SessionFacts>, changedSettings: Partial<DiagnosedSettings> = {}) =>
    findWarnings({ ...facts, ...changed }, { ...settings, ...changedSettings }, now);

  it('of nothing when all is well', () => expect(warn({})).toEqual([]));

  it('of an unencrypted line, but not on this machine itself', () => {
    const plain = { encryption: 'none', certificates: [], protocol: null } as const;
    expect(warn({ ...plain, certificates: [] })).toEqual([
      expect.stringMatching(/^The password and the message crossed/),
    ]);
    expect(warn({ ...plain, certificates: [] }, { username: '' })).toEqual([
      expect.stringMatching(/^The message crossed/),
    ]);
    expect(warn({ ...plain, certificates: [], connectedAddress: '127.0.0.1' })).toEqual([]);
  });

  it('of a certificate that ends within 14 days, or has ended and is pinned', () => {
    expect(warn(endingIn(14))).toEqual([]);
    expect(warn(endingIn(13))).toEqual([expect.stringContaining('13 days left')]);
    expect(warn(endingIn(-1))).toEqual([expect.stringContaining('trust exactly this one')]);
  });

  it('of an old TLS, of a small SIZE, and of Microsoft’s plans for passwords', () => {
    expect(warn({ protocol: 'TLSv1.1' })).toEqual([expect.stringContaining('TLSv1.1')]);
    expect(warn({ protocol: 'TLSv1.2' })).toEqual([]);
    expect(warn({ sizeLimitBytes: 1_000_000 })).toEqual([expect.stringContaining('1 MB')]);
    expect(warn({}, { host: 'smtp.office365.com' })).toEqual([expect.stringContaining('end of December 2026')]);
    expect(warn({}, { host: 'smtp.office365.com', username: '' })).toEqual([]);
  });
});
