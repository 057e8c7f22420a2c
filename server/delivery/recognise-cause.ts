/**
 * Which cause a failure has: phase first, then code, then enhanced code, then words; the first row that fits decides.
 *
 * A row's words are compared with enhanced code and text, `5.1.1 No such user`, so that `^5.1.1` means the enhanced code and
 * nothing that only looks like it in the text; one of another class than the code was dropped before (outcome.ts). Only
 * rows for 5xx lead to causes that end or hold a message, and what no row knows is temporary.
 * Codes: RFC 5321 §4.2, RFC 3463, RFC 4954 §6, RFC 7504, RFC 7505; words: what servers were seen to say. For words of
 * providers that say it in their own way, diagnosis/known-replies.ts is asked last.
 */
import type { FailureCode } from '../../contracts/diagnosis.ts';
import { findKnownReply } from '../diagnosis/known-replies.ts';
import type { FailureKind, Phase, Reply, SmtpFailure } from '../smtp/outcome.ts';
import type { CauseName } from './causes.ts';

export interface FailureContext {
  /** Of the settings, for words that only one provider says. */
  host: string;
  hasCredentials: boolean;
  /** Another recipient of the same transaction was accepted before this one. */
  isAfterAccepted: boolean;
}

interface Row {
  phases: readonly Phase[];
  code: RegExp;
  says: RegExp;
  cause: CauseName;
}

const mailOn: readonly Phase[] = ['mail', 'rcpt', 'data', 'body', 'dot'];
const data: readonly Phase[] = ['data', 'body', 'dot'];
const rcptOn: readonly Phase[] = ['rcpt', 'data', 'body', 'dot'];
const any = /(?:)/;
const row = (phases: readonly Phase[], code: RegExp, says: RegExp, cause: CauseName): Row => {
  return { phases, code, says, cause };
};

const full = /^[45]\.2\.2\b|mailbox.{0,20}full|over ?quota|out of storage|quota exceeded/i;
const tooLarge = /^5\.(3\.4|2\.3)\b|(message|mail|size).{0,30}(too (large|big)|exceed)|size limit/i;
const tooFast =
  /throttl|rate[ -]?limit|too (fast|often|many (messages|mails|emails|connections|errors|commands))|try again slower|^4\.7\.28\b/i;
const listed =
  /^5\.7\.2[5-7]\b|spamhaus|spamcop|barracuda|\bsorbs\b|block ?list|black ?list|\bd?n?s?[br]bl\b|blocked using|reputation|reverse (host|dns)|\bptr\b|\b(dmarc|dkim|spf)\b/i;
const quota =
  /^5\.4\.5\b|daily .{0,30}(quota|limit)|(quota|limit) .{0,20}exceeded.{0,20}\bday|submissionquota|sending (quota|limit)|recipient rate limit/i;
const relay =
  /^5\.7\.(54|64)\b|relay(ing)?\b.{0,40}(denied|prohibited|not|refused|reject|access|authori)|(unable to|not|cannot|can't|won't|no|refuse to) relay|relay access/i;

const rows: readonly Row[] = [
  row(['greeting'], /^4/, any, 'busy'),
  row(['greeting'], any, any, 'greeting-refused'),
  row(['ehlo'], /^4/, any, 'busy'),
  row(['ehlo'], any, any, 'hello-refused'),
  row(['starttls', 'tls'], /^4/, any, 'encryption-busy'),
  row(['starttls', 'tls'], any, any, 'encryption'),

  row(['auth'], /^421/, any, 'sign-in-rate'),
  // 432 4.7.12: the password has to be set anew.
  row(['auth'], /^432/, any, 'sign-in'),
  row(['auth'], /^4/, any, 'sign-in-busy'),
  row(['auth'], /^(50[0-4]|538)/, any, 'sign-in-method'),
  row(['auth'], any, any, 'sign-in'),

  row(mailOn, any, quota, 'quota'),
  // A mailbox that is full talks of quotas too; only the words of an account that is come before it.
  row(rcptOn, /^4/, full, 'mailbox-full'),
  row(rcptOn, /^5/, full, 'mailbox-full-for-good'),

  // Other limits of the account, in whatever phase they strike
  row(mailOn, /^432/, any, 'connection-limit'),
  row(mailOn, /^4/, /throttling failure|maximum sending rate/i, 'throttled'),
  row(mailOn, /^554/, /^5\.2\.0\b.*(limit|quota)/i, 'quota'),
  row(mailOn, /^5/, /^5\.2\.25[1-5]\b/, 'quota'),
  // One mailbox that gets too much, whatever the words: the others are as welcome as before.
  row(['rcpt'], /^45[0-2]/, /^4\.2\.1\b/, 'recipient-rate'),
  row(mailOn, /^4/, tooFast, 'rate'),
  row(mailOn, /^421/, /^4\.7\./, 'rate'),
  row(mailOn, /^421/, any, 'shutdown'),

  // The conversation
  row(mailOn, /^530/, any, 'sign-in-required'),
  row(mailOn, /^5/, /^5\.7\.57\b|client host rejected: access denied/i, 'sign-in-required'),
  row(mailOn, /^538/, any, 'encryption'),
  row(mailOn, /^5/, /^5\.7\.1[01]\b|must issue a? ?starttls/i, 'encryption'),
  row(mailOn, /^503/, any, 'out-of-turn'),
  row(mailOn, /^(50[0-9]|555)/, any, 'unknown-reply'),

  row(mailOn, /^452/, /^4\.3\.1\b/, 'server-full'),
  row(['mail'], /^4/, any, 'server-trouble'),

  row(rcptOn, /^4/, /gr[ae]y-? ?list/i, 'greylisted'),
  row(['rcpt'], /^450/, /^4\.(2\.0|7\.1)\b/, 'greylisted'),
  row(['rcpt'], /^451/, /^4\.7\.1\b/, 'greylisted'),
  row(['rcpt'], /^45[0-2]/, /^4\.7\./, 'rate'),
  row(['rcpt'], /^4/, /^4\.3\./, 'server-trouble'),
  row(['rcpt'], /^4/, any, 'recipient-deferred'),
  row(['data', 'body'], /^4/, any, 'server-trouble'),
  row(['dot'], /^4/, any, 'message-deferred'),

  // From here on the answer is 5xx
  row(mailOn, any, /^5\.7\.60\b|^5\.1\.[78]\b|send ?as ?denied/i, 'sender-refused'),
  row(['mail'], /^552/, any, 'too-large'),
  row(mailOn, any, tooLarge, 'too-large'),
  row(mailOn, any, relay, 'relay'),
  row(mailOn, any, listed, 'reputation'),
  row(rcptOn, any, /^5\.4\.(6|14)\b|mail loop|too many hops/i, 'mail-loop'),
  row(['rcpt'], any, /^5\.(1\.([1236]|10)|2\.1|4\.1)\b/, 'address-unknown'),
  row(['rcpt'], /^55[16]/, any, 'address-unknown'),
  row(data, any, /^5\.(1\.([1236]|10)|2\.1)\b/, 'address-unknown'),
  row(data, any, /^5\.6\.|spam|junk|virus|malware|phish|suspicious|content/i, 'content-refused'),
];

const known: Partial<Record<FailureCode, CauseName>> = {
  'quota-exceeded': 'quota',
  'rate-limited': 'rate',
  'auth-needs-tls': 'encryption',
  'auth-required': 'sign-in-required',
  'ehlo-name-refused': 'hello-refused',
  'sender-refused': 'sender-refused',
  'relay-refused': 'relay',
  'message-too-large': 'too-large',
  'recipient-unknown': 'address-unknown',
};

/** 55x is the class that RFC 5321 gives to mailboxes and transactions; other 5xx codes are unknown ones. */
const refusedBy: Partial<Record<Phase, CauseName>> = {
  mail: 'sender-refused',
  rcpt: 'refused-recipient',
  body: 'message-refused',
  dot: 'message-refused',
};

/** RFC 5321 §4.5.3.1.10 allows 552 for it, too; said to the first recipient, neither can mean that there are too many. */
const isTooMany = (code: string, words: string): boolean =>
  (code === '452' && /^4\.5\.3\b|too many recipients/i.test(words)) ||
  (code === '552' && !full.test(words) && !tooLarge.test(words));

function recogniseReply(phase: Phase, reply: Reply, context: FailureContext): CauseName {
  const code = String(reply.code);
  // Cut, so that no hostile text costs time.
  const text = reply.lines.join(' ').slice(0, 1000);
  const words = `${reply.enhancedCode} ${text}`;
  if (phase === 'rcpt' && context.isAfterAccepted && isTooMany(code, words)) return 'too-many-recipients';
  if (!context.hasCredentials && /recipient address rejected: access denied/i.test(text)) return 'sign-in-required';
  const found = rows.find(
    ({ phases, code: one, says }) => phases.includes(phase) && one.test(code) && says.test(words),
  );
  if (found !== undefined) return found.cause;
  if (!/^55[0-9]$/.test(code)) return 'unknown-reply';
  const means = findKnownReply(phase, reply, context.host)?.means;
  return (means && known[means]) ?? refusedBy[phase] ?? 'unknown-reply';
}

const isBeforeMail = (phase: Phase) => !mailOn.includes(phase);

const causeOfKind: Partial<Record<FailureKind, CauseName>> = {
  'dns-timeout': 'dns',
  'dns-failed': 'dns',
  'dns-not-found': 'dns-not-found',
  'address-refused': 'address-refused',
  'connection-refused': 'connection-refused',
  'connection-timeout': 'connection',
  'host-unreachable': 'connection',
  'connection-failed': 'connection',
  uncertain: 'uncertain',
  'not-smtp': 'not-smtp',
  'starttls-not-offered': 'encryption',
  'starttls-gone': 'encryption-gone',
  'tls-not-spoken': 'encryption',
  'tls-handshake-timeout': 'silent',
  'tls-version-too-old': 'encryption',
  'tls-failed': 'encryption',
  'certificate-expired': 'certificate',
  'certificate-not-yet-valid': 'certificate',
  'certificate-wrong-name': 'certificate',
  'certificate-self-signed': 'certificate',
  'certificate-untrusted': 'certificate',
  'certificate-revoked': 'certificate',
  'certificate-not-pinned': 'certificate',
  'auth-not-offered': 'sign-in-method',
  'auth-method-not-offered': 'sign-in-method',
  'auth-needs-tls': 'sign-in-method',
  'message-too-large': 'too-large',
  cancelled: 'interrupted',
};

/** The cause of one failure: of the session, of the transaction, or of one recipient. */
export function recogniseCause(failure: SmtpFailure, context: FailureContext): CauseName {
  const { kind, phase, reply, scope } = failure;
  if (kind === 'refused') return reply === null ? 'unknown-reply' : recogniseReply(phase, reply, context);
  if (kind === 'smtputf8-not-offered') return scope === 'recipient' ? 'address-not-ascii' : 'sender-not-ascii';
  if (kind === 'invalid-input') {
    if (scope === 'recipient' || scope === 'content') return 'address-invalid';
    return scope === 'sender' ? 'sender-invalid' : 'configuration';
  }
  if (kind === 'desync') return 'broken-smtp';
  if (kind === 'not-smtp' && /\bTLS\b/.test(failure.detail)) return 'tls-expected';
  // What this machine has run out of says nothing about the server.
  if (kind === 'connection-failed' && /^(EMFILE|ENFILE|ENOMEM|ENOBUFS)$/.test(failure.detail)) return 'own-limits';
  // reply-timeout, deadline, connection-lost: after the dot they come as `uncertain`.
  return causeOfKind[kind] ?? (isBeforeMail(phase) ? 'silent' : 'line-lost');
}
