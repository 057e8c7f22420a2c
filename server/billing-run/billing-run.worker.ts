/**
 * Works on billing runs, one small step after the other: checks their files, hands over what is ready, takes cancelled mail
 * out of the queue. A run is leased while it is worked on, so that of several nodes one does it; whatever dies, another
 * goes on from what is in the database.
 *
 * Policy: no more than `mostReady` bulk mails lie ready at a time. The others wait as rows, not as messages with their PDFs;
 * so the disk stays small, and a pause or a cancel takes effect within moments.
 */
import type { Logger } from 'pino';
import { findUnavailability } from '../database/unavailable.ts';
import { finishOpen, resendInvoice } from '../invoice/send-invoice.ts';
import type { Clock } from '../platform/clock.ts';
import type { BillingFileStore, OpenBillingFile } from './billing-file.store.ts';
import type { BillingRunStore } from './billing-run.store.ts';
import { type CheckParts, checkRun } from './check-run.ts';
import { UnreadableFile } from './file-fault.ts';
import { type HandOverParts, handOver } from './hand-over.ts';
import type { StoredRun } from './stored-run.ts';

export interface BillingRunWorkerParts {
  runs: BillingRunStore;
  files: BillingFileStore;
  check: Pick<CheckParts, 'readTemplate' | 'chooseSettings'>;
  mail: Omit<HandOverParts, 'runs' | 'countTry'>;
  cancelMessage: (id: string, by: string) => Promise<unknown>;
  /** Lets go of what was held to make its mails, as no more are to be made. */
  rest: () => void;
  clock: Clock;
  timer: { after: (milliseconds: number, run: () => void) => () => void };
  /** Of this process; and of this machine's data folder, which stays. */
  owner: string;
  node: string;
  logger: Pick<Logger, 'error' | 'warn'>;
}

export interface BillingRunWorker {
  start: () => void;
  /** Something was started, or changed by a person. */
  wake: () => void;
  /** Resolves after the step that is under way. */
  stop: () => Promise<void>;
}

const leaseMs = 60_000;
const itemsPerStep = 200;
const mostReady = 2000;
/** With those that a server has put off, of one run. */
const mostOpen = 10_000;
const retriesPerStep = 50;
const idleMs = 10_000;
const fullMs = 500;
const unavailableMs = 5000;
const recoverEveryMs = 30_000;
const tellEveryMs = 500;

type Step = 'on' | 'full' | 'unavailable' | 'done';
const waits: Record<Step, number> = { on: 0, full: fullMs, unavailable: unavailableMs, done: 0 };

export const openBillingRunWorker = (parts: BillingRunWorkerParts): BillingRunWorker => {
  const { runs, files, clock, owner, node, logger } = parts;
  let isStopping = false;
  let wakeUp: (() => void) | null = null;
  let loop: Promise<void> | null = null;
  let opened: { runId: string; file: OpenBillingFile } | null = null;
  const tries = new Map<string, number>();
  let recoveredAt = Number.NEGATIVE_INFINITY;

  const wait = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      const stop = parts.timer.after(milliseconds, () => wakeUp?.());
      wakeUp = () => {
        stop();
        wakeUp = null;
        resolve();
      };
    });
  const closeFile = async () => {
    const { file } = opened ?? {};
    opened = null;
    await file?.close();
  };
  const openFile = async (run: StoredRun): Promise<OpenBillingFile> => {
    if (opened?.runId !== run.id) {
      await closeFile();
      opened = { runId: run.id, file: await files.open(run.file) };
    }
    return opened!.file;
  };
  const leasedUntil = () => clock.now() + leaseMs;

  const check = async (run: StoredRun): Promise<Step> => {
    let toldAt = 0;
    const tell = async (checkedBytes: number) => {
      if (isStopping) return false;
      if (clock.monotonic() - toldAt < tellEveryMs) return true;
      toldAt = clock.monotonic();
      if (!(await runs.renew(run.id, owner, 'checking', leasedUntil()))) return false;
      return runs.change(run.id, ['checking'], { checkedBytes });
    };
    try {
      const { mail } = parts;
      const done = await checkRun(run, await openFile(run), {
        ...parts.check,
        store: runs,
        accounts: mail.accounts,
        invoices: mail.store,
        now: clock.now,
        tell,
      });
      if (done.outcome === 'checked') {
        const { check: found, invoiceCount } = done;
        const changes = {
          state: 'checked',
          problem: '',
          check: found,
          invoiceCount,
          checkedBytes: run.sizeBytes,
        } as const;
        await runs.change(run.id, ['checking'], changes);
      }
      if (done.outcome === 'unusable')
        await runs.change(run.id, ['checking'], { state: 'uploaded', problem: done.problem });
    } catch (error) {
      if (findUnavailability(error) !== null) return 'unavailable';
      if (!(error instanceof UnreadableFile)) logger.error({ err: error, run: run.id }, 'cannot check a billing run');
      const problem =
        error instanceof UnreadableFile ? error.message : `The file cannot be read: ${(error as Error).message}`;
      await runs.change(run.id, ['checking'], { state: 'unreadable', problem });
    } finally {
      await closeFile();
    }
    return 'done';
  };

  const tellProblem = async (run: StoredRun, problem: string) => {
    if (run.problem !== problem) await runs.change(run.id, ['running'], { problem });
  };

  const retry = async (run: StoredRun, before: number): Promise<Step> => {
    let after = '';
    for (;;) {
      const failed = await runs.listFailed(run.id, before, after, retriesPerStep);
      if (failed.length === 0) break;
      for (const { messageId, invoiceId, contactId } of failed) {
        if (isStopping || !(await runs.renew(run.id, owner, 'running', leasedUntil()))) return 'done';
        const request = { id: invoiceId, contactIds: [contactId], key: null, reason: 'retry' as const };
        // A contact that is gone stays failed.
        const done = await resendInvoice(parts.mail, { ...request, by: run.startedBy ?? run.createdBy });
        if (done.outcome === 'unavailable') return 'unavailable';
        after = messageId;
      }
    }
    await runs.change(run.id, ['running', 'paused'], { retriesBefore: null });
    return 'on';
  };

  const go = async (run: StoredRun): Promise<Step> => {
    await runs.countSent(run.id);
    if (run.retriesBefore !== null) return retry(run, run.retriesBefore);
    const { ready, open } = await runs.countWaiting(run.id, clock.now(), mostReady);
    if (ready >= mostReady || open >= mostOpen) {
      await tellProblem(run, 'It goes on as soon as some of the mails that are waiting have left.');
      return 'full';
    }
    const limit = Math.min(itemsPerStep, mostReady - ready);
    const items = await runs.listItems(run.id, { state: 'ready', after: 0, limit });
    if (items.length === 0) {
      await runs.change(run.id, ['running'], { state: 'finished', problem: '', endedAt: clock.now() });
      tries.clear();
      parts.rest();
      await closeFile();
      return 'done';
    }
    const needsFile = items.some(({ content }) => content?.pdf != null);
    const file = needsFile ? await openFile(run).catch(() => null) : null;
    const countTry = (position: number) => {
      const key = `${run.id} ${position}`;
      tries.set(key, (tries.get(key) ?? 0) + 1);
      return tries.get(key)!;
    };
    const done = await handOver(run, items, file, { ...parts.mail, runs, countTry });
    await tellProblem(run, done.outcome === 'unavailable' ? done.problem : '');
    return done.outcome === 'unavailable' ? 'unavailable' : 'on';
  };

  const takeOut = async (run: StoredRun): Promise<Step> => {
    await runs.changeAllItems(run.id, 'ready', 'cancelled');
    let after = '';
    for (;;) {
      const waiting = await runs.listWaiting(run.id, after, itemsPerStep);
      if (waiting.length === 0) break;
      for (const id of waiting) await parts.cancelMessage(id, run.startedBy ?? run.createdBy);
      after = waiting.at(-1)!;
      if (isStopping) return 'done';
    }
    await runs.change(run.id, ['cancelled'], { endedAt: clock.now() });
    await closeFile();
    return 'done';
  };

  const step = async (): Promise<number> => {
    if (clock.monotonic() - recoveredAt >= recoverEveryMs) {
      recoveredAt = clock.monotonic();
      await finishOpen(parts.mail);
    }
    const run = await runs.claim(owner, node, clock.now(), leasedUntil());
    if (!run) return idleMs;
    const done = run.state === 'checking' ? check(run) : run.state === 'cancelled' ? takeOut(run) : go(run);
    const step = await done;
    if (step !== 'on') await runs.release(run.id, owner);
    return waits[step];
  };

  const work = async () => {
    while (!isStopping) {
      const milliseconds = await step().catch((error: unknown) => {
        if (findUnavailability(error) === null) logger.error({ err: error }, 'a step of a billing run failed');
        return unavailableMs;
      });
      if (!isStopping && milliseconds > 0) await wait(milliseconds);
    }
    await closeFile();
  };

  return {
    start: () => {
      loop ??= work();
    },
    wake: () => wakeUp?.(),
    stop: async () => {
      isStopping = true;
      wakeUp?.();
      await loop;
    },
  };
};
