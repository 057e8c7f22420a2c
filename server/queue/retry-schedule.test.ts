import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findGreylistSeconds, findRetrySeconds, findUncertainSeconds, formatRetryTable } from './retry-schedule.ts';

const middle = 0.5;

describe('the retry schedule', () => {
  it('waits 5 and 15 minutes, half an hour, 1 and 2 hours, then 4 hours each time', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 40].map((failures) => findRetrySeconds(failures, false, middle) / 60);
    expect(waits).toEqual([5, 15, 30, 60, 120, 240, 240, 240]);
  });

  it('begins with a minute where the cause is known to be short', () => {
    const waits = [1, 2, 3].map((failures) => findRetrySeconds(failures, true, middle) / 60);
    expect(waits).toEqual([1, 5, 15]);
  });

  it('treats a failure that did not count as the first one', () => {
    expect(findRetrySeconds(0, false, middle)).toBe(300);
    expect(findRetrySeconds(0, true, middle)).toBe(60);
  });

  it('shifts every wait by a fifth at most, to both sides', () => {
    expect([0, 0.999].map((random) => findRetrySeconds(3, false, random))).toEqual([1440, 2159]);
    const given = [fc.nat(50), fc.boolean(), fc.double({ min: 0, max: 0.9999, noNaN: true })] as const;
    fc.assert(
      fc.property(...given, (failures, isShort, random) => {
        const even = findRetrySeconds(failures, isShort, middle);
        const wait = findRetrySeconds(failures, isShort, random);
        expect(wait).toBeGreaterThanOrEqual(even * 0.8);
        expect(wait).toBeLessThanOrEqual(even * 1.2);
      }),
    );
  });

  it('comes back to a greylisting server after five to six minutes', () => {
    expect([0, 0.5, 0.999].map(findGreylistSeconds)).toEqual([300, 330, 360]);
  });

  it('leaves a server that may have accepted at least five minutes, whatever the jitter', () => {
    expect(findUncertainSeconds(1, 0)).toBe(300);
    expect(findUncertainSeconds(2, 0)).toBe(720);
  });

  it('stands in the documentation as it is', () => {
    const page = readFileSync(new URL('../../docs/delivery-lifecycle.md', import.meta.url), 'utf8');
    const squeeze = (text: string) => text.replaceAll(/[ -]+/g, ' ');
    expect(squeeze(page)).toContain(squeeze(formatRetryTable()));
  });
});
