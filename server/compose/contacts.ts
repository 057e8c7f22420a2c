import type { Logger } from 'pino';
import { openAudit } from '../audit/audit.store.ts';
import { addAccountRoutes } from '../contact/account.routes.ts';
import { openAccountStore } from '../contact/account.store.ts';
import { openContactStore } from '../contact/contact.store.ts';
import { openContactExport } from '../contact-import/contact-export.store.ts';
import { addContactImportRoutes } from '../contact-import/contact-import.routes.ts';
import { openContactImportStore } from '../contact-import/contact-import.store.ts';
import { openContactImportWorker } from '../contact-import/contact-import.worker.ts';
import { openImportFiles } from '../contact-import/import-file.store.ts';
import { openKnownContacts } from '../contact-import/known-contacts.store.ts';
import { openRunTogether } from '../database/run-together.ts';
import { addPersonalDataRoutes } from '../personal-data/personal-data.routes.ts';
import { openPersonalDataStore } from '../personal-data/personal-data.store.ts';
import type { Router } from '../platform/http.ts';
import { nodeName } from '../platform/machine.ts';
import type { Core } from './core.ts';

/** Another node's caller may have given this one work: the file of an import lies on one machine. */
const lookForImportsMs = 5000;

/** Accounts and their contacts, one by one and from files, and what is known of a person among them. */
export const composeContacts = ({ config, clock, database }: Core, logger: Logger) => {
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
