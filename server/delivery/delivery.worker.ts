/**
 * The loop that gets mail out: claims what is due, hands it to its server (sending-server.ts), stores what came of it.
 * from: queue · to: smtp, and back to the queue through the delivery store.
 *
 * One round at a time: look at the settings and who is paused, then claim for every server that has room. A round follows
 * whenever something may have changed (`wake`, room at a server) and once a second. Leases are renewed by the third part
 * of their life; what crashed workers left behind is taken up again.
 * Invariant: what cannot be recorded stops all claiming and is kept until it can (a delivery nobody knows of is worse than a
 * late one). Stopping claims no more, calls back what is before its dot, waits for the verdict of the rest, gives back.
 */
import type { Logger } from 'pino';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import type { HandOff } from '../queue/hand-off.ts';
import { type ClaimedMessage, leaseSeconds, type QueueStore, type Sender } from '../queue/queue.ts';
import type { PoolOptions, SmtpPool } from '../smtp/pool.client.ts';
import type { SmtpTarget } from '../smtp/target.ts';
import { attemptDelivery } from './attempt-delivery.ts';
import type { FoldHistory } from './attempt-history.store.ts';
import { countTries, keptWholeMs } from './fold-attempts.ts';
import { clockJumpMilliseconds, followClock } from './follow-clock.ts';
import { openHealthBoard } from './health-board.ts';
import { holdClaims } from './held-claims.ts';
import { openHandOff } from './open-hand-off.ts';
import { keepRecords } from './record-keeper.ts';
import type { SendingServer, ServerEffects } from './sending-server.ts';
import type { SendingSettingsSource } from './sending-settings.ts';
import { openServerList } from './server-list.ts';
import { guardSignIn, type OpenSession } from './sign-in-guard.ts';
import type { Timer } from './timer.ts';
import type { AttemptRecord, DeliveryStore } from './verdict.ts';

const tickMilliseconds = 1000;
const refreshMilliseconds = 2000;
const renewMilliseconds = (leaseSeconds * 1000) / 3;
const recoverMilliseconds = 30_000;
const expireMilliseconds = 10_000;
const claimLimit = 200;

export interface DeliveryParts {
  queue: QueueStore;
  store: DeliveryStore;
  settings: SendingSettingsSource;
  /** Of secret mail; without it nothing is sealed. */
  openSecret?: ServerEffects['openSecret'];
  /** Of a message that waits for long. */
  foldHistory: FoldHistory;
  createPool: (target: SmtpTarget, options: PoolOptions) => SmtpPool;
  openSession: OpenSession;
  clock: Clock;
  timer: Timer;
  /** 0 ≤ random < 1 */
  random: () => number;
  /** This process, the same after a restart. */
  owner: string;
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface DeliveryWorker {
  handOff: HandOff;
  start: () => Promise<void>;
  /** Something may be due: a message was accepted, released, retried. */
  wake: () => void;
  /** Settings were added, changed or deleted. */
  settingsChanged: () => void;
  /** Nothing more goes to this server until `resume`; `everybody`: to none. What is under way goes on. */
  pause: (settingsId: string) => Promise<void>;
  resume: (settingsId: string) => Promise<void>;
  /** Tries a parked server now. */
  probe: (settingsId: string) => void;
  /** Resolves when nothing is under way and nothing that is due can be begun. */
  idle: () => Promise<void>;
  /** @param waitSeconds for those that are after their dot; later they are left to the dot mark. */
  stop: (waitSeconds?: number) => Promise<void>;
}

const toSenders = ({ names, settings }: SendingServer): Sender[] =>
  names.map((name) => ({ name, settingsId: settings.id, settingsName: settings.name }));

export function openDeliveryWorker(parts: DeliveryParts): DeliveryWorker {
  const { queue, store, clock, timer, owner, logger, random } = parts;
  let isStopping = false;
  let isAway = false;
  let isRounding = false;
  let isRoundWanted = false;
  let isRefreshWanted = true;
  let underWay = 0;
  let cancelTick = () => {};
  let cancelRenewal = () => {};
  const idlers: (() => void)[] = [];
  const last = {
    refresh: Number.NEGATIVE_INFINITY,
    recover: Number.NEGATIVE_INFINITY,
    expire: Number.NEGATIVE_INFINITY,
  };

  const checkIdle = (): void => {
    if (underWay > 0 || isRoundWanted) return;
    for (const resolve of idlers.splice(0)) resolve();
  };
  const begin = (): (() => void) => {
    underWay++;
    return () => {
      underWay--;
      checkIdle();
    };
  };
  const track = (work: Promise<unknown>): void => {
    const end = begin();
    work.then(end, (error: unknown) => {
      logger.error({ err: error }, 'delivery: a step failed');
      end();
    });
  };
  const keeper = keepRecords({
    store: store.recordAttempt,
    after: timer.after,
    isStopping: () => isStopping,
    onFault: (error, message) =>
      logger.error({ err: error, message }, 'an attempt could not be recorded; sending waits until it is'),
    onCaughtUp: () => wantRound(),
  });
  const isHistoryLong = countTries();
  const recordPutOff = async (record: AttemptRecord): Promise<boolean> => {
    const isHeld = await keeper.record(record);
    if (isHistoryLong(record.messageId)) track(parts.foldHistory(record.messageId, clock.now() - keptWholeMs));
    return isHeld;
  };
  const claims = holdClaims({ queue, owner, now: clock.now });
  const board = openHealthBoard({ store, now: clock.now, logger });

  const began = { wall: clock.now(), monotonic: clock.monotonic() };
  const lifetimeNow = () => Math.min(clock.now(), began.wall + clock.monotonic() - began.monotonic);

  const effects: ServerEffects = {
    begin: store.beginAttempt,
    markDot: store.markDot,
    record: (record) => (record.verdict.retryAfterSeconds === null ? keeper.record(record) : recordPutOff(record)),
    readContent: queue.readContent,
    readUncertain: store.readUncertain,
    openSecret: parts.openSecret ?? (async (_messageId, content) => content),
    mayBeLost: claims.mayBeLost,
    mayBegin: () => !keeper.isWaiting,
    newAttemptId: () => newId('try', clock.now()),
    now: clock.now,
    lifetimeNow,
    monotonic: clock.monotonic,
    random,
    onFault: (error, messageId) => logger.error({ err: error, message: messageId }, 'an attempt broke on our side'),
    readTarget: parts.settings.readTarget,
    openPool: (target, options) =>
      parts.createPool(target, { ...options, open: guardSignIn(parts.openSession, clock.monotonic) }),
    giveBack: (messages) => track(claims.giveBack(messages)),
    release: claims.release,
    after: timer.after,
    onHealth: (server) => track(board.write(server)),
    track,
    onRoom: () => wantRound(),
  };

  const servers = openServerList({ settings: parts.settings, board, now: clock.now, effects });

  const lookAtClock = followClock({ queue, clock, logger, track, onCounted: () => wantRound() });

  const isDue = (what: keyof typeof last, milliseconds: number): boolean => {
    const now = clock.monotonic();
    if (now - last[what] < milliseconds) return false;
    last[what] = now;
    return true;
  };

  const distribute = (messages: readonly ClaimedMessage[]): void => {
    const homeless: ClaimedMessage[] = [];
    for (const message of messages) {
      const server = isStopping ? undefined : servers.find(message);
      if (server === undefined) homeless.push(message);
      else server.accept(message);
    }
    effects.giveBack(homeless);
  };

  const claimAll = async (): Promise<void> => {
    const wanting = { many: [] as SendingServer[], urgent: [] as SendingServer[] };
    for (const server of servers.all()) {
      const { wants } = server;
      if (wants === 'many' || wants === 'urgent') wanting[wants].push(server);
    }
    const claim = (from: readonly SendingServer[], limit: number, onlyUrgent: boolean) => {
      const senders = from.flatMap(toSenders);
      return claims.claim({ settingsIds: senders.map(({ name }) => name), senders, limit, onlyUrgent });
    };
    const many = await claim(wanting.many, claimLimit, false);
    const isAll = many.length < claimLimit;
    for (const server of servers.all()) {
      if (wanting.many.includes(server)) server.claimed(isAll);
      else server.mayHaveMore = true;
    }
    distribute(many);
    distribute(await claim(wanting.urgent, claimLimit, true));
    for (const server of servers.all()) {
      if (server.wants !== 'one') continue;
      distribute(await claim([server], 1, false));
    }
    if (!isAll) isRoundWanted = true;
  };

  /** Recorded without a server: as expired, or as held because its settings were deleted. */
  const close = async (message: ClaimedMessage, name: string): Promise<void> => {
    const settings = { id: message.settingsId ?? '', name };
    await attemptDelivery(message, settings, null, effects);
    claims.release(message);
  };

  /** What the database leaves undone is given back: held on, its lease would be renewed and nobody would take it again. */
  const closeAll = async (messages: readonly ClaimedMessage[], nameOf: (message: ClaimedMessage) => string) => {
    const left = [...messages];
    try {
      for (const message of messages) {
        await close(message, nameOf(message));
        left.shift();
      }
    } finally {
      await claims.giveBack(left);
    }
  };

  /** Those that wait for a server that is parked or paused; the others are found expired when their turn comes. */
  const expireOverdue = async (): Promise<void> => {
    if (clock.now() - lifetimeNow() > clockJumpMilliseconds) return;
    const overdue = await claims.claimOverdue(claimLimit);
    await closeAll(overdue, (message) => servers.find(message)?.settings.name ?? '');
  };

  const holdForGone = async (): Promise<void> => {
    const request = { settingsIds: [...servers.gone.keys()], limit: claimLimit, onlyUrgent: false };
    await closeAll(await claims.claim(request), ({ settingsId }) => servers.gone.get(settingsId ?? '') ?? '');
  };

  const round = async (): Promise<void> => {
    lookAtClock();
    if (isRefreshWanted || isDue('refresh', refreshMilliseconds)) {
      isRefreshWanted = false;
      await servers.refresh(() => {
        const wasOvertaken = isRefreshWanted;
        isRefreshWanted = false;
        return wasOvertaken;
      });
    }
    if (isDue('recover', recoverMilliseconds)) {
      // Ours first: after a pause of the process or a jump of the clock they look lost, too.
      await claims.renew();
      tellLost(await queue.recoverLost(clock.now(), null));
    }
    if (isStopping || keeper.isWaiting) return;
    if (isDue('expire', expireMilliseconds)) await expireOverdue();
    await holdForGone();
    await claimAll();
    for (const server of servers.all()) {
      server.noteSlow();
      server.pump();
    }
  };

  const handOff = openHandOff({
    servers,
    claims,
    now: clock.now,
    isOpen: () => !isStopping && !isAway && !keeper.isWaiting,
    begin,
    distribute,
  });

  const tellLost = (lost: { requeued: number; uncertain: number; held: number }): void => {
    if (lost.requeued + lost.uncertain + lost.held > 0) logger.warn(lost, 'took up what a stopped worker left behind');
  };

  const wantRound = (): void => {
    if (isStopping) return;
    isRoundWanted = true;
    if (isRounding) return;
    isRounding = true;
    const rounds = async () => {
      try {
        while (isRoundWanted && !isStopping) {
          isRoundWanted = false;
          await round();
        }
        if (isAway) logger.info('the database is back; sending goes on');
        isAway = false;
      } catch (error) {
        // The next tick tries again.
        if (!isAway) logger.error({ err: error }, 'the database does not answer; sending waits');
        isAway = true;
      } finally {
        isRounding = false;
        isRoundWanted = false;
      }
    };
    track(rounds());
  };

  const tick = (): void => {
    wantRound();
    cancelTick = timer.after(tickMilliseconds, tick);
  };

  const setPaused = async (settingsId: string, paused: boolean): Promise<void> => {
    await board.setPaused(settingsId, paused);
    // Also for what a claim that is under way brings.
    servers.setPaused(settingsId, paused);
    isRefreshWanted = true;
    wantRound();
  };

  /** Also while the last verdicts are waited for. */
  const keepLeases = (): void => {
    track(claims.renew());
    cancelRenewal = timer.after(renewMilliseconds, keepLeases);
  };

  return {
    handOff,
    start: async () => {
      tellLost(await queue.recoverLost(clock.now(), owner));
      keepLeases();
      tick();
    },
    wake: wantRound,
    settingsChanged: () => {
      isRefreshWanted = true;
      wantRound();
    },
    pause: (settingsId) => setPaused(settingsId, true),
    resume: (settingsId) => setPaused(settingsId, false),
    probe: (settingsId) => {
      servers.get(settingsId)?.probeNow();
      wantRound();
    },
    idle: () =>
      new Promise((resolve) => {
        idlers.push(resolve);
        checkIdle();
      }),
    stop: async (waitSeconds = 600) => {
      isStopping = true;
      cancelTick();
      for (const server of servers.all()) server.stop();
      let cancelWait = () => {};
      const late = new Promise<void>((resolve) => (cancelWait = timer.after(waitSeconds * 1000, resolve)));
      isRoundWanted = false;
      const done = new Promise<void>((resolve) => {
        idlers.push(resolve);
        checkIdle();
      });
      await Promise.race([done, late]);
      cancelWait();
      cancelRenewal();
    },
  };
}
