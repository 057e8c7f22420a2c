import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Retention } from '../../contracts/retention.ts';
import { manualClock } from '../delivery/test-data.ts';
import type { OldRequest, OldStep, RetentionStore } from './retention.store.ts';
import { openRetentionWorker, type RetentionWorker } from './retention.worker.ts';

const hour = 3_600_000;

describe('the retention worker', () => {
  let clock: ReturnType<typeof manualClock>;
  let days: Retention;
  let asked: string[];
  let steps: Record<OldRequest['kind'], (request: OldRequest) => OldStep>;
  let used: string[];
  let old: string[];
  let blobs: string[];
  let faults: unknown[];
  let worker: RetentionWorker;

  beforeEach(() => {
    clock = manualClock();
    days = { body_days: 30, message_days: 365 };
    asked = [];
    [used, old, blobs, faults] = [[], [], [], []];
    const nothing = () => ({ deleted: 0, last: null });
    steps = { body: nothing, message: nothing, secret: nothing };
    const store: RetentionStore = {
      read: async () => days,
      write: async () => {},
      deleteOld: async (request) => {
        asked.push(`${request.kind} after ${request.after}`);
        return steps[request.kind](request);
      },
      deleteRepeats: async () => {
        asked.push('repeats');
        return 0;
      },
      readUsedBlobs: async () => ({ hashes: used, last: null }),
      readOldBlobs: async (after) => (after === '' ? old : []),
      deleteBlobs: async (hashes) => {
        blobs.push(...hashes.slice(0, 1));
        return 1;
      },
    };
    const logger = { info: () => {}, warn: (fault: unknown) => faults.push(fault) };
    worker = openRetentionWorker({ store, clock, timer: clock, logger });
  });
  afterEach(() => worker.stop());

  /** Lets the clock run on by small turns, until then. */
  const pass = async (milliseconds: number) => {
    for (let turn = 0; turn < milliseconds; turn += 20) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(20);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  const without = (word: string) => asked.filter((one) => !one.startsWith(word));

  it('looks for secret mail that is done with every two seconds, from the first', async () => {
    worker.start();
    await pass(4300);
    expect(asked).toEqual(['secret after ', 'secret after ', 'secret after ']);
  });

  it('goes on with secret mail where it ended, a few steps at a time', async () => {
    let place = 0;
    steps.secret = () => ({ deleted: 0, last: `m${++place}` });
    worker.start();
    await pass(1000);
    expect(asked).toHaveLength(10);
    await pass(2000);
    expect(asked.slice(0, 11)).toEqual([
      'secret after ',
      ...Array.from({ length: 10 }, (_, at) => `secret after m${at + 1}`),
    ]);
  });

  it('deletes bodies, then messages, then expired keys: a minute after the start and every hour', async () => {
    steps.body = ({ after }) => (after === '' ? { deleted: 3, last: 'm7' } : { deleted: 0, last: null });
    worker.start();
    await pass(61_000);
    const once = ['body after ', 'body after m7', 'message after ', 'repeats'];
    expect(without('secret')).toEqual(once);
    await pass(hour);
    expect(without('secret')).toEqual([...once, ...once]);
  });

  it('begins anew at once when the days are changed, also while it is at work, and keeps what has no days', async () => {
    days = { body_days: null, message_days: null };
    worker.daysChanged();
    await pass(200);
    expect(without('secret')).toEqual(['repeats']);
    days = { body_days: 1, message_days: null };
    worker.daysChanged();
    days = { body_days: 1, message_days: 2 };
    worker.daysChanged();
    await pass(400);
    expect(without('secret').filter((one) => one.startsWith('message'))).not.toEqual([]);
  });

  it('rests nine times as long as a step took', async () => {
    const times: number[] = [];
    steps.body = ({ after }) => {
      times.push(clock.monotonic());
      clock.advance(50);
      return { deleted: 1, last: after === 'm3' ? null : `m${Number(after.slice(1)) + 1}` };
    };
    worker.daysChanged();
    await pass(4000);
    expect(times).toHaveLength(4);
    for (const [place, at] of times.entries())
      if (place > 0) expect(at - (times[place - 1] as number)).toBeGreaterThanOrEqual(500);
  });

  it('deletes attachments that no message names, once a day', async () => {
    [used, old] = [['b'], ['a', 'b', 'c']];
    worker.daysChanged();
    await pass(400);
    expect(blobs).toEqual(['a', 'c']);
    worker.daysChanged();
    await pass(400);
    expect(blobs).toEqual(['a', 'c']);
    clock.advance(24 * hour);
    worker.daysChanged();
    await pass(400);
    expect(blobs).toEqual(['a', 'c', 'a', 'c']);
  });

  it('tries again later where the database is away', async () => {
    steps.body = () => {
      throw new Error('away');
    };
    worker.daysChanged();
    await pass(100);
    expect(faults).toHaveLength(1);
    expect(without('secret')).toEqual(['body after ']);
    steps.body = () => ({ deleted: 0, last: null });
    await pass(hour + 1000);
    expect(without('secret')).toContain('repeats');
  });

  it('stops while it rests', async () => {
    steps.body = () => ({ deleted: 1, last: 'm1' });
    worker.daysChanged();
    await pass(40);
    await worker.stop();
    await worker.idle();
    const { length } = asked;
    await pass(hour / 100);
    expect(asked).toHaveLength(length);
    expect(faults).toEqual([]);
  });
});
