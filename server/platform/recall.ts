/**
 * What was read a moment ago, for what asks for it with every message: SMTP settings, API keys.
 *
 * What this process changes is seen at once (`forget`, after the change is committed); what another one changes, within
 * `freshMilliseconds`. That something does not exist is never remembered: what is added counts from then on.
 */
import type { Clock } from './clock.ts';

export const freshMilliseconds = 1000;
/** More names than any installation has; a bound against callers who ask for many. */
const mostKept = 1000;

export interface Recall<T> {
  /** Reads only where it is not known or too old; callers at the same time share one read. */
  recall: (key: string, read: () => Promise<T | null>) => Promise<T | null>;
  forget: () => void;
}

export const openRecall = <T>(clock: Pick<Clock, 'monotonic'>): Recall<T> => {
  const known = new Map<string, { readAt: number; value: Promise<T | null> }>();
  return {
    recall: (key, read) => {
      const now = clock.monotonic();
      const found = known.get(key);
      if (found && now - found.readAt < freshMilliseconds) return found.value;
      if (known.size >= mostKept) known.clear();
      const entry = { readAt: now, value: read() };
      known.set(key, entry);
      const drop = () => {
        if (known.get(key) === entry) known.delete(key);
      };
      entry.value.then((value) => value === null && drop(), drop);
      return entry.value;
    },
    forget: () => known.clear(),
  };
};
