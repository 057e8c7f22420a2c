/** Imports as they lie in the database: what was uploaded, what the check found, how far it is. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type {
  ContactImport,
  ContactImportCheck,
  ContactImportOptions,
  ContactImportState,
  ContactImportSummary,
} from '../../contracts/contact-import.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import type { ContactImportRow } from '../database/tables.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import type { CsvEncoding } from '../platform/csv-text.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { encodingNames } from './guess-file.ts';

/** Of the rows behind it, and how long the file of faulty rows was then. */
export interface Counts {
  new: number;
  changed: number;
  unchanged: number;
  faulty: number;
  faultsBytes: number;
}

export interface StoredImport {
  id: string;
  state: ContactImportState;
  /** Whose folder of uploads has the file. */
  node: string;
  fileName: string;
  encoding: CsvEncoding;
  delimiter: string;
  columns: { name: string; samples: string[] }[];
  options: ContactImportOptions;
  skipsFaulty: boolean;
  rowsDone: number;
  counts: Counts;
  createdBy: string;
  startedBy: string | null;
  shown: ContactImport;
}

export type ImportChange = Partial<
  Pick<
    ContactImportRow,
    | 'state'
    | 'problem'
    | 'options'
    | 'skips_faulty'
    | 'checked_rows'
    | 'findings'
    | 'rows_done'
    | 'counts'
    | 'started_at'
    | 'started_by'
    | 'ended_at'
  >
>;

export interface ContactImportStore {
  add: (row: NewImport) => Promise<StoredImport>;
  read: (id: string) => Promise<StoredImport | null>;
  list: (page: { cursor: string | undefined; limit: number }) => Promise<{
    data: ContactImportSummary[];
    next: string | null;
  }>;
  /** False: it is in none of these states any more, and nothing was changed. */
  change: (id: string, from: readonly ContactImportState[], change: ImportChange) => Promise<boolean>;
  /** The oldest one that is to be checked or goes on, whose file this node has. */
  findWork: (node: string) => Promise<StoredImport | null>;
  /** False: it is running, or not there. */
  remove: (id: string) => Promise<boolean>;
  /** Where the check and its findings name this address. Its faulty rows go with it, all of them. @returns the ids. */
  forget: (address: string) => Promise<string[]>;
}

export type NewImport = Pick<
  ContactImportRow,
  'id' | 'file_name' | 'node' | 'size_bytes' | 'encoding' | 'delimiter' | 'created_at' | 'created_by'
> & { state: ContactImportState; problem: string; columns: StoredImport['columns']; options: ContactImportOptions };

export const noCounts: Counts = { new: 0, changed: 0, unchanged: 0, faulty: 0, faultsBytes: 0 };

/** Of a running import. Fails, and with it its transaction, where it does not run any more or `isCurrent` does not hold. */
export const progressStatement = (
  id: string,
  from: number,
  to: number,
  counts: Counts,
  isCurrent: RawBuilder<boolean>,
): RawBuilder<unknown> =>
  sql`update contact_import set counts = ${JSON.stringify(counts)},
    rows_done = case when state = 'running' and rows_done = ${from} and ${isCurrent} then ${sql.lit(to)} end
    where id = ${id}`;

export const openContactImportStore = ({ query }: Database, runTogether: RunTogether): ContactImportStore => {
  const read = async (id: string) => {
    const row = await query.selectFrom('contact_import').selectAll().where('id', '=', id).executeTakeFirst();
    return row ? toStored(row) : null;
  };
  return {
    add: async ({ columns, options, ...row }) => {
      await runTogether([
        query.insertInto('contact_import').values({
          ...row,
          columns: JSON.stringify(columns),
          options: JSON.stringify(options),
          skips_faulty: 0,
          checked_rows: 0,
          findings: null,
          rows_done: 0,
          counts: JSON.stringify(noCounts),
          started_at: null,
          started_by: null,
          ended_at: null,
        }),
      ]);
      return (await read(row.id))!;
    },
    read,
    list: async ({ cursor, limit }) => {
      let rows = query
        .selectFrom('contact_import')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (cursor) rows = rows.where('id', '<', decodeCursor(cursor));
      const found = await rows.execute();
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        data: found.slice(0, limit).map((row) => toStored(row).shown),
        next: last ? encodeCursor(last.id) : null,
      };
    },
    change: async (id, from, change) => {
      const [rows] = await runTogether([
        query
          .updateTable('contact_import')
          .set(change)
          .where('id', '=', id)
          .where('state', 'in', [...from])
          .returning('id'),
      ]);
      return rows?.length === 1;
    },
    findWork: async (node) => {
      const row = await query
        .selectFrom('contact_import')
        .selectAll()
        .where('node', '=', node)
        .where(sql<boolean>`state in ('checking', 'running')`)
        .orderBy('id')
        .limit(1)
        .executeTakeFirst();
      return row ? toStored(row) : null;
    },
    remove: async (id) => {
      const [rows] = await runTogether([
        query.deleteFrom('contact_import').where('id', '=', id).where('state', '!=', 'running').returning('id'),
      ]);
      return rows?.length === 1;
    },
    forget: async (address) => {
      const wanted = address.toLowerCase();
      const rows = await query
        .selectFrom('contact_import')
        .select(['id', 'columns', 'findings', 'state'])
        .where('state', 'not in', ['checking', 'running'])
        .execute();
      const ids: string[] = [];
      for (const row of rows) {
        ids.push(row.id);
        if (!`${row.columns}${row.findings ?? ''}`.toLowerCase().includes(wanted)) continue;
        const columns = (JSON.parse(row.columns) as StoredImport['columns']).map(({ name }) => ({ name, samples: [] }));
        const findings = row.findings === null ? null : withoutRows(JSON.parse(row.findings) as ContactImportCheck);
        const change = { columns: JSON.stringify(columns), findings: findings && JSON.stringify(findings) };
        await runTogether([query.updateTable('contact_import').set(change).where('id', '=', row.id)]);
      }
      return ids;
    },
  };
};

/** What was only to be looked at before the start holds persons' data, and is not kept longer than that. */
export const withoutRows = (check: ContactImportCheck): ContactImportCheck => ({
  ...check,
  problems: [],
  preview: [],
  faulty_rows: [],
});

function toStored(row: Selectable<ContactImportRow>): StoredImport {
  const counts = JSON.parse(row.counts) as Counts;
  const columns = JSON.parse(row.columns) as StoredImport['columns'];
  const options = JSON.parse(row.options) as ContactImportOptions;
  const check = row.findings === null ? null : (JSON.parse(row.findings) as ContactImportCheck);
  const state = row.state as ContactImportState;
  const encoding = row.encoding as CsvEncoding;
  const { faultsBytes, ...shownCounts } = counts;
  return {
    id: row.id,
    state,
    node: row.node,
    fileName: row.file_name,
    encoding,
    delimiter: row.delimiter,
    columns,
    options,
    skipsFaulty: row.skips_faulty === 1,
    rowsDone: row.rows_done,
    counts,
    createdBy: row.created_by,
    startedBy: row.started_by,
    shown: {
      id: row.id,
      state,
      problem: row.problem,
      file_name: row.file_name,
      size_bytes: row.size_bytes,
      progress: row.started_at === null ? null : { rows: check?.rows ?? 0, rows_done: row.rows_done, ...shownCounts },
      created_at: toIso(row.created_at),
      created_by: row.created_by,
      started_at: toIsoOrNull(row.started_at),
      ended_at: toIsoOrNull(row.ended_at),
      encoding: encodingNames[encoding] ?? '',
      delimiter: row.delimiter,
      columns,
      options,
      checked_rows: row.checked_rows,
      check,
      skips_faulty: row.skips_faulty === 1,
    },
  };
}
