/**
 * Builds a running Postern; nothing but this file and those of `compose/` calls an `open…` of a room. Here are the parts in
 * the order they need each other, and how they start and stop; what a part is made of stands in its file of `compose/`.
 */
import { readFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { endpoints } from '../contracts/api.ts';
import { CannotStartError } from './compose/cannot-start-error.ts';
import { composeContacts } from './compose/contacts.ts';
import { composeCore } from './compose/core.ts';
import { lockDataFolder, openDataFolder } from './compose/data-folder.ts';
import { composeInvoices } from './compose/invoices.ts';
import { composeMailPath } from './compose/mail-path.ts';
import { composePeople } from './compose/people.ts';
import { composeSending } from './compose/sending.ts';
import { composeSmtpSettings } from './compose/smtp-settings.ts';
import { composeTemplates } from './compose/templates.ts';
import type { Config } from './config.ts';
import { findUnavailability } from './database/unavailable.ts';
import { systemTimer } from './delivery/timer.ts';
import { openRouter } from './platform/http.ts';
import { addCompression, openHttpApp } from './platform/http-app.ts';
import { addWebPages } from './platform/web-pages.ts';
import { addRetentionRoutes } from './retention/retention.routes.ts';
import { openRetentionStore } from './retention/retention.store.ts';
import { openRetentionWorker } from './retention/retention.worker.ts';
import { openCaptureServer } from './sandbox/capture.smtp-server.ts';
import { addSandboxRoutes } from './sandbox/sandbox.routes.ts';
import { openSandboxStore } from './sandbox/sandbox.store.ts';
import { openCapturedSecrets } from './sandbox/secret-capture.store.ts';
import { addSubmissionRoutes } from './submission/submission.routes.ts';
import { type Submit, submitMessage } from './submission/submit-message.ts';
import { addSystemRoutes } from './system/system.routes.ts';

/** A server may think about a message after its final dot; what it has not answered by then is known to be uncertain. */
const verdictWaitSeconds = 60;

export interface Postern {
  app: FastifyInstance;
  /** Listens. @returns where, and the path that opens the first run while nobody exists. */
  start: () => Promise<{ url: string; firstRunPath: string | null }>;
  stop: () => Promise<void>;
  /** Resolves when the disk can no longer be trusted: the process must end, nothing more may be promised. */
  whenBroken: Promise<Error>;
}

export const compose = async (config: Config, logger: Logger): Promise<Postern> => {
  await openDataFolder(config.dataFolder);
  const unlock = lockDataFolder(config);
  const core = await composeCore(config);
  const { clock, database, passwordKeys } = core;
  const people = await composePeople(core, logger);
  const templates = await composeTemplates(core);
  const smtpSettings = await composeSmtpSettings(core, logger, templates);
  const mail = composeMailPath(core, logger);
  const sending = composeSending(core, logger, mail);
  const submitParts = {
    store: mail.accept,
    settings: core.smtpSettings.directory,
    templates: templates.renderer,
    clock,
    breathe: () => setImmediate(),
  };
  const submit: Submit = (submission) => submitMessage(submitParts, submission);
  const contacts = composeContacts(core, logger);
  const invoices = composeInvoices(core, logger, {
    submit,
    settings: core.smtpSettings.directory,
    templates,
    accounts: contacts.directory,
    cancelMessage: mail.actions.cancel,
  });
  const sandbox = openSandboxStore(database, clock, openCapturedSecrets(database, passwordKeys));
  const capture = openCaptureServer({ store: sandbox, port: config.sandboxPort, logger });
  const retained = openRetentionStore(database);
  const retention = openRetentionWorker({ store: retained, clock, timer: systemTimer, logger });

  let isStopping = false;
  const app = openHttpApp({
    logger,
    publicUrl: config.publicUrl,
    listenHost: config.host,
    isUnavailable: (error) => findUnavailability(error) !== null,
  });
  await addCompression(app);
  const router = openRouter(app, people.gate);
  smtpSettings.addRoutes(router);
  addSubmissionRoutes(router, submitParts);
  templates.addRoutes(router, submit);
  contacts.addRoutes(router);
  invoices.addRoutes(router);
  mail.addRoutes(router);
  sending.addRoutes(router);
  addRetentionRoutes(router, { store: retained, onChange: retention.daysChanged });
  addSandboxRoutes(router, { store: sandbox, capture, settings: core.smtpSettings });
  people.addRoutes(router, submit);
  addSystemRoutes(app, router, {
    database,
    version: await readVersion(),
    sendingClosedBecause: passwordKeys.closedBecause,
    isStopping: () => isStopping,
  });
  await addWebPages(app, fileURLToPath(new URL('../web/dist/', import.meta.url)), endpoints);

  return {
    app,
    whenBroken: database.kind === 'sqlite' ? database.writer.whenBroken : new Promise(() => {}),
    start: async () => {
      await capture.start();
      const url = await listen(app, config);
      await smtpSettings.startTidying();
      await mail.worker.start();
      invoices.worker.start();
      contacts.worker.start();
      mail.textIndex.start();
      await sending.listen();
      retention.start();
      return { url, firstRunPath: people.firstRunPath };
    },
    stop: async () => {
      isStopping = true;
      // Mail first: what is at its dot gets its verdict written down.
      smtpSettings.stopTidying();
      await invoices.stop();
      await contacts.worker.stop();
      const retentionStopped = retention.stop();
      await mail.worker.stop(verdictWaitSeconds);
      await mail.textIndex.stop();
      await app.close();
      await templates.close();
      await capture.stop();
      await sending.stopListening();
      await retentionStopped;
      await database.close();
      unlock();
    },
  };
};

const listenFaults: Record<string, [why: string, repair: string]> = {
  EADDRINUSE: ['another program has this port', 'Stop it, or set POSTERN_PORT to another.'],
  EACCES: ['this port needs rights that Postern does not have', 'Set POSTERN_PORT to one above 1023.'],
  EADDRNOTAVAIL: ['this machine does not have that address', 'Set POSTERN_HOST to one of its own, or 0.0.0.0.'],
};

/** @throws CannotStartError */
async function listen(app: FastifyInstance, { host, port }: Config): Promise<string> {
  return app.listen({ host, port }).catch((error: NodeJS.ErrnoException) => {
    const known = listenFaults[error.code ?? ''];
    const [why, repair] = known ?? [error.message, 'Look at POSTERN_HOST and POSTERN_PORT.'];
    throw new CannotStartError(`Cannot listen on ${host}:${port}: ${why}. ${repair}`);
  });
}

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
