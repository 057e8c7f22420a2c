import type { Logger } from 'pino';
import type { Router } from '../platform/http.ts';
import { addSendingRoutes } from '../sending/sending.routes.ts';
import { describeFullDisk, openSendingState } from '../sending/sending-state.store.ts';
import { steerSending } from '../sending/steer-sending.ts';
import type { Core } from './core.ts';
import type { MailPath } from './mail-path.ts';

/** The switches of sending: on this node, and word of them to and from the others. */
export const composeSending = (core: Core, logger: Logger, { worker, pauses, wakeUp, disk }: MailPath) => {
  const { config, clock, database, passwordKeys, smtpSettings } = core;
  const findProblem = async () =>
    (await passwordKeys.closedBecause()) ??
    (database.kind === 'postgres' || (await disk.hasRoom()) ? null : describeFullDisk(config.dataFolder));
  const state = openSendingState({ database, pauses, waiting: smtpSettings.waitingMail, findProblem, clock });
  const { tell } = wakeUp;
  const steer = steerSending({ pauses, worker, state, tell, forgetSettings: smtpSettings.directory.forget });
  const onFault = (error: unknown) => logger.warn({ err: error }, 'could not forget what was wrong with a server');
  smtpSettings.watch((change) => void steer.settingsChanged(change).catch(onFault));
  const listen = () =>
    wakeUp.listen((channel, detail) => {
      if (channel === 'queue') worker.wake();
      else steer.heard(channel, detail);
    });
  const addRoutes = (router: Router) => addSendingRoutes(router, { steer, state, settings: smtpSettings });
  return { addRoutes, listen, stopListening: wakeUp.stop };
};
