/**
 * Deletes what is not kept any more, a little at a time: after each step it rests for many times as long as the step
 * took, so that mail hardly notices. Where it was stopped it begins anew; what is gone is gone.
 *
 * Every two seconds: bodies of secret mail that is done with. Every hour, and when somebody changes the days: old bodies,
 * old messages with all that belongs to them, expired Idempotency-Keys; once a day also attachments that no message names.
 */
import type { Logger } from 'pino';
import type { Retention } from '../../contracts/retention.ts';
import type { Timer } from '../delivery/timer.ts';
import type { Clock } from '../platform/clock.ts';
import { firstIdAt } from '../platform/id.ts';
import type { OldKind, OldRequest, OldStep, RetentionStore, UsedBlobs } from './retention.store.ts';
import { dayMs, findBlobCutoff, findCutoff, findRepeatCutoff } from './retention.ts';

const secretEveryMs = 2000;
const secretSteps = 10;
const passEveryMs = 3_600_000;
/** After a start there is other work to do. */
const firstPassMs = 60_000;
/** As many times as long as a step took: a tenth of the time at most is spent on deleting. A million bodies take some minutes. */
const restFactor = 9;
const leastRestMs = 50;

export interface RetentionParts {
  store: RetentionStore;
  clock: Clock;
  timer: Timer;
  logger: Pick<Logger, 'info' | 'warn'>;
}

export interface RetentionWorker {
  start: () => void;
  /** Somebody chose other days. */
  daysChanged: () => void;
  /** Resolves when nothing is being deleted. */
  idle: () => Promise<void>;
  stop: () => Promise<void>;
}

class Stopped extends Error {}

export const openRetentionWorker = ({ store, clock, timer, logger }: RetentionParts): RetentionWorker => {
  let isStopped = false;
  let isPassWanted = false;
  let lastSweptAt = Number.NEGATIVE_INFINITY;
  let secretCursor = '';
  const running = { secrets: null as Promise<void> | null, pass: null as Promise<void> | null };
  const cancels = { secrets: () => {}, pass: () => {} };
  /** Those who rest. */
  const resting = new Set<() => void>();

  const rest = async (milliseconds: number): Promise<void> => {
    await new Promise<void>((resolve) => {
      const wake = () => {
        resting.delete(wake);
        cancel();
        resolve();
      };
      const cancel = timer.after(milliseconds, wake);
      resting.add(wake);
    });
    if (isStopped) throw new Stopped();
  };

  /** One step, and a rest after it. */
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isStopped) throw new Stopped();
    const since = clock.monotonic();
    const result = await work();
    await rest(Math.max(leastRestMs, restFactor * (clock.monotonic() - since)));
    return result;
  };

  const deleteOld = async (kind: OldKind, olderThan: number | null): Promise<number> => {
    if (olderThan === null) return 0;
    let deleted = 0;
    const before = firstIdAt('msg', olderThan);
    for (let after: string | null = ''; after !== null; ) {
      const request: OldRequest = { kind, after, before, olderThan, now: clock.now() };
      const done: OldStep = await step(() => store.deleteOld(request));
      deleted += done.deleted;
      after = done.last;
    }
    return deleted;
  };

  const deleteRepeats = async (): Promise<void> => {
    while ((await step(() => store.deleteRepeats(findRepeatCutoff(clock.now())))) > 0);
  };

  /** Looks at every message that has attachments, then deletes what none of them named. */
  const sweepBlobs = async (): Promise<number> => {
    const usedBefore = findBlobCutoff(clock.now());
    const used = new Set<string>();
    for (let after: string | null = ''; after !== null; ) {
      const from: string = after;
      const some: UsedBlobs = await step(() => store.readUsedBlobs(from));
      for (const hash of some.hashes) used.add(hash);
      after = some.last;
    }
    let deleted = 0;
    for (let after = ''; ; ) {
      const from = after;
      const old = await step(() => store.readOldBlobs(from, usedBefore));
      const last = old.at(-1);
      if (last === undefined) return deleted;
      after = last;
      for (let rest = old.filter((hash) => !used.has(hash)); rest.length > 0; ) {
        const now = rest;
        const looked = await step(() => store.deleteBlobs(now, usedBefore));
        deleted += looked;
        rest = rest.slice(looked);
      }
    }
  };

  const pass = async (): Promise<void> => {
    const days: Retention = await store.read();
    const deleted = {
      bodies: await deleteOld('body', findCutoff(days.body_days, clock.now())),
      messages: await deleteOld('message', findCutoff(days.message_days, clock.now())),
      attachments: 0,
    };
    await deleteRepeats();
    if (clock.monotonic() - lastSweptAt >= dayMs) {
      deleted.attachments = await sweepBlobs();
      lastSweptAt = clock.monotonic();
    }
    if (Object.values(deleted).some((count) => count > 0)) logger.info(deleted, 'deleted what is not kept any more');
  };

  /** Those that wait are looked at again when all others were; of very many only some each time. */
  const deleteSecrets = async (): Promise<void> => {
    for (let steps = 0; steps < secretSteps; steps += 1) {
      const old = { olderThan: Number.MAX_SAFE_INTEGER, before: '~' };
      const request: OldRequest = { kind: 'secret', after: secretCursor, ...old, now: clock.now() };
      const { last } = await step(() => store.deleteOld(request));
      secretCursor = last ?? '';
      if (last === null) return;
    }
  };

  const run = (name: keyof typeof running, work: () => Promise<void>, everyMs: number): void => {
    const next = () => {
      if (isStopped) return;
      cancels[name] = timer.after(everyMs, () => run(name, work, everyMs));
    };
    running[name] = work()
      .catch((error: unknown) => {
        if (!(error instanceof Stopped))
          logger.warn({ err: error }, 'could not delete what is not kept; tried again later');
      })
      .then(() => {
        running[name] = null;
        if (name !== 'pass' || !isPassWanted || isStopped) return next();
        isPassWanted = false;
        run(name, work, everyMs);
      });
  };

  return {
    start: () => {
      cancels.pass = timer.after(firstPassMs, () => run('pass', pass, passEveryMs));
      run('secrets', deleteSecrets, secretEveryMs);
    },
    daysChanged: () => {
      if (isStopped) return;
      isPassWanted = running.pass !== null;
      if (isPassWanted) return;
      cancels.pass();
      run('pass', pass, passEveryMs);
    },
    idle: async () => {
      while (running.secrets !== null || running.pass !== null) await Promise.all([running.secrets, running.pass]);
    },
    stop: async () => {
      isStopped = true;
      cancels.secrets();
      cancels.pass();
      for (const wake of resting) wake();
      await Promise.all([running.secrets, running.pass]);
    },
  };
};
