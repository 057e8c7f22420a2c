/**
 * Looks at every row of a file before anything is mailed, a hundred at a time: what is wrong is named with its line and
 * its repair, and what is right is kept as an item. Begun again after a crash, it begins anew.
 */
import type { BillingCheck } from '../../contracts/billing-run.ts';
import { billingRunLimits } from '../../contracts/billing-run.ts';
import { invoiceLimits } from '../../contracts/invoice.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import type { TemplateVariable } from '../../contracts/template.ts';
import type { AccountDirectory, BilledAccount } from '../invoice/account-directory.ts';
import type { InvoiceStore } from '../invoice/invoice.store.ts';
import { listVariables } from '../invoice/mail-invoice.ts';
import { findMinorDigits, readAmount, round, writeAmount } from '../invoice/money.ts';
import { prepareInvoice } from '../invoice/prepare-invoice.ts';
import { measureBase64 } from '../mime/base64-lines.ts';
import type { ChosenSettings, SenderSettings } from '../submission/choose-settings.ts';
import { describeTooLarge } from '../submission/server-size.ts';
import { checkVariables } from '../template/check-variables.ts';
import type { OpenBillingFile } from './billing-file.store.ts';
import type { BillingItemStore } from './billing-item.store.ts';
import { type ReadInvoice, readInvoices } from './read-rows.ts';
import { findWriting, type StoredItem, type StoredRun } from './stored-run.ts';

export interface CheckParts {
  store: Pick<BillingItemStore, 'addItems' | 'removeItems'>;
  accounts: AccountDirectory;
  invoices: Pick<InvoiceStore, 'findTaken'>;
  /** What the template declares, and the SMTP settings it goes by; null: there is none of this key. */
  readTemplate: (key: string) => Promise<{ variables: readonly TemplateVariable[]; settings: string | null } | null>;
  chooseSettings: (name: string | null) => Promise<ChosenSettings>;
  now: () => number;
  /** False: the run was taken from this worker, or cancelled. */
  tell: (checkedBytes: number) => Promise<boolean>;
}

export type RunCheck =
  | { outcome: 'checked'; check: BillingCheck; invoiceCount: number }
  | { outcome: 'stopped' }
  | { outcome: 'unusable'; problem: string };

const itemsPerDelete = 5000;

export const checkRun = async (run: StoredRun, file: OpenBillingFile, parts: CheckParts): Promise<RunCheck> => {
  const { options } = run;
  const template = await parts.readTemplate(options.template);
  if (!template) return { outcome: 'unusable', problem: `There is no template "${options.template}".` };
  const chosen = await parts.chooseSettings(options.smtp_settings ?? template.settings);
  if (!chosen.ok) return { outcome: 'unusable', problem: chosen.problem.message };
  const { settings } = chosen;
  while ((await parts.store.removeItems(run.id, itemsPerDelete)) > 0);
  const findings = openFindings();
  /** `ACCOUNT_ID NUMBER` → its line. */
  const seen = new Map<string, number>();
  let bytes = 0;
  let position = 0;
  const rows = file.readRows((more) => {
    bytes += more;
  });
  const rowOptions = {
    mapping: options.mapping,
    defaults: options.defaults,
    template: options.template,
    smtpSettings: options.smtp_settings,
    writtenIn: findWriting(options, run.columns),
  };
  for await (const some of readInvoices(rows, file.isTable, rowOptions)) {
    if (position + some.length > billingRunLimits.invoices) {
      const most = billingRunLimits.invoices.toLocaleString('en');
      return { outcome: 'unusable', problem: `The file has more than ${most} invoices. Split it into several runs.` };
    }
    const looked = await lookAtSome(some, {
      run,
      file,
      parts,
      variables: template.variables,
      settings,
      seen,
      position,
    });
    for (const { item, messages, totalMinor } of looked) findings.add(item, messages, totalMinor);
    findings.addRows(some.reduce((sum, { rowCount }) => sum + rowCount, 0));
    position += some.length;
    await parts.store.addItems(
      run.id,
      looked.map(({ item }) => item),
    );
    if (!(await parts.tell(bytes))) return { outcome: 'stopped' };
  }
  return { outcome: 'checked', check: findings.sum(), invoiceCount: position };
};

interface Looking {
  run: StoredRun;
  file: OpenBillingFile;
  parts: CheckParts;
  variables: readonly TemplateVariable[];
  settings: SenderSettings;
  seen: Map<string, number>;
  position: number;
}

interface Looked {
  item: StoredItem;
  messages: number;
  totalMinor: bigint;
}

async function lookAtSome(some: readonly ReadInvoice[], looking: Looking): Promise<Looked[]> {
  const { parts, seen, position } = looking;
  const numbers = [...new Set(some.map(({ account }) => account).filter((account) => account !== ''))];
  const accounts = numbers.length === 0 ? new Map<string, BilledAccount>() : await parts.accounts.findMany(numbers);
  const keys = some.flatMap(({ account, number }) => {
    const id = accounts.get(account)?.id;
    return id === undefined || number === '' ? [] : [{ accountId: id, number }];
  });
  const taken = keys.length === 0 ? new Set<string>() : await parts.invoices.findTaken(keys);
  return some.map((read, place) => {
    const account = accounts.get(read.account) ?? null;
    const key = account && read.number !== '' ? `${account.id} ${read.number}` : null;
    const looked = look(read, account, looking);
    const problems = [...read.problems, ...looked.problems];
    const earlier = key === null ? undefined : seen.get(key);
    if (earlier !== undefined) {
      problems.push({
        path: 'number',
        code: 'duplicate_in_file',
        message: `Line ${read.line}: account ${read.account} has ${read.number} on line ${earlier} already. Give it another number, or put its lines one below the other.`,
      });
    } else if (key !== null) seen.set(key, read.line);
    const isRepeated = problems.length === 0 && key !== null && taken.has(key);
    const state = problems.length > 0 ? 'faulty' : isRepeated ? 'repeated' : 'ready';
    const item: StoredItem = {
      position: position + place + 1,
      line: read.line,
      accountNumber: read.account.slice(0, 100),
      accountId: account?.id ?? null,
      number: read.number.slice(0, 100),
      currency: looked.currency,
      total: looked.total,
      state,
      problems: problems.slice(0, 20),
      content: read.input && state === 'ready' ? { input: read.input, pdf: read.pdf } : null,
      invoiceId: null,
    };
    return { item, messages: account?.contacts.length ?? 0, totalMinor: looked.totalMinor };
  });
}

interface LookedAt {
  problems: FieldProblem[];
  currency: string;
  total: string | null;
  totalMinor: bigint;
}

function look(read: ReadInvoice, account: BilledAccount | null, looking: Looking): LookedAt {
  const { run, file, parts, variables } = looking;
  const at = (problem: FieldProblem) => ({ ...problem, message: `Line ${read.line}: ${problem.message}` });
  const problems: FieldProblem[] = [];
  if (read.pdf !== null) {
    const size = file.findPdf(read.pdf);
    if (size === null) {
      const message = `there is no ${read.pdf} in the ZIP.`;
      problems.push(at({ path: 'pdf', code: 'pdf_missing', message }));
    } else if (size > invoiceLimits.pdfBytes) {
      const message = `${read.pdf} has more than ${invoiceLimits.pdfBytes / 1024 / 1024} MB; mail servers refuse such messages.`;
      problems.push(at({ path: 'pdf', code: 'too_large', message }));
    } else {
      const message = describePdfTooLarge(read, size, looking);
      if (message !== null) problems.push(at({ path: 'pdf', code: 'too_large', message }));
    }
  }
  const none = { problems, currency: read.input?.currency ?? '', total: null, totalMinor: 0n };
  if (read.problems.some(({ code }) => code === 'unreadable')) return none;
  if (!account) {
    const unknown =
      read.account === ''
        ? { path: 'account', code: 'required', message: 'give the number of the account.' }
        : {
            path: 'account',
            code: 'unknown_account',
            message: `there is no account ${read.account}. Add it under Accounts.`,
          };
    problems.push(at(unknown));
    return none;
  }
  if (!read.input) return none;
  const given = { account, lookHash: '', runId: run.id, by: '', now: parts.now(), pdf: null };
  const prepared = prepareInvoice(read.input, given);
  if (!prepared.ok) {
    problems.push(...prepared.problems.map(at));
    return none;
  }
  const { invoice } = prepared;
  const { totals } = invoice.content;
  const filled = checkVariables(variables, listVariables(invoice, account.contacts[0]?.name ?? ''));
  if (!filled.ok) problems.push(...filled.problems.map(at));
  const digits = findMinorDigits(totals.currency);
  const totalMinor = round(readAmount(totals.total, totals.currency), digits);
  return { problems, currency: totals.currency, total: totals.total, totalMinor };
}

/** By the PDF alone; what the mail around it adds is counted when it is handed over. A row may name settings of its own. */
function describePdfTooLarge({ pdf, input }: ReadInvoice, octets: number, { run, parts, settings }: Looking) {
  if (input && input.smtp_settings !== run.options.smtp_settings) return null;
  const message = describeTooLarge(measureBase64(octets), settings, parts.now());
  return message && `${pdf}: ${message}`;
}

function openFindings() {
  const check = { rows: 0, invoices: 0, ready: 0, faulty: 0, repeated: 0, messages: 0 };
  const totals = new Map<string, { invoices: number; minor: bigint }>();
  const problems = new Map<string, { message: string; count: number }>();
  return {
    addRows: (count: number) => {
      check.rows += count;
    },
    add: ({ state, currency, problems: found }: StoredItem, messages: number, minor: bigint) => {
      check.invoices += 1;
      if (state === 'ready' || state === 'faulty' || state === 'repeated') check[state] += 1;
      if (state === 'ready') {
        check.messages += messages;
        const total = totals.get(currency) ?? { invoices: 0, minor: 0n };
        totals.set(currency, { invoices: total.invoices + 1, minor: total.minor + minor });
      }
      for (const { code, message } of found) {
        const known = problems.get(code) ?? { message, count: 0 };
        problems.set(code, { ...known, count: known.count + 1 });
      }
    },
    sum: (): BillingCheck => ({
      ...check,
      totals: Array.from(totals, ([currency, { invoices, minor }]) => ({
        currency,
        invoices,
        total: writeAmount(minor, findMinorDigits(currency)),
      })),
      problems: Array.from(problems, ([code, { message, count }]) => ({ code, message, count })).sort(
        (a, b) => b.count - a.count,
      ),
    }),
  };
}
