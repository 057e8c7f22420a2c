/**
 * One attempt: one message, one server, one transaction. A recipe that is handed its effects.
 *
 * registered (with the claim, or begun here) → time left? → content → session, MAIL, RCPT, DATA → mark → dot → judge → record.
 * Invariant: no message is ended for a claim that is not ours any more (the mark asks), and every begun attempt is recorded,
 * also when Postern itself is at fault. A crash leaves it registered: without a mark it was not sent for certain.
 * Recipients that the server has no room for stay queued and follow at once in an attempt of their own, so that what was
 * sent is recorded before anything else is risked.
 */
import type { ClaimedMessage, QueueStore } from '../queue/queue.ts';
import type { OutgoingMail } from '../smtp/envelope.ts';
import { describeReply, type TransactionOutcome } from '../smtp/outcome.ts';
import type { SmtpPool } from '../smtp/pool.client.ts';
import type { SessionObserver } from '../smtp/target.ts';
import type { MessageContent } from '../submission/accepted-message.ts';
import { hideLinks, hideLinksIn } from './hide-links.ts';
import { judge, judgeDeletedSettings, judgeExpired, judgeOwnFault } from './judge.ts';
import { openBody } from './message-body.ts';
import type { AttemptRecord, AttemptVerdict, DeliveryStore } from './verdict.ts';

/** The server of an attempt; null: its settings were deleted. */
export interface AttemptServer {
  host: string;
  port: number;
  hasCredentials: boolean;
  /** As many recipients as it was seen to take in one transaction. */
  maxRecipients: number;
  send: SmtpPool['send'];
}

export interface AttemptEffects {
  begin: DeliveryStore['beginAttempt'];
  markDot: DeliveryStore['markDot'];
  /** Keeps the record until it is stored; false: the lease was lost. */
  record: DeliveryStore['recordAttempt'];
  readContent: QueueStore['readContent'];
  readUncertain: DeliveryStore['readUncertain'];
  /** What lies sealed until it is sent. @throws when the key is missing */
  openSecret: (messageId: string, content: MessageContent) => Promise<MessageContent>;
  /** It is so long since the lease was renewed that another worker may have the message. */
  mayBeLost: (message: ClaimedMessage) => boolean;
  newAttemptId: () => string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** The same, but for lifetimes: behind it after the clock jumped ahead, so that no jump ends a message's life. */
  lifetimeNow: () => number;
  random: () => number;
  /** What broke on our side; the message stays queued. */
  onFault: (error: unknown, messageId: string) => void;
}

/** Of one attempt. */
export interface AttemptListener {
  onBegun: (attempt: BegunAttempt) => void;
  /** The server is done with it; what it came to is on its way to the database. */
  onJudged: (result: AttemptResult) => void;
}

export type BegunAttempt = Pick<AttemptRecord, 'id' | 'settingsId' | 'settingsName' | 'startedAt'>;

export interface AttemptResult {
  verdict: AttemptVerdict;
  /** Recipients accepted in this transaction when others had to wait for the next; null: the server had room for all. */
  recipientLimit: number | null;
}

/** More lines than these are left out of a transcript, in the middle of a long envelope. */
const maxTranscriptLines = 300;

/** Null: the claim was lost before anything happened. */
export async function attemptDelivery(
  message: ClaimedMessage,
  settings: { id: string; name: string },
  server: AttemptServer | null,
  effects: AttemptEffects,
  listener: AttemptListener | null = null,
): Promise<AttemptResult | null> {
  // Other settings may have become the default ones since it was claimed.
  const registered = message.attempt?.settingsId === settings.id ? message.attempt : null;
  const attempt: BegunAttempt = {
    id: registered?.id ?? effects.newAttemptId(),
    settingsId: settings.id,
    settingsName: registered?.settingsName ?? settings.name,
    startedAt: effects.now(),
  };
  const isRegistered = registered !== null && !effects.mayBeLost(message);
  if (!isRegistered && !(await effects.begin(message, attempt))) return null;
  listener?.onBegun(attempt);

  const transcript: NonNullable<AttemptRecord['transcript']> = [];
  const record = async (outcome: TransactionOutcome | null, verdict: AttemptVerdict): Promise<AttemptResult> => {
    const failure = outcome === null || outcome.sent ? null : outcome.failure;
    const reply = outcome?.sent === true ? outcome.reply : (failure?.reply ?? null);
    const result = { verdict, recipientLimit: outcome === null ? null : findRecipientLimit(outcome, verdict) };
    const recorded = effects.record({
      ...attempt,
      messageId: message.id,
      token: message.token,
      endedAt: effects.now(),
      phase: failure?.phase ?? (outcome === null ? 'dns' : 'dot'),
      failure,
      reply: reply === null ? '' : message.isSecret ? hideLinks(describeReply(reply)) : describeReply(reply),
      transcript: message.isSecret ? null : transcript,
      verdict: message.isSecret ? hideLinksIn(verdict) : verdict,
    });
    listener?.onJudged(result);
    await recorded;
    return result;
  };

  if (message.expiresAt <= effects.lifetimeNow())
    return record(null, judgeExpired(message, await effects.readUncertain(message.id)));
  if (server === null) return record(null, judgeDeletedSettings(message));
  const asked = message.recipients.slice(0, server.maxRecipients);
  const rest = message.recipients.slice(server.maxRecipients);
  const outcome = await send(message, asked, attempt, server, effects, transcript);
  if (outcome === null) return record(null, judgeOwnFault(message, effects.random()));
  const context = { host: server.host, port: server.port, hasCredentials: server.hasCredentials };
  const verdict = judge(
    outcome,
    { ...message, recipients: asked },
    { ...context, now: effects.lifetimeNow(), random: effects.random() },
  );
  return record(outcome, addRest(verdict, rest, outcome.sent));
}

/** Null: we are at fault ourselves. */
async function send(
  message: ClaimedMessage,
  asked: ClaimedMessage['recipients'],
  attempt: { id: string; startedAt: number },
  server: AttemptServer,
  effects: AttemptEffects,
  transcript: NonNullable<AttemptRecord['transcript']>,
): Promise<TransactionOutcome | null> {
  const onLine: SessionObserver['onLine'] = (from, text, ago = 0) => {
    if (transcript.length >= maxTranscriptLines) return;
    // A whole number for certain: else V8 compiles this, and all that calls it, anew every hundred messages.
    const at = Math.max(0, Math.trunc(effects.now() - attempt.startedAt - ago));
    transcript.push({ at, from, text });
  };
  try {
    const stored = message.content ?? (await effects.readContent(message.id));
    const data = openBody(message.isSecret ? await effects.openSecret(message.id, stored) : stored);
    const mail: OutgoingMail = {
      mailFrom: message.mailFrom,
      recipients: asked.map(({ address }) => address),
      data,
      sizeBytes: message.sizeBytes,
      beforeDot: () => effects.markDot(message, { ...attempt, dotAt: effects.now() }),
    };
    if (!message.isSecret) mail.observer = { onLine };
    return (await server.send(mail, { isUrgent: message.lane === 'urgent' })).outcome;
  } catch (error) {
    // The content or the mark: both come before the dot.
    effects.onFault(error, message.id);
    return null;
  }
}

/** Those who were not asked yet follow as soon as the others are done with, or wait with them. */
function addRest(verdict: AttemptVerdict, rest: ClaimedMessage['recipients'], isSent: boolean): AttemptVerdict {
  if (rest.length === 0) return verdict;
  const explanation = 'The server takes fewer recipients at a time than this message has; it is next.';
  const waiting = rest.map(({ position }) => ({ position, state: 'queued' as const, reply: '', explanation }));
  return {
    ...verdict,
    recipients: [...verdict.recipients, ...waiting],
    retryAfterSeconds: isSent ? 0 : (verdict.retryAfterSeconds ?? 0),
  };
}

function findRecipientLimit(outcome: TransactionOutcome, { recipients }: AttemptVerdict): number | null {
  if (!outcome.sent) return null;
  const accepted = outcome.recipients.filter((one) => one.accepted).length;
  return recipients.some(({ state }) => state === 'queued') && accepted > 0 ? accepted : null;
}
