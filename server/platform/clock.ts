/** Time is handed in, so that tests can turn it. Wall-clock times are whole milliseconds since 1970, in both databases too. */
export interface Clock {
  /** Milliseconds since 1970; may jump. */
  now: () => number;
  /** Milliseconds of a clock that never jumps; only differences mean something. */
  monotonic: () => number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** ISO 8601 in UTC, as times cross HTTP. */
export const toIso = (milliseconds: number): string => new Date(milliseconds).toISOString();
export const toIsoOrNull = (milliseconds: number | null): string | null =>
  milliseconds === null ? null : toIso(milliseconds);
