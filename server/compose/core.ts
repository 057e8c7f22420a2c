import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { openAccessStore } from '../access/access.store.ts';
import { openApiKeyStore } from '../access/api-key.store.ts';
import type { Config } from '../config.ts';
import { migrate } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { openDeliveryStore } from '../delivery/delivery.store.ts';
import { openSmtpSettingsTest } from '../diagnosis/smtp-settings-test.client.ts';
import { openTestLog } from '../diagnosis/test-log.store.ts';
import { openPersonStore } from '../person/person.store.ts';
import { openPersonLinkStore } from '../person/person-link.store.ts';
import { type Clock, systemClock } from '../platform/clock.ts';
import { resealCapturedSecrets } from '../sandbox/secret-capture.store.ts';
import { resealTotpSecrets } from '../second-factor/second-factor.store.ts';
import { isAddressAllowed } from '../smtp/address-policy.ts';
import { openSession } from '../smtp/session.client.ts';
import { openPasswordKeys } from '../smtp-settings/password-key.store.ts';
import { openServerMemory } from '../smtp-settings/server-memory.ts';
import { openSmtpSettingsStore } from '../smtp-settings/smtp-settings.store.ts';
import { resealSecretContent } from '../submission/secret-content.store.ts';
import { CannotStartError } from './cannot-start-error.ts';
import { openDataFolder } from './data-folder.ts';

/** What the server and the command line share: the same stores on the same database, no listening ports. */
export const composeCore = async (config: Config, clock: Clock = systemClock) => {
  await openDataFolder(config.dataFolder);
  const database = await openDatabase(config.database).catch((error: Error) => {
    const where = config.database.kind === 'sqlite' ? config.database.file : 'POSTERN_DATABASE_URL';
    throw new CannotStartError(`The database cannot be opened (${where}): ${error.message}`);
  });
  await migrate(database);
  const passwordKeys = await openPasswordKeys(database, config, clock, [
    resealTotpSecrets,
    resealSecretContent,
    resealCapturedSecrets,
  ]);
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
