/** So many at once per key, then one at a time, in this process's memory; the least recently used are forgotten first. */
import type { Clock } from '../platform/clock.ts';

export interface RateLimit {
  /** False: too many, and nothing was counted. */
  take: (key: string) => boolean;
}

const remembered = 5_000;

export const openRateLimit = (
  clock: Pick<Clock, 'monotonic'>,
  { burst, refillMs }: { burst: number; refillMs: number },
): RateLimit => {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take: (key) => {
      const now = clock.monotonic();
      const known = buckets.get(key) ?? { tokens: burst, at: now };
      const tokens = Math.min(burst, known.tokens + (now - known.at) / refillMs);
      const isAllowed = tokens >= 1;
      buckets.delete(key);
      buckets.set(key, { tokens: isAllowed ? tokens - 1 : tokens, at: now });
      if (buckets.size > remembered) buckets.delete(buckets.keys().next().value as string);
      return isAllowed;
    },
  };
};
