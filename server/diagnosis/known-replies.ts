/**
 * What a server's "no" means: phase first, then code, then enhanced code, then words. The first row that fits decides.
 *
 * A row is compared with the reply on one line, `535 5.7.8 Username and Password not accepted.`, whatever its case.
 * Order is the policy: words that name a cause stand before bare codes, and each phase ends with rows that fit any reply,
 * so that an unknown text still gets the meaning of its class. `advice` takes the place of the explanation of the code's
 * own text where the server is known to mean something more exact.
 * Codes: RFC 5321 §4.2, RFC 3463, RFC 4954 §6, RFC 3207; words: what the providers were seen to say.
 */
import type { FailureCode } from '../../contracts/diagnosis.ts';
import { describeReply, type Phase, type Reply } from '../smtp/outcome.ts';

export interface KnownReply {
  phases: readonly Phase[];
  says: RegExp;
  /** Only for servers whose name ends like this. */
  host?: RegExp;
  means: FailureCode;
  advice?: string;
}

const anywhere: readonly Phase[] = ['greeting', 'ehlo', 'auth', 'mail', 'rcpt', 'data', 'body', 'dot'];
const mailOn: readonly Phase[] = ['mail', 'rcpt', 'data', 'body', 'dot'];
const data: readonly Phase[] = ['data', 'body', 'dot'];
const microsoft = /(^|\.)(office365|outlook|hotmail|live)\.(com|us)\.?$/i;

const blockList =
  'The address of this machine is on a block list, or has no name or a bad reputation; that is common for new servers and home connections. Look it up at the list the server names below, or send through a provider with sign-in on port 587 or 465.';
const originAdvice =
  'The domain of {from} does not allow this way of sending: its SPF, DKIM or DMARC records do not fit. Add the server to the SPF record of that domain, switch on DKIM at the provider, or use a From address of a domain that is set up there.';
const verifyAdvice = (where: string) =>
  `The provider sends only from senders it has verified. Verify {from}, or its whole domain, ${where}, or use an Email Address that is verified already.`;

export const knownReplies: readonly KnownReply[] = [
  // Before limits: Exchange counts refused senders as one (5.2.252)
  {
    phases: mailOn,
    says: /5\.7\.60\b|send ?as ?denied|permissions? to send as/i,
    means: 'sender-refused',
    advice:
      'The account {username} may not send as {from}. Its administrator can grant “Send As” for that mailbox; or use the account’s own address as Email Address and the other one as Reply-To.',
  },
  // Limits of an account, in whatever phase they strike
  {
    phases: anywhere,
    says: /5\.4\.5\b|daily .{0,30}(quota|limit)|(quota|limit) .{0,20}exceeded.{0,20}\bday|credits exceeded|sending (quota|limit) (exceeded|reached)|account .{0,20}(over|exceeded) .{0,10}(quota|limit)/i,
    means: 'quota-exceeded',
  },
  // Yahoo says this also to a first try with the account's own password.
  {
    phases: ['auth'],
    says: /#AUTH005/i,
    means: 'auth-app-password',
    advice:
      'Yahoo and AOL do not accept the normal password of an account from programs, and say “too many bad attempts” instead. Create an app password in the account’s security settings and type it here.',
  },
  {
    phases: anywhere,
    says: /throttl|maximum sending rate|rate[ -]?limit|too many (bad )?(auth|login|log-in|sign-?in|failed|messages|mails|emails|connections|concurrent|commands|attempts|errors)|too (fast|often)|4\.7\.28\b|^432 4\.3\.2|concurrent connections|5\.2\.25[1-5]\b/i,
    means: 'rate-limited',
  },

  // Greeting
  { phases: ['greeting'], says: /^4/, means: 'server-busy' },
  {
    phases: ['greeting'],
    says: /spamhaus|block ?list|blocked|black ?list|\bd?n?s?rbl\b|dnsbl|reputation|\blisted\b|\bptr\b|reverse dns|rdns/i,
    means: 'greeting-refused',
    advice: blockList,
  },
  { phases: ['greeting'], says: /./, means: 'greeting-refused' },

  // The name in EHLO; Postfix and others complain about it only at MAIL or RCPT
  { phases: ['ehlo'], says: /^421|^45/, means: 'server-busy' },
  {
    phases: ['ehlo'],
    says: /helo|ehlo|host ?name|qualified|fqdn|domain|invalid (name|argument)|localhost|^501/i,
    means: 'ehlo-name-refused',
  },
  { phases: ['ehlo'], says: /./, means: 'ehlo-refused' },
  {
    phases: mailOn,
    says: /^(?!503)\d+ .*\b(helo|ehlo)\b.*(reject|invalid|require|need|must|denied|bad|qualified|not )/i,
    means: 'ehlo-name-refused',
  },

  { phases: ['starttls', 'tls'], says: /./, means: 'starttls-refused' },

  // Sign-in
  {
    phases: ['auth'],
    says: /^534 5\.7\.9|application[- ]specific password|\bapp(lication)?[- ]password/i,
    means: 'auth-app-password',
  },
  {
    phases: ['auth'],
    says: /^534 5\.7\.14|log ?in via your web browser/i,
    means: 'auth-failed',
    advice:
      'Google stopped this sign-in and wants to see the account’s owner first. Sign in once with a browser, confirm that it was you, and use an app password here.',
  },
  {
    phases: ['auth'],
    says: /5\.7\.139\b.*(criteria|security defaults|conditional|locked)/i,
    means: 'auth-basic-disabled',
    advice:
      'A rule of the Microsoft 365 organisation (“security defaults” or conditional access) stops sign-in with a password for {username}. Its administrator can exempt this mailbox and switch on “Authenticated SMTP” for it; from the end of December 2026 password sign-in is off by default in any case.',
  },
  {
    phases: ['auth'],
    says: /5\.7\.139\b.*(credential|incorrect|password)/i,
    means: 'auth-failed',
    advice:
      'Microsoft 365 says that the user name or the password is wrong. Type the password again; the user name is the whole address of the mailbox; an account with multi-factor sign-in needs an app password.',
  },
  {
    phases: ['auth'],
    says: /5\.7\.(139|30)\b|smtpclientauthentication is disabled|basic authentication is (not|disabled)/i,
    means: 'auth-basic-disabled',
  },
  {
    phases: ['auth'],
    says: /^535 5\.7\.3\b/,
    host: microsoft,
    means: 'auth-failed',
    advice:
      'Microsoft 365 says this for a wrong password, but also when “Authenticated SMTP” is off for the mailbox or for the organisation. Check both; from the end of December 2026 password sign-in is off by default.',
  },
  {
    phases: ['auth'],
    says: /^538|5\.7\.1[01]\b|must issue a? ?starttls|encryption (is )?required/i,
    means: 'auth-needs-tls',
  },
  {
    phases: ['auth'],
    says: /^(500|502|503)\b|not enabled|not advertised|not available|not supported here/i,
    means: 'auth-not-offered',
  },
  { phases: ['auth'], says: /^504|^534|mechanism/i, means: 'auth-method-not-offered' },
  { phases: ['auth'], says: /^(501|555)/, means: 'protocol-error' },
  {
    phases: ['auth'],
    says: /^432|4\.7\.12\b/,
    means: 'auth-temporary',
    advice:
      'The server wants this account’s password to be set anew before it accepts it. Sign in once by its web page or change the password there, then type the new one here.',
  },
  { phases: ['auth'], says: /^4/, means: 'auth-temporary' },
  {
    phases: ['auth'],
    says: /\b(account|user|mailbox)\b.{0,30}\b(locked|suspended|disabled|blocked|deactivated)\b/i,
    means: 'auth-failed',
    advice:
      'The server says that the account {username} is locked or disabled. Its owner or administrator must open it again; the password may be right.',
  },
  {
    phases: ['auth'],
    says: /^5/,
    host: /(^|\.)(gmail|googlemail|google)\.com\.?$/i,
    means: 'auth-failed',
    advice:
      'Google accepts only an app password here: 16 letters, made in the Google account under Security, for which two-step sign-in must be on. Type it without spaces; the user name is the whole Gmail or Workspace address.',
  },
  {
    phases: ['auth'],
    says: /^5/,
    host: /(^|\.)(yahoo|aol|icloud|me|mac)\.(com|net)\.?$/i,
    means: 'auth-failed',
    advice:
      'This provider accepts only an app password here, not the account’s normal one. Create one in the account’s security settings and type it here; the user name is the whole e-mail address (iCloud: the part before the @ or the whole address).',
  },
  {
    phases: ['auth'],
    says: /^5/,
    host: /(^|\.)(fastmail|messagingengine|zoho\w*)\.(com|eu|in|com\.au|jp|sa)\.?$/i,
    means: 'auth-failed',
    advice:
      'This provider wants an app password for programs: Fastmail always, Zoho when two-step sign-in is on. Create one in the account’s security settings; at Zoho also check that the server name fits the region of the account (zoho.com, zoho.eu, zoho.in …).',
  },
  {
    phases: ['auth'],
    says: /^5/,
    host: /(^|\.)sendgrid\.net\.?$/i,
    means: 'auth-failed',
    advice:
      'At SendGrid the user name is the word apikey, the same for everybody, and the password is an API key that may send mail (it begins with SG.).',
  },
  {
    phases: ['auth'],
    says: /^5/,
    host: /(^|\.)amazonaws\.com(\.cn)?\.?$/i,
    means: 'auth-failed',
    advice:
      'Amazon SES wants SMTP credentials made in the SES console for this region; the access key and secret key of AWS themselves do not work here.',
  },
  {
    phases: ['auth'],
    says: /^5/,
    host: /(^|\.)(mailgun\.org|postmarkapp\.com|brevo\.com|sendinblue\.com|mailjet\.com|sparkpostmail\.com|resend\.com|mandrillapp\.com)\.?$/i,
    means: 'auth-failed',
    advice:
      'This provider has its own user name and password (or key) for SMTP, other than those of its web page. Copy both from its page of SMTP settings: Mailgun per domain, Postmark a server token as both, Brevo an SMTP key, Mailjet API key and secret key.',
  },
  { phases: ['auth'], says: /./, means: 'auth-failed' },

  // Origin, before "unauthenticated" is read as "sign in first"
  {
    phases: mailOn,
    says: /5\.7\.2[5-9]\b|\bdmarc\b|\bdkim\b|\bspf\b/i,
    means: 'content-refused',
    advice: originAdvice,
  },

  // Sign-in or encryption wanted first
  {
    phases: mailOn,
    says: /must issue a? ?starttls|starttls .{0,20}(first|required)|encryption (is )?(required|needed)|5\.7\.1[01]\b/i,
    means: 'auth-needs-tls',
  },
  {
    phases: mailOn,
    says: /5\.7\.57\b|client (was )?not authenticated/i,
    means: 'auth-required',
    advice:
      'Microsoft 365 accepts mail here only after sign-in. Give the mailbox’s user name and password (password sign-in is off by default from the end of December 2026), or let its administrator make a connector for this machine’s address and use the server name of that connector on port 25.',
  },
  {
    phases: mailOn,
    says: /^530|authentication (is )?required|unauthenticated senders|not (authenticated|logged in)|must (first )?(authenticate|log ?in)|(authenticate|log ?in) first|requires? authentication|need to authenticate|smtp auth/i,
    means: 'auth-required',
  },

  // Sender
  {
    phases: mailOn,
    says: /not verified\. the following identit|email address is not verified/i,
    means: 'sender-refused',
    advice:
      'Amazon SES sends only from verified addresses or domains, and each region has its own list. Verify {from} in the SES console of this region; while the account is in the SES sandbox, the recipient {to} must be verified as well.',
  },
  {
    phases: mailOn,
    says: /relaying disallowed/i,
    means: 'sender-refused',
    advice:
      'Zoho and others say so when {from} does not belong to the account {username}. Use the account’s own address or one of its aliases as Email Address.',
  },
  {
    phases: mailOn,
    says: /verified sender identity/i,
    means: 'sender-refused',
    advice: verifyAdvice('at SendGrid under Sender Authentication'),
  },
  {
    phases: mailOn,
    says: /sender signature/i,
    means: 'sender-refused',
    advice: verifyAdvice('at Postmark under Sender Signatures'),
  },
  {
    phases: mailOn,
    says: /sender.{0,60}(reject|refused|denied|not (allowed|permitted|authori[sz]ed|owned|verified|valid|active|exist|found|accepted)|unverified|invalid|inactive|unknown|blocked|verify failed|mismatch)|(invalid|unverified|unauthori[sz]ed|unknown|bad) sender|not owned by|(from|return-path) (address|header|field).{0,40}(not|mismatch|does)|(not|n't) .{0,20}(allowed|permitted|authori[sz]ed) to (send|use) .{0,30}(as|from|behalf|address)|\b5\.1\.[78]\b/i,
    means: 'sender-refused',
  },
  {
    phases: mailOn,
    says: /sandbox (sub)?domain|authori[sz]ed recipients?/i,
    means: 'recipient-refused',
    advice:
      'The account or domain at the provider is still for tests and may write only to recipients listed there. Add {to} to that list, or use a domain of your own there.',
  },

  // Relay
  {
    phases: ['mail', 'rcpt', 'data', 'dot'],
    says: /5\.7\.(54|64)\b|relay(ing)?\b.{0,40}(denied|prohibited|not|refused|reject|access|authori)|(unable to|not|cannot|can't|won't|no|refuse to) relay|relay access/i,
    means: 'relay-refused',
  },

  // Size
  {
    phases: mailOn,
    says: /[45]\.3\.4\b|5\.2\.3\b|(message|mail|size).{0,30}(too (large|big)|exceed)|size limit/i,
    means: 'message-too-large',
  },
  { phases: ['mail'], says: /^552/, means: 'message-too-large' },

  // The address of this machine
  {
    phases: mailOn,
    says: /spamhaus|block ?list|black ?list|dnsbl|\brbl\b|reputation|reverse (host|dns)|\bptr\b/i,
    means: 'message-refused',
    advice: blockList,
  },
  { phases: mailOn, says: /client (host|address|ip).{0,60}(rejected|denied|not allowed)/i, means: 'relay-refused' },

  // The rest by phase
  { phases: mailOn, says: /^421/, means: 'server-busy' },
  { phases: mailOn, says: /^(50[0-4]|555)\b/, means: 'protocol-error' },

  { phases: ['mail'], says: /^4/, means: 'message-deferred' },
  { phases: ['mail'], says: /./, means: 'sender-refused' },

  {
    phases: ['rcpt'],
    says: /^4.*(2\.2\b|full|over ?quota|quota)/i,
    means: 'recipient-deferred',
    advice: 'The mailbox of {to} is full. The settings work up to here; test with another address.',
  },
  { phases: ['rcpt'], says: /^4/, means: 'recipient-deferred' },
  {
    phases: ['rcpt'],
    says: /5\.2\.2\b|mailbox (is )?full|over ?quota|quota exceeded/i,
    means: 'recipient-refused',
    advice: 'The mailbox of {to} is full. The settings work up to here; test with another address.',
  },
  {
    phases: ['rcpt'],
    says: /5\.1\.(1|2|3|6|10)\b|5\.2\.1\b|5\.4\.1\b|^551|^556|(unknown|no such|invalid|non-?existent) (local )?(user|recipient|mailbox|person|address|account|domain|destination)|(user|recipient|mailbox|account|address|domain).{0,40}(unknown|not (exist|found|known|valid)|unavailable|disabled|inactive|n't exist)|no mailbox|not our customer/i,
    means: 'recipient-unknown',
  },
  { phases: ['rcpt'], says: /./, means: 'recipient-refused' },

  { phases: data, says: /^4/, means: 'message-deferred' },
  { phases: ['data'], says: /no valid recipients/i, means: 'recipient-refused' },
  {
    phases: data,
    says: /5\.6\.\d|spam|junk|virus|malware|phish|content|suspicious|\burl\b|attachment/i,
    means: 'content-refused',
  },
  { phases: data, says: /./, means: 'message-refused' },
];

/** The first row that fits a refusal of this server in this phase. */
export const findKnownReply = (phase: Phase, reply: Reply, host: string): KnownReply | undefined => {
  // Cut, so that no hostile text costs time.
  const line = describeReply(reply).slice(0, 1000);
  return knownReplies.find(
    (row) => row.phases.includes(phase) && (row.host === undefined || row.host.test(host)) && row.says.test(line),
  );
};
