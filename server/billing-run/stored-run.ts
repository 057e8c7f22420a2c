/** Billing runs as they are kept, and as they cross HTTP. */
import type {
  BillingCheck,
  BillingField,
  BillingItemState,
  BillingOptions,
  BillingProgress,
  BillingRun,
  BillingRunState,
  BillingRunSummary,
} from '../../contracts/billing-run.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import { guessMapping } from './map-columns.ts';
import type { BilledInput } from './read-rows.ts';
import { guessWriting, type WrittenIn } from './read-values.ts';

export interface StoredRun {
  id: string;
  name: string;
  state: BillingRunState;
  problem: string;
  format: BillingRun['format'];
  fileName: string;
  file: string;
  node: string;
  sizeBytes: number;
  invoiceCount: number;
  columns: BillingRun['columns'];
  options: BillingOptions;
  pdfs: BillingRun['pdfs'];
  checkedBytes: number;
  check: BillingCheck | null;
  createdAt: number;
  createdBy: string;
  startedAt: number | null;
  startedBy: string | null;
  endedAt: number | null;
  retriesBefore: number | null;
}

/** What is mailed for an item. */
export interface BilledContent {
  input: BilledInput;
  pdf: string | null;
}

export interface StoredItem {
  position: number;
  line: number;
  accountNumber: string;
  accountId: string | null;
  number: string;
  currency: string;
  total: string | null;
  state: BillingItemState;
  problems: FieldProblem[];
  /** Null: it could not be read. */
  content: BilledContent | null;
  invoiceId: string | null;
}

export const toRunSummary = (run: StoredRun): BillingRunSummary => ({
  id: run.id,
  name: run.name,
  state: run.state,
  problem: run.problem,
  format: run.format,
  file_name: run.fileName,
  size_bytes: run.sizeBytes,
  invoice_count: run.invoiceCount,
  created_at: toIso(run.createdAt),
  created_by: run.createdBy,
  started_at: toIsoOrNull(run.startedAt),
  ended_at: toIsoOrNull(run.endedAt),
});

export const toRun = (run: StoredRun, progress: BillingProgress | null): BillingRun => ({
  ...toRunSummary(run),
  columns: run.columns,
  options: run.options,
  pdfs: run.pdfs,
  checked_bytes: run.checkedBytes,
  check: run.check,
  progress,
});

/** Guessed for a file that was just uploaded. */
export const guessOptions = (columns: BillingRun['columns']): BillingOptions => {
  const mapping = guessMapping(columns.map(({ name }) => name));
  const { decimalSign, dateOrder } = findWriting({ mapping, defaults: {}, template: 'invoice' }, columns);
  return { mapping, defaults: {}, template: 'invoice', decimal_sign: decimalSign, date_order: dateOrder };
};

/** As a person said, else as the file suggests. */
export const findWriting = (options: BillingOptions, columns: BillingRun['columns']): WrittenIn => {
  const samplesOf = (...fields: BillingField[]) =>
    fields.flatMap((field) => columns.find(({ name }) => name === options.mapping[field])?.samples ?? []);
  const guessed = guessWriting(samplesOf('unit_price', 'total', 'quantity'), samplesOf('issued_on', 'due_on'));
  return {
    decimalSign: options.decimal_sign ?? guessed.decimalSign,
    dateOrder: options.date_order ?? guessed.dateOrder,
  };
};
