/**
 * Messages over an open session, one after the other: MAIL, RCPT for each recipient, DATA, body, dot (RFC 5321 §3.3).
 *
 * Three ways to say the same: step by step; the envelope in one flight and the next envelope behind the dot (RFC 2920
 * §3.1 allows both); or the whole message in one flight with BDAT (RFC 3030), once this connection has shown with an empty
 * chunk that it knows BDAT, because who does not would take the body for commands.
 * Invariant: `sent` is said for nothing but a 2xx that answers the dot (or the last chunk). An explicit negative reply there
 * is certain, everything else after it is uncertain; a failure before it is certain non-delivery. What proves that a
 * reply is the verdict: the 354 before it can answer nothing but DATA. BDAT has no 354, so EHLO goes behind it (RFC 5321
 * §4.1.4 allows it at any time): an answer that offers what was offered before shows that no reply was one too many.
 */
import type { Attempt } from './attempt.ts';
import { encodeBody, findEnd } from './body-encoder.ts';
import type { Capabilities } from './capabilities.ts';
import { type EnvelopeAnswers, type EnvelopeVerdict, judgeEnvelope, type PreparedMail } from './envelope.ts';
import { askEnvelope, isGoAhead, isSmall, join, split, tellPhases } from './flight.ts';
import { writeLastChunk } from './last-chunk.ts';
import { fail, type RecipientOutcome, type SmtpFailure, type TransactionOutcome } from './outcome.ts';
import { type Answer, type Ask, isPositive, type ReplyChannel } from './reply-channel.ts';
import { emptyHabits, type ServerHabits } from './server-habits.ts';
import type { SessionObserver, Timeouts } from './target.ts';
import { isClean, writeBlocks, writeCleanBlocks } from './write-blocks.ts';

export type { OutgoingMail } from './envelope.ts';

export interface TransactionParts {
  channel: ReplyChannel;
  attempt: Attempt;
  capabilities: Capabilities;
  timeouts: Timeouts;
  habits?: ServerHabits;
  /** As it was said in EHLO; without it there is no BDAT. */
  ehloName?: string;
  /** False: one command at a time, whatever the server offers. */
  mayPipeline?: boolean;
}

/** `551 5.7.1 Null BDAT request`; 551 answers no command that is not known (RFC 5321 §4.2.2). */
const nullChunkRefused = 551;

export class Transactions {
  readonly #parts: Required<TransactionParts>;
  /** The server has begun a transaction that came to nothing. */
  #needsReset = false;
  /** This connection has answered an empty chunk. */
  #knowsChunks = false;
  /** The empty chunk was taken: the body follows as the last one. */
  #hasOpenChunk = false;
  /** What the server answered to the envelope that went out behind the last dot. */
  #carried: { prepared: PreparedMail; answers: EnvelopeAnswers } | null = null;

  constructor(parts: TransactionParts) {
    this.#parts = { habits: emptyHabits(), mayPipeline: true, ehloName: '', ...parts };
  }

  /** The bytes that end a message are written, and their verdict has not come. */
  isAfterDot = false;

  /** The envelope of the next message went out already: this session can do nothing but send it, or end. */
  get hasOpenEnvelope(): boolean {
    return this.#carried !== null;
  }

  /** The message it was for is not sent here any more, nor anything else. */
  forgetEnvelope(): void {
    this.#carried = null;
  }

  get mayPipeline(): boolean {
    const { mayPipeline, capabilities, habits } = this.#parts;
    return mayPipeline && capabilities.hasPipelining && !habits.hasBrokenPipelining;
  }

  get #mayChunk(): boolean {
    const { capabilities, habits, ehloName } = this.#parts;
    return this.mayPipeline && capabilities.hasChunking && !habits.hasBrokenChunking && ehloName !== '';
  }

  /**
   * Sends one message. `next` is asked, when the last bytes of this one are about to be written, which message comes then:
   * its envelope may go out with them, and it must be the one that is sent next.
   */
  async send(prepared: PreparedMail, next: () => PreparedMail | null = () => null): Promise<TransactionOutcome> {
    const { channel, habits } = this.#parts;
    try {
      return await this.#send(prepared, next);
    } finally {
      this.isAfterDot = false;
      if (channel.hasBrokenFlight) habits.hasBrokenPipelining = true;
    }
  }

  async #send(prepared: PreparedMail, next: () => PreparedMail | null): Promise<TransactionOutcome> {
    const carried = this.#carried;
    this.#carried = null;
    if (carried !== null && carried.prepared !== prepared) throw new Error('another envelope is open on this session');
    this.#hasOpenChunk = false;
    if (carried === null && this.#knowsChunks && this.#mayChunk && isSmall(prepared)) {
      const outcome = await this.#sendWhole(prepared);
      if (outcome !== null) return outcome;
    }
    let verdict =
      carried !== null
        ? judgeEnvelope(prepared, tellPhases(carried.answers, this.#parts.attempt))
        : await this.#sayEnvelope(prepared, prepared.mailLine);
    if (verdict.next === 'again') return this.#send(prepared, next);
    if (verdict.next === 'plain') {
      verdict = await this.#sayEnvelope({ ...prepared, mailLine: prepared.plainMailLine }, prepared.plainMailLine);
    }
    if (verdict.next === 'again') return this.#send({ ...prepared, mailLine: prepared.plainMailLine }, next);
    if (verdict.next !== 'body') return this.#stop(verdict);
    if (this.#hasOpenChunk) return this.#sendChunk(prepared, verdict.recipients);
    return this.#sendBody(prepared, verdict.recipients, next);
  }

  async #stop(verdict: Exclude<EnvelopeVerdict, { next: 'body' }>): Promise<TransactionOutcome> {
    const { channel, attempt, timeouts } = this.#parts;
    if (verdict.next === 'plain') throw new Error('MAIL without parameters was refused for its parameters');
    const { failure, recipients, leaves } = verdict;
    this.#needsReset = leaves === 'transaction';
    if (leaves === 'contradiction') channel.break('desync', 'the sender was refused, and yet the message is welcome');
    if (leaves === 'data') {
      attempt.show('note', 'nobody was accepted: nothing but the end of data');
      await channel.askAll([{ phase: 'data', milliseconds: timeouts.dot, isExpected: () => true }], '.\r\n');
    }
    return { sent: false, failure, recipients };
  }

  async #sayEnvelope(prepared: PreparedMail, mailLine: string): Promise<EnvelopeVerdict | { next: 'again' }> {
    if (!this.mayPipeline) return this.#sayStepByStep(prepared, mailLine);
    const { channel, attempt, timeouts, habits } = this.#parts;
    const isTrial = !this.#knowsChunks && this.#mayChunk && isSmall(prepared);
    const reset = this.#needsReset;
    const last: Ask = isTrial
      ? { phase: 'data', milliseconds: timeouts.reply, isExpected: isPositive }
      : { phase: 'data', milliseconds: timeouts.reply, isExpected: isGoAhead };
    const lines = [...(reset ? ['RSET'] : []), mailLine, ...prepared.rcptLines, isTrial ? 'BDAT 0' : 'DATA'];
    const asks = [
      ...(reset ? [{ phase: 'mail' as const, milliseconds: timeouts.reply, isExpected: isPositive }] : []),
      ...askEnvelope(prepared.rcptLines, timeouts),
      last,
    ];
    this.#tell(lines);
    const answers = await channel.askAll(asks, `${lines.join('\r\n')}\r\n`);
    if (reset) {
      this.#needsReset = false;
      const refused = this.#checkReset(answers.shift() as Answer);
      if (refused !== null) return refused;
    }
    const given = tellPhases(split(answers), attempt);
    if (!isTrial) return judgeEnvelope(prepared, given);
    attempt.show('note', 'an empty chunk, to see that the server knows BDAT');
    const verdict = judgeEnvelope(prepared, { ...given, data: given.data?.ok === true ? null : given.data });
    if (given.data?.ok === true) {
      this.#knowsChunks = true;
      this.#hasOpenChunk = true;
      // An empty chunk has begun a transaction that only the last chunk or RSET ends.
      return verdict.next === 'stop' && verdict.leaves === 'data' ? { ...verdict, leaves: 'transaction' } : verdict;
    }
    const isAboutBdat = verdict.next === 'stop' && verdict.failure === given.data?.failure && channel.isOpen;
    const code = given.data?.failure.reply?.code ?? 0;
    if (!isAboutBdat || code < 500) return verdict;
    // Postfix knows BDAT and wants no empty chunk: with this reply it says so. Others mean that they do not know it.
    if (code === nullChunkRefused) this.#knowsChunks = true;
    else habits.hasBrokenChunking = true;
    this.#needsReset = true;
    return this.#knowsChunks ? { next: 'again' } : this.#sayEnvelope(prepared, mailLine);
  }

  /** A refused RSET leaves it open what the server still holds: this session cannot be trusted with another message. */
  #checkReset(answer: Answer): EnvelopeVerdict | null {
    if (answer.ok) return null;
    this.#parts.channel.break('desync', 'RSET was refused');
    return { next: 'stop', failure: { ...answer.failure, scope: 'session' }, recipients: [], leaves: 'nothing' };
  }

  async #sayStepByStep(prepared: PreparedMail, mailLine: string): Promise<EnvelopeVerdict> {
    const { channel, attempt, timeouts } = this.#parts;
    if (this.#needsReset) {
      this.#needsReset = false;
      const refused = this.#checkReset(await channel.ask('RSET', 'mail', timeouts.reply, isPositive));
      if (refused !== null) return refused;
    }
    attempt.start('mail');
    const mail = await channel.ask(mailLine, 'mail', timeouts.reply, isPositive);
    const rcpt: Answer[] = [];
    if (!mail.ok) return judgeEnvelope({ ...prepared, mailLine }, { mail, rcpt, data: null });
    attempt.end('mail', mail.reply);
    for (const line of prepared.rcptLines) {
      attempt.start('rcpt');
      const answer = await channel.ask(line, 'rcpt', timeouts.reply, isPositive);
      rcpt.push(answer);
      if (answer.ok) attempt.end('rcpt', answer.reply);
      else if (!channel.isOpen) break;
    }
    const soFar = judgeEnvelope(prepared, { mail, rcpt, data: null });
    if (soFar.next !== 'body') return soFar;
    attempt.start('data');
    const data = await channel.ask('DATA', 'data', timeouts.reply, isGoAhead);
    if (data.ok) attempt.end('data', data.reply);
    return judgeEnvelope(prepared, { mail, rcpt, data });
  }

  /** What keeps the message from being ended: the caller's no, or the end of the session while it was asked. */
  async #askBeforeDot({ mail: { beforeDot } }: PreparedMail): Promise<SmtpFailure | null> {
    if (beforeDot === undefined) return null;
    const { channel, attempt } = this.#parts;
    let isAllowed = false;
    const ask = async () => {
      isAllowed = await beforeDot();
    };
    try {
      const late = await channel.during(ask, Number.POSITIVE_INFINITY, '');
      return late ?? (isAllowed ? null : attempt.fail('body', 'cancelled', 'called back before its end'));
    } catch (error) {
      channel.break('cancelled', 'the question whether to end the message found no answer');
      throw error;
    }
  }

  /** Everything in one flight; null when MAIL has to be said again without parameters. */
  async #sendWhole(prepared: PreparedMail): Promise<TransactionOutcome | null> {
    const { channel, timeouts } = this.#parts;
    const stopped = await this.#askBeforeDot(prepared);
    // Nothing was said yet.
    if (stopped !== null) return { sent: false, failure: { ...stopped, phase: 'mail' }, recipients: [] };
    const reset = this.#needsReset;
    const lines = [...(reset ? ['RSET'] : []), prepared.mailLine, ...prepared.rcptLines];
    const asks: Ask[] = [
      ...(reset ? [{ phase: 'mail' as const, milliseconds: timeouts.reply, isExpected: isPositive }] : []),
      ...askEnvelope(prepared.rcptLines, timeouts),
    ];
    this.#needsReset = false;
    const { answers, last } = await this.#writeChunk(prepared, lines, asks);
    if (reset) {
      const refused = this.#checkReset(answers.shift() as Answer);
      if (refused?.next === 'stop' && (last.ok || last.failure.kind !== 'uncertain')) {
        return { sent: false, failure: refused.failure, recipients: [] };
      }
    }
    // Out of step, or without a word about a recipient that may have been accepted, nobody knows how far it came.
    if (!last.ok && last.failure.kind === 'uncertain') {
      const [mail, ...rcpt] = answers;
      const isNo = (answer: Answer | undefined) => answer?.ok === false && answer.failure.kind === 'refused';
      const isOver = !channel.wasOutOfStep && (isNo(mail) || rcpt.every(isNo));
      if (!isOver) return { sent: false, failure: last.failure, recipients: [] };
    }
    const { mail, rcpt } = tellPhases(split([...answers, last]), this.#parts.attempt);
    const verdict = judgeEnvelope(prepared, { mail, rcpt, data: null });
    if (verdict.next === 'plain') {
      this.#needsReset = true;
      return null;
    }
    if (verdict.next === 'body') return this.#conclude(last, verdict.recipients);
    if (!mail.ok && last.ok && rcpt.some((answer) => answer.ok)) {
      const detail = 'the sender was refused, and yet the message was accepted';
      channel.break('desync', detail);
      return { sent: false, failure: fail('dot', 'uncertain', detail, { scope: 'session' }), recipients: [] };
    }
    this.#needsReset = true;
    return { sent: false, failure: verdict.failure, recipients: verdict.recipients };
  }

  /** To accepted recipients, after the empty chunk. */
  async #sendChunk(prepared: PreparedMail, recipients: RecipientOutcome[]): Promise<TransactionOutcome> {
    const stopped = await this.#askBeforeDot(prepared);
    if (stopped !== null) {
      this.#needsReset = true;
      return { sent: false, failure: stopped, recipients };
    }
    this.#parts.attempt.start('dot');
    const { last } = await this.#writeChunk(prepared, [], []);
    return this.#conclude(last, recipients);
  }

  #writeChunk(prepared: PreparedMail, before: string[], asks: Ask[]) {
    return writeLastChunk(prepared, { before, asks }, this.#parts, () => {
      this.isAfterDot = true;
    });
  }

  async #sendBody(
    prepared: PreparedMail,
    recipients: RecipientOutcome[],
    next: () => PreparedMail | null,
  ): Promise<TransactionOutcome> {
    const { channel, attempt, timeouts } = this.#parts;
    const { mail, body } = prepared;
    attempt.start('body');
    let rest: Uint8Array;
    let end: string;
    if (body !== null && isSmall(prepared)) {
      rest = encodeBody(mail.data as Uint8Array, body);
      end = findEnd(rest);
      attempt.show('note', `message, ${rest.length} bytes`);
    } else {
      const isReady = body !== null && isClean(body) && mail.data instanceof Uint8Array;
      const written = isReady
        ? await writeCleanBlocks(mail.data as Uint8Array, this.#parts)
        : await writeBlocks(mail.data, this.#parts);
      if (!written.ok) return { sent: false, failure: written.failure, recipients };
      ({ rest, end } = written);
    }
    const stopped = await this.#askBeforeDot(prepared);
    if (stopped !== null) {
      // The server waits for more of the body: only without a dot is it sure that nothing is sent.
      channel.break('cancelled', 'called back before its end');
      return { sent: false, failure: stopped, recipients };
    }
    attempt.end('body');
    attempt.start('dot');
    this.isAfterDot = true;
    const asks: Ask[] = [{ phase: 'dot', milliseconds: timeouts.dot, isExpected: isPositive }];
    const behind = this.mayPipeline && !(this.#mayChunk && this.#knowsChunks) ? next() : null;
    if (behind === null) {
      const [answer] = await channel.askAll(asks, join('', rest, end));
      return this.#conclude(answer as Answer, recipients);
    }
    const lines = [behind.mailLine, ...behind.rcptLines, 'DATA'];
    asks.push(...askEnvelope(behind.rcptLines, timeouts), {
      phase: 'data',
      milliseconds: timeouts.reply,
      isExpected: isGoAhead,
    });
    this.#tell(lines, behind.observer);
    const bytes = join('', rest, `${end}${lines.join('\r\n')}\r\n`);
    const [answer, ...others] = await channel.askAll(asks, bytes, { from: 1, next: behind });
    this.#carried = { prepared: behind, answers: split(others) };
    return this.#conclude(answer as Answer, recipients);
  }

  #conclude(answer: Answer, recipients: RecipientOutcome[]): TransactionOutcome {
    if (!answer.ok) return { sent: false, failure: answer.failure, recipients };
    this.#parts.attempt.end('dot', answer.reply);
    return { sent: true, reply: answer.reply, recipients };
  }

  #tell(lines: string[], observer?: SessionObserver): void {
    for (const line of lines) this.#parts.attempt.show('client', line, observer);
  }
}
