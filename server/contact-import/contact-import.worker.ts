/**
 * Takes imports forward in the background, one after the other: looks at every row and changes nothing, or takes the rows,
 * a thousand to a transaction with its own progress. Between two transactions mail has its turn. After a restart it goes on
 * where the last transaction ended: the file is read again up to there, and nothing is taken twice.
 */
import type { Logger } from 'pino';
import type { ContactImportCheck, ContactRow } from '../../contracts/contact-import.ts';
import type { Clock } from '../platform/clock.ts';
import { byteOrderMark, writeCsvRow } from '../platform/csv-text.ts';
import { newId } from '../platform/id.ts';
import { type ContactFile, readContactFile, UnreadableFileError } from './contact-file.worker.ts';
import {
  type ContactImportStore,
  type Counts,
  progressStatement,
  type StoredImport,
  withoutRows,
} from './contact-import.store.ts';
import type { FaultsWriter, ImportFiles } from './import-file.store.ts';
import { emptyState, type KnownContacts } from './known-contacts.store.ts';
import { type PlannedRow, type PlanParts, planRow } from './plan-rows.ts';
import type { GivenRow } from './read-row.ts';

export interface ContactImportWorkerParts {
  store: ContactImportStore;
  known: KnownContacts;
  files: ImportFiles;
  node: string;
  clock: Clock;
  logger: Logger;
  /** Asks for work that another node's caller has given, this often; null: all callers come here. */
  lookEveryMs: number | null;
}

export interface ContactImportWorker {
  start: () => void;
  /** There is something to do. */
  wake: () => void;
  /** Resolves when there is nothing to do. */
  idle: () => Promise<void>;
  stop: () => Promise<void>;
}

const rowsPerStep = 1000;
const previewRows = 50;
const mostProblems = 50;
const retryMs = 5000;
/** Somebody changes the very rows that are taken; more often than this in a row, it is something else. */
const mostCollisions = 5;

/** It was cancelled, or the process ends: nothing is wrong. */
class Stopped extends Error {}

export const openContactImportWorker = (parts: ContactImportWorkerParts): ContactImportWorker => {
  const { store, known, files, node, clock, logger } = parts;
  let work: Promise<void> | null = null;
  let isWanted = false;
  let isStopping = false;
  let timer: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;

  const wake = () => {
    isWanted = true;
    if (isStopping) return;
    work ??= run().finally(() => {
      work = null;
      if (isWanted && !isStopping) wake();
    });
  };

  const run = async () => {
    while (isWanted && !isStopping) {
      isWanted = false;
      for (;;) {
        const one = isStopping ? null : await store.findWork(node).catch(tryLater);
        if (!one) break;
        if (!(await forward(one))) break;
      }
    }
  };

  /** False: not now. */
  const forward = async (one: StoredImport): Promise<boolean> => {
    try {
      await (one.state === 'checking' ? check(one) : take(one));
      return true;
    } catch (error) {
      if (error instanceof Stopped) return !isStopping;
      if (error instanceof UnreadableFileError) {
        await store.change(one.id, [one.state], { state: 'unreadable', problem: error.message, ended_at: clock.now() });
        return true;
      }
      return tryLater(error) !== null;
    }
  };
  const tryLater = (error: unknown): null => {
    logger.error({ err: error }, 'an import of contacts cannot go on; trying again');
    clearTimeout(retry);
    retry = setTimeout(wake, retryMs).unref();
    return null;
  };

  const fileOf = (one: StoredImport): ContactFile => ({
    path: files.pathOf(one.id),
    encoding: one.encoding,
    delimiter: one.delimiter,
    mapping: one.options.mapping,
  });
  const planParts = (one: StoredImport): PlanParts => ({
    defaults: one.options.defaults,
    newAccountId: () => newId('acct', clock.now()),
    newContactId: () => newId('ctct', clock.now()),
  });
  const openFaults = async (one: StoredImport, bytes: number): Promise<FaultsWriter> => {
    const faults = await files.openFaults(one.id, bytes);
    const header = [...one.columns.map(({ name }) => name), 'row', 'problems'];
    if (bytes === 0) await faults.write(byteOrderMark + writeCsvRow(header));
    return faults;
  };
  const writeFaults = async (faults: FaultsWriter, one: StoredImport, rows: readonly PlannedRow[]) => {
    const lines = rows
      .filter(({ state }) => state === 'faulty')
      .map(({ given, problems }) => {
        const cells = one.columns.map((_, place) => given.cells[place] ?? '');
        return writeCsvRow([...cells, given.row, problems.map(({ message }) => message).join(' ')]);
      });
    if (lines.length > 0) await faults.write(lines.join(''));
  };

  const check = async (one: StoredImport) => {
    const found: ContactImportCheck = {
      rows: 0,
      ...{ new: 0, changed: 0, unchanged: 0, faulty: 0 },
      new_accounts: 0,
      new_contacts: 0,
      problems: [],
      preview: [],
      faulty_rows: [],
    };
    const problems = new Map<string, ContactImportCheck['problems'][number]>();
    const state = emptyState();
    const faults = await openFaults(one, 0);
    let newOnes = 0;
    const placeholder = () => `new ${++newOnes}`;
    const parts = { defaults: one.options.defaults, newAccountId: placeholder, newContactId: placeholder };
    try {
      for await (const rows of readContactFile(fileOf(one), rowsPerStep)) {
        await known.load(rows, state);
        const planned = rows.map((row) => planRow(row, state, parts));
        // A contact stands once in a file; only accounts come again.
        state.contacts.clear();
        state.changed.clear();
        for (const row of planned) {
          found.rows += 1;
          found[row.state] += 1;
          if (row.addsAccount) found.new_accounts += 1;
          if (row.addsContact) found.new_contacts += 1;
          if (found.preview.length < previewRows) found.preview.push(toShown(row));
          if (row.state !== 'faulty') continue;
          if (found.faulty_rows.length < previewRows) found.faulty_rows.push(toShown(row));
          for (const { path, code, message } of row.problems) countProblem(problems, path, code, message);
        }
        await writeFaults(faults, one, planned);
        if (isStopping) throw new Stopped();
        if (!(await store.change(one.id, ['checking'], { checked_rows: found.rows }))) throw new Stopped();
      }
    } finally {
      await faults.close();
    }
    if (found.rows === 0) throw new UnreadableFileError('There are no rows behind the names of the columns.');
    found.problems = [...problems.values()].sort((a, b) => b.count - a.count).slice(0, mostProblems);
    await store.change(one.id, ['checking'], { state: 'checked', problem: '', findings: JSON.stringify(found) });
  };

  const take = async (one: StoredImport) => {
    let { rowsDone, counts } = one;
    let passed = 0;
    const faults = await openFaults(one, rowsDone === 0 ? 0 : counts.faultsBytes);
    const by = `${one.startedBy}, ${one.fileName}`;
    try {
      for await (const read of readContactFile(fileOf(one), rowsPerStep)) {
        const rows = read.slice(Math.max(0, rowsDone - passed));
        passed += read.length;
        if (isStopping) throw new Stopped();
        if (rows.length === 0) continue;
        const step = await takeStep(one, rows, { rowsDone, counts, by }, async (planned) => {
          await writeFaults(faults, one, planned);
          return faults.bytes();
        });
        ({ rowsDone, counts } = step);
      }
    } finally {
      await faults.close();
    }
    const ended = { state: 'finished', problem: '', ended_at: clock.now() };
    const check = one.shown.check && withoutRows(one.shown.check);
    await store.change(one.id, ['running'], { ...ended, findings: check && JSON.stringify(check) });
    await files.removeFile(one.id);
    logger.info({ import: one.id, rows: rowsDone }, 'imported contacts');
  };

  const takeStep = async (
    one: StoredImport,
    rows: readonly GivenRow[],
    { rowsDone, counts, by }: { rowsDone: number; counts: Counts; by: string },
    keepFaults: (planned: readonly PlannedRow[]) => Promise<number>,
  ) => {
    let faultsBytes: number | null = null;
    for (let tries = 1; ; tries += 1) {
      const state = emptyState();
      await known.load(rows, state);
      const planned = rows.map((row) => planRow(row, state, planParts(one)));
      faultsBytes ??= await keepFaults(planned);
      const after = { ...counts, faultsBytes };
      for (const row of planned) after[row.state] += 1;
      const to = rowsDone + rows.length;
      try {
        await known.write(
          state,
          (isCurrent) => progressStatement(one.id, rowsDone, to, after, isCurrent),
          by,
          clock.now(),
        );
        return { rowsDone: to, counts: after };
      } catch (error) {
        const now = await store.read(one.id);
        if (now?.state !== 'running' || now.rowsDone !== rowsDone) throw new Stopped();
        if (tries >= mostCollisions) throw error;
      }
    }
  };

  return {
    start: () => {
      if (parts.lookEveryMs !== null) timer = setInterval(wake, parts.lookEveryMs).unref();
      wake();
    },
    wake,
    idle: async () => {
      while (work) await work;
    },
    stop: async () => {
      isStopping = true;
      clearInterval(timer);
      clearTimeout(retry);
      await work;
    },
  };
};

function toShown({ given, state, problems, account, contact }: PlannedRow): ContactRow {
  return { row: given.row, state, account, contact, problems };
}

/** Faults of one kind are one line, whatever they quote. */
function countProblem(
  problems: Map<string, ContactImportCheck['problems'][number]>,
  path: string,
  code: string,
  message: string,
): void {
  const known = problems.get(`${path} ${code}`);
  if (known) known.count += 1;
  else problems.set(`${path} ${code}`, { path, code, message, count: 1 });
}
