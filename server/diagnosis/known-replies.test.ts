import { describe, expect, it } from 'vitest';
import type { FailureCode } from '../../contracts/diagnosis.ts';
import type { Phase, Reply } from '../smtp/outcome.ts';
import { failureTexts } from './failure-texts.ts';
import { findKnownReply, knownReplies } from './known-replies.ts';

/** `535 5.7.8 text`, lines separated by \\n, as the session hands it on. */
const parseReply = (text: string): Reply => {
  const [, code = '', enhancedCode = ''] = /^(\d{3})(?: (\d\.\d+\.\d+))?/.exec(text) ?? [];
  return { code: Number(code), enhancedCode, lines: text.slice(`${code} ${enhancedCode}`.length).trim().split('\n') };
};
const find = (phase: Phase, text: string, host: string) => findKnownReply(phase, parseReply(text), host);

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
    /SES sandbox, the recipient \{to\}/,
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
  // Words that name no cause: the class of the code decides
  ['greeting', 'mail.example.com', '450 qwertz', 'server-busy'],
  ['greeting', 'mail.example.com', '554 qwertz', 'greeting-refused'],
  ['ehlo', 'mail.example.com', '421 qwertz', 'server-busy'],
  ['ehlo', 'mail.example.com', '501 5.5.2 qwertz', 'ehlo-name-refused'],
  ['ehlo', 'mail.example.com', '502 qwertz', 'ehlo-refused'],
  ['starttls', 'mail.example.com', '454 qwertz', 'starttls-refused'],
  ['auth', 'mail.example.com', '501 5.5.2 cannot decode', 'protocol-error'],
  ['auth', 'mail.example.com', '535 qwertz', 'auth-failed'],
  ['mail', 'mail.example.com', '552 qwertz', 'message-too-large'],
  ['mail', 'mail.example.com', '503 qwertz', 'protocol-error'],
  ['mail', 'mail.example.com', '550 qwertz', 'sender-refused'],
  ['rcpt', 'mail.example.com', '450 4.2.0 qwertz', 'recipient-deferred'],
  ['rcpt', 'mail.example.com', '550 qwertz', 'recipient-refused'],
  ['dot', 'mail.example.com', '451 qwertz', 'message-deferred'],
  ['dot', 'mail.example.com', '554 5.6.0 qwertz', 'content-refused'],
  ['dot', 'mail.example.com', '554 qwertz', 'message-refused'],
];

describe('the words of well-known servers', () => {
  for (const [phase, host, text, code, advice] of providerReplies) {
    it(`${host} says “${text.slice(0, 70)}”: ${code}`, () => {
      const known = find(phase, text, host);
      expect(known?.means).toBe(code);
      if (advice !== undefined) expect(known?.advice ?? failureTexts[code].explanation).toMatch(advice);
    });
  }

  it('are not put into the mouth of a server that is only named alike', () => {
    for (const host of [
      'mail.acme.com',
      'smtp.olive.com',
      'mail.notgoogle.com',
      'smtp.mysendgrid.net',
      'gmail.com.example.org',
    ]) {
      expect(find('auth', '535 5.7.3 no', host), host).toMatchObject({ means: 'auth-failed' });
      expect(find('auth', '535 5.7.3 no', host)?.advice, host).toBeUndefined();
    }
  });

  it('a text of 64 KB made to waste time does not', () => {
    const startedAt = performance.now();
    for (const word of ['helo ', 'sender ', 'from address ', 'relay ', 'user ', 'quota ']) {
      find('rcpt', `550 ${word.repeat(12_000)}`, 'mail.example.com');
    }
    expect(performance.now() - startedAt).toBeLessThan(300);
  });

  it('are each named by a row that can be reached', () => {
    const reached = new Set(providerReplies.map(([phase, host, text]) => find(phase, text, host)));
    const missed = knownReplies
      .filter((row) => !reached.has(row))
      .map((row) => `${row.phases} ${row.says} ${row.means}`);
    expect(missed).toEqual([]);
  });
});
