import { useSyncExternalStore } from 'react';
import { clockTime, exactTime, relativeTime } from './time-words.ts';

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = new Date();

/** One clock for all of them, stopped while nobody looks. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  now = new Date();
  timer ??= setInterval(() => {
    now = new Date();
    for (const each of listeners) each();
  }, 20_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

interface TimeAgoProps {
  /** ISO 8601, as the server gives times; null shows `never`. */
  at: string | null;
  /** Words for null; `never` by default. */
  never?: string;
}

/** `4 min ago`, kept current; the exact time in the reader's zone on hover. */
export function TimeAgo({ at, never = 'never' }: TimeAgoProps) {
  const current = useSyncExternalStore(subscribe, () => now);
  if (at === null) return <>{never}</>;
  const date = new Date(at);
  // What happened after the last tick is not in the future.
  const from = date > current && date.getTime() - current.getTime() < 25_000 ? date : current;
  return (
    <time dateTime={at} title={exactTime(date)}>
      {relativeTime(date, from)}
    </time>
  );
}

/** `14:03`, with the day where it is not today: `since <ClockTime at={…} />`. */
export function ClockTime({ at }: { at: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  const date = new Date(at);
  return (
    <time dateTime={at} title={exactTime(date)}>
      {clockTime(date, current)}
    </time>
  );
}

/** What is to come: `in 4 min`; `at any moment` where it is nearly or already time. */
export function Countdown({ to }: { to: string }) {
  const current = useSyncExternalStore(subscribe, () => now);
  const date = new Date(to);
  const isNear = date.getTime() - current.getTime() < 45_000;
  return (
    <time dateTime={to} title={exactTime(date)}>
      {isNear ? 'at any moment' : relativeTime(date, current)}
    </time>
  );
}
