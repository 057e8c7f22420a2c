/** A delivery worker on a real database, with servers of the test's own and a clock that the test turns. */
import {
  type FakeSmarthost,
  loopbackTarget,
  type SmarthostScript,
  startFakeSmarthost,
} from '../../test/fake-smarthost.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import type { Clock } from '../platform/clock.ts';
import { acceptedMessage, type MailPath, openMailPath, startedAt } from '../queue/test-data.ts';
import { createPool } from '../smtp/pool.client.ts';
import { openSession } from '../smtp/session.client.ts';
import type { SmtpTarget } from '../smtp/target.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { openAttemptHistory } from './attempt-history.store.ts';
import { type DeliveryParts, type DeliveryWorker, openDeliveryWorker } from './delivery.worker.ts';
import type { SendingSettings, TargetOutcome } from './sending-settings.ts';
import type { Timer } from './timer.ts';

export interface ManualClock extends Clock, Timer {
  /** Turns the clock on; timers that fall due run in their order. */
  advance: (milliseconds: number) => void;
  /** Sets the wall clock on or back; nothing else notices. */
  jump: (milliseconds: number) => void;
}

export function manualClock(): ManualClock {
  let at = 0;
  let wall = startedAt;
  const timers = new Set<{ due: number; run: () => void }>();
  return {
    now: () => wall + at,
    monotonic: () => at,
    after: (milliseconds, run) => {
      const timer = { due: at + milliseconds, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    jump: (milliseconds) => {
      wall += milliseconds;
    },
    advance: (milliseconds) => {
      const until = at + milliseconds;
      for (;;) {
        const [next] = [...timers].sort((a, b) => a.due - b.due);
        if (next === undefined || next.due > until) break;
        timers.delete(next);
        at = Math.max(at, next.due);
        next.run();
      }
      at = until;
    },
  };
}

/** What the settings' store would say; tests change it in place. */
export interface TestedSettings extends SendingSettings {
  target: TargetOutcome;
}

export interface TestedDelivery {
  worker: DeliveryWorker;
  database: Database;
  clock: ManualClock;
  path: MailPath;
  settings: TestedSettings[];
  faults: unknown[];
  /** Until nothing moves any more, then the clock on, and again. */
  pass: (seconds: number) => Promise<void>;
  states: (id: string) => Promise<string[]>;
  /** Health as it is stored, by settings. */
  health: (
    settingsId: string,
  ) => Promise<{ state: string; code: string; reason: string; nextProbeAt: number | null } | undefined>;
  count: (state: string) => Promise<number>;
}

const closers: (() => Promise<unknown>)[] = [];
/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}

export async function startServer(script: SmarthostScript | SmarthostScript[] = {}): Promise<FakeSmarthost> {
  const server = await startFakeSmarthost(script);
  closers.push(() => server.close());
  return server;
}

export const relay = (port: number, target: Partial<SmtpTarget> = {}): TestedSettings => ({
  id: 'smtp_1',
  name: 'Relay',
  host: 'localhost',
  port,
  version: 1,
  isDefault: true,
  changedAt: startedAt,
  target: { target: loopbackTarget(port, target) },
});

export async function startDelivery(
  database: Database,
  settings: TestedSettings[],
  change: (parts: DeliveryParts) => Partial<DeliveryParts> = () => ({}),
  clock: ManualClock = manualClock(),
): Promise<TestedDelivery> {
  closers.push(() => database.close());
  const path = openMailPath(database);
  const faults: unknown[] = [];
  const parts: DeliveryParts = {
    queue: path.queue,
    store: path.delivery,
    settings: {
      list: async () => settings.map(({ target: _, ...one }) => ({ ...one })),
      readTarget: async (id) => settings.find((one) => one.id === id)?.target ?? { problem: 'gone' },
    },
    foldHistory: openAttemptHistory(database, openRunTogether(database)),
    createPool,
    openSession,
    clock,
    timer: clock,
    random: () => 0.5,
    owner: 'node-1',
    logger: { info: () => {}, warn: () => {}, error: (fault: unknown) => faults.push(fault) },
  };
  const worker = openDeliveryWorker({ ...parts, ...change(parts) });
  closers.push(() => worker.stop());
  return {
    worker,
    database,
    clock,
    path,
    settings,
    faults,
    pass: async (seconds) => {
      await worker.idle();
      clock.advance(seconds * 1000);
      await worker.idle();
    },
    states: async (id) => (await path.recipients(id)).map(({ state }) => state),
    health: async (id) => (await path.delivery.readHealth()).find(({ settingsId }) => settingsId === id),
    count: async (state) => {
      const rows = await database.query.selectFrom('message').select('id').where('state', '=', state).execute();
      return rows.length;
    },
  };
}

/** As many messages in one submission. */
export async function acceptMany(
  { path }: TestedDelivery,
  count: number,
  change: (place: number) => Partial<AcceptedMessage> = () => ({}),
): Promise<string[]> {
  const messages = Array.from({ length: count }, (_, place) => acceptedMessage(change(place)));
  const outcome = await path.accepts.accept({ messages, idempotency: null });
  if (outcome.outcome !== 'accepted') throw new Error(outcome.outcome);
  return outcome.ids;
}
