/**
 * An invoice is mailed to all active billing contacts of its account; its number is mailed once.
 *
 * from: the API and the account's page. to: submitMessage, by mail-invoice.ts.
 * Policy: a number that the account has had answers with the first invoice, whatever else the call says. Sending again is an
 * act of its own, recorded with who and when. Refused is what has no one to go to; then nothing is kept.
 * Invariant: kept before accepted, accepted under ids that were kept; whatever was begun is finished by `finishOpen`.
 */
import type { InvoiceInput } from '../../contracts/invoice.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import type { InvoiceLook } from '../invoice-pdf/invoice-document.ts';
import type { Clock } from '../platform/clock.ts';
import { decodeBase64 } from '../submission/decode-base64.ts';
import type { AccountDirectory, BilledAccount } from './account-directory.ts';
import type { InvoiceStore, NewInvoice } from './invoice.store.ts';
import { type MailInvoiceParts, mailInvoice, type RoundOutcome } from './mail-invoice.ts';
import { planMail, prepareInvoice } from './prepare-invoice.ts';
import { findDifferences, hashLook, type StoredInvoice, type StoredMail } from './stored-invoice.ts';

export interface SendInvoiceParts extends MailInvoiceParts {
  store: InvoiceStore;
  accounts: AccountDirectory;
  /** The company as it is now. */
  readLook: () => Promise<InvoiceLook>;
  clock: Pick<Clock, 'now'>;
}

export type SendOutcome =
  | { outcome: 'sent'; id: string }
  | { outcome: 'repeated'; id: string; differs: string[] }
  | { outcome: 'no-account' }
  | { outcome: 'refused'; problems: FieldProblem[] }
  | { outcome: 'unavailable'; problem: string };

/** @param ref id or number of the account. */
export const sendInvoice = async (
  parts: SendInvoiceParts,
  ref: string,
  input: InvoiceInput,
  by: string,
): Promise<SendOutcome> => {
  const checked = await checkInvoice(parts, ref, input, by);
  if (checked.outcome !== 'ready') return checked;
  const { invoice } = checked;
  await parts.store.keepLook(checked.look);
  if (!(await parts.store.begin([invoice])).has(invoice.id)) {
    // Another call with the same number was first by a moment.
    return answerFirst(
      parts,
      (await parts.store.findByNumber(invoice.account.id, invoice.number))!,
      checked.differsFrom,
    );
  }
  const done = await finishRound(parts, { invoice, round: 1, mails: invoice.mails });
  return done.outcome === 'accepted' ? { outcome: 'sent', id: invoice.id } : done;
};

type Checked =
  | {
      outcome: 'ready';
      account: BilledAccount;
      invoice: NewInvoice;
      look: InvoiceLook;
      existing: StoredInvoice | null;
      differsFrom: (stored: StoredInvoice) => string[];
    }
  | Exclude<SendOutcome, { outcome: 'sent' }>;

/** @param isPreview shows what would be sent even if the number was mailed before: then `existing` is that invoice. */
export const checkInvoice = async (
  parts: Pick<SendInvoiceParts, 'accounts' | 'store' | 'readLook' | 'clock'>,
  ref: string,
  { pdf: given, ...input }: InvoiceInput,
  by: string,
  { isPreview = false } = {},
): Promise<Checked> => {
  const account = await parts.accounts.find(ref);
  if (!account) return { outcome: 'no-account' };
  const pdf = given === undefined ? null : decodeBase64(given);
  if (given !== undefined && !pdf) {
    const message = 'Give the PDF as plain base64, without "data:…;base64,".';
    return { outcome: 'refused', problems: [{ path: 'pdf', code: 'invalid', message }] };
  }
  const first = await parts.store.findByNumber(account.id, input.number);
  const look = await parts.readLook();
  const lookHash = hashLook(look);
  const now = parts.clock.now();
  const prepared = prepareInvoice(input, { account, lookHash, runId: null, by, now, pdf });
  if (!prepared.ok) {
    // What was mailed was mailed, whatever has become of the account since.
    return first && !isPreview
      ? answerFirst(parts, first, () => [])
      : { outcome: 'refused', problems: prepared.problems };
  }
  const { invoice } = prepared;
  const differsFrom = (stored: StoredInvoice) =>
    findDifferences(stored, { ...input, totals: invoice.content.totals, pdfHash: invoice.pdfHash });
  return first && !isPreview
    ? answerFirst(parts, first, differsFrom)
    : { outcome: 'ready', account, invoice, look, existing: first, differsFrom };
};

async function answerFirst(
  { store }: Pick<SendInvoiceParts, 'store'>,
  first: StoredInvoice,
  differsFrom: (stored: StoredInvoice) => string[],
): Promise<Extract<SendOutcome, { outcome: 'repeated' }>> {
  const read = await store.read(first.id);
  return { outcome: 'repeated', id: first.id, differs: differsFrom(read?.invoice ?? first) };
}

type OpenMails = {
  invoice: StoredInvoice;
  round: number;
  mails: readonly Omit<StoredMail, 'state' | 'reply' | 'isAccepted' | 'isNoted' | 'isCurrent'>[];
};

/** Accepts a begun round; what is refused is forgotten, what cannot be stored at the moment is finished later. */
const finishRound = async (
  parts: Pick<SendInvoiceParts, 'store' | 'submit' | 'pdf'>,
  { invoice, round, mails }: OpenMails,
): Promise<RoundOutcome> => {
  const submittedBy = mails[0]?.createdBy ?? invoice.createdBy;
  const lane = invoice.runId === null ? 'normal' : 'bulk';
  const done = await mailInvoice({ invoice, round, mails, submittedBy, lane }, parts);
  if (done.outcome === 'accepted') {
    await parts.store.markAccepted([{ invoiceId: invoice.id, round, pdfBytes: done.pdfBytes }]);
  }
  if (done.outcome === 'refused') await parts.store.forget(invoice.id, round);
  return done;
};

/** What is younger may still be under way in another call, or on another node. */
const leastAgeMs = 60_000;
const atOnce = 50;

/** Finishes what a crash or a full disk has left begun. @returns how many rounds. */
export const finishOpen = async (
  parts: Pick<SendInvoiceParts, 'store' | 'submit' | 'pdf' | 'clock'>,
  ageMs: number = leastAgeMs,
): Promise<number> => {
  const open = await parts.store.listOpen(parts.clock.now() - ageMs, atOnce);
  for (const round of open) await finishRound(parts, round);
  return open.length;
};

export interface ResendRequest {
  id: string;
  /** Undefined: all active billing contacts. */
  contactIds?: readonly string[] | undefined;
  /** Idempotency-Key; null: none. */
  key: string | null;
  by: string;
  reason: 'resend' | 'retry';
}

export type ResendOutcome =
  | { outcome: 'sent' }
  | { outcome: 'not-found' }
  | { outcome: 'refused'; problems: FieldProblem[] }
  | { outcome: 'unavailable'; problem: string };

/** To the addresses that the contacts have now. */
export const resendInvoice = async (parts: SendInvoiceParts, request: ResendRequest): Promise<ResendOutcome> => {
  for (let tries = 0; ; tries += 1) {
    const read = await parts.store.read(request.id);
    if (!read) return { outcome: 'not-found' };
    const { invoice, mails } = read;
    if (request.key !== null && (await parts.store.hasRound(invoice.id, request.key))) return { outcome: 'sent' };
    const account = await parts.accounts.find(invoice.account.id);
    const wanted = account?.isActive ? account.contacts : [];
    const contacts = wanted.filter(({ id }) => request.contactIds?.includes(id) ?? true);
    if (contacts.length === 0) return { outcome: 'refused', problems: [nobody(request)] };
    const round = Math.max(0, ...mails.map((mail) => mail.round)) + 1;
    const { by, reason, key: roundKey } = request;
    const now = parts.clock.now();
    const planned = contacts.map((contact) =>
      planMail(contact, { round, reason, roundKey, by, now, language: undefined }),
    );
    if (!(await parts.store.beginRound(invoice, planned))) {
      if (tries < 3) continue;
      return { outcome: 'unavailable', problem: 'Others are sending this invoice again at the same moment.' };
    }
    const done = await finishRound(parts, { invoice, round, mails: planned });
    return done.outcome === 'accepted' ? { outcome: 'sent' } : done;
  }
};

const nobody = ({ contactIds }: ResendRequest): FieldProblem => ({
  path: 'contact_ids',
  code: 'no_billing_contact',
  message: contactIds
    ? 'None of these is an active billing contact of the account any more. Add the contact again, or leave contact_ids out.'
    : 'The account has no active billing contact. Add one under Accounts, then send the invoice again.',
});
