import { describe, expect, it } from 'vitest';
import {
  type FailureCode,
  failureCodes,
  type LadderStep,
  ladderSteps,
  type PortProbe,
} from '../../contracts/diagnosis.ts';
import { fail, type Phase, type Reply, type SmtpFailure } from '../smtp/outcome.ts';
import { emptyFacts } from '../smtp/target.ts';
import { explainFailure, explainNoPassword } from './explain-failure.ts';
import { failureTexts } from './failure-texts.ts';
import { knownReplies } from './known-replies.ts';
import { isPortInDoubt, type Situation } from './recognise-failure.ts';

const base: Situation = {
  settings: {
    host: 'mail.example.com',
    port: 587,
    starttlsOnly: true,
    security: 'automatic',
    fromEmail: 'billing@example.com',
    replyTo: '',
    username: 'billing@example.com',
    certificateFingerprint: '',
    tlsMinimum: '1.2',
    authMethod: 'automatic',
  },
  facts: { ...emptyFacts(), addresses: ['192.0.2.1'] },
  probes: [],
  to: 'anna@example.net',
  saidEhloName: '[192.0.2.7]',
  otherEhloNames: ['[192.0.2.7]', 'postern.example.com'],
};
const withProbes = (
  probes: [number, PortProbe['result']][],
  settings: Partial<Situation['settings']> = {},
): Situation => ({
  ...base,
  settings: { ...base.settings, ...settings },
  probes: probes.map(([port, result]) => ({ port, result, ms: 1 })),
});

/** `535 5.7.8 text`, lines separated by \n, as the session hands it on. */
const parseReply = (text: string): Reply => {
  const [, code = '', enhancedCode = ''] = /^(\d{3})(?: (\d\.\d+\.\d+))?/.exec(text) ?? [];
  return { code: Number(code), enhancedCode, lines: text.slice(`${code} ${enhancedCode}`.length).trim().split('\n') };
};
const refuse = (phase: Phase, text: string): SmtpFailure => {
  const reply = parseReply(text);
  return fail(phase, 'refused', text, { reply });
};
const explain = (phase: Phase, text: string, situation: Situation = base) =>
  explainFailure(refuse(phase, text), situation);

describe('the words of every failure', () => {
  it('name what happened, why, and what to do, in whole sentences', () => {
    expect(Object.keys(failureTexts).sort()).toEqual([...failureCodes].sort());
    for (const [code, text] of Object.entries(failureTexts)) {
      expect(text.title, code).toMatch(/^[A-Z{].{20,}[.]$/s);
      expect(text.explanation, code).toMatch(/^[A-Z].{60,}[.}]$/s);
      expect(text.explanation.match(/[.?!](?= |$)/g)?.length ?? 0, code).toBeLessThanOrEqual(4);
    }
  });

  it('leave no name in braces open', () => {
    for (const { advice } of knownReplies)
      expect(advice?.replaceAll(/\{(host|from|to|username)\}/g, '') ?? '').not.toMatch(/[{}]/);
    for (const code of ['password-missing', 'password-locked'] as const) {
      const { title, explanation } = explainNoPassword(code, base);
      expect(title + explanation).not.toMatch(/[{}]/);
    }
  });
});

/** One way to each code. A missing one does not compile. */
const ways: Record<
  Exclude<FailureCode, 'password-missing' | 'password-locked'>,
  [SmtpFailure, LadderStep, Situation?]
> = {
  'dns-not-found': [fail('dns', 'dns-not-found', ''), 'dns'],
  'dns-timeout': [fail('dns', 'deadline', ''), 'dns'],
  'dns-failed': [fail('dns', 'dns-failed', ''), 'dns'],
  'address-refused': [fail('connect', 'address-refused', '169.254.169.254'), 'dns'],
  'connection-refused': [fail('connect', 'connection-refused', ''), 'tcp'],
  'connection-timeout': [fail('connect', 'deadline', ''), 'tcp'],
  'host-unreachable': [fail('connect', 'host-unreachable', ''), 'tcp'],
  'connection-failed': [fail('connect', 'connection-failed', ''), 'tcp'],
  'tls-expected': [fail('greeting', 'connection-lost', ''), 'tls', withProbes([[587, 'tls']])],
  'tls-not-spoken': [
    fail('tls', 'tls-not-spoken', ''),
    'tls',
    withProbes([], { starttlsOnly: false, security: 'tls' }),
  ],
  'starttls-not-offered': [fail('starttls', 'starttls-not-offered', ''), 'tls'],
  'starttls-gone': [fail('starttls', 'starttls-gone', ''), 'tls'],
  'starttls-refused': [refuse('starttls', '454 4.7.0 TLS not available due to temporary reason'), 'tls'],
  'tls-handshake-timeout': [fail('tls', 'tls-handshake-timeout', ''), 'tls'],
  'tls-failed': [fail('tls', 'tls-failed', ''), 'tls'],
  'tls-version-too-old': [fail('tls', 'tls-version-too-old', ''), 'tls'],
  'certificate-expired': [fail('tls', 'certificate-expired', ''), 'tls'],
  'certificate-not-yet-valid': [fail('tls', 'certificate-not-yet-valid', ''), 'tls'],
  'certificate-wrong-name': [fail('tls', 'certificate-wrong-name', ''), 'tls'],
  'certificate-self-signed': [fail('tls', 'certificate-self-signed', ''), 'tls'],
  'certificate-untrusted': [fail('tls', 'certificate-untrusted', ''), 'tls'],
  'certificate-revoked': [fail('tls', 'certificate-revoked', ''), 'tls'],
  'certificate-not-pinned': [fail('tls', 'certificate-not-pinned', ''), 'tls'],
  'greeting-timeout': [fail('greeting', 'reply-timeout', 'no complete reply within 15 s; 0 bytes had come'), 'ehlo'],
  'not-smtp': [fail('greeting', 'not-smtp', 'SSH'), 'ehlo'],
  'greeting-refused': [refuse('greeting', '554 no SMTP service here'), 'ehlo'],
  'server-busy': [refuse('greeting', '421 4.3.2 try again later'), 'ehlo'],
  'ehlo-refused': [refuse('ehlo', '502 5.5.2 command not recognized'), 'ehlo'],
  'ehlo-name-refused': [refuse('ehlo', '550 Invalid HELO name'), 'ehlo'],
  'auth-not-offered': [fail('auth', 'auth-not-offered', ''), 'auth'],
  'auth-needs-tls': [fail('auth', 'auth-needs-tls', ''), 'auth'],
  'auth-method-not-offered': [fail('auth', 'auth-method-not-offered', ''), 'auth'],
  'auth-failed': [refuse('auth', '535 5.7.8 Error: authentication failed'), 'auth'],
  'auth-temporary': [refuse('auth', '454 4.7.0 Temporary authentication failure'), 'auth'],
  'auth-app-password': [refuse('auth', '534 5.7.9 Application-specific password required'), 'auth'],
  'auth-basic-disabled': [
    refuse('auth', '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.'),
    'auth',
  ],
  'auth-required': [refuse('mail', '530 5.7.0 Authentication required'), 'mail'],
  'sender-refused': [refuse('mail', '550 5.1.0 Sender rejected'), 'mail'],
  'relay-refused': [refuse('rcpt', '550 5.7.1 Unable to relay'), 'rcpt'],
  'recipient-unknown': [refuse('rcpt', '550 5.1.1 User unknown'), 'rcpt'],
  'recipient-refused': [refuse('rcpt', '550 5.7.1 Access denied'), 'rcpt'],
  'recipient-deferred': [refuse('rcpt', '450 4.2.0 Greylisted, see you in 5 minutes'), 'rcpt'],
  'message-too-large': [fail('mail', 'message-too-large', ''), 'mail'],
  'content-refused': [refuse('dot', '554 5.7.1 Message rejected as spam'), 'data'],
  'message-refused': [refuse('dot', '554 5.0.0 Transaction failed'), 'data'],
  'message-deferred': [refuse('dot', '451 4.3.0 Queue file write error'), 'data'],
  'smtputf8-not-offered': [fail('mail', 'smtputf8-not-offered', ''), 'mail'],
  'rate-limited': [refuse('dot', '454 Throttling failure: Maximum sending rate exceeded.'), 'data'],
  'quota-exceeded': [refuse('rcpt', '550 5.4.5 Daily user sending limit exceeded'), 'rcpt'],
  'reply-timeout': [fail('mail', 'reply-timeout', 'no complete reply within 15 s; 0 bytes had come'), 'mail'],
  'slow-server': [fail('greeting', 'reply-timeout', 'no complete reply within 15 s; 2 bytes had come'), 'ehlo'],
  'connection-lost': [fail('rcpt', 'connection-lost', ''), 'rcpt'],
  uncertain: [fail('dot', 'uncertain', ''), 'data'],
  desync: [fail('mail', 'desync', ''), 'mail'],
  'protocol-error': [refuse('mail', '503 5.5.1 Bad sequence of commands'), 'mail'],
  cancelled: [fail('connect', 'cancelled', ''), 'tcp'],
};

describe('a failure is recognised', () => {
  for (const [code, [failure, step, situation]] of Object.entries(ways)) {
    it(`as ${code}, at ${step}`, () => {
      const explained = explainFailure(failure, situation ?? base);
      expect(explained).toMatchObject({ code, step });
      expect(ladderSteps).toContain(explained.step);
      expect(explained.title + explained.explanation).not.toMatch(/[{}]| {2}|undefined|null/);
    });
  }

  it('as sign-in that needs encryption first, when STARTTLS is offered and sign-in is not yet', () => {
    const facts = { ...base.facts, encryption: 'none' as const, capabilities: ['STARTTLS'] };
    const situation: Situation = {
      ...base,
      facts,
      settings: { ...base.settings, starttlsOnly: false, security: 'none' },
    };
    expect(explainFailure(fail('auth', 'auth-not-offered', ''), situation)).toMatchObject({
      code: 'auth-needs-tls',
      repairs: [{ label: 'Use STARTTLS on port 587', changes: { starttlsOnly: true } }],
    });
  });

  it('as missing sign-in, when a submission port refuses a stranger in words that blame somebody else', () => {
    const facts = { ...base.facts, capabilities: ['AUTH PLAIN'] };
    const stranger: Situation = { ...base, facts, settings: { ...base.settings, username: '' } };
    const words = '554 5.7.1 <anna@example.net>: Recipient address rejected: Access denied';
    expect(explain('rcpt', words, stranger).code).toBe('auth-required');
    expect(explain('rcpt', words, { ...stranger, settings: base.settings }).code).toBe('recipient-refused');
    expect(explain('rcpt', words, { ...stranger, facts: base.facts }).code).toBe('recipient-refused');
  });

  it('as unknown in every phase only by the class of the code', () => {
    const phases: Phase[] = ['greeting', 'ehlo', 'starttls', 'auth', 'mail', 'rcpt', 'data', 'dot'];
    for (const phase of phases) {
      for (const code of [450, 499, 550, 599]) {
        const found = explain(phase, `${code} qwertz`).code;
        expect(found, `${phase} ${code}`).not.toBe('protocol-error');
      }
    }
    expect(explain('rcpt', '450 qwertz').code).toBe('recipient-deferred');
    expect(explain('rcpt', '550 qwertz').code).toBe('recipient-refused');
    expect(explain('dot', '550 qwertz').code).toBe('message-refused');
  });
});

describe('the other ports', () => {
  it('are asked only when this one is in doubt', () => {
    expect(isPortInDoubt(fail('connect', 'connection-timeout', ''))).toBe(true);
    expect(isPortInDoubt(fail('greeting', 'reply-timeout', ''))).toBe(true);
    expect(isPortInDoubt(fail('starttls', 'starttls-not-offered', ''))).toBe(true);
    expect(isPortInDoubt(fail('connect', 'address-refused', ''))).toBe(false);
    expect(isPortInDoubt(fail('tls', 'certificate-expired', ''))).toBe(false);
    expect(isPortInDoubt(refuse('rcpt', '550 5.1.1 unknown'))).toBe(false);
    expect(isPortInDoubt(fail('connect', 'cancelled', ''))).toBe(false);
  });

  it('are named in the explanation, and the best two are offered: TLS from the start first', () => {
    const situation = withProbes([
      [587, 'refused'],
      [465, 'tls'],
      [25, 'plain'],
      [2525, 'starttls'],
    ]);
    const { explanation, repairs } = explainFailure(fail('connect', 'connection-refused', ''), situation);
    expect(explanation).toContain(
      'Postern asked the usual ports, 465: TLS from the start; 2525: STARTTLS; 25: mail without encryption.',
    );
    expect(repairs).toEqual([
      { label: 'Use port 465 with TLS from the start', changes: { port: 465, starttlsOnly: false, security: 'tls' } },
      { label: 'Use port 2525 with STARTTLS', changes: { port: 2525, starttlsOnly: true } },
    ]);
  });

  it('without encryption are offered only where none has it, and the label says what that means', () => {
    const { repairs } = explainFailure(
      fail('connect', 'connection-refused', ''),
      withProbes(
        [
          [587, 'refused'],
          [25, 'plain'],
        ],
        { username: '' },
      ),
    );
    expect(repairs).toEqual([
      {
        label: 'Send without encryption on port 25 (anyone on the way can read the mail)',
        changes: { port: 25, starttlsOnly: false, security: 'none' },
      },
    ]);
  });
});

describe('repairs', () => {
  const certificate = {
    subject: 'CN=mail.example.com, O=Example',
    issuer: 'CN=Example CA',
    names: ['mail.example.com'],
    validFrom: new Date('2026-01-01'),
    validTo: new Date('2026-05-03'),
    fingerprint: '3fa2'.repeat(16),
  };
  const seen: Situation = { ...base, facts: { ...base.facts, certificates: [certificate] } };

  it('trust a certificate only after it was seen, and never a revoked one', () => {
    expect(explainFailure(fail('tls', 'certificate-expired', ''), base).repairs).toEqual([]);
    expect(explainFailure(fail('tls', 'certificate-expired', ''), seen).repairs).toEqual([
      {
        label: 'Trust exactly this certificate (mail.example.com, 3f:a2:3f:a2…)',
        changes: { certificateCheck: 'fingerprint', certificateFingerprint: certificate.fingerprint },
      },
    ]);
    expect(explainFailure(fail('tls', 'certificate-revoked', ''), seen).repairs).toEqual([]);
  });

  it('name the apikey of SendGrid, but make no address of a key', () => {
    const sendgrid = { ...base, settings: { ...base.settings, host: 'smtp.sendgrid.net', username: 'billing' } };
    expect(explain('auth', '535 no', sendgrid).repairs[0]).toEqual({
      label: 'Use apikey as user name',
      changes: { username: 'apikey' },
    });
    const ses = { ...base, settings: { ...base.settings, username: 'AKIAIOSFODNN7EXAMPLEKEY' } };
    expect(explain('auth', '535 no', ses).repairs).toEqual([]);
  });

  it('keep the wanted sender as Reply-To when they send as the account', () => {
    const settings = { ...base.settings, username: 'owner@example.com' };
    expect(explain('mail', '550 5.7.60 no', { ...base, settings }).repairs).toEqual([
      {
        label: 'Send as owner@example.com, with replies to billing@example.com',
        changes: { fromEmail: 'owner@example.com', replyTo: 'billing@example.com' },
      },
    ]);
    expect(explain('mail', '550 5.7.60 no', base).repairs).toEqual([]);
  });

  it('say that a password would be readable when a method without encryption is let in', () => {
    const facts = { ...base.facts, encryption: 'none' as const, capabilities: ['AUTH PLAIN'] };
    const situation: Situation = { ...base, facts, settings: { ...base.settings, authMethod: 'cram-md5' } };
    expect(explainFailure(fail('auth', 'auth-method-not-offered', ''), situation).repairs[0]?.label).toBe(
      'Let Postern choose the method (PLAIN; anyone on the way can read the password)',
    );
  });
});
