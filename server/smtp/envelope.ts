/**
 * A mail as it will be asked of one server: the lines of its envelope and what is known of its body, before anything is
 * said; and what the answers to these lines come to (RFC 5321 §3.3). Pure.
 *
 * A bad recipient fails alone, a bad sender fails the message. DATA that is welcomed (354) though nobody was accepted is
 * answered with a lone dot (RFC 2920 §3.1), so that no body goes to nobody.
 */
import { type BodyFacts, inspectBody } from './body-encoder.ts';
import type { Capabilities } from './capabilities.ts';
import { formatMail, formatRcpt, toWireAddress } from './command.ts';
import { type DsnRequest, formatMailDsn, formatRcptDsn } from './dsn.ts';
import { fail, type RecipientOutcome, type Reply, type SmtpFailure } from './outcome.ts';
import type { Answer } from './reply-channel.ts';
import type { SessionObserver } from './target.ts';

export interface OutgoingMail {
  /** Empty: the null sender of RFC 5321 §4.5.5. */
  mailFrom: string;
  recipients: string[];
  /** Complete, headers and body; line ends of any kind become CRLF. */
  data: Uint8Array | AsyncIterable<Uint8Array>;
  /** Octets with CRLF line ends, where known; counted when `data` is bytes. */
  sizeBytes?: number;
  /** Said only where the server offers DSN. */
  dsn?: DsnRequest;
  /**
   * Asked just before the bytes go out that end the message: from then on it may have been accepted. False, and it is not
   * sent (`cancelled`). Asked again where a connection that had stood open failed and another takes its place.
   */
  beforeDot?: () => Promise<boolean>;
  /** Told what is said for this message and for no other; absent: whoever opened the session is. */
  observer?: SessionObserver;
}

export interface PreparedMail {
  mail: OutgoingMail;
  mailLine: string;
  /** MAIL without what can be left out, for servers that announce more than they understand. */
  plainMailLine: string;
  /** In the order of the mail; without a line where the address cannot be asked for. */
  recipients: { address: string; line: string | null; problem: SmtpFailure | null }[];
  /** The lines of `recipients` that are asked. */
  rcptLines: string[];
  /** Null for a stream. */
  body: BodyFacts | null;
  /** Told what is said for it; nobody any more once it was called back. */
  observer: SessionObserver;
}

export type Preparation =
  | { ok: true; prepared: PreparedMail }
  | { ok: false; failure: SmtpFailure; recipients: RecipientOutcome[] };

const missingUtf8 = 'the part before the @ is not plain ASCII, and the server does not offer SMTPUTF8';
const badAddress = (scope: 'sender' | 'recipient', phase: 'mail' | 'rcpt'): SmtpFailure =>
  fail(phase, 'invalid-input', 'this is not an address that may stand in a command; nothing was sent', { scope });

/** Nothing is said to the server before this passed. @param opener who opened the session */
export function prepareMail(mail: OutgoingMail, capabilities: Capabilities, opener: SessionObserver = {}): Preparation {
  const { hasSmtpUtf8, sizeLimitBytes: limit } = capabilities;
  const refuse = (failure: SmtpFailure, recipients: RecipientOutcome[] = []): Preparation => ({
    ok: false,
    failure,
    recipients,
  });
  const sender = mail.mailFrom === '' ? { text: '', needsSmtpUtf8: false } : toWireAddress(mail.mailFrom);
  if (sender === null) return refuse(badAddress('sender', 'mail'));
  if (sender.needsSmtpUtf8 && !hasSmtpUtf8) {
    return refuse(fail('mail', 'smtputf8-not-offered', missingUtf8, { scope: 'sender' }));
  }
  if (mail.recipients.length === 0) {
    return refuse(fail('rcpt', 'invalid-input', 'a message without recipients', { scope: 'content' }));
  }

  const body = mail.data instanceof Uint8Array ? inspectBody(mail.data) : null;
  const given = mail.sizeBytes !== undefined && Number.isSafeInteger(mail.sizeBytes) && mail.sizeBytes >= 0;
  const sizeBytes = body?.sizeBytes ?? (given ? mail.sizeBytes : undefined);
  if (limit !== null && sizeBytes !== undefined && sizeBytes > limit) {
    const detail = `the message has ${sizeBytes} bytes, the server takes ${limit}`;
    return refuse(fail('mail', 'message-too-large', detail, { scope: 'content' }));
  }

  const dsn = capabilities.hasDsn ? mail.dsn : undefined;
  let isSmtpUtf8 = sender.needsSmtpUtf8;
  const recipients = mail.recipients.map((address) => {
    const wire = toWireAddress(address);
    if (wire === null) return { address, line: null, problem: badAddress('recipient', 'rcpt') };
    if (wire.needsSmtpUtf8 && !hasSmtpUtf8) {
      return {
        address,
        line: null,
        problem: fail('rcpt', 'smtputf8-not-offered', missingUtf8, { scope: 'recipient' }),
      };
    }
    if (wire.needsSmtpUtf8) isSmtpUtf8 = true;
    const line = formatRcpt(wire.text) + (dsn === undefined ? '' : formatRcptDsn(dsn, wire.text));
    return { address, line, problem: null };
  });
  const rcptLines = recipients.flatMap(({ line }) => line ?? []);
  // With nobody left to mail, nothing is said at all.
  if (rcptLines.length === 0) {
    const outcomes = mergeRecipients(recipients, []);
    return refuse(outcomes.find((one) => !one.accepted)?.failure ?? badAddress('recipient', 'rcpt'), outcomes);
  }

  const plainMailLine = formatMail(sender.text, { isSmtpUtf8 });
  const mailLine = formatMail(sender.text, {
    ...(capabilities.hasSize && sizeBytes !== undefined ? { sizeBytes } : {}),
    // A stream cannot be looked through first; declaring 8BITMIME for ASCII does no harm.
    is8Bit: capabilities.has8BitMime && (body === null || body.has8Bit),
    isSmtpUtf8,
  });
  const dsnText = dsn === undefined ? '' : formatMailDsn(dsn);
  const observer = mail.observer ?? opener;
  return {
    ok: true,
    prepared: { mail, mailLine: mailLine + dsnText, plainMailLine, recipients, rcptLines, body, observer },
  };
}

type AskedRecipient = PreparedMail['recipients'][number];

/** In the order of the mail: who was never asked for, then who was, as far as there are answers. */
function mergeRecipients(recipients: readonly AskedRecipient[], answers: readonly Answer[]): RecipientOutcome[] {
  const outcomes: RecipientOutcome[] = [];
  let asked = 0;
  for (const { address, line, problem } of recipients) {
    if (line === null) {
      outcomes.push({ address, accepted: false, failure: problem ?? badAddress('recipient', 'rcpt') });
      continue;
    }
    const answer = answers[asked++];
    if (answer === undefined) break;
    outcomes.push(
      answer.ok
        ? { address, accepted: true, reply: answer.reply }
        : { address, accepted: false, failure: answer.failure },
    );
    // The session is over; for those behind it nothing was heard.
    if (!answer.ok && answer.failure.scope === 'session') break;
  }
  return outcomes;
}

/** Answers to MAIL, to each RCPT that was asked, and to DATA; the later ones missing when they were not asked any more. */
export interface EnvelopeAnswers {
  mail: Answer;
  rcpt: readonly Answer[];
  data: Answer | null;
}

export type EnvelopeVerdict =
  /** The body may follow. */
  | { next: 'body'; recipients: RecipientOutcome[] }
  /** MAIL again, without parameters. */
  | { next: 'plain' }
  | { next: 'stop'; failure: SmtpFailure; recipients: RecipientOutcome[]; leaves: Left };

/**
 * `transaction`: begun, and to be ended with RSET; `data`: the server waits for a body, and has nobody to give it to;
 * `contradiction`: it waits for one, with recipients, though it refused the sender: only hanging up is sure to send nothing.
 */
export type Left = 'nothing' | 'transaction' | 'data' | 'contradiction';

/** Some servers announce SIZE or 8BITMIME and then do not understand it: 555, or 501 5.5.4 (RFC 5321 §4.1.1.11). */
const isAboutParameters = (reply: Reply | null): boolean =>
  reply?.code === 555 || (reply?.code === 501 && reply.enhancedCode === '5.5.4');

export function judgeEnvelope(prepared: PreparedMail, { mail, rcpt, data }: EnvelopeAnswers): EnvelopeVerdict {
  const isWelcome = data?.ok === true;
  if (!mail.ok) {
    const isSecondTry = prepared.mailLine === prepared.plainMailLine;
    if (!isWelcome && !isSecondTry && isAboutParameters(mail.failure.reply)) return { next: 'plain' };
    const waits = rcpt.some((answer) => answer.ok) ? 'contradiction' : 'data';
    return { next: 'stop', failure: mail.failure, recipients: [], leaves: isWelcome ? waits : 'transaction' };
  }
  const recipients = mergeRecipients(prepared.recipients, rcpt);
  const accepted = recipients.filter((recipient) => recipient.accepted).length;
  const last = recipients.at(-1);
  if (last?.accepted === false && last.failure.scope === 'session') {
    return { next: 'stop', failure: last.failure, recipients, leaves: 'nothing' };
  }
  if (accepted === 0) {
    const refused = recipients.find((recipient) => !recipient.accepted);
    const failure = refused?.accepted === false ? refused.failure : badAddress('recipient', 'rcpt');
    return { next: 'stop', failure, recipients, leaves: isWelcome ? 'data' : 'transaction' };
  }
  if (data?.ok === false) return { next: 'stop', failure: data.failure, recipients, leaves: 'transaction' };
  return { next: 'body', recipients };
}
