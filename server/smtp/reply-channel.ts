/**
 * Commands out, replies in, matched one to one over any Duplex (RFC 5321 §2.1, §4.2).
 *
 * Who asks waits in a queue; each complete reply goes to the first in it. A reply that finds nobody waiting, or bytes that are
 * no reply, break the session as `desync`, and no reply that came in the same piece counts: one of them is surplus, and
 * nobody can say which. Two exceptions, both certain: 421 may come at any time and ends the session (§3.8), and a refusal
 * that comes while the body is still on its way is a refusal.
 * Timers count complete replies, so bytes that drip reset nothing; every wait also ends at the attempt's deadline.
 * After the final dot every failure but an explicit negative reply is `uncertain`.
 */
import type { Duplex } from 'node:stream';
import type { Attempt } from './attempt.ts';
import { describeReply, type FailureKind, fail, type Phase, type Reply, type SmtpFailure } from './outcome.ts';
import { ReplyParser } from './reply-parser.ts';
import { maskReply } from './secret-mask.ts';

export type Answer = { ok: true; reply: Reply } | { ok: false; failure: SmtpFailure };

/** What a command hopes for; a negative reply is always a refusal, everything else is desync. */
export type IsExpected = (code: number) => boolean;
export const isPositive: IsExpected = (code) => code >= 200 && code < 300;

interface Waiter {
  phase: Phase;
  milliseconds: number;
  isExpected: IsExpected;
  settle: (answer: Answer) => void;
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
  readonly #waiters: Waiter[] = [];
  #timer: NodeJS.Timeout | undefined;
  #broken: Break | null = null;
  /** Set while something other than a reply is waited for. */
  #interrupt: (() => void) | null = null;
  #isInBody = false;

  constructor(stream: Duplex, attempt: Attempt) {
    this.stream = stream;
    this.#attempt = attempt;
    stream.on('data', this.#onData);
    stream.on('error', this.#onError);
    stream.on('end', this.#onEnd);
    stream.on('close', this.#onEnd);
  }

  get isOpen(): boolean {
    return this.#broken === null;
  }

  /** The text of what was no reply; for telling what kind of server it is. */
  get faultText(): string {
    return this.#parser.faultText;
  }

  /** Sends one command line and waits for its reply. `shown` replaces the line in the transcript where it has a secret. */
  ask(line: string, phase: Phase, milliseconds: number, isExpected: IsExpected, shown = line): Promise<Answer> {
    this.#attempt.show('client', shown);
    return this.askWith(`${line}\r\n`, phase, milliseconds, isExpected);
  }

  /** As `ask` for bytes that are no command line: the end of a body. */
  askWith(bytes: string | Uint8Array, phase: Phase, milliseconds: number, isExpected: IsExpected): Promise<Answer> {
    if (this.#waiters.length === 0 && this.#parser.pendingBytes > 0) {
      this.break('desync', 'the server had begun a reply that nothing asked for');
    }
    if (this.#broken !== null) return Promise.resolve(this.#refuse(phase, this.#broken, false));
    // Waiting comes first: a stream in memory may answer while it is written to.
    const answer = this.receive(phase, milliseconds, isExpected);
    this.stream.write(bytes);
    return answer;
  }

  /** Waits for a reply without asking: the greeting. */
  receive(phase: Phase, milliseconds: number, isExpected: IsExpected): Promise<Answer> {
    if (this.#broken !== null) return Promise.resolve(this.#refuse(phase, this.#broken, true));
    return new Promise((settle) => {
      this.#waiters.push({ phase, milliseconds, isExpected, settle });
      if (this.#waiters.length === 1) this.#startTimer();
    });
  }

  /**
   * Waits for something that is not a reply (a block to be taken, the next block to be read), no longer than the
   * session lives. Null when it was done; what it throws is passed on.
   */
  async during(work: () => Promise<unknown>, milliseconds: number, tooLong: string): Promise<SmtpFailure | null> {
    this.#isInBody = true;
    const limit = this.#attempt.limit(milliseconds, 'reply-timeout');
    const detail = limit.kind === 'deadline' ? deadlinePassed : tooLong;
    const timer = setTimeout(() => this.break(limit.kind, detail), limit.milliseconds);
    try {
      if (this.#broken === null) {
        await Promise.race([work(), new Promise<void>((resolve) => (this.#interrupt = resolve))]);
      }
      const broken = this.#broken as Break | null;
      return broken === null ? null : this.#toFailure('body', broken);
    } catch (error) {
      // A stream that broke reports it to the write as well; anything else is not ours.
      if (this.#broken === null) throw error;
      return this.#toFailure('body', this.#broken);
    } finally {
      clearTimeout(timer);
      this.#interrupt = null;
      this.#isInBody = false;
    }
  }

  /** Ends the session: everybody who waits, and everybody who asks later, gets this. The first reason stands. */
  break(kind: FailureKind, detail: string, reply?: Reply): void {
    if (this.#broken !== null) return;
    this.#broken = { kind, detail, ...(reply === undefined ? {} : { reply }) };
    clearTimeout(this.#timer);
    this.stream.destroy();
    for (const waiter of this.#waiters.splice(0)) waiter.settle(this.#refuse(waiter.phase, this.#broken, true));
    this.#interrupt?.();
  }

  /** Ends in good order, after QUIT: TLS says goodbye too (RFC 8446 §6.1). */
  close(): void {
    if (this.#broken !== null) return;
    this.#broken = { kind: 'cancelled', detail: 'the session was ended' };
    const timer = setTimeout(() => this.stream.destroy(), closeMilliseconds);
    this.stream.once('close', () => clearTimeout(timer));
    this.stream.end(() => this.stream.destroy());
  }

  /** Lets go of the stream, for TLS to take over. Bytes that came behind the last reply would be injected ones. */
  detach(): SmtpFailure | null {
    if (this.#parser.pendingBytes > 0 || this.stream.readableLength > 0) {
      this.break('desync', 'bytes came behind the reply to STARTTLS, before encryption');
    }
    if (this.#broken !== null) return this.#toFailure('starttls', this.#broken);
    this.stream.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onEnd).off('error', this.#onError);
    this.stream.on('error', () => {});
    return null;
  }

  readonly #onData = (chunk: Uint8Array): void => {
    if (this.#broken !== null) return;
    const { replies, fault } = this.#parser.push(chunk);
    for (const { raw } of replies) for (const line of raw) this.#attempt.show('server', line);
    if (fault !== null) this.#attempt.show('server', this.#parser.faultText);
    const surplus = replies[this.#waiters.length]?.reply;
    const mismatch = fault ?? this.#findMismatch(replies.length, surplus);
    if (mismatch !== null) {
      this.break('desync', mismatch);
      return;
    }
    for (const { reply } of replies.slice(0, this.#waiters.length)) {
      if (!this.#give(reply)) return;
    }
    if (surplus !== undefined) this.break('refused', describeReply(surplus), surplus);
  };

  #findMismatch(count: number, surplus: Reply | undefined): string | null {
    const isAllowed = surplus?.code === 421 || (this.#isInBody && (surplus?.code ?? 0) >= 400);
    if (surplus !== undefined && !isAllowed) return `a reply that nothing asked for: ${describeReply(surplus)}`;
    const hasBegunAnother = this.#parser.pendingBytes > 0 && count > 0 && count >= this.#waiters.length;
    return hasBegunAnother ? 'the server began a reply that nothing asked for' : null;
  }

  readonly #onError = (error: Error & { code?: string }): void => {
    this.break('connection-lost', `the connection broke: ${error.code ?? error.message}`);
  };

  readonly #onEnd = (): void => {
    const bytes = this.#parser.pendingBytes;
    this.break(
      'connection-lost',
      `the server closed the connection${bytes > 0 ? ` after ${bytes} bytes of a reply` : ''}`,
    );
  };

  /** False when this ended the session. */
  #give(reply: Reply): boolean {
    const waiter = this.#waiters[0] as Waiter;
    if (reply.code < 400 && !waiter.isExpected(reply.code)) {
      this.break('desync', `${reply.code} is no answer to what was asked`);
      return false;
    }
    this.#waiters.shift();
    clearTimeout(this.#timer);
    if (this.#waiters.length > 0) this.#startTimer();
    if (reply.code < 400) {
      // A challenge is needed as it is; it is no secret.
      const safe = reply.code === 334 ? reply : maskReply(reply, this.#attempt.mask);
      waiter.settle({ ok: true, reply: safe });
      return true;
    }
    const safe = maskReply(reply, this.#attempt.mask);
    waiter.settle({ ok: false, failure: fail(waiter.phase, 'refused', describeReply(safe), { reply: safe }) });
    if (reply.code === 421) this.break('refused', describeReply(safe), safe);
    return reply.code !== 421;
  }

  #startTimer(): void {
    const waiter = this.#waiters[0] as Waiter;
    const limit = this.#attempt.limit(waiter.milliseconds, 'reply-timeout');
    this.#timer = setTimeout(() => {
      const bytes = `${this.#parser.pendingBytes} bytes had come`;
      const seconds = Number((limit.milliseconds / 1000).toFixed(1));
      const isDeadline = limit.kind === 'deadline';
      this.break(
        limit.kind,
        isDeadline ? `${deadlinePassed}; ${bytes}` : `no complete reply within ${seconds} s; ${bytes}`,
      );
    }, limit.milliseconds);
  }

  #refuse(phase: Phase, broken: Break, isWritten: boolean): Answer {
    return { ok: false, failure: this.#toFailure(phase, broken, isWritten) };
  }

  /** `isWritten`: the command had gone out, so that after a dot the message may have been taken. */
  #toFailure(phase: Phase, { kind, detail, reply }: Break, isWritten = false): SmtpFailure {
    if (phase === 'dot' && isWritten && kind !== 'refused') {
      return this.#attempt.fail('dot', 'uncertain', `${kind}: ${detail}`);
    }
    return this.#attempt.fail(
      phase,
      kind,
      detail,
      reply === undefined ? undefined : maskReply(reply, this.#attempt.mask),
    );
  }
}

/** Who has answered QUIT has no more to say. */
const closeMilliseconds = 1000;
const deadlinePassed = 'the time for the whole attempt ran out';
