/**
 * One step of a running billing run: the next invoices are kept, their PDFs made or taken from the ZIP, and their mails
 * accepted. Done again after a crash it comes to the same: what this run has begun before is finished, what others have
 * mailed is left alone, and one invoice that cannot be mailed fails alone.
 */
import type { FieldProblem } from '../../contracts/problem.ts';
import { findUnavailability } from '../database/unavailable.ts';
import type { BilledAccount } from '../invoice/account-directory.ts';
import type { NewInvoice } from '../invoice/invoice.store.ts';
import { mailInvoice, type RoundOutcome } from '../invoice/mail-invoice.ts';
import { checkPdf, prepareInvoice } from '../invoice/prepare-invoice.ts';
import type { SendInvoiceParts } from '../invoice/send-invoice.ts';
import type { OpenBillingFile } from './billing-file.store.ts';
import type { BillingItemStore, ItemChange } from './billing-item.store.ts';
import type { StoredItem, StoredRun } from './stored-run.ts';

export interface HandOverParts extends SendInvoiceParts {
  runs: Pick<BillingItemStore, 'changeItems'>;
  /** Counts the tries of an item that may come to something else the next time. @returns this one's number, from 1. */
  countTry: (position: number) => number;
}

/** A machine that was busy for a moment fails an invoice that is as good as the others. */
const mayPass = new Set(['too_slow', 'failed']);
const mostTries = 3;

export type StepOutcome = { outcome: 'done'; changed: number } | { outcome: 'unavailable'; problem: string };

/** PDFs of a step that are held in memory at once. */
const mostPdfBytes = 24 * 1024 * 1024;
/** Rendering, composing and accepting overlap; more at once would only be held in memory. */
const mailedAtOnce = 4;

/** @param file null: nothing of it is needed. */
export const handOver = async (
  run: StoredRun,
  items: readonly StoredItem[],
  file: Pick<OpenBillingFile, 'findPdf' | 'readPdf'> | null,
  parts: HandOverParts,
): Promise<StepOutcome> => {
  const changes = new Map<number, ItemChange>();
  const settle = (
    item: StoredItem,
    state: ItemChange['state'],
    invoiceId: string | null,
    problems: FieldProblem[] = [],
  ) => changes.set(item.position, { position: item.position, state, problems, invoiceId });
  const begun = await begin(run, await prepare(run, items, file, parts, settle), parts, settle);
  const accepted: { invoiceId: string; round: number; pdfBytes: number }[] = [];
  let problem: string | null = null;
  await eachAtOnce(begun, mailedAtOnce, async ({ item, invoice }) => {
    const done = await mail(invoice, run, parts);
    const mayYetPass = done.outcome === 'refused' && done.problems.some(({ code }) => mayPass.has(code));
    if (done.outcome === 'unavailable') problem = done.problem;
    else if (mayYetPass && parts.countTry(item.position) < mostTries) problem = done.problems[0]?.message ?? '';
    else if (done.outcome === 'accepted') {
      accepted.push({ invoiceId: invoice.id, round: 1, pdfBytes: done.pdfBytes });
      settle(item, 'accepted', invoice.id);
    } else {
      await parts.store.forget(invoice.id, 1);
      settle(item, 'refused', null, done.problems);
    }
  });
  await parts.store.markAccepted(accepted);
  await parts.runs.changeItems(run.id, [...changes.values()]);
  return problem === null ? { outcome: 'done', changed: changes.size } : { outcome: 'unavailable', problem };
};

type Settle = (
  item: StoredItem,
  state: ItemChange['state'],
  invoiceId: string | null,
  problems?: FieldProblem[],
) => void;
interface Planned {
  item: StoredItem;
  invoice: NewInvoice;
}

async function prepare(
  run: StoredRun,
  items: readonly StoredItem[],
  file: Pick<OpenBillingFile, 'findPdf' | 'readPdf'> | null,
  parts: HandOverParts,
  settle: Settle,
): Promise<Planned[]> {
  const accounts = await parts.accounts.findMany([...new Set(items.map(({ accountId }) => accountId ?? ''))]);
  const look = await parts.readLook();
  const lookHash = await parts.store.keepLook(look);
  const planned: Planned[] = [];
  let pdfBytes = 0;
  for (const item of items) {
    const account: BilledAccount | undefined = accounts.get(item.accountId ?? '');
    if (!account || !item.content) {
      const message = `The account ${item.accountNumber} is not there any more. Add it again, and retry.`;
      settle(item, 'refused', null, [{ path: 'account', code: 'unknown_account', message }]);
      continue;
    }
    const { input, pdf: name } = item.content;
    const size = name === null ? 0 : (file?.findPdf(name) ?? 0);
    // The rest has its turn in the next step.
    if (planned.length > 0 && pdfBytes + size > mostPdfBytes) break;
    const read = name === null ? { ok: true as const, pdf: null } : await readPdf(name, file);
    if (!read.ok) {
      settle(item, 'refused', null, [read.problem]);
      continue;
    }
    pdfBytes += size;
    const now = parts.clock.now();
    const by = run.startedBy ?? run.createdBy;
    const prepared = prepareInvoice(input, { account, lookHash, runId: run.id, by, now, pdf: read.pdf });
    if (prepared.ok) planned.push({ item, invoice: prepared.invoice });
    else settle(item, 'refused', null, prepared.problems);
  }
  return planned;
}

async function readPdf(name: string, file: Pick<OpenBillingFile, 'findPdf' | 'readPdf'> | null) {
  const fail = (message: string) => ({ ok: false as const, problem: { path: 'pdf', code: 'pdf_unreadable', message } });
  if (!file) return fail('The ZIP of this run is not there any more.');
  try {
    const pdf = await file.readPdf(name);
    const [problem] = checkPdf(pdf);
    return problem ? { ok: false as const, problem } : { ok: true as const, pdf };
  } catch (error) {
    return fail(`${name}: ${(error as Error).message}`);
  }
}

/** @returns those to be mailed now: begun just now, or by this run before it was cut short. */
async function begin(
  run: StoredRun,
  planned: readonly Planned[],
  parts: HandOverParts,
  settle: Settle,
): Promise<Planned[]> {
  const begun = await parts.store.begin(planned.map(({ invoice }) => invoice));
  const mine: Planned[] = [];
  for (const one of planned) {
    if (begun.has(one.invoice.id)) {
      mine.push(one);
      continue;
    }
    const first = await parts.store.findByNumber(one.invoice.account.id, one.invoice.number);
    const read = first && (await parts.store.read(first.id));
    if (!read) continue;
    const { invoice, mails } = read;
    const open = mails.filter(({ round, isAccepted }) => round === 1 && !isAccepted);
    if (invoice.runId !== run.id) settle(one.item, 'repeated', invoice.id);
    else if (open.length === 0) settle(one.item, 'accepted', invoice.id);
    else {
      const again = open.map((mail) => ({ ...mail, roundKey: null }));
      mine.push({ item: one.item, invoice: { ...invoice, pdf: one.invoice.pdf, mails: again } });
    }
  }
  return mine;
}

async function mail(invoice: NewInvoice, run: StoredRun, parts: HandOverParts): Promise<RoundOutcome> {
  const submittedBy = run.startedBy ?? run.createdBy;
  try {
    return await mailInvoice({ invoice, round: 1, mails: invoice.mails, submittedBy, lane: 'bulk' }, parts);
  } catch (error) {
    const problem = findUnavailability(error);
    if (problem !== null) return { outcome: 'unavailable', problem };
    // One that cannot be drawn or composed must not stop the others.
    const message = `It cannot be mailed: ${(error as Error).message}`;
    return { outcome: 'refused', problems: [{ path: '', code: 'failed', message }] };
  }
}

async function eachAtOnce<T>(all: readonly T[], most: number, work: (one: T) => Promise<void>): Promise<void> {
  const rest = all[Symbol.iterator]();
  const runner = async () => {
    for (const one of rest) await work(one);
  };
  await Promise.all(Array.from({ length: most }, runner));
}
