/**
 * Batches that are being accepted and wait a moment for room in memory, because sending them from there costs less than
 * taking them through the database and back. First come, first served; a queue of a few, never for long: a slow server must
 * not make those wait who submit.
 */
import type { Timer } from './timer.ts';

/** Milliseconds; and messages that may wait at once. */
const usualWait = 150;
const longestWait = 600;
const mostWaiting = 2000;
/** A server that took so many messages within the longest wait only stands still for a moment. */
const fast = 600;

export interface PacedBatch {
  count: number;
  /** Octets together. */
  bytes: number;
  /** Called once, in the same turn in which there is room, or waiting has come to an end. */
  letIn: () => void;
}

export interface PaceEffects {
  after: Timer['after'];
  monotonic: () => number;
  /** `never`: waiting is of no use. */
  roomFor: (batch: PacedBatch) => 'now' | 'later' | 'never';
}

export class PacedBatches {
  readonly #waiting: PacedBatch[] = [];
  #waitingCount = 0;
  readonly #lately: { at: number; count: number }[] = [];
  readonly #effects: PaceEffects;

  constructor(effects: PaceEffects) {
    this.#effects = effects;
  }

  /** Null: it need not wait, or may not; `letIn` is not called then. @returns resolves after `letIn` was called */
  add(batch: PacedBatch): Promise<void> | null {
    const room = this.#effects.roomFor(batch);
    if (room === 'never' || this.#waitingCount + batch.count > mostWaiting) return null;
    if (room === 'now' && this.#waiting.length === 0) {
      this.#note(batch.count);
      return null;
    }
    return new Promise((resolve) => {
      const { after, monotonic } = this.#effects;
      const cameAt = monotonic();
      const waiting: PacedBatch = {
        ...batch,
        letIn: () => {
          cancel();
          this.#waitingCount -= batch.count;
          batch.letIn();
          resolve();
        },
      };
      const onLate = () => {
        if (monotonic() - cameAt < longestWait && this.#wasFast) {
          cancel = after(usualWait, onLate);
          return;
        }
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        waiting.letIn();
      };
      let cancel = after(usualWait, onLate);
      this.#waiting.push(waiting);
      this.#waitingCount += batch.count;
    });
  }

  /** Those for which there is room now, or for which waiting is of no use any more. */
  letIn(): void {
    for (let [first] = this.#waiting; first !== undefined; [first] = this.#waiting) {
      if (this.#effects.roomFor(first) === 'later') return;
      this.#waiting.shift();
      this.#note(first.count);
      first.letIn();
    }
  }

  #note(count: number): void {
    const now = this.#effects.monotonic();
    this.#lately.push({ at: now, count });
    while ((this.#lately[0]?.at ?? now) < now - longestWait) this.#lately.shift();
  }

  get #wasFast(): boolean {
    const since = this.#effects.monotonic() - longestWait;
    return this.#lately.reduce((sum, { at, count }) => sum + (at < since ? 0 : count), 0) >= fast;
  }
}
