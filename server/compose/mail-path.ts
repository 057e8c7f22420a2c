import type { Logger } from 'pino';
import { openRunTogether } from '../database/run-together.ts';
import { openWakeUp } from '../database/wake-up.ts';
import { openAttemptHistory } from '../delivery/attempt-history.store.ts';
import { openDeliveryStore } from '../delivery/delivery.store.ts';
import { openDeliveryWorker } from '../delivery/delivery.worker.ts';
import { openSendingSettings } from '../delivery/sending-settings.ts';
import { systemTimer } from '../delivery/timer.ts';
import { openFoundMessages } from '../message-log/found-messages.store.ts';
import { openMessageActions } from '../message-log/message-actions.store.ts';
import { addMessageLogRoutes } from '../message-log/message-log.routes.ts';
import { openMessageLogStore } from '../message-log/message-log.store.ts';
import { openChangeReader, openMessageWatch } from '../message-log/message-watch.worker.ts';
import { openOverviewStore } from '../message-log/overview.store.ts';
import { openTextIndexStore } from '../message-log/text-index.store.ts';
import { openTextIndexWorker } from '../message-log/text-index.worker.ts';
import { openDiskRoom } from '../platform/disk-room.ts';
import type { Router } from '../platform/http.ts';
import { parseKillPlan, withKillPoints } from '../platform/kill-point.ts';
import { nodeName, readMachine } from '../platform/machine.ts';
import { openQueueStore } from '../queue/queue.store.ts';
import { readCaptured, readCapturedAttachment } from '../sandbox/parse-captured.worker.ts';
import { openSendingPauses } from '../sending/sending-pause.store.ts';
import { withPauses } from '../sending/with-pauses.ts';
import { createPool } from '../smtp/pool.client.ts';
import { openSession } from '../smtp/session.client.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import { keepRoom, sparedBytes } from '../submission/keep-room.ts';
import { openContent, sealingSecrets } from '../submission/secret-content.ts';
import type { Core } from './core.ts';

/** Where the crash proof can have the process die; without its plan these are the stores themselves. */
const acceptPoints = [
  { point: 'in_accept', method: 'accept', when: 'before' },
  { point: 'after_insert', method: 'accept', when: 'after' },
] as const;
const deliveryPoints = [
  { point: 'pre_dot', method: 'markDot', when: 'before' },
  { point: 'post_dot', method: 'markDot', when: 'after' },
  { point: 'verdict_read', method: 'recordAttempt', when: 'before' },
] as const;

/** From an accepted message to the server's answer, in the order it travels; and what is read of it afterwards. */
export const composeMailPath = (core: Core, logger: Logger) => {
  const { config, clock, database, smtpSettings } = core;
  const plan = parseKillPlan(config.killAt);
  const wakeUp = openWakeUp(database, config.database, (error) =>
    logger.warn({ err: error }, 'cannot hear the other nodes; what they accept is found a second later'),
  );
  const wake = () => {
    worker.wake();
    wakeUp.tell('queue');
  };
  const store = openAcceptStore(database, {
    clock,
    onReady: wake,
    handOff: {
      reserve: (message) => worker.handOff.reserve(message),
      pace: (batch, reserve) => worker.handOff.pace?.(batch, reserve) ?? null,
    },
  });
  const accepts = withKillPoints(store, acceptPoints, plan);
  const disk = openDiskRoom({ folder: config.dataFolder, leastBytes: sparedBytes, monotonic: clock.monotonic });
  const roomy = database.kind === 'sqlite' ? keepRoom(accepts, disk.hasRoom) : accepts;
  // Secret mail lies sealed: from here on by its content, which is opened again where it is sent or sent anew.
  const accept = sealingSecrets(roomy, core.passwordKeys);
  const queue = openQueueStore(database);
  const pauses = openSendingPauses(database, clock);
  const deliveries = withPauses(withKillPoints(openDeliveryStore(database), deliveryPoints, plan), pauses);
  const settings = openSendingSettings({
    store: smtpSettings,
    machine: readMachine,
    isAddressAllowed: core.isAddressAllowed,
    remember: core.remember,
  });
  const worker = openDeliveryWorker({
    queue,
    store: deliveries,
    openSecret: (id, content) => openContent(core.passwordKeys, id, content),
    settings,
    foldHistory: openAttemptHistory(database, openRunTogether(database)),
    createPool,
    openSession,
    clock,
    timer: systemTimer,
    random: Math.random,
    owner: nodeName(config.dataFolder),
    logger,
  });
  const stored = openMessageLogStore(database);
  const log: typeof stored = {
    ...stored,
    readAccepted: async (id) => {
      const found = await stored.readAccepted(id);
      if (found === null || found === 'no-content') return found;
      return { ...found, content: await openContent(core.passwordKeys, id, found.content) };
    },
  };
  const found = openFoundMessages(database, clock.monotonic);
  const actions = openMessageActions(database, clock, wake);
  const watch = openMessageWatch(openChangeReader(database), (error) =>
    logger.error({ err: error }, 'cannot follow what happens to messages'),
  );
  const textIndex = openTextIndexWorker({
    store: openTextIndexStore(database),
    clock,
    onError: (error) => logger.warn({ err: error }, 'the text index cannot go on; searches take longer'),
  });
  const overview = openOverviewStore(database, clock);
  const addRoutes = (router: Router) =>
    addMessageLogRoutes(router, {
      ...{ store: log, found, actions, watch, overview, clock },
      accept: accept.accept,
      readMail: readCaptured,
      readAttachment: readCapturedAttachment,
    });
  return { accept, worker, actions, textIndex, pauses, wakeUp, disk, addRoutes };
};
export type MailPath = ReturnType<typeof composeMailPath>;
