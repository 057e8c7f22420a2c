/**
 * Commands out, replies in, matched one to one over any Duplex (RFC 5321 §2.1, §4.2).
 *
 * Who asks waits in a queue, alone or as a flight of several commands (RFC 2920); each complete reply goes to the first
 * command that has none. A reply that finds nobody waiting, or bytes that are no reply, break the session as `desync`,
 * and no reply that came in the same piece counts: one of them is surplus, and nobody can say which. A flight is
 * answered as a whole, so a verdict on a message that was followed by other commands is given only when those were
 * answered too: a desync among them makes it `uncertain`, and takes back the other answers as well. When the line ends
 * among them, whoever ends it, it stands. Two exceptions, both certain: 421 may come at any time and ends
 * the session (§3.8), and a refusal that comes while the body is still on its way is a refusal.
 * Timers count complete replies, so bytes that drip reset nothing; every wait also ends at the attempt's deadline.
 * After the final dot every failure but an explicit negative reply is `uncertain`.
 */
import type { Duplex } from 'node:stream';
import type { Attempt } from './attempt.ts';
import { LazyTimer } from './lazy-timer.ts';
import { describeReply, type FailureKind, fail, type Phase, type Reply, type SmtpFailure } from './outcome.ts';
import { type ParsedReply, ReplyParser } from './reply-parser.ts';
import { maskReply } from './secret-mask.ts';
import type { SessionObserver } from './target.ts';

export type Answer = { ok: true; reply: Reply } | { ok: false; failure: SmtpFailure };

/** What a command hopes for; a negative reply is always a refusal, everything else is desync. */
export type IsExpected = (code: number) => boolean;
export const isPositive: IsExpected = (code) => code >= 200 && code < 300;

/** One command of a flight: its reply, and how long that may take once the reply before it has come. */
export interface Ask {
  phase: Phase;
  milliseconds: number;
  isExpected: IsExpected;
}

/**
 * The last commands of a flight, from this place on, are said for the next message. Neither message hears of the other: not
 * its lines, and not the words with which the server ended the session on it.
 */
export interface Behind {
  from: number;
  /** Whoever watches it is told; may change while the replies are awaited. */
  next: { readonly observer: SessionObserver };
}

interface Flight {
  asks: readonly Ask[];
  behind: Behind | null;
  /** Replies to these, shown when no more can come: until then one may be surplus. */
  nextLines: string[];
  /** As many as have come; the next one belongs to the command at this place. */
  answers: Answer[];
  settle: (answers: Answer[]) => void;
}

/** Said when the time is up, and for so long more something other than SMTP is listened for. */
interface LastWords {
  bytes: Uint8Array;
  milliseconds: number;
}

interface Break {
  kind: FailureKind;
  detail: string;
  reply?: Reply;
}

export class ReplyChannel {
  readonly stream: Duplex;
  readonly #attempt: Attempt;
  readonly #parser = new ReplyParser();
  readonly #flights: Flight[] = [];
  /** Commands that were written and not answered yet. */
  #waiting = 0;
  readonly #timer: LazyTimer;
  #due: { kind: FailureKind; milliseconds: number } = { kind: 'reply-timeout', milliseconds: 0 };
  /** For what is not a reply. */
  readonly #workTimer: LazyTimer;
  #workDue: { kind: FailureKind; detail: string } = { kind: 'reply-timeout', detail: '' };
  #broken: Break | null = null;
  /** Set while something other than a reply is waited for. */
  #interrupt: (() => void) | null = null;
  #isInBody = false;
  #lastWords: LastWords | null = null;
  /** What the server was given up for before it was said the last words; only what is no SMTP changes that. */
  #givenUp: Break | null = null;
  /** The server did not answer a flight of several commands as it should have. */
  hasBrokenFlight = false;

  constructor(stream: Duplex, attempt: Attempt) {
    this.stream = stream;
    this.#attempt = attempt;
    this.#timer = new LazyTimer(() => this.#onTimeUp());
    this.#workTimer = new LazyTimer(() => {
      if (this.#interrupt !== null) this.break(this.#workDue.kind, this.#workDue.detail);
    });
    stream.on('data', this.#onData);
    stream.on('error', this.#onError);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
    // A line through a proxy was stopped, so that the greeting waits for us.
    stream.resume();
  }

  get isOpen(): boolean {
    return this.#broken === null;
  }

  /** Everything about the message under way was answered, and nothing is awaited but answers about the next one. */
  get waitsForNextOnly(): boolean {
    const flight = this.#flights[0];
    return flight?.behind != null && flight.answers.length >= flight.behind.from;
  }

  /** Of that not one answer has come: a server that forgets what stands behind the dot never gives it. */
  get hasSilentNext(): boolean {
    const flight = this.#flights[0];
    return flight?.behind != null && flight.answers.length === flight.behind.from;
  }

  /** The session ended because replies and commands did not match. */
  get wasOutOfStep(): boolean {
    return this.#broken?.kind === 'desync';
  }

  /** The text of what was no reply; for telling what kind of server it is. */
  get faultText(): string {
    return this.#parser.faultText;
  }

  /** Sends one command line and waits for its reply. `shown` replaces the line in the transcript where it has a secret. */
  async ask(line: string, phase: Phase, milliseconds: number, isExpected: IsExpected, shown = line): Promise<Answer> {
    this.#attempt.show('client', shown);
    const [answer] = await this.askAll([{ phase, milliseconds, isExpected }], `${line}\r\n`);
    return answer as Answer;
  }

  /**
   * Writes everything at once and waits for one reply to each command in it, in order (RFC 2920 §3.1). As many answers
   * as asks, also when the session breaks in between.
   */
  askAll(asks: readonly Ask[], bytes: string | Uint8Array, behind: Behind | null = null): Promise<Answer[]> {
    if (this.#waiting === 0 && this.#parser.pendingBytes > 0) {
      this.break('desync', 'the server had begun a reply that nothing asked for');
    }
    const broken = this.#broken;
    if (broken !== null) return Promise.resolve(this.#refuseAll({ asks, behind }, [], broken, false));
    // Waiting comes first: a stream in memory may answer while it is written to.
    const answers = this.#wait(asks, behind);
    this.stream.write(bytes);
    return answers;
  }

  /** Waits for a reply without asking: the greeting. One that comes after the last words is too late. */
  async receive(
    phase: Phase,
    milliseconds: number,
    isExpected: IsExpected,
    lastWords: LastWords | null = null,
  ): Promise<Answer> {
    if (this.#broken !== null) return { ok: false, failure: this.#fail(phase, this.#broken) };
    this.#lastWords = lastWords;
    const [answer] = await this.#wait([{ phase, milliseconds, isExpected }], null);
    return answer as Answer;
  }

  #wait(asks: readonly Ask[], behind: Behind | null): Promise<Answer[]> {
    return new Promise((settle) => {
      this.#flights.push({ asks, behind, nextLines: [], answers: [], settle });
      this.#waiting += asks.length;
      if (this.#waiting === asks.length) this.#startTime(asks[0] as Ask);
    });
  }

  /**
   * Waits for something that is not a reply (a block to be taken, the next block to be read), no longer than the
   * session lives. Null when it was done; what it throws is passed on.
   */
  async during(work: () => Promise<unknown>, milliseconds: number, tooLong: string): Promise<SmtpFailure | null> {
    this.#isInBody = true;
    const now = performance.now();
    const limit = this.#attempt.limit(milliseconds, 'reply-timeout', now);
    this.#workDue = { kind: limit.kind, detail: limit.kind === 'deadline' ? deadlinePassed : tooLong };
    this.#workTimer.start(now, limit.milliseconds);
    try {
      if (this.#broken === null) {
        await new Promise<unknown>((resolve, reject) => {
          this.#interrupt = resolve as () => void;
          work().then(resolve, reject);
        });
      }
      const broken = this.#broken as Break | null;
      return broken === null ? null : this.#fail('body', broken);
    } catch (error) {
      // A stream that broke reports it to the write as well; anything else is not ours.
      if (this.#broken === null) throw error;
      return this.#fail('body', this.#broken);
    } finally {
      this.#interrupt = null;
      this.#isInBody = false;
    }
  }

  /** Ends the session: everybody who waits, and everybody who asks later, gets this. The first reason stands. */
  break(kind: FailureKind, detail: string, reply?: Reply): void {
    if (this.#broken !== null) return;
    this.#broken = { kind, detail, ...(reply === undefined ? {} : { reply }) };
    this.#timer.stop();
    this.#workTimer.stop();
    this.stream.destroy();
    this.#waiting = 0;
    for (const flight of this.#flights.splice(0)) this.#breakFlight(flight, this.#broken);
    this.#interrupt?.();
  }

  #breakFlight(flight: Flight, broken: Break): void {
    const { asks, answers, settle } = flight;
    const { kind } = broken;
    const isOutOfStep = kind === 'desync' || (kind === 'reply-timeout' && answers.length > 0);
    if (asks.length > 1 && isOutOfStep) this.hasBrokenFlight = true;
    // Out of step, nobody knows which reply belongs to what.
    const known = kind === 'desync' ? [] : answers;
    if (isAboutNext(flight, known, broken)) this.#showNext(flight);
    settle(this.#refuseAll(flight, known, broken, true));
  }

  /** What is known, and the failure for the rest, which is told once to each message that it is about. */
  #refuseAll(
    { asks, behind }: Pick<Flight, 'asks' | 'behind'>,
    known: Answer[],
    broken: Break,
    isWritten: boolean,
  ): Answer[] {
    const from = behind?.from ?? asks.length;
    const isTold = isAboutNext({ asks, behind }, known, broken);
    const refused = asks.map(({ phase }, place) =>
      place < from || isTold ? this.#toFailure(phase, broken, isWritten) : this.#toNextFailure(phase, broken),
    );
    const own = refused.slice(known.length, from);
    const told = own.find(({ kind }) => kind === 'uncertain') ?? own[0];
    if (told !== undefined) this.#attempt.tell(told);
    const next = refused[Math.max(from, known.length)];
    if (next !== undefined) this.#attempt.tell(next, behind?.next.observer);
    return refused.map((failure, place) => known[place] ?? { ok: false, failure });
  }

  /** Ends in good order, after QUIT: TLS says goodbye too (RFC 8446 §6.1). */
  close(): void {
    if (this.#broken !== null) return;
    this.#broken = { kind: 'cancelled', detail: 'the session was ended' };
    this.#timer.stop();
    this.#workTimer.stop();
    const timer = setTimeout(() => this.stream.destroy(), closeMilliseconds);
    this.stream.once('close', () => clearTimeout(timer));
    this.stream.end(() => this.stream.destroy());
  }

  /** Lets go of the stream, for TLS to take over. Bytes that came behind the last reply would be injected ones. */
  detach(): SmtpFailure | null {
    if (this.#parser.pendingBytes > 0 || this.stream.readableLength > 0) {
      this.break('desync', 'bytes came behind the reply to STARTTLS, before encryption');
    }
    if (this.#broken !== null) return this.#fail('starttls', this.#broken);
    this.stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onError);
    this.stream.on('error', () => {});
    this.#timer.stop();
    this.#workTimer.stop();
    return null;
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (this.#broken !== null) return;
    const { replies, fault } = this.#parser.push(chunk);
    if (this.#givenUp !== null && fault === null) return;
    const waiting = this.#waiting;
    const surplus = replies[waiting]?.reply;
    const mismatch = fault ?? this.#findMismatch(replies.length, surplus);
    this.#show(replies, fault, mismatch !== null);
    if (mismatch !== null) {
      this.break('desync', mismatch);
      return;
    }
    for (let place = 0; place < replies.length && place < waiting; place++) {
      if (!this.#give((replies[place] as ParsedReply).reply)) break;
    }
    if (surplus !== undefined) this.break('refused', describeReply(surplus), surplus);
    else if (this.#waiting > 0 && replies.length > 0) this.#startTimeOfNext();
  };

  /** Out of step, nobody knows which message a reply belongs to: then those of two are shown to neither. */
  #show(replies: readonly ParsedReply[], fault: string | null, isOutOfStep: boolean): void {
    const flight = this.#flights[0];
    const behind = flight?.behind ?? null;
    if (behind === null ? !this.#attempt.isWatched : isOutOfStep) return;
    const ofOwn = behind === null ? replies.length : behind.from - (flight?.answers.length ?? 0);
    for (let place = 0; place < replies.length; place++) {
      const { raw } = replies[place] as ParsedReply;
      if (place >= ofOwn) flight?.nextLines.push(...raw);
      else for (const line of raw) this.#attempt.show('server', line);
    }
    if (fault !== null) this.#attempt.show('server', this.#parser.faultText);
  }

  #showNext({ nextLines, behind }: Flight): void {
    for (const line of nextLines) this.#attempt.show('server', line, behind?.next.observer);
  }

  #findMismatch(count: number, surplus: Reply | undefined): string | null {
    const isAllowed = surplus?.code === 421 || (this.#isInBody && (surplus?.code ?? 0) >= 400);
    if (surplus !== undefined && !isAllowed) {
      const isOfTwo = this.#flights[0]?.behind != null;
      return `a reply that nothing asked for${isOfTwo ? '' : `: ${describeReply(surplus)}`}`;
    }
    const hasBegunAnother = this.#parser.pendingBytes > 0 && count > 0 && count >= this.#waiting;
    return hasBegunAnother ? 'the server began a reply that nothing asked for' : null;
  }

  readonly #onError = (error: Error & { code?: string }): void => {
    this.#end({ kind: 'connection-lost', detail: `the connection broke: ${error.code ?? error.message}` });
  };

  readonly #onEnd = (): void => {
    const bytes = this.#parser.pendingBytes;
    const when = bytes > 0 ? ` after ${bytes} bytes of a reply` : '';
    this.#end({ kind: 'connection-lost', detail: `the server closed the connection${when}` });
  };

  /** False when this ended the session. */
  #give(reply: Reply): boolean {
    const flight = this.#flights[0] as Flight;
    const { asks, answers } = flight;
    const { phase, isExpected } = asks[answers.length] as Ask;
    if (reply.code < 400 && !isExpected(reply.code)) {
      this.break('desync', `${reply.code} is no answer to what was asked`);
      return false;
    }
    // A challenge is needed as it is; it is no secret.
    const safe = reply.code === 334 ? reply : maskReply(reply, this.#attempt.mask);
    this.#lastWords = null;
    answers.push(
      reply.code < 400
        ? { ok: true, reply: safe }
        : { ok: false, failure: fail(phase, 'refused', describeReply(safe), { reply: safe }) },
    );
    this.#waiting--;
    if (answers.length === asks.length) {
      this.#flights.shift();
      this.#showNext(flight);
      flight.settle(answers);
    }
    if (reply.code === 421) this.break('refused', describeReply(safe), safe);
    return reply.code !== 421;
  }

  #startTimeOfNext(): void {
    const { asks, answers } = this.#flights[0] as Flight;
    this.#startTime(asks[answers.length] as Ask);
  }

  #startTime({ milliseconds }: Ask): void {
    const now = performance.now();
    this.#due = this.#attempt.limit(milliseconds, 'reply-timeout', now);
    this.#timer.start(now, this.#due.milliseconds);
  }

  #onTimeUp(): void {
    if (this.#broken !== null || this.#waiting === 0) return;
    const { kind, milliseconds } = this.#due;
    const bytes = `${this.#parser.pendingBytes} bytes had come`;
    const seconds = Number((milliseconds / 1000).toFixed(1));
    const detail =
      kind === 'deadline' ? `${deadlinePassed}; ${bytes}` : `no complete reply within ${seconds} s; ${bytes}`;
    const lastWords = kind === 'reply-timeout' && this.#parser.pendingBytes === 0 ? this.#lastWords : null;
    this.#lastWords = null;
    if (lastWords === null) {
      this.#end({ kind, detail });
      return;
    }
    this.#givenUp = { kind, detail };
    this.stream.write(lastWords.bytes);
    this.#timer.start(performance.now(), lastWords.milliseconds);
  }

  #end({ kind, detail }: Break): void {
    const broken = this.#givenUp ?? { kind, detail };
    this.break(broken.kind, broken.detail);
  }

  /** What ended the session on one message is said of the next only as far as it is about the line. */
  #toNextFailure(phase: Phase, { kind }: Break): SmtpFailure {
    return fail(
      phase,
      kind === 'refused' ? 'connection-lost' : kind,
      'the connection ended with the message before this one',
    );
  }

  #fail(phase: Phase, broken: Break): SmtpFailure {
    const failure = this.#toFailure(phase, broken, false);
    this.#attempt.tell(failure);
    return failure;
  }

  /** `isWritten`: the command had gone out, so that after a dot the message may have been taken. */
  #toFailure(phase: Phase, { kind, detail, reply }: Break, isWritten: boolean): SmtpFailure {
    const { mask } = this.#attempt;
    if (phase === 'dot' && isWritten && kind !== 'refused') return fail('dot', 'uncertain', mask(`${kind}: ${detail}`));
    return fail(phase, kind, mask(detail), reply === undefined ? {} : { reply: maskReply(reply, mask) });
  }
}

/**
 * What the session ended with is about the next message when all about the one before it was answered: a last reply to a
 * command of its own, or no more replies.
 */
function isAboutNext(
  { asks, behind }: Pick<Flight, 'asks' | 'behind'>,
  known: Answer[],
  { kind, reply }: Break,
): boolean {
  const from = behind?.from ?? asks.length;
  return kind !== 'desync' && known.length >= from + (reply === undefined ? 0 : 1);
}

/** Who has answered QUIT has no more to say. */
const closeMilliseconds = 1000;
const deadlinePassed = 'the time for the whole attempt ran out';
