import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Logger } from 'pino';
import { addDiagnosisRoutes } from '../diagnosis/diagnosis.routes.ts';
import type { Router } from '../platform/http.ts';
import { parseManagedFile } from '../smtp-settings/managed-file.ts';
import { openShownCertificates } from '../smtp-settings/shown-certificates.ts';
import { addSmtpSettingsRoutes } from '../smtp-settings/smtp-settings.routes.ts';
import { CannotStartError } from './cannot-start-error.ts';
import type { Core } from './core.ts';
import type { Templates } from './templates.ts';

const tidyMs = 60_000;

/** The screen's subject: the managed file is applied first, then the routes of the settings and of their test. */
export const composeSmtpSettings = async (core: Core, logger: Logger, { store: templates }: Templates) => {
  const { clock, passwordKeys, smtpSettings: store, smtpSettingsTest, testLog } = core;
  await applyManagedFile(core, logger);
  const closed = await passwordKeys.closedBecause();
  if (closed) logger.error(closed);
  const shown = openShownCertificates(clock);

  /** Mail that was accepted for settings at the very moment they were deleted waits for nobody. */
  const holdOrphans = () =>
    store.waitingMail
      .holdOrphans()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for mail without settings'));
  const endLostTests = () =>
    testLog
      .endLost()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for tests that were cut off'));
  const tidy = () => Promise.all([holdOrphans(), endLostTests()]);
  let tidying: NodeJS.Timeout | undefined;

  return {
    addRoutes: (router: Router) => {
      addSmtpSettingsRoutes(router, { store, keys: passwordKeys, shown, listTemplates: templates.listUsing });
      const { closedBecause } = passwordKeys;
      addDiagnosisRoutes(router, {
        test: smtpSettingsTest,
        store,
        shown,
        remember: core.remember,
        clock,
        closedBecause,
      });
    },
    /** Looks once, and then every minute. */
    startTidying: async () => {
      await tidy();
      tidying = setInterval(() => void tidy(), tidyMs).unref();
    },
    stopTidying: () => clearInterval(tidying),
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

async function applyManagedFile({ config, smtpSettings }: Core, logger: Logger): Promise<void> {
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
  const { changed, closed } = await smtpSettings.applyManaged(parsed.settings);
  if (closed)
    logger.error('smtp-settings.json: its passwords cannot be sealed while the key is missing; they were not saved');
  if (changed.length > 0) logger.info(`smtp-settings.json: saved ${changed.join(', ')}`);
}
