/**
 * One message over an open session: MAIL, RCPT for each recipient, DATA, body, dot (RFC 5321 §3.3).
 *
 * Every recipient has an outcome of its own. `sent` is said for nothing but a 2xx that answers the dot; an explicit
 * negative reply there is certain, everything else after the dot is uncertain. A failure before it is certain non-delivery.
 */
import type { Attempt } from './attempt.ts';
import { BodyEncoder, measureBody } from './body-encoder.ts';
import type { Capabilities } from './capabilities.ts';
import { formatMail, formatRcpt, toWireAddress, type WireAddress } from './command.ts';
import { fail, type RecipientOutcome, type Reply, type SmtpFailure, type TransactionOutcome } from './outcome.ts';
import { isPositive, type ReplyChannel } from './reply-channel.ts';
import type { Timeouts } from './target.ts';

export interface OutgoingMail {
  /** Empty: the null sender of RFC 5321 §4.5.5. */
  mailFrom: string;
  recipients: string[];
  /** Complete, headers and body; line ends of any kind become CRLF. */
  data: Uint8Array | AsyncIterable<Uint8Array>;
  /** Octets with CRLF line ends, where known; counted when `data` is bytes. */
  sizeBytes?: number;
}

export interface Transaction {
  channel: ReplyChannel;
  attempt: Attempt;
  capabilities: Capabilities;
  timeouts: Timeouts;
}

/** Blocks of this size are written at a time, each with a time-out of its own. */
const blockBytes = 64 * 1024;

interface Envelope {
  sender: WireAddress;
  recipients: { address: string; wire: WireAddress | null; problem: SmtpFailure | null }[];
}

export async function sendMail(mail: OutgoingMail, transaction: Transaction): Promise<TransactionOutcome> {
  const { channel, attempt, capabilities, timeouts } = transaction;
  const recipients: RecipientOutcome[] = [];
  const stop = (failure: SmtpFailure): TransactionOutcome => ({ sent: false, failure, recipients });

  const envelope = checkEnvelope(mail, capabilities);
  if ('kind' in envelope) return stop(envelope);
  const size = measure(mail);
  const limit = capabilities.sizeLimitBytes;
  if (limit !== null && size.sizeBytes !== undefined && size.sizeBytes > limit) {
    const detail = `the message has ${size.sizeBytes} bytes, the server takes ${limit}`;
    return stop(fail('mail', 'message-too-large', detail, { scope: 'content' }));
  }

  // With nobody left to mail, nothing is said at all.
  if (envelope.recipients.every(({ wire }) => wire === null)) {
    for (const { address, problem } of envelope.recipients) {
      recipients.push({ address, accepted: false, failure: problem ?? badAddress('recipient', 'rcpt') });
    }
    const [first] = recipients;
    return stop(first?.accepted === false ? first.failure : badAddress('recipient', 'rcpt'));
  }

  attempt.start('mail');
  const isSmtpUtf8 =
    envelope.sender.needsSmtpUtf8 || envelope.recipients.some(({ wire }) => wire?.needsSmtpUtf8 === true);
  const parameters = {
    ...(capabilities.hasSize && size.sizeBytes !== undefined ? { sizeBytes: size.sizeBytes } : {}),
    is8Bit: capabilities.has8BitMime && size.may8Bit,
    isSmtpUtf8,
  };
  const plainLine = formatMail(envelope.sender.text, { isSmtpUtf8 });
  const line = formatMail(envelope.sender.text, parameters);
  let started = await channel.ask(line, 'mail', timeouts.reply, isPositive);
  if (!started.ok && line !== plainLine && isAboutParameters(started.failure.reply)) {
    started = await channel.ask(plainLine, 'mail', timeouts.reply, isPositive);
  }
  if (!started.ok) return stop(started.failure);
  attempt.end('mail', started.reply);

  for (const { address, wire, problem } of envelope.recipients) {
    if (wire === null || problem !== null) {
      recipients.push({ address, accepted: false, failure: problem ?? badAddress('recipient', 'rcpt') });
      continue;
    }
    attempt.start('rcpt');
    const answer = await channel.ask(formatRcpt(wire.text), 'rcpt', timeouts.reply, isPositive);
    if (!answer.ok) {
      recipients.push({ address, accepted: false, failure: answer.failure });
      if (!channel.isOpen) return stop(answer.failure);
      continue;
    }
    attempt.end('rcpt', answer.reply);
    recipients.push({ address, accepted: true, reply: answer.reply });
  }
  const refused = recipients.find((recipient) => !recipient.accepted);
  if (refused?.accepted === false && recipients.every((recipient) => !recipient.accepted)) return stop(refused.failure);

  attempt.start('data');
  const ready = await channel.ask('DATA', 'data', timeouts.reply, (code) => code === 354);
  if (!ready.ok) return stop(ready.failure);
  attempt.end('data', ready.reply);

  const written = await writeBody(mail.data, transaction);
  if (!written.ok) return stop(written.failure);
  attempt.start('dot');
  const verdict = await channel.askWith(written.rest, 'dot', timeouts.dot, isPositive);
  if (!verdict.ok) return stop(verdict.failure);
  attempt.end('dot', verdict.reply);
  return { sent: true, reply: verdict.reply, recipients };
}

/** Some servers announce SIZE or 8BITMIME and then do not understand it: 555, or 501 5.5.4 (RFC 5321 §4.1.1.11). */
const isAboutParameters = (reply: Reply | null): boolean =>
  reply?.code === 555 || (reply?.code === 501 && reply.enhancedCode === '5.5.4');

const badAddress = (scope: 'sender' | 'recipient', phase: 'mail' | 'rcpt'): SmtpFailure =>
  fail(phase, 'invalid-input', 'this is not an address that may stand in a command; nothing was sent', { scope });

/** Nothing is said to the server before this passed. A bad recipient fails alone, a bad sender fails the message. */
function checkEnvelope(mail: OutgoingMail, { hasSmtpUtf8 }: Capabilities): Envelope | SmtpFailure {
  const sender = mail.mailFrom === '' ? { text: '', needsSmtpUtf8: false } : toWireAddress(mail.mailFrom);
  if (sender === null) return badAddress('sender', 'mail');
  const missing = 'the part before the @ is not plain ASCII, and the server does not offer SMTPUTF8';
  if (sender.needsSmtpUtf8 && !hasSmtpUtf8) return fail('mail', 'smtputf8-not-offered', missing, { scope: 'sender' });
  const recipients = mail.recipients.map((address) => {
    const wire = toWireAddress(address);
    if (wire === null) return { address, wire, problem: badAddress('recipient', 'rcpt') };
    const isImpossible = wire.needsSmtpUtf8 && !hasSmtpUtf8;
    const problem = isImpossible ? fail('rcpt', 'smtputf8-not-offered', missing, { scope: 'recipient' }) : null;
    return { address, wire: isImpossible ? null : wire, problem };
  });
  if (recipients.length === 0)
    return fail('rcpt', 'invalid-input', 'a message without recipients', { scope: 'content' });
  return { sender, recipients };
}

function measure({ data, sizeBytes }: OutgoingMail): { sizeBytes: number | undefined; may8Bit: boolean } {
  // A stream cannot be looked through first; declaring 8BITMIME for ASCII does no harm.
  if (!(data instanceof Uint8Array)) {
    const isSize = sizeBytes !== undefined && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0;
    return { sizeBytes: isSize ? sizeBytes : undefined, may8Bit: true };
  }
  const measured = measureBody(data);
  return { sizeBytes: measured.sizeBytes, may8Bit: measured.has8Bit };
}

/** All but the last block, which is to be written together with the dot: a short message needs one packet. */
async function writeBody(
  data: OutgoingMail['data'],
  { channel, attempt, timeouts }: Transaction,
): Promise<{ ok: true; rest: Uint8Array } | { ok: false; failure: SmtpFailure }> {
  const encoder = new BodyEncoder();
  const blocks = data instanceof Uint8Array ? splitBytes(data) : splitStream(data);
  let held: Uint8Array | null = null;
  let bytes = 0;
  attempt.start('body');
  try {
    for (;;) {
      let step = { done: true, value: undefined } as IteratorResult<Uint8Array, undefined>;
      const late = await channel.during(
        async () => {
          step = await blocks.next();
        },
        Number.POSITIVE_INFINITY,
        '',
      );
      if (late !== null) return { ok: false, failure: late };
      if (step.done === true) break;
      const block = held;
      held = encoder.encode(step.value);
      bytes += held.length;
      if (block === null) continue;
      const stuck = await channel.during(
        () => new Promise<void>((resolve) => channel.stream.write(block, () => resolve())),
        timeouts.body,
        `the server took no more of the message for ${timeouts.body / 1000} s`,
      );
      if (stuck !== null) return { ok: false, failure: stuck };
    }
  } catch (error) {
    // The message could not be read. Without the dot nothing of it counts, and the session is of no more use.
    channel.break('connection-lost', 'the message could not be read to its end');
    throw error;
  } finally {
    // Not awaited: a source that hangs may never answer.
    void Promise.resolve(blocks.return?.(undefined)).catch(() => {});
  }
  attempt.show('note', `message, ${bytes} bytes`);
  attempt.end('body');
  return { ok: true, rest: concat(held, encoder.end()) };
}

async function* splitStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of source) yield* splitBytes(chunk);
}

async function* splitBytes(data: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let from = 0; from < data.length; from += blockBytes) yield data.subarray(from, from + blockBytes);
}

function concat(first: Uint8Array | null, second: Uint8Array): Uint8Array {
  if (first === null) return second;
  const all = new Uint8Array(first.length + second.length);
  all.set(first);
  all.set(second, first.length);
  return all;
}
