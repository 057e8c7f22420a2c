/** What belongs to one attempt as a whole, whatever connection it is at: its deadline, its listeners, its secrets. */
import { type FailureKind, fail, type Phase, type Reply, type SmtpFailure } from './outcome.ts';
import { createMask, type Mask, maskNothing } from './secret-mask.ts';
import type { SessionObserver } from './target.ts';

/** Longer lines are cut in the transcript; replies keep them whole. */
const maxShownCharacters = 2000;

/** A longer timer fires at once. */
const maxTimer = 2 ** 31 - 1;

export class Attempt {
  mask: Mask = maskNothing;
  /** Who opened the session: told what is said for nobody else. */
  readonly opener: SessionObserver;
  #observer: SessionObserver;
  readonly #secrets = new Set<string>();
  #endsAt: number;

  constructor(observer: SessionObserver, deadlineMilliseconds: number) {
    this.opener = observer;
    this.#observer = observer;
    this.#endsAt = performance.now() + deadlineMilliseconds;
  }

  /** A session that is used again gets a new deadline for each message. */
  extend(deadlineMilliseconds: number): void {
    this.#endsAt = performance.now() + deadlineMilliseconds;
  }

  /** From now on this one is told. */
  watch(observer: SessionObserver = this.opener): void {
    this.#observer = observer;
  }

  /** The shorter of the two, and what its end means. */
  limit(milliseconds: number, kind: FailureKind, now = performance.now()): { milliseconds: number; kind: FailureKind } {
    const left = Math.max(0, this.#endsAt - now);
    const isDeadline = left < milliseconds;
    return { milliseconds: Math.min(left, milliseconds, maxTimer), kind: isDeadline ? 'deadline' : kind };
  }

  /** From now on none of these is shown, whoever says it. */
  addSecrets(...secrets: string[]): void {
    for (const secret of secrets) this.#secrets.add(secret);
    this.mask = createMask(this.#secrets);
  }

  /** Somebody reads the lines. */
  get isWatched(): boolean {
    return this.#observer.onLine !== undefined;
  }

  /** Somebody wants to know which phase it is in. */
  get isFollowed(): boolean {
    return this.#observer.onPhase !== undefined;
  }

  start(phase: Phase): void {
    this.#observer.onPhase?.(phase, 'started', null);
  }

  end(phase: Phase, reply: Reply | null = null): void {
    this.#observer.onPhase?.(phase, 'ended', reply);
  }

  /** @param observer of the message that it is about; absent: the one that is being sent */
  show(from: 'client' | 'server' | 'note', text: string, observer: SessionObserver = this.#observer): void {
    if (observer.onLine === undefined) return;
    const safe = this.mask(text);
    observer.onLine(from, safe.length > maxShownCharacters ? `${safe.slice(0, maxShownCharacters)}…` : safe);
  }

  /** As `fail`, and told to the transcript. */
  fail(phase: Phase, kind: FailureKind, detail: string, reply?: Reply): SmtpFailure {
    const failure = fail(phase, kind, this.mask(detail), reply === undefined ? {} : { reply });
    this.tell(failure);
    return failure;
  }

  /** A refusal is in the transcript already, in the server's own words. */
  tell({ kind, detail }: SmtpFailure, observer: SessionObserver = this.#observer): void {
    if (kind !== 'refused') this.show('note', detail === '' ? kind : `${kind}: ${detail}`, observer);
  }
}
