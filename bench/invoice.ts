/** Invoices: a PDF, and a run of 100,000 rows from its file to the summary that a person confirms. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { InvoiceLine } from '../contracts/invoice.ts';
import { openBillingFiles } from '../server/billing-run/billing-file.store.ts';
import { openBillingRunStore } from '../server/billing-run/billing-run.store.ts';
import { checkRun } from '../server/billing-run/check-run.ts';
import { guessOptions, type StoredRun } from '../server/billing-run/stored-run.ts';
import { openAccountStore } from '../server/contact/account.store.ts';
import { migrate } from '../server/database/migrate.ts';
import { openDatabase } from '../server/database/open.ts';
import { openRunTogether } from '../server/database/run-together.ts';
import { addUp } from '../server/invoice/add-up.ts';
import { openInvoiceStore } from '../server/invoice/invoice.store.ts';
import { openPdfMaker } from '../server/invoice-pdf/pdf-maker.worker.ts';
import { systemClock } from '../server/platform/clock.ts';
import { atMost, type Figure } from './figure.ts';

const look = {
  company_name: 'Müller & Söhne GmbH',
  address: 'Hafenstraße 12\n20457 Hamburg',
  vat_number: 'DE123456789',
  bank_details: 'IBAN DE02 2005 0550 1015 8717 93',
  email: 'billing@example.com',
  phone: '+49 40 123456',
  website: 'https://example.com',
  color: '#0f766e',
  legal_text: 'Registered office Hamburg, HRB 12345',
  logo: null,
};

export const measurePdf = async (): Promise<Figure[]> => {
  const lines = Array.from({ length: 8 }, (_, at) =>
    InvoiceLine.parse({ description: `Subscription, seat ${at}`, quantity: '3', unit_price: '49.90', tax_rate: '19' }),
  );
  const added = addUp({ currency: 'EUR', lines });
  if (!added.ok) throw new Error('it does not add up');
  const maker = openPdfMaker();
  const document = (at: number) => ({
    language: 'en',
    number: `R-${at}`,
    issuedOn: '2026-11-22',
    dueOn: '2026-12-06',
    accountName: `Company ${at}`,
    accountNumber: `K-${at}`,
    reference: '',
    notes: 'Thank you.',
    totals: added.totals,
    madeAt: 1_790_000_000_000,
  });
  for (let at = 0; at < 100; at += 1) await maker.make(document(at), look);
  const times: number[] = [];
  for (let at = 0; at < 300; at += 1) {
    const begun = performance.now();
    await maker.make(document(at), look);
    times.push(performance.now() - begun);
  }
  await maker.close();
  const median = times.sort((a, b) => a - b)[150]!;
  return [atMost('a PDF of an invoice, 8 lines', median, 'ms', 15)];
};

const runSize = 100_000;
const accountCount = 5000;

export const measureBillingRun = async (): Promise<Figure[]> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-invoice-'));
  const database = await openDatabase({ kind: 'sqlite', file: path.join(folder, 'postern.db') });
  try {
    await migrate(database);
    const runTogether = openRunTogether(database);
    const accounts = openAccountStore(database, runTogether, systemClock);
    const addAccount = (at: number) =>
      accounts.create(
        { number: `K${at}`, name: `Company ${at}`, status: 'active', language: 'en', currency: 'EUR' },
        [0, 1].map((place) => ({
          name: 'Ada',
          address: `c${place}.k${at}@example.com`,
          kinds: ['billing' as const],
          primary_for: [],
          language: null,
          is_active: true,
        })),
        'bench',
      );
    for (let at = 0; at < accountCount; at += 100) {
      await Promise.all(Array.from({ length: 100 }, (_, place) => addAccount(at + place)));
    }
    const files = openBillingFiles(folder);
    const rows = function* () {
      yield 'account,number,issued_on,due_on,description,unit_price,tax_rate\n';
      for (let at = 0; at < runSize; at += 1)
        yield `K${at % accountCount},R-${at},2026-11-22,2026-12-06,"Service, gold",100.00,19\n`;
    };
    const begun = performance.now();
    const kept = await files.keep(Readable.from(rows(), { objectMode: false }));
    const { columns, format, pdfs } = await files.inspect(kept.file);
    const now = Date.now();
    const run: StoredRun = {
      id: 'run_00000000000000000000000001',
      name: 'bench',
      state: 'checking',
      problem: '',
      format,
      fileName: 'bench.csv',
      ...kept,
      node: 'bench',
      invoiceCount: 0,
      columns,
      options: guessOptions(columns),
      pdfs,
      checkedBytes: 0,
      check: null,
      createdAt: now,
      createdBy: 'bench',
      startedAt: null,
      startedBy: null,
      endedAt: null,
      retriesBefore: null,
    };
    const runs = openBillingRunStore(database, runTogether);
    await runs.add(run);
    let stall = 0;
    let last = performance.now();
    const watch = setInterval(() => {
      stall = Math.max(stall, performance.now() - last - 10);
      last = performance.now();
    }, 10);
    const done = await checkRun(run, await files.open(kept.file), {
      store: runs,
      accounts: accounts.directory,
      invoices: openInvoiceStore(database),
      readTemplate: async () => ({ variables: [], settings: null }),
      chooseSettings: async () => ({
        ok: true,
        settings: { id: '', name: '', fromName: '', fromEmail: '', replyTo: '' },
        isNamed: false,
      }),
      now: Date.now,
      tell: async () => true,
    });
    clearInterval(watch);
    if (done.outcome !== 'checked' || done.check.ready !== runSize) throw new Error(JSON.stringify(done));
    const seconds = (performance.now() - begun) / 1000;
    return [
      atMost('preparing a billing run of 100,000 rows', seconds, 's', 60),
      atMost('its longest hold of the event loop', stall, 'ms', null),
    ];
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
};
