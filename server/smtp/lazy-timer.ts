/**
 * One timer for a time-out that is set anew thousands of times a second and hardly ever reached: moving the end costs a
 * comparison; the system's timer is set again only when it rings too early, or would ring too late.
 */
export class LazyTimer {
  readonly #onTimeUp: () => void;
  #timer: NodeJS.Timeout | undefined;
  #ringsAt = 0;
  #endsAt = 0;

  /** `onTimeUp` may be called when nothing is waited for any more; who asked knows. */
  constructor(onTimeUp: () => void) {
    this.#onTimeUp = onTimeUp;
  }

  /** `now` as `performance.now()` gives it. The last call counts. */
  start(now: number, milliseconds: number): void {
    this.#endsAt = now + milliseconds;
    if (this.#timer === undefined || this.#ringsAt > this.#endsAt) this.#set(now, milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #set(now: number, milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#ringsAt = now + milliseconds;
    this.#timer = setTimeout(this.#onRing, milliseconds);
  }

  readonly #onRing = (): void => {
    this.#timer = undefined;
    const now = performance.now();
    // The system's timers are exact to the millisecond, and may be early by less than one.
    if (this.#endsAt - now > 1) this.#set(now, this.#endsAt - now);
    else this.#onTimeUp();
  };
}
