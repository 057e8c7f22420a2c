/**
 * Rows of a table → invoices, as the API would be sent them. Rows of one number that stand one below the other are the lines
 * of one invoice; NDJSON has an invoice on each line, with its `account`.
 */
import type { BillingField, BillingOptions } from '../../contracts/billing-run.ts';
import { InvoiceInput } from '../../contracts/invoice.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { unprotectCell } from '../platform/csv-text.ts';
import { readDay, readNumber, type WrittenIn } from './read-values.ts';

export interface TableRow {
  /** Line of the file at which it begins, from 1. */
  line: number;
  /** By the name of their column; or the object of a line of NDJSON. */
  cells: Record<string, unknown>;
  /** The row could not be read at all. */
  fault?: string;
}

export type BilledInput = Omit<InvoiceInput, 'pdf'>;

export interface ReadInvoice {
  line: number;
  rowCount: number;
  account: string;
  number: string;
  /** Null: not of the right shape. */
  input: BilledInput | null;
  /** Name of a file in the ZIP. */
  pdf: string | null;
  problems: FieldProblem[];
}

export interface RowOptions {
  mapping: BillingOptions['mapping'];
  defaults: BillingOptions['defaults'];
  template: string;
  smtpSettings: string | undefined;
  writtenIn: WrittenIn;
}

export async function* readInvoices(
  rows: AsyncIterable<TableRow[]>,
  isTable: boolean,
  options: RowOptions,
): AsyncGenerator<ReadInvoice[]> {
  let group: TableRow[] = [];
  let key = '';
  for await (const some of rows) {
    const done: ReadInvoice[] = [];
    for (const row of some) {
      if (!isTable) {
        done.push(readObject(row, options));
        continue;
      }
      const rowKey = row.fault ? '' : `${cellOf(row, 'account', options)}\n${cellOf(row, 'number', options)}`;
      if (group.length > 0 && (rowKey !== key || key === '')) {
        done.push(readGroup(group, options));
        group = [];
      }
      key = cellOf(row, 'number', options) === '' ? '' : rowKey;
      group.push(row);
    }
    yield done;
  }
  if (group.length > 0) yield [readGroup(group, options)];
}

function cellOf({ cells }: TableRow, field: BillingField, { mapping }: RowOptions): string {
  const column = mapping[field];
  const cell = column === undefined ? undefined : cells[column];
  return typeof cell === 'string' ? unprotectCell(cell.trim()) : '';
}

function readGroup(rows: readonly TableRow[], options: RowOptions): ReadInvoice {
  const first = rows[0]!;
  const problems: FieldProblem[] = [];
  const cell = (field: BillingField, row = first) => cellOf(row, field, options);
  const tell = (path: string, code: string, message: string, row = first) =>
    problems.push({ path, code, message: `Line ${row.line}: ${message}` });
  if (first.fault) tell('', 'unreadable', first.fault);
  const number = (field: BillingField, row: TableRow): string | undefined => {
    const text = cell(field, row);
    if (text === '') return undefined;
    const read = readNumber(field === 'tax_rate' ? text.replace(/%$/, '') : text, options.writtenIn);
    if (read === null) {
      const sign = options.writtenIn.decimalSign;
      tell(field, 'bad_number', `${field}: "${clip(text)}" is no number such as 1234${sign}50.`, row);
    }
    return read ?? '0';
  };
  const day = (field: 'issued_on' | 'due_on'): string | undefined => {
    const text = cell(field);
    if (text === '') return options.defaults[field];
    const read = readDay(text, options.writtenIn);
    if (read === null) tell(field, 'bad_date', `${field}: "${clip(text)}" is no day such as 2026-11-22.`);
    return read ?? '2000-01-01';
  };
  const hasLines = options.mapping.unit_price !== undefined;
  const lines = rows.map((row) => ({
    description: cell('description', row) || cell('number', row),
    quantity: number('quantity', row) ?? '1',
    unit_price: hasLines ? number('unit_price', row) : undefined,
    tax_rate: number('tax_rate', row) ?? null,
  }));
  if (!hasLines && rows.length > 1) {
    tell(
      'number',
      'duplicate_in_file',
      'This number stands in several rows, which have totals alone. Keep one of them.',
      rows[1],
    );
  }
  const given = problems.length;
  const input = first.fault
    ? null
    : check(
        {
          number: cell('number'),
          issued_on: day('issued_on'),
          due_on: day('due_on'),
          currency: cell('currency') || options.defaults.currency,
          ...(hasLines ? { lines } : { total: number('total', first) }),
          reference: cell('reference'),
          notes: cell('notes'),
          language: cell('language') || options.defaults.language,
          template: options.template,
          smtp_settings: options.smtpSettings,
        },
        first.line,
        problems,
      );
  return {
    line: first.line,
    rowCount: rows.length,
    account: cell('account'),
    number: cell('number'),
    input: given > 0 ? null : input,
    pdf: cell('pdf') || null,
    problems,
  };
}

function readObject({ line, cells, fault }: TableRow, options: RowOptions): ReadInvoice {
  const problems: FieldProblem[] = [];
  const { account, pdf, ...rest } = cells as { account?: unknown; pdf?: unknown; number?: unknown };
  if (fault) problems.push({ path: '', code: 'unreadable', message: `Line ${line}: ${fault}` });
  const { defaults, template, smtpSettings } = options;
  const input = fault
    ? null
    : check({ ...defaults, template, ...(smtpSettings && { smtp_settings: smtpSettings }), ...rest }, line, problems);
  return {
    line,
    rowCount: 1,
    account: typeof account === 'string' ? account : '',
    number: typeof rest.number === 'string' ? rest.number.slice(0, 100) : '',
    input,
    pdf: typeof pdf === 'string' && pdf !== '' ? pdf : null,
    problems,
  };
}

function check(given: Record<string, unknown>, line: number, problems: FieldProblem[]): BilledInput | null {
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const checked = InvoiceInput.safeParse(present);
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues.slice(0, 10)) {
    const { path, message, code } = issue;
    const name = path.join('.');
    const isAbsent = issue.code === 'invalid_type' && /received undefined/.test(message);
    const isMissing = isAbsent || (issue.code === 'too_small' && issue.origin === 'string' && issue.minimum === 1);
    problems.push({
      path: name,
      code: isMissing ? 'required' : code === 'custom' ? 'invalid' : code,
      message: `Line ${line}: ${name === '' ? '' : `${name}: `}${isAbsent ? 'give it; it is missing.' : message}`,
    });
  }
  return null;
}

const clip = (text: string) => (text.length > 40 ? `${text.slice(0, 40)}…` : text);
