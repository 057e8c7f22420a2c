/**
 * What an SMTP session can come to, as values.
 *
 * A reply counts only as the answer to the one command that waits for it. A reply that nobody asked for, that does not
 * come, or that cannot be read is `desync`: the session ends and nothing it carried counts as sent (RFC 5321 §4.2).
 * Nothing after the final dot is ever confused with what came before it: `phase` says where the session stood.
 */

/** RFC 5321 §4.2, RFC 2034. */
export interface Reply {
  /** 200–599. */
  code: number;
  /** RFC 3463, `5.1.1`; empty when absent or of another class than the code. */
  enhancedCode: string;
  /** Text of each line, without code, separator and enhanced code. At most 64 KB in all. */
  lines: string[];
}

export const phases = [
  'dns',
  'connect',
  'greeting',
  'ehlo',
  'starttls',
  'tls',
  'auth',
  'mail',
  'rcpt',
  'data',
  'body',
  'dot',
  'quit',
] as const;
export type Phase = (typeof phases)[number];

/** What a failure is about: `session` ends the connection, the others only this transaction or recipient. */
export type FailureScope = 'session' | 'sender' | 'recipient' | 'content';

/** How it failed, before anybody gives it a meaning. */
export type FailureKind =
  /** The server answered, and the answer was no: see `reply`. */
  | 'refused'
  | 'dns-not-found'
  | 'dns-timeout'
  | 'dns-failed'
  /** The address is one that is never connected to (metadata, link-local; private where that is denied). */
  | 'address-refused'
  | 'connection-refused'
  | 'connection-timeout'
  | 'host-unreachable'
  | 'connection-failed'
  /** No complete reply within the phase's time-out; `detail` says how many bytes had come (a drip). */
  | 'reply-timeout'
  /** The attempt as a whole ran out of time. */
  | 'deadline'
  | 'connection-lost'
  /** The line broke, or the time ran out, after the final dot: may or may not have been accepted. */
  | 'uncertain'
  | 'desync'
  /** The greeting is not SMTP; `detail` has what it was: `HTTP`, `SSH`, `POP3`, `IMAP`, `TLS`, `unknown`. */
  | 'not-smtp'
  | 'starttls-not-offered'
  /** It was offered before, and encryption is not required: a changed server, or somebody in between. */
  | 'starttls-gone'
  /** The other side does not speak TLS here (wrong version number, or a plain greeting came). */
  | 'tls-not-spoken'
  | 'tls-handshake-timeout'
  | 'tls-version-too-old'
  | 'tls-failed'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-wrong-name'
  | 'certificate-self-signed'
  | 'certificate-untrusted'
  | 'certificate-revoked'
  | 'certificate-not-pinned'
  | 'auth-not-offered'
  | 'auth-method-not-offered'
  /** Credentials are never sent over an unencrypted connection unless security None was chosen. */
  | 'auth-needs-tls'
  /** SIZE announced is smaller than the message (RFC 1870). */
  | 'message-too-large'
  /** A non-ASCII local part, and the server has no SMTPUTF8 (RFC 6531). */
  | 'smtputf8-not-offered'
  /** Something we were asked to send would break the protocol (a control character in an address). Nothing was sent. */
  | 'invalid-input'
  | 'cancelled';

export interface SmtpFailure {
  scope: FailureScope;
  phase: Phase;
  kind: FailureKind;
  /** The refusing reply, where there was one. */
  reply: Reply | null;
  /** For a person who reads logs; never a secret. */
  detail: string;
}

export type RecipientOutcome =
  | { address: string; accepted: true; reply: Reply }
  | { address: string; accepted: false; failure: SmtpFailure };

/** `sent` only with a 2xx that answers the final dot. */
export type TransactionOutcome =
  | { sent: true; reply: Reply; recipients: RecipientOutcome[] }
  | { sent: false; failure: SmtpFailure; recipients: RecipientOutcome[] };

/** What a failure in this phase concerns. 421 and everything that is not a reply to an envelope or content command end the session. */
export function findScope(phase: Phase, reply: Reply | null): FailureScope {
  if (reply === null || reply.code === 421) return 'session';
  if (phase === 'mail') return 'sender';
  if (phase === 'rcpt') return 'recipient';
  return phase === 'data' || phase === 'body' || phase === 'dot' ? 'content' : 'session';
}

/**
 * Whether the same mail may fare better later or elsewhere, as far as the session can tell: true for everything that is not
 * a permanent no to this sender, this recipient or this content. What it means for a message is judged elsewhere.
 */
export function isWorthRetrying({ kind, scope, reply }: SmtpFailure): boolean {
  if (kind === 'invalid-input' || kind === 'message-too-large' || kind === 'smtputf8-not-offered') return false;
  if (kind !== 'refused' || scope === 'session' || reply === null || reply.code < 500) return true;
  // Out of turn, or sign in first: that is about the conversation, not about the mail (RFC 5321 §4.2.2, RFC 4954 §6).
  return reply.code === 503 || reply.code === 530;
}

/**
 * For a connection that had stood open: it failed before a body was begun. That is certain, and says nothing about the
 * message, so a new connection may have another try.
 */
export function isWorthReconnecting(outcome: TransactionOutcome): boolean {
  if (outcome.sent) return false;
  const { scope, phase, kind } = outcome.failure;
  return scope === 'session' && kind !== 'cancelled' && (phase === 'mail' || phase === 'rcpt' || phase === 'data');
}

/** `scope` is derived from phase and reply where it is not given. */
export function fail(
  phase: Phase,
  kind: FailureKind,
  detail: string,
  more: { reply?: Reply; scope?: FailureScope } = {},
): SmtpFailure {
  const reply = more.reply ?? null;
  return { scope: more.scope ?? findScope(phase, reply), phase, kind, reply, detail };
}

/** `550 5.1.1 No such user`, lines joined by a space: one line for a detail or a log. */
export function describeReply(reply: Reply): string {
  return [String(reply.code), reply.enhancedCode, reply.lines.join(' ').trim()].filter((part) => part !== '').join(' ');
}
