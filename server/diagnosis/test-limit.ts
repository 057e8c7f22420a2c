/** How often one caller may test: enough for a person who tries things, too little to scan a network with (faults: SSRF). */
import type { Clock } from '../platform/clock.ts';

export const testsPerMinute = 60;

export interface TestLimit {
  /** @returns 0 when it may go on, else the seconds to wait. */
  take: (callerId: string) => number;
}

export const openTestLimit = (clock: Pick<Clock, 'monotonic'>): TestLimit => {
  const starts = new Map<string, number[]>();
  return {
    take: (callerId) => {
      const now = clock.monotonic();
      for (const [id, times] of starts) if (times.at(-1)! < now - 60_000) starts.delete(id);
      const recent = (starts.get(callerId) ?? []).filter((time) => time > now - 60_000);
      if (recent.length >= testsPerMinute) return Math.max(1, Math.ceil((recent[0]! + 60_000 - now) / 1000));
      starts.set(callerId, [...recent, now]);
      return 0;
    },
  };
};
