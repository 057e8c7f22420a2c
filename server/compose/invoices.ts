import path from 'node:path';
import type { Logger } from 'pino';
import { openBillingFiles } from '../billing-run/billing-file.store.ts';
import { addBillingRunRoutes } from '../billing-run/billing-run.routes.ts';
import { openBillingRunStore } from '../billing-run/billing-run.store.ts';
import { openBillingRunWorker } from '../billing-run/billing-run.worker.ts';
import { openRunTogether } from '../database/run-together.ts';
import { systemTimer } from '../delivery/timer.ts';
import type { AccountDirectory } from '../invoice/account-directory.ts';
import { addInvoiceRoutes } from '../invoice/invoice.routes.ts';
import { openInvoiceStore } from '../invoice/invoice.store.ts';
import { toInvoiceLook } from '../invoice/stored-invoice.ts';
import { openPdfMaker } from '../invoice-pdf/pdf-maker.worker.ts';
import type { Router } from '../platform/http.ts';
import { nodeName } from '../platform/machine.ts';
import { chooseSettings, type SettingsDirectory } from '../submission/choose-settings.ts';
import type { Submit } from '../submission/submit-message.ts';
import type { Core } from './core.ts';
import type { Templates } from './templates.ts';

/** Invoices, alone and many from one file: what is begun is written down, then made, then accepted by `submit`. */
export const composeInvoices = (
  { config, clock, database }: Core,
  logger: Logger,
  given: {
    submit: Submit;
    settings: SettingsDirectory;
    templates: Templates;
    accounts: AccountDirectory;
    cancelMessage: (id: string, by: string) => Promise<unknown>;
  },
) => {
  const { submit, settings, templates, accounts, cancelMessage } = given;
  const store = openInvoiceStore(database);
  const pdf = openPdfMaker();
  const readLook = async () => {
    const { branding, logo } = await templates.branding.recall();
    return toInvoiceLook(branding, logo);
  };
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
      chooseSettings: (name) => chooseSettings(settings, name),
    },
    cancelMessage,
    rest: pdf.rest,
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
      addInvoiceRoutes(router, { ...mail, render, settings, shown: templates.shown });
      addBillingRunRoutes(router, { runs, files, invoices: store, wake: worker.wake, clock, node });
    },
    stop: async () => {
      await worker.stop();
      await pdf.close();
    },
  };
};
