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
const onHost = (host: string): Situation => ({ ...base, settings: { ...base.settings, host } });
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

/** phase, server, its words, what they mean, and what must be said about it. */
const providerReplies: [Phase, string, string, FailureCode, RegExp?][] = [
  [
    'rcpt',
    'mail.example.com',
    '450 4.7.1 Client host rejected: cannot find your reverse hostname, [192.0.2.7]',
    'message-refused',
    /block list/,
  ],
  ['rcpt', 'mail.example.com', '554 5.7.1 <unknown[192.0.2.7]>: Client host rejected: Access denied', 'relay-refused'],
  [
    'auth',
    'smtp.gmail.com',
    '534 5.7.9 Application-specific password required. For more information, go to\nhttps://support.google.com',
    'auth-app-password',
    /two-step.*app password/s,
  ],
  [
    'auth',
    'smtp.gmail.com',
    '535 5.7.8 Username and Password not accepted. For more information, go to',
    'auth-failed',
    /Google accepts only an app password/,
  ],
  [
    'auth',
    'smtp.gmail.com',
    '534 5.7.14 Please log in via your web browser and then try again.',
    'auth-failed',
    /Sign in once with a browser/,
  ],
  ['auth', 'smtp.gmail.com', '454 4.7.0 Too many login attempts, please try again later.', 'rate-limited'],
  ['auth', 'smtp.gmail.com', '454 4.7.0 Cannot authenticate due to temporary system problem.', 'auth-temporary'],
  ['mail', 'smtp.gmail.com', '530 5.7.0 Must issue a STARTTLS command first.', 'auth-needs-tls'],
  ['mail', 'smtp.gmail.com', '530 5.7.0 Authentication Required.', 'auth-required'],
  ['dot', 'smtp.gmail.com', '550 5.4.5 Daily user sending limit exceeded.', 'quota-exceeded'],
  [
    'dot',
    'smtp.gmail.com',
    "550 5.7.26 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.",
    'content-refused',
    /SPF, DKIM or DMARC/,
  ],
  [
    'rcpt',
    'smtp.gmail.com',
    '550 5.1.1 The email account that you tried to reach does not exist.',
    'recipient-unknown',
  ],
  [
    'auth',
    'smtp.office365.com',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
    'auth-basic-disabled',
    /end of December 2026/,
  ],
  [
    'auth',
    'smtp.office365.com',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
    'auth-basic-disabled',
  ],
  [
    'auth',
    'smtp.office365.com',
    '535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.',
    'auth-failed',
    /Microsoft 365 says that the user name or the password is wrong/,
  ],
  [
    'auth',
    'smtp.office365.com',
    "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy.",
    'auth-basic-disabled',
    /security defaults/,
  ],
  [
    'auth',
    'smtp.office365.com',
    '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully.',
    'auth-basic-disabled',
    /conditional access/,
  ],
  ['auth', 'smtp.office365.com', '535 5.7.3 Authentication unsuccessful', 'auth-failed', /Authenticated SMTP/],
  [
    'auth',
    'smtp.office365.com',
    '550 5.7.30 Basic authentication is not supported for Client Submission.',
    'auth-basic-disabled',
  ],
  ['mail', 'smtp.office365.com', '530 5.7.57 Client not authenticated to send mail.', 'auth-required', /connector/],
  [
    'dot',
    'smtp.office365.com',
    '554 5.2.252 SendAsDenied; billing@example.com not allowed to send as x@example.com',
    'sender-refused',
  ],
  [
    'dot',
    'smtp.office365.com',
    '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
    'sender-refused',
    /Send As/,
  ],
  ['rcpt', 'example.mail.protection.outlook.com', '550 5.7.64 TenantAttribution; Relay Access Denied', 'relay-refused'],
  [
    'rcpt',
    'example.mail.protection.outlook.com',
    '550 5.4.1 Recipient address rejected: Access denied.',
    'recipient-unknown',
  ],
  ['dot', 'smtp.office365.com', '432 4.3.2 Concurrent connections limit exceeded', 'rate-limited'],
  [
    'dot',
    'email-smtp.eu-west-1.amazonaws.com',
    '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: billing@example.com',
    'sender-refused',
    /SES sandbox, the recipient anna@example\.net/,
  ],
  [
    'dot',
    'email-smtp.eu-west-1.amazonaws.com',
    '454 Throttling failure: Daily message quota exceeded.',
    'quota-exceeded',
  ],
  [
    'auth',
    'email-smtp.eu-west-1.amazonaws.com',
    '535 Authentication Credentials Invalid',
    'auth-failed',
    /SMTP credentials made in the SES console/,
  ],
  [
    'auth',
    'smtp.mail.yahoo.com',
    '535 5.7.0 (#AUTH005) Too many bad auth attempts.',
    'auth-app-password',
    /Yahoo and AOL/,
  ],
  ['auth', 'smtp.mail.yahoo.com', '535 5.7.0 (#MBR1212) Incorrect username or password', 'auth-failed', /app password/],
  ['auth', 'smtp.mail.me.com', '535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6', 'auth-failed', /app password/],
  ['auth', 'smtp.fastmail.com', '535 5.7.0 Incorrect username or password', 'auth-failed', /Fastmail always/],
  ['auth', 'smtp.zoho.eu', '535 Authentication Failed', 'auth-failed', /region of the account/],
  ['dot', 'smtp.zoho.eu', '553 Relaying disallowed as billing@example.com', 'sender-refused', /aliases/],
  ['auth', 'smtp.sendgrid.net', '535 Authentication failed: Bad username / password', 'auth-failed', /the word apikey/],
  ['auth', 'smtp.sendgrid.net', '451 Authentication failed: Maximum credits exceeded', 'quota-exceeded'],
  [
    'dot',
    'smtp.sendgrid.net',
    '550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
    'sender-refused',
    /Sender Authentication/,
  ],
  ['mail', 'smtp.sendgrid.net', '550 Unauthenticated senders not allowed', 'auth-required'],
  [
    'dot',
    'smtp.postmarkapp.com',
    "550 5.7.1 The 'From' address you supplied (x@example.com) is not a Sender Signature on your account.",
    'sender-refused',
    /Postmark/,
  ],
  ['auth', 'smtp-relay.brevo.com', '535 5.7.8 Authentication failed', 'auth-failed', /Brevo an SMTP key/],
  [
    'dot',
    'smtp.mailgun.org',
    '550 5.7.1 Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients',
    'recipient-refused',
    /list/,
  ],
  // Postfix, Exim, Exchange, OpenSMTPD on one's own
  ['rcpt', 'mail.example.com', '554 5.7.1 <anna@example.net>: Relay access denied', 'relay-refused'],
  ['rcpt', 'mail.example.com', '550 relay not permitted', 'relay-refused'],
  ['rcpt', 'mail.example.com', '550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain', 'relay-refused'],
  [
    'rcpt',
    'mail.example.com',
    '550 5.1.1 <anna@example.net>: Recipient address rejected: User unknown in local recipient table',
    'recipient-unknown',
  ],
  [
    'rcpt',
    'mail.example.com',
    '553 5.7.1 <billing@example.com>: Sender address rejected: not owned by user anna',
    'sender-refused',
  ],
  [
    'rcpt',
    'mail.example.com',
    '553 5.7.1 <billing@example.com>: Sender address rejected: not logged in',
    'auth-required',
  ],
  [
    'mail',
    'mail.example.com',
    '450 4.1.8 <billing@example.com>: Sender address rejected: Domain not found',
    'sender-refused',
  ],
  [
    'rcpt',
    'mail.example.com',
    '504 5.5.2 <old>: Helo command rejected: need fully-qualified hostname',
    'ehlo-name-refused',
  ],
  [
    'rcpt',
    'mail.example.com',
    '554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org',
    'message-refused',
    /block list/,
  ],
  [
    'greeting',
    'mail.example.com',
    '554 5.7.1 192.0.2.7 is listed at zen.spamhaus.org',
    'greeting-refused',
    /block list/,
  ],
  ['greeting', 'mail.example.com', '421 4.7.0 Too many connections from 192.0.2.7', 'rate-limited'],
  ['rcpt', 'mail.example.com', '552 5.2.2 Mailbox full', 'recipient-refused', /is full/],
  ['rcpt', 'mail.example.com', '452 4.2.2 Over quota', 'recipient-deferred', /is full/],
  ['mail', 'mail.example.com', '552 5.3.4 Message size exceeds fixed limit', 'message-too-large'],
  ['mail', 'mail.example.com', '452 4.3.1 Insufficient system storage', 'message-deferred'],
  [
    'auth',
    'mail.example.com',
    '538 5.7.11 Encryption required for requested authentication mechanism',
    'auth-needs-tls',
  ],
  ['auth', 'mail.example.com', '503 5.5.1 Error: authentication not enabled', 'auth-not-offered'],
  ['auth', 'mail.example.com', '504 5.5.4 Unrecognized authentication type', 'auth-method-not-offered'],
  ['auth', 'mail.example.com', '432 4.7.12 A password transition is needed', 'auth-temporary', /set anew/],
  ['auth', 'mail.example.com', '535 5.7.8 Your account has been suspended', 'auth-failed', /locked or disabled/],
  ['data', 'mail.example.com', '554 5.5.1 Error: no valid recipients', 'recipient-refused'],
  ['dot', 'mail.example.com', '421 4.3.2 Shutting down', 'server-busy'],
];

describe('the words of well-known servers', () => {
  for (const [phase, host, text, code, advice] of providerReplies) {
    it(`${host} says “${text.slice(0, 70)}”: ${code}`, () => {
      const explained = explain(phase, text, onHost(host));
      expect(explained.code).toBe(code);
      if (advice !== undefined) expect(explained.explanation).toMatch(advice);
      expect(explained.explanation).not.toMatch(/[{}]/);
    });
  }

  it('a text of 64 KB made to waste time does not', () => {
    const startedAt = performance.now();
    for (const word of ['helo ', 'sender ', 'from address ', 'relay ', 'user ', 'quota ']) {
      explain('rcpt', `550 ${word.repeat(12_000)}`);
    }
    expect(performance.now() - startedAt).toBeLessThan(300);
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
