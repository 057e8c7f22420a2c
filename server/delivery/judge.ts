/**
 * What the outcome of an attempt means: for each recipient, for the server, and when the rest is tried again.
 * from: TransactionOutcome (smtp) · to: AttemptVerdict (the delivery store records it, the worker heeds it). Pure.
 *
 * 1. Phase first, then code, then enhanced code, then words (recognise-cause.ts). An enhanced code of another class than
 *    its reply is ignored.
 * 2. Only 2xx that answers the dot makes a recipient `sent`; no answer to it makes it `uncertain`.
 * 3. A cause is the recipient's, the content's, the sender's, the account's, the server's or ours (causes.ts). Only the
 *    first two may end a message; the sender's holds it for a person; everything else keeps it waiting.
 * 4. Each recipient has its own end: those who were refused at RCPT keep that answer, the others share the message's.
 * 5. What the server or the account is to blame for costs the message no step of its schedule.
 * 6. Unknown code, missing code, unknown words: temporary.
 * 7. Recipients of one message are tried again together, at the earliest of their times, but never before an uncertain,
 *    greylisted or slowed-down one may be; and not after its lifetime: then it expires.
 * RFC 5321 §4.2, §4.5.4.1, §6.1; RFC 3463; RFC 1047 (why an unanswered dot is neither yes nor no).
 */

import type { ClaimedMessage } from '../queue/queue.ts';
import { findGreylistSeconds, findRetrySeconds, findUncertainSeconds, retryJitter } from '../queue/retry-schedule.ts';
import { describeReply, type Reply, type SmtpFailure, type TransactionOutcome } from '../smtp/outcome.ts';
import { type Cause, type CauseName, causes, describeFate } from './causes.ts';
import { recogniseCause } from './recognise-cause.ts';
import type { AttemptVerdict, RecipientVerdict, ServerVerdict } from './verdict.ts';

export type JudgedMessage = Pick<ClaimedMessage, 'attempts' | 'recipients' | 'expiresAt' | 'holdsUncertain'>;

export interface JudgeContext {
  host: string;
  port: number;
  hasCredentials: boolean;
  /** What lifetimes are compared with; milliseconds since 1970. */
  now: number;
  /** 0 ≤ random < 1, for jitter. */
  random: number;
}

/** A server that parked its mail says when it is back; the message is ready as soon as that. Seconds. */
const serverWaitSeconds = 5;

interface Fate {
  verdict: RecipientVerdict;
  cause: Cause | null;
}

/** @param outcome of a transaction with `message.recipients` in their order, or of a session that could not be opened. */
export function judge(outcome: TransactionOutcome, message: JudgedMessage, context: JudgeContext): AttemptVerdict {
  const recognise = (failure: SmtpFailure, isAfterAccepted: boolean): CauseName =>
    recogniseCause(failure, { ...context, isAfterAccepted });
  const ofMessage = outcome.sent ? null : recognise(outcome.failure, false);
  let isAfterAccepted = false;
  const fates = message.recipients.map(({ position }, place): Fate => {
    const answer = outcome.recipients[place];
    if (answer?.accepted === false && answer.failure.scope !== 'session') {
      return refuse(position, recognise(answer.failure, isAfterAccepted), answer.failure, message, context);
    }
    if (answer?.accepted === true) isAfterAccepted = true;
    if (!outcome.sent) return refuse(position, ofMessage ?? 'unknown-reply', outcome.failure, message, context);
    if (answer === undefined) throw new Error('a message was sent, and nothing is known of one of its recipients');
    const reply = describeShortly(outcome.reply);
    return { verdict: { position, state: 'sent', reply, explanation: 'The server took the message.' }, cause: null };
  });

  const waiting = fates.flatMap(({ cause }) => (cause === null || isFinal(cause, message) ? [] : [cause]));
  const isCounted = waiting.some(({ counts }) => counts);
  // Whom the server had no room for goes at once behind those it took; otherwise all wait together.
  const hasRest = outcome.sent && waiting.some(({ wait }) => wait === 'now');
  const others = waiting.filter(({ wait }) => wait !== 'now');
  return {
    recipients: fates.map(({ verdict }) => verdict),
    server: judgeServer(outcome, fates, context),
    countsAsAttempt: waiting.length === 0 || isCounted,
    retryAfterSeconds: hasRest
      ? 0
      : waiting.length === 0
        ? null
        : findWait(others.length === 0 ? waiting : others, isCounted, message, context),
  };
}

/**
 * The message's time ran out before an attempt could be made: nobody is dialled.
 * @param mayHaveIt positions that an unanswered dot may have reached: nobody knows more of them now than then
 */
export function judgeExpired(message: JudgedMessage, mayHaveIt: ReadonlySet<number>): AttemptVerdict {
  const verdict = closeAll(
    message,
    'expired',
    'Its time ran out before it could be sent. It was not sent, and it is not tried again.',
  );
  const explanation =
    'Its time ran out, so it is not tried again. An earlier attempt was not answered after the message was complete: it may have been delivered.';
  return {
    ...verdict,
    recipients: verdict.recipients.map((each) =>
      mayHaveIt.has(each.position) ? { ...each, state: 'uncertain', explanation } : each,
    ),
  };
}

/** The settings it was to go by were deleted. */
export function judgeDeletedSettings(message: JudgedMessage): AttemptVerdict {
  const explanation = 'The SMTP settings it was to go by were deleted. It is held until somebody decides.';
  return closeAll(message, 'held', explanation);
}

/** Postern itself is at fault: the content could not be read, or the mark not be written. Nothing was sent. */
export function judgeOwnFault(message: JudgedMessage, random: number): AttemptVerdict {
  const explanation =
    'Something went wrong inside Postern before the message was complete; it was not sent, and it is tried again. The log has the details.';
  return {
    recipients: message.recipients.map(({ position }) => ({ position, state: 'deferred', reply: '', explanation })),
    server: null,
    countsAsAttempt: true,
    retryAfterSeconds: findRetrySeconds(message.attempts + 1, true, random),
  };
}

function closeAll(message: JudgedMessage, state: 'expired' | 'held', explanation: string): AttemptVerdict {
  return {
    recipients: message.recipients.map(({ position }) => ({ position, state, reply: '', explanation })),
    server: null,
    countsAsAttempt: false,
    retryAfterSeconds: null,
  };
}

/** A thousand recipients may be refused in 64 KB each; the whole stands once, with the attempt. */
const mostReplyCharacters = 2000;

function describeShortly(reply: Reply): string {
  const words = describeReply(reply);
  return words.length <= mostReplyCharacters ? words : `${words.slice(0, mostReplyCharacters).trimEnd()} …`;
}

function refuse(
  position: number,
  name: CauseName,
  failure: SmtpFailure,
  { holdsUncertain }: JudgedMessage,
  context: JudgeContext,
): Fate {
  const cause: Cause = causes[name];
  const isHeldUncertain = cause.fate === 'uncertain' && holdsUncertain;
  const state = isHeldUncertain ? 'held' : cause.fate;
  const next = isHeldUncertain ? 'It is held, as the message asks, until somebody decides.' : describeFate(cause);
  const reply = failure.reply === null ? '' : describeShortly(failure.reply);
  return { verdict: { position, state, reply, explanation: `${nameServer(cause.says, context)} ${next}` }, cause };
}

const nameServer = (says: string, { host, port }: JudgeContext): string =>
  says.replaceAll('{server}', `${host}:${port}`);

const isFinal = ({ fate }: Cause, { holdsUncertain }: JudgedMessage): boolean =>
  fate === 'bounced' || fate === 'held' || (fate === 'uncertain' && holdsUncertain);

/** A server that took the message for somebody is all right, whatever it said of the others. */
function judgeServer(outcome: TransactionOutcome, fates: readonly Fate[], context: JudgeContext): ServerVerdict | null {
  const worst = fates
    .flatMap(({ cause }) => (cause === null ? [] : [cause]))
    .sort((a, b) => severity(b) - severity(a))[0];
  if (outcome.sent || worst === undefined) return { state: 'ok', code: 'ok', reason: '', retryAfterSeconds: 0 };
  if (worst.server === null) return null;
  return { ...worst.server, reason: worst.server.state === 'ok' ? '' : nameServer(worst.says, context) };
}

const severity = ({ server }: Cause): number => ['ok', 'slow', 'unreachable', 'blocked'].indexOf(server?.state ?? 'ok');

function findWait(
  waiting: readonly Cause[],
  isCounted: boolean,
  { attempts, expiresAt }: JudgedMessage,
  { now, random }: JudgeContext,
): number {
  const failures = attempts + (isCounted ? 1 : 0);
  const findSeconds = (wait: Cause['wait']): number => {
    if (wait === 'now') return 0;
    if (wait === 'server') return serverWaitSeconds;
    if (wait === 'uncertain') return findUncertainSeconds(failures, random);
    // Whoever is greylisted a fourth time is turned away for another reason.
    if (wait === 'greylist' && failures <= 3) return findGreylistSeconds(random);
    const scheduled = findRetrySeconds(failures, wait === 'short', random);
    return typeof wait === 'number' ? Math.max(Math.round(wait * (1 + retryJitter * random)), scheduled) : scheduled;
  };
  const hasLeast = ({ wait }: Cause) => wait === 'uncertain' || wait === 'greylist' || typeof wait === 'number';
  const least = waiting.filter(hasLeast).map(({ wait }) => findSeconds(wait));
  const wait = Math.max(Math.min(...waiting.map((cause) => findSeconds(cause.wait))), ...least);
  return Math.min(wait, Math.max(0, Math.ceil((expiresAt - now) / 1000)));
}
