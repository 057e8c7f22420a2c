/**
 * A clock that was set back would have everything wait longer that waits for another try: what waits is counted anew then.
 * A recipe that is handed its effects; called in each round.
 */
import type { Logger } from 'pino';
import type { Clock } from '../platform/clock.ts';
import type { QueueStore } from '../queue/queue.ts';

/** More than the clock is ever corrected by in steps that do no harm. */
export const clockJumpMilliseconds = 60_000;
const countAnewMilliseconds = 30_000;

export interface FollowClockParts {
  queue: Pick<QueueStore, 'countAnew'>;
  clock: Clock;
  logger: Pick<Logger, 'warn'>;
  track: (work: Promise<unknown>) => void;
  /** What waits may be due now. */
  onCounted: () => void;
}

export function followClock({ queue, clock, logger, track, onCounted }: FollowClockParts): () => void {
  const look = () => ({ wall: clock.now(), monotonic: clock.monotonic() });
  let seen = look();
  /** By so much, milliseconds, and what waits was not counted anew yet. */
  let setBack = 0;
  let countedAt = Number.NEGATIVE_INFINITY;
  let isCounting = false;
  /** Beside the rounds, which go on: of a long queue it may take long, or fail. */
  const count = async (now: number, back: number): Promise<void> => {
    await queue.countAnew?.(now, back);
    setBack -= back;
    onCounted();
  };
  return () => {
    const before = seen;
    seen = look();
    const back = before.wall + (seen.monotonic - before.monotonic) - seen.wall;
    if (back > clockJumpMilliseconds) {
      const milliseconds = Math.round(back);
      logger.warn({ milliseconds }, 'the clock was set back; what waits for another try is counted anew');
      setBack += milliseconds;
    }
    if (setBack === 0 || isCounting || seen.monotonic - countedAt < countAnewMilliseconds) return;
    countedAt = seen.monotonic;
    isCounting = true;
    track(count(seen.wall, setBack).finally(() => (isCounting = false)));
  };
}
