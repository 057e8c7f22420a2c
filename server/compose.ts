/**
 * Builds every object of a running Postern, in the order mail travels; nothing else calls `open…` of a room.
 * The command line takes the first half (`composeCore`): the same stores on the same database, no listening ports.
 */
import { readFileSync } from 'node:fs';
import { access, constants, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { endpoints } from '../contracts/api.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import type { TemplateUse } from '../contracts/submission.ts';
import { addAccessRoutes } from './access/access.routes.ts';
import { openAccessStore } from './access/access.store.ts';
import { addApiKeyRoutes } from './access/api-key.routes.ts';
import { openApiKeyStore } from './access/api-key.store.ts';
import { openGate } from './access/gate.ts';
import { prepareFirstRun } from './access/prepare-first-run.ts';
import { openSessionStore } from './access/session.store.ts';
import { openSignInLimits } from './access/sign-in-limits.ts';
import { openAudit } from './audit/audit.store.ts';
import { openBillingFiles } from './billing-run/billing-file.store.ts';
import { addBillingRunRoutes } from './billing-run/billing-run.routes.ts';
import { openBillingRunStore } from './billing-run/billing-run.store.ts';
import { openBillingRunWorker } from './billing-run/billing-run.worker.ts';
import { addBrandingRoutes } from './branding/branding.routes.ts';
import { openBrandingStore } from './branding/branding.store.ts';
import type { Config } from './config.ts';
import { addAccountRoutes } from './contact/account.routes.ts';
import { openAccountStore } from './contact/account.store.ts';
import { openContactStore } from './contact/contact.store.ts';
import { openContactExport } from './contact-import/contact-export.store.ts';
import { addContactImportRoutes } from './contact-import/contact-import.routes.ts';
import { openContactImportStore } from './contact-import/contact-import.store.ts';
import { openContactImportWorker } from './contact-import/contact-import.worker.ts';
import { openImportFiles } from './contact-import/import-file.store.ts';
import { openKnownContacts } from './contact-import/known-contacts.store.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase } from './database/open.ts';
import { openRunTogether } from './database/run-together.ts';
import { findUnavailability } from './database/unavailable.ts';
import { openWakeUp } from './database/wake-up.ts';
import { openAttemptHistory } from './delivery/attempt-history.store.ts';
import { openDeliveryStore } from './delivery/delivery.store.ts';
import { openDeliveryWorker } from './delivery/delivery.worker.ts';
import { openSendingSettings } from './delivery/sending-settings.ts';
import { systemTimer } from './delivery/timer.ts';
import { addDiagnosisRoutes } from './diagnosis/diagnosis.routes.ts';
import { openSmtpSettingsTest } from './diagnosis/smtp-settings-test.client.ts';
import { openTestLog } from './diagnosis/test-log.store.ts';
import type { AccountDirectory } from './invoice/account-directory.ts';
import { addInvoiceRoutes } from './invoice/invoice.routes.ts';
import { openInvoiceStore } from './invoice/invoice.store.ts';
import { toInvoiceLook } from './invoice/stored-invoice.ts';
import { openPdfMaker } from './invoice-pdf/pdf-maker.worker.ts';
import { openFoundMessages } from './message-log/found-messages.store.ts';
import { openMessageActions } from './message-log/message-actions.store.ts';
import { addMessageLogRoutes } from './message-log/message-log.routes.ts';
import { openMessageLogStore } from './message-log/message-log.store.ts';
import { openChangeReader, openMessageWatch } from './message-log/message-watch.worker.ts';
import { openOverviewStore } from './message-log/overview.store.ts';
import { openTextIndexStore } from './message-log/text-index.store.ts';
import { openTextIndexWorker } from './message-log/text-index.worker.ts';
import { openPasswordReset } from './person/password-reset.ts';
import { addPersonRoutes } from './person/person.routes.ts';
import { openPersonStore } from './person/person.store.ts';
import { addPersonLinkRoutes } from './person/person-link.routes.ts';
import { openPersonLinkStore } from './person/person-link.store.ts';
import type { SendPersonMail } from './person/person-mail.ts';
import { toEmailInput } from './person/person-mail.ts';
import { openPersonNotices } from './person/person-notices.ts';
import { addProfileRoutes } from './person/profile.routes.ts';
import { addPersonalDataRoutes } from './personal-data/personal-data.routes.ts';
import { openPersonalDataStore } from './personal-data/personal-data.store.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { openDiskRoom } from './platform/disk-room.ts';
import { lockFolder } from './platform/folder-lock.ts';
import { openRouter, type Router } from './platform/http.ts';
import { addCompression, openHttpApp } from './platform/http-app.ts';
import { parseKillPlan, withKillPoints } from './platform/kill-point.ts';
import { nodeName, readMachine } from './platform/machine.ts';
import { addWebPages } from './platform/web-pages.ts';
import { openQueueStore } from './queue/queue.store.ts';
import { addRetentionRoutes } from './retention/retention.routes.ts';
import { openRetentionStore } from './retention/retention.store.ts';
import { openRetentionWorker } from './retention/retention.worker.ts';
import { openCaptureServer } from './sandbox/capture.smtp-server.ts';
import { readCaptured, readCapturedAttachment } from './sandbox/parse-captured.worker.ts';
import { addSandboxRoutes } from './sandbox/sandbox.routes.ts';
import { openSandboxStore } from './sandbox/sandbox.store.ts';
import { openChallengeStore } from './second-factor/challenge.store.ts';
import { addSecondFactorRoutes } from './second-factor/second-factor.routes.ts';
import { openSecondFactorStore, resealTotpSecrets } from './second-factor/second-factor.store.ts';
import { addSecondStepRoutes } from './second-factor/second-step.routes.ts';
import { beginSecondStep } from './second-factor/second-step.ts';
import { addSendingRoutes } from './sending/sending.routes.ts';
import { openSendingPauses } from './sending/sending-pause.store.ts';
import { describeFullDisk, openSendingState } from './sending/sending-state.store.ts';
import { steerSending } from './sending/steer-sending.ts';
import { withPauses } from './sending/with-pauses.ts';
import { isAddressAllowed } from './smtp/address-policy.ts';
import { createPool } from './smtp/pool.client.ts';
import { openSession } from './smtp/session.client.ts';
import { parseManagedFile } from './smtp-settings/managed-file.ts';
import { openPasswordKeys } from './smtp-settings/password-key.store.ts';
import { openServerMemory } from './smtp-settings/server-memory.ts';
import { openShownCertificates } from './smtp-settings/shown-certificates.ts';
import { addSmtpSettingsRoutes } from './smtp-settings/smtp-settings.routes.ts';
import { openSmtpSettingsStore, type SmtpSettingsStore } from './smtp-settings/smtp-settings.store.ts';
import { openAcceptStore } from './submission/accept.store.ts';
import { chooseSettings } from './submission/choose-settings.ts';
import { keepRoom, sparedBytes } from './submission/keep-room.ts';
import { resealSecretContent } from './submission/secret-content.store.ts';
import { openContent, sealingSecrets } from './submission/secret-content.ts';
import { addSubmissionRoutes } from './submission/submission.routes.ts';
import { type Submission, type SubmitParts, submitMessage } from './submission/submit-message.ts';
import { addSystemRoutes } from './system/system.routes.ts';
import { builtInUses, readBuiltIns } from './template/built-in-templates.ts';
import { openShownPreviews } from './template/shown-previews.ts';
import { addTemplateRoutes } from './template/template.routes.ts';
import { openTemplateStore } from './template/template.store.ts';
import { openTemplateRunner } from './template/template-runner.worker.ts';
import { useTemplate } from './template/use-template.ts';

/** Something outside Postern keeps it from starting; the message says what to do. */
export class CannotStartError extends Error {}

export const composeCore = async (config: Config, clock: Clock = systemClock) => {
  await openDataFolder(config.dataFolder);
  const database = await openDatabase(config.database).catch((error: Error) => {
    const where = config.database.kind === 'sqlite' ? config.database.file : 'POSTERN_DATABASE_URL';
    throw new CannotStartError(`The database cannot be opened (${where}): ${error.message}`);
  });
  await migrate(database);
  const passwordKeys = await openPasswordKeys(database, config, clock, [resealTotpSecrets, resealSecretContent]);
  const smtpSettings = openSmtpSettingsStore(database, passwordKeys, clock);
  const remember = (settings: SmtpSettings) =>
    openServerMemory(settings, { save: smtpSettings.noteOffer, now: clock.now });
  const isAddressAllowedFor = (address: string, port: number) =>
    (address === '127.0.0.1' && port === config.sandboxPort) ||
    isAddressAllowed(address, { denyPrivate: config.denyPrivateHosts });
  const testLog = openTestLog(database, openDeliveryStore(database), clock);
  const smtpSettingsTest = openSmtpSettingsTest({
    openSession,
    denyPrivate: config.denyPrivateHosts,
    isOwnServer: (address, port) => address === '127.0.0.1' && port === config.sandboxPort,
    log: testLog,
    clock,
  });
  const people = openAccessStore(database);
  const personLinks = openPersonLinkStore(database);
  const persons = openPersonStore(database);
  const apiKeys = openApiKeyStore(database, clock);
  return {
    config,
    clock,
    database,
    passwordKeys,
    smtpSettings,
    smtpSettingsTest,
    remember,
    testLog,
    isAddressAllowed: isAddressAllowedFor,
    people,
    persons,
    personLinks,
    apiKeys,
  };
};
export type Core = Awaited<ReturnType<typeof composeCore>>;

async function openDataFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'EEXIST' ? 'it is a file' : 'it cannot be written';
    throw new CannotStartError(
      `The data folder ${folder} cannot be used: ${why}. Set POSTERN_DATA_DIR to a folder of its own.`,
    );
  }
}

const tidyMs = 60_000;
/** A server may think about a message after its final dot; what it has not answered by then is known to be uncertain. */
const verdictWaitSeconds = 60;

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

/** From an accepted message to the server's answer, in the order it travels. */
const composeMailPath = (core: Core, logger: Logger) => {
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
  return { accept, worker, log, found, actions, watch, textIndex, overview, pauses, wakeUp, disk };
};

/** The switches of sending: on this node, and word of them to and from the others. */
const composeSending = (
  core: Core,
  { worker, pauses, wakeUp, disk }: ReturnType<typeof composeMailPath>,
  logger: Logger,
) => {
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
  return { state, steer, listen, stopListening: wakeUp.stop };
};

/** Templates, and how a submission is made of them. Their processes start when they are first needed. */
const composeTemplates = async ({ database, clock }: Core) => {
  const folder = new URL('./template/built-in/', import.meta.url);
  const builtIns = readBuiltIns((file) => readFileSync(new URL(file, folder), 'utf8'));
  const store = openTemplateStore(database, clock);
  await store.bring(builtIns);
  const branding = openBrandingStore(database, clock);
  const [runner, compiler] = [openTemplateRunner('render'), openTemplateRunner('compile')];
  return {
    store,
    branding,
    compiler,
    builtIns,
    usedBy: builtInUses,
    shown: openShownPreviews(clock),
    renderer: { render: (use: TemplateUse) => useTemplate(use, { store, branding, runner, compiler }) },
    close: () => Promise.all([runner.close(), compiler.close()]),
  };
};

/** Links and notices for the people of this installation; they go out by its own queue. */
const composePersonal = ({ people, personLinks: links, clock, config }: Core, logger: Logger, parts: SubmitParts) => {
  const send: SendPersonMail = async (mail) => {
    const submission = { emails: [toEmailInput(mail)], key: null, callerId: 'postern', submittedBy: 'Postern' };
    const outcome = await submitMessage(parts, submission);
    if (outcome.outcome === 'unavailable') return { ok: false, why: outcome.problem };
    if (outcome.outcome !== 'refused') return { ok: true };
    return { ok: false, why: outcome.refusals[0]?.problems[0]?.message ?? 'it was refused' };
  };
  const onFault = (error: unknown) => logger.error({ err: error }, 'mail to a person');
  const common = { people, links, send, publicUrl: config.publicUrl, clock, onFault };
  return {
    links,
    send,
    canSendMail: async () => (await parts.settings.readDefault()) !== null,
    passwordReset: openPasswordReset({ ...common, breathe: () => setImmediate() }),
    notices: openPersonNotices(common),
  };
};

/** Another node's caller may have given this one work: the file of an import lies on one machine. */
const lookForImportsMs = 5000;

/** Accounts and their contacts, one by one and from files, and what is known of a person among them. */
const composeContacts = ({ config, clock, database }: Core, logger: Logger) => {
  const runTogether = openRunTogether(database);
  const accounts = openAccountStore(database, runTogether, clock);
  const contacts = openContactStore(database, runTogether, clock);
  const store = openContactImportStore(database, runTogether);
  const files = openImportFiles(config.dataFolder);
  const node = nodeName(config.dataFolder);
  const known = openKnownContacts(database, runTogether);
  const lookEveryMs = database.kind === 'sqlite' ? null : lookForImportsMs;
  const worker = openContactImportWorker({ store, known, files, node, clock, logger, lookEveryMs });
  const forget = async (address: string) => {
    for (const id of await store.forget(address)) {
      if (await files.hasFaultsOf(id, address)) await files.removeFaults(id);
    }
  };
  return {
    worker,
    directory: accounts.directory,
    addRoutes: (router: Router) => {
      addAccountRoutes(router, { accounts, contacts });
      const exporter = openContactExport(database);
      addContactImportRoutes(router, { store, files, exporter, node, clock, wake: worker.wake });
      addPersonalDataRoutes(
        router,
        openPersonalDataStore({ database, runTogether, audit: openAudit(database), forget, clock }),
      );
    },
  };
};

/** Invoices, alone and many from one file: what is begun is written down, then made, then accepted by `submitParts`. */
const composeInvoices = (
  { config, clock, database }: Core,
  logger: Logger,
  given: {
    submitParts: SubmitParts;
    templates: Awaited<ReturnType<typeof composeTemplates>>;
    accounts: AccountDirectory;
    cancelMessage: (id: string, by: string) => Promise<unknown>;
  },
) => {
  const { submitParts, templates, accounts } = given;
  const store = openInvoiceStore(database);
  const pdf = openPdfMaker();
  const readLook = async () => {
    const { branding, logo } = await templates.branding.recall();
    return toInvoiceLook(branding, logo);
  };
  const submit = (submission: Submission) => submitMessage(submitParts, submission);
  const mail = { store, accounts, submit, pdf, readLook, clock };
  const runs = openBillingRunStore(database, openRunTogether(database));
  const files = openBillingFiles(path.join(config.dataFolder, 'uploads'));
  const node = nodeName(config.dataFolder);
  const worker = openBillingRunWorker({
    runs,
    files,
    mail,
    check: {
      readTemplate: async (key) => {
        const content = (await templates.store.recall({ key }))?.content;
        return content ? { variables: content.variables, settings: content.smtp_settings_id } : null;
      },
      chooseSettings: (name) => chooseSettings(submitParts.settings, name),
    },
    cancelMessage: given.cancelMessage,
    clock,
    timer: systemTimer,
    owner: node,
    node,
    logger,
  });
  return {
    worker,
    addRoutes: (router: Router) => {
      const { render } = templates.renderer;
      addInvoiceRoutes(router, { ...mail, render, settings: submitParts.settings, shown: templates.shown });
      addBillingRunRoutes(router, { runs, files, invoices: store, wake: worker.wake, clock, node });
    },
    stop: async () => {
      await worker.stop();
      await pdf.close();
    },
  };
};

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
  const unlock = config.database.kind === 'sqlite' ? lockFolder(config.dataFolder) : () => {};
  if (!unlock) {
    throw new CannotStartError(
      `Another Postern runs on ${config.dataFolder}. Stop it, or give this one its own POSTERN_DATA_DIR and POSTERN_PORT.`,
    );
  }
  const core = await composeCore(config);
  const { clock, database, passwordKeys, smtpSettings, people, apiKeys } = core;
  const version = await readVersion();
  const isHttps = config.publicUrl.startsWith('https:');
  let isStopping = false;

  const prepared = await prepareFirstRun(people, config.firstAdministrator, clock);
  if (prepared.created) logger.info(`created the administrator ${prepared.created}`);
  if (prepared.warning) logger.warn(prepared.warning);
  await applyManagedFile(config, smtpSettings, logger);
  const closed = await passwordKeys.closedBecause();
  if (closed) logger.error(closed);

  const sandbox = openSandboxStore(database, clock);
  const capture = openCaptureServer({ store: sandbox, port: config.sandboxPort, logger });

  const app = openHttpApp({
    logger,
    publicUrl: config.publicUrl,
    listenHost: config.host,
    isUnavailable: (error) => findUnavailability(error) !== null,
  });
  await addCompression(app);
  const sessions = openSessionStore(database);
  const router = openRouter(app, openGate({ sessions, apiKeys, clock, isHttps }));
  const limits = openSignInLimits(clock);
  const shown = openShownCertificates(clock);
  const templates = await composeTemplates(core);
  addSmtpSettingsRoutes(router, {
    store: smtpSettings,
    keys: passwordKeys,
    shown,
    listTemplates: templates.store.listUsing,
  });
  addDiagnosisRoutes(router, {
    test: core.smtpSettingsTest,
    store: smtpSettings,
    shown,
    remember: core.remember,
    clock,
    closedBecause: passwordKeys.closedBecause,
  });
  const mail = composeMailPath(core, logger);
  const submitParts = {
    store: mail.accept,
    settings: smtpSettings.directory,
    templates: templates.renderer,
    clock,
    breathe: () => setImmediate(),
  };
  addSubmissionRoutes(router, submitParts);
  addTemplateRoutes(router, {
    ...templates,
    settings: smtpSettings.directory,
    submit: (submission) => submitMessage(submitParts, submission),
  });
  addBrandingRoutes(router, templates.branding);
  const contacts = composeContacts(core, logger);
  contacts.addRoutes(router);
  const invoices = composeInvoices(core, logger, {
    submitParts,
    templates,
    accounts: contacts.directory,
    cancelMessage: mail.actions.cancel,
  });
  invoices.addRoutes(router);
  addMessageLogRoutes(router, {
    store: mail.log,
    found: mail.found,
    actions: mail.actions,
    watch: mail.watch,
    overview: mail.overview,
    accept: mail.accept.accept,
    readMail: readCaptured,
    readAttachment: readCapturedAttachment,
    clock,
  });
  const sending = composeSending(core, mail, logger);
  addSendingRoutes(router, { steer: sending.steer, state: sending.state, settings: smtpSettings });
  const retained = openRetentionStore(database);
  const retention = openRetentionWorker({ store: retained, clock, timer: systemTimer, logger });
  addRetentionRoutes(router, { store: retained, onChange: retention.daysChanged });
  addSandboxRoutes(router, { store: sandbox, capture, settings: smtpSettings });
  const shared = { sessions, limits, publicUrl: config.publicUrl, isHttps, clock };
  const factors = openSecondFactorStore(database, passwordKeys);
  const challenges = openChallengeStore(database);
  addAccessRoutes(router, {
    ...{ ...shared, people, firstRun: prepared.firstRun },
    beginSecondStep: (id, origin) => beginSecondStep({ ...shared, factors, challenges }, id, origin),
  });
  addSecondStepRoutes(router, { ...shared, factors, challenges, people });
  addSecondFactorRoutes(router, { ...shared, factors, challenges, people });
  const personal = composePersonal(core, logger, submitParts);
  addPersonRoutes(router, { ...shared, ...personal, people: core.persons });
  addPersonLinkRoutes(router, { ...shared, ...personal });
  addProfileRoutes(router, { ...shared, ...personal, people: core.persons, accounts: people });
  addApiKeyRoutes(router, apiKeys, clock);
  addSystemRoutes(app, router, {
    database,
    version,
    sendingClosedBecause: passwordKeys.closedBecause,
    isStopping: () => isStopping,
  });
  await addWebPages(app, fileURLToPath(new URL('../web/dist/', import.meta.url)), endpoints);

  /** Mail that was accepted for settings at the very moment they were deleted waits for nobody. */
  const holdOrphans = () =>
    smtpSettings.waitingMail
      .holdOrphans()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for mail without settings'));
  const endLostTests = () =>
    core.testLog
      .endLost()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for tests that were cut off'));
  const tidy = () => Promise.all([holdOrphans(), endLostTests()]);
  let tidying: NodeJS.Timeout | undefined;

  return {
    app,
    whenBroken: database.kind === 'sqlite' ? database.writer.whenBroken : new Promise(() => {}),
    start: async () => {
      await capture.start();
      const url = await app.listen({ host: config.host, port: config.port }).catch((error: NodeJS.ErrnoException) => {
        const [why, repair] = listenFaults[error.code ?? ''] ?? [
          error.message,
          'Look at POSTERN_HOST and POSTERN_PORT.',
        ];
        throw new CannotStartError(`Cannot listen on ${config.host}:${config.port}: ${why}. ${repair}`);
      });
      await tidy();
      tidying = setInterval(() => void tidy(), tidyMs).unref();
      await mail.worker.start();
      invoices.worker.start();
      contacts.worker.start();
      mail.textIndex.start();
      await sending.listen();
      retention.start();
      return { url, firstRunPath: prepared.firstRun?.path ?? null };
    },
    stop: async () => {
      isStopping = true;
      // Mail first: what is at its dot gets its verdict written down.
      clearInterval(tidying);
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

/** Only a file that is not there means that nothing is managed; one that cannot be read would hand all to the screen. */
async function readManagedFile(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '[]';
    throw new CannotStartError(
      `${file} cannot be read (${error.code}). Let the user that runs Postern read it, or remove it.`,
    );
  });
}

async function applyManagedFile(config: Config, store: SmtpSettingsStore, logger: Logger): Promise<void> {
  const text = await readManagedFile(path.join(config.dataFolder, 'smtp-settings.json'));
  const readSecret = (file: string) => {
    try {
      return readFileSync(path.resolve(config.dataFolder, file), 'utf8').trim();
    } catch {
      return null;
    }
  };
  const parsed = parseManagedFile(text, readSecret);
  if (!parsed.ok) throw new CannotStartError(parsed.faults.join('\n'));
  const { changed, closed } = await store.applyManaged(parsed.settings);
  if (closed)
    logger.error('smtp-settings.json: its passwords cannot be sealed while the key is missing; they were not saved');
  if (changed.length > 0) logger.info(`smtp-settings.json: saved ${changed.join(', ')}`);
}

const listenFaults: Record<string, [why: string, repair: string]> = {
  EADDRINUSE: ['another program has this port', 'Stop it, or set POSTERN_PORT to another.'],
  EACCES: ['this port needs rights that Postern does not have', 'Set POSTERN_PORT to one above 1023.'],
  EADDRNOTAVAIL: ['this machine does not have that address', 'Set POSTERN_HOST to one of its own, or 0.0.0.0.'],
};

async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
