/** Billing runs in the database, and which node works on them; with their items and their mails it is what a run is. */
import type { Selectable } from 'kysely';
import type { BillingRunState } from '../../contracts/billing-run.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import type { BillingRunRow } from '../database/tables.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { type BillingItemStore, openBillingItems } from './billing-item.store.ts';
import { openRunMail, type RunMailStore } from './run-mail.store.ts';
import type { StoredRun } from './stored-run.ts';

export interface BillingRunStore extends BillingItemStore, RunMailStore {
  add: (run: StoredRun) => Promise<void>;
  read: (id: string) => Promise<StoredRun | null>;
  /** Newest first. */
  list: (page: { cursor?: string | undefined; limit: number }) => Promise<{ data: StoredRun[]; next: string | null }>;
  /** False: it is in none of the states `from` any more. */
  change: (id: string, from: readonly BillingRunState[], changes: RunChanges) => Promise<boolean>;
  remove: (id: string) => Promise<void>;
  /** A run that has something to do on this node and that nobody else has, leased. */
  claim: (owner: string, node: string, now: number, leasedUntil: number) => Promise<StoredRun | null>;
  /** False: it is in another state, or another's. */
  renew: (id: string, owner: string, state: BillingRunState, leasedUntil: number) => Promise<boolean>;
  release: (id: string, owner: string) => Promise<void>;
}

export type RunChanges = Partial<
  Pick<
    StoredRun,
    | 'state'
    | 'problem'
    | 'options'
    | 'invoiceCount'
    | 'checkedBytes'
    | 'check'
    | 'startedAt'
    | 'startedBy'
    | 'endedAt'
    | 'retriesBefore'
  >
>;

export const openBillingRunStore = (database: Database, runTogether: RunTogether): BillingRunStore => {
  const { query } = database;

  return {
    ...openBillingItems(database, runTogether),
    ...openRunMail(database, runTogether),
    add: async (run) => {
      await runTogether([query.insertInto('billing_run').values(toRow(run))]);
    },
    read: async (id) => {
      const row = await query.selectFrom('billing_run').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? toStored(row) : null;
    },
    list: async ({ cursor, limit }) => {
      let select = query
        .selectFrom('billing_run')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (cursor !== undefined) select = select.where('id', '<', decodeCursor(cursor));
      const rows = await select.execute();
      return {
        data: rows.slice(0, limit).map(toStored),
        next: rows.length > limit ? encodeCursor(rows[limit - 1]!.id) : null,
      };
    },
    change: async (id, from, changes) => {
      const [rows] = await runTogether([
        query
          .updateTable('billing_run')
          .set(toColumns(changes))
          .where('id', '=', id)
          .where('state', 'in', from)
          .returning('id'),
      ]);
      return rows!.length > 0;
    },
    remove: async (id) => {
      await runTogether([query.deleteFrom('billing_run').where('id', '=', id)]);
    },
    claim: async (owner, node, now, leasedUntil) => {
      const candidate = await query
        .selectFrom('billing_run')
        .select('id')
        .where((eb) =>
          eb.or([
            eb('state', 'in', ['checking', 'running']),
            // Cancelled, and its mails are still being taken out of the queue.
            eb.and([eb('state', '=', 'cancelled'), eb('ended_at', 'is', null)]),
          ]),
        )
        .where((eb) =>
          eb.or([eb('leased_until', 'is', null), eb('leased_until', '<', now), eb('leased_by', '=', owner)]),
        )
        // Files lie in a node's own folder; what was checked is in the database.
        .where((eb) =>
          eb.or([eb('node', '=', node), eb.and([eb('state', '!=', 'checking'), eb('format', '!=', 'zip')])]),
        )
        .orderBy('leased_until')
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      if (!candidate) return null;
      const [rows] = await runTogether([
        query
          .updateTable('billing_run')
          .set({ leased_by: owner, leased_until: leasedUntil })
          .where('id', '=', candidate.id)
          .where((eb) =>
            eb.or([eb('leased_until', 'is', null), eb('leased_until', '<', now), eb('leased_by', '=', owner)]),
          )
          .returningAll(),
      ]);
      const row = rows![0] as Selectable<BillingRunRow> | undefined;
      return row ? toStored(row) : null;
    },
    renew: async (id, owner, state, leasedUntil) => {
      const [rows] = await runTogether([
        query
          .updateTable('billing_run')
          .set({ leased_until: leasedUntil })
          .where('id', '=', id)
          .where('leased_by', '=', owner)
          .where('state', '=', state)
          .returning('id'),
      ]);
      return rows!.length > 0;
    },
    release: async (id, owner) => {
      await runTogether([
        query
          .updateTable('billing_run')
          .set({ leased_by: null, leased_until: null })
          .where('id', '=', id)
          .where('leased_by', '=', owner),
      ]);
    },
  };
};

function toColumns({ options, check, ...changes }: RunChanges): Partial<BillingRunRow> {
  const names = {
    state: 'state',
    problem: 'problem',
    invoiceCount: 'invoice_count',
    checkedBytes: 'checked_bytes',
    startedAt: 'started_at',
    startedBy: 'started_by',
    endedAt: 'ended_at',
    retriesBefore: 'retries_before',
  } as const;
  const columns = Object.entries(changes).map(([name, value]) => [names[name as keyof typeof names], value]);
  return {
    ...(Object.fromEntries(columns) as Partial<BillingRunRow>),
    ...(options && { options: JSON.stringify(options) }),
    ...(check !== undefined && { findings: check && JSON.stringify(check) }),
  };
}

function toRow(run: StoredRun): BillingRunRow {
  return {
    id: run.id,
    name: run.name,
    state: run.state,
    problem: run.problem,
    format: run.format,
    file_name: run.fileName,
    file: run.file,
    node: run.node,
    size_bytes: run.sizeBytes,
    invoice_count: run.invoiceCount,
    columns: JSON.stringify(run.columns),
    options: JSON.stringify(run.options),
    pdfs: JSON.stringify(run.pdfs),
    checked_bytes: run.checkedBytes,
    findings: run.check && JSON.stringify(run.check),
    leased_by: null,
    leased_until: null,
    created_at: run.createdAt,
    created_by: run.createdBy,
    started_at: run.startedAt,
    started_by: run.startedBy,
    ended_at: run.endedAt,
    retries_before: run.retriesBefore,
  };
}

function toStored(row: Selectable<BillingRunRow>): StoredRun {
  return {
    id: row.id,
    name: row.name,
    state: row.state as BillingRunState,
    problem: row.problem,
    format: row.format as StoredRun['format'],
    fileName: row.file_name,
    file: row.file,
    node: row.node,
    sizeBytes: row.size_bytes,
    invoiceCount: row.invoice_count,
    columns: JSON.parse(row.columns) as StoredRun['columns'],
    options: JSON.parse(row.options) as StoredRun['options'],
    pdfs: JSON.parse(row.pdfs) as StoredRun['pdfs'],
    checkedBytes: row.checked_bytes,
    check: row.findings === null ? null : (JSON.parse(row.findings) as StoredRun['check']),
    createdAt: row.created_at,
    createdBy: row.created_by,
    startedAt: row.started_at,
    startedBy: row.started_by,
    endedAt: row.ended_at,
    retriesBefore: row.retries_before,
  };
}
