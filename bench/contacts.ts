/**
 * Imports 100,000 contacts of 50,000 accounts from CSV, as the program does: upload, check of every row, and taking them;
 * and how long the event loop was kept from mail meanwhile.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import pino from 'pino';
import { openContactImportStore } from '../server/contact-import/contact-import.store.ts';
import { openContactImportWorker } from '../server/contact-import/contact-import.worker.ts';
import { guessMapping } from '../server/contact-import/guess-file.ts';
import { openImportFiles } from '../server/contact-import/import-file.store.ts';
import { openKnownContacts } from '../server/contact-import/known-contacts.store.ts';
import { migrate } from '../server/database/migrate.ts';
import { type DatabaseAddress, openDatabase } from '../server/database/open.ts';
import { openRunTogether } from '../server/database/run-together.ts';
import { systemClock } from '../server/platform/clock.ts';
import { newId } from '../server/platform/id.ts';
import { findPostgres } from '../test/support/installed.ts';
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts';
import { atMost, type Figure } from './figure.ts';

const rows = 100_000;
const limitSeconds = 30;
const columns = ['Account number', 'Company', 'Currency', 'Language', 'Name', 'E-mail', 'Kinds', 'Primary'];

export const measureContacts = async (): Promise<Figure[]> => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-'));
  try {
    const sqlite = await importAll(folder, { kind: 'sqlite', file: path.join(folder, 'postern.db') });
    const figures = [
      atMost('importing 100,000 contacts, SQLite', sqlite.seconds, 's', limitSeconds),
      atMost('  of that the check of every row', sqlite.checkSeconds, 's', null),
      atMost('  longest hold of the event loop', sqlite.longestHoldMs, 'ms', null),
    ];
    if (!findPostgres()) return figures;
    const server = await startPostgres();
    try {
      const { url, remove } = await createPostgresDatabase(server.url);
      const postgres = await importAll(folder, { kind: 'postgres', url });
      await remove();
      return [...figures, atMost('importing 100,000 contacts, PostgreSQL', postgres.seconds, 's', limitSeconds)];
    } finally {
      await server.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

async function importAll(folder: string, address: DatabaseAddress) {
  const database = await openDatabase(address);
  await migrate(database);
  const runTogether = openRunTogether(database);
  const store = openContactImportStore(database, runTogether);
  const files = openImportFiles(folder);
  const worker = openContactImportWorker({
    store,
    known: openKnownContacts(database, runTogether),
    files,
    node: 'bench',
    clock: systemClock,
    logger: pino({ level: 'silent' }),
    lookEveryMs: null,
  });
  const id = newId('imp');
  const faults = await files.openFaults(id, 0);
  await faults.close();
  writeFileSync(files.pathOf(id), writeContacts());
  const hold = monitorEventLoopDelay({ resolution: 5 });
  const startedAt = performance.now();
  await store.add({
    id,
    state: 'checking',
    problem: '',
    file_name: 'contacts.csv',
    node: 'bench',
    size_bytes: statSync(files.pathOf(id)).size,
    encoding: 'utf-8',
    delimiter: ',',
    columns: columns.map((name) => ({ name, samples: [] })),
    options: { mapping: guessMapping(columns), defaults: { account_language: 'en', contact_kinds: ['general'] } },
    created_at: Date.now(),
    created_by: 'bench',
  });
  hold.enable();
  worker.wake();
  await worker.idle();
  const checkedAt = performance.now();
  await store.change(id, ['checked'], { state: 'running', started_at: Date.now(), started_by: 'bench' });
  worker.wake();
  await worker.idle();
  const endedAt = performance.now();
  hold.disable();
  const done = await store.read(id);
  await worker.stop();
  await database.close();
  if (done?.counts.new !== rows) throw new Error(`not all were imported: ${JSON.stringify(done?.shown)}`);
  return {
    seconds: (endedAt - startedAt) / 1000,
    checkSeconds: (checkedAt - startedAt) / 1000,
    longestHoldMs: hold.max / 1e6,
  };
}

function writeContacts(): string {
  const lines = [columns.join(',')];
  for (let at = 0; at < rows; at += 1) {
    const account = Math.floor(at / 2);
    const isFirst = at % 2 === 0;
    lines.push(
      `K-${account},"Company ${account}, Ltd",EUR,de,Person ${at} Müller,person.${at}@company-${account}.example,${
        isFirst ? '"billing, general",billing' : 'technical,'
      }`,
    );
  }
  return `${lines.join('\n')}\n`;
}
