/**
 * What an invoice must be before anything is done with it: an open account, somebody to mail, money that adds up, a PDF
 * that is one. Every fault that is found is named with its field and what repairs it.
 */
import { type InvoiceInput, invoiceLimits } from '../../contracts/invoice.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { newId } from '../platform/id.ts';
import type { BilledAccount, BillingContact } from './account-directory.ts';
import { addUp } from './add-up.ts';
import type { NewInvoice, NewMail } from './invoice.store.ts';
import { hashPdf } from './mail-invoice.ts';

export interface Preparation {
  account: BilledAccount;
  lookHash: string;
  runId: string | null;
  by: string;
  /** Milliseconds since 1970. */
  now: number;
  /** Null: Postern makes it. */
  pdf: Uint8Array | null;
}

export type Prepared = { ok: true; invoice: NewInvoice } | { ok: false; problems: FieldProblem[] };

export const prepareInvoice = (input: Omit<InvoiceInput, 'pdf'>, given: Preparation): Prepared => {
  const { account, pdf, now, by } = given;
  const problems = [...checkAccount(account), ...checkDays(input), ...(pdf ? checkPdf(pdf) : [])];
  const currency = input.currency ?? account.currency ?? '';
  const added = addUp({ currency, lines: input.lines, total: input.total });
  if (!added.ok) problems.push(...added.problems);
  if (!added.ok || problems.length > 0) return { ok: false, problems };
  const id = newId('inv', now);
  const invoice: NewInvoice = {
    id,
    account: { id: account.id, number: account.number, name: account.name },
    number: input.number,
    issuedOn: input.issued_on,
    dueOn: input.due_on,
    content: {
      language: input.language ?? account.language,
      reference: input.reference,
      notes: input.notes,
      totals: added.totals,
      template: input.template,
      smtp_settings: input.smtp_settings ?? null,
    },
    lookHash: given.lookHash,
    pdfHash: pdf ? hashPdf(pdf) : null,
    pdf,
    pdfBytes: pdf?.length ?? 0,
    runId: given.runId,
    createdAt: now,
    createdBy: by,
    mails: account.contacts.map((contact) =>
      planMail(contact, { round: 1, reason: 'first', roundKey: null, by, now, language: input.language }),
    ),
  };
  return { ok: true, invoice };
};

export const planMail = (
  contact: BillingContact,
  plan: {
    round: number;
    reason: NewMail['reason'];
    roundKey: string | null;
    by: string;
    now: number;
    language: string | undefined;
  },
): NewMail => ({
  messageId: newId('msg', plan.now),
  round: plan.round,
  roundKey: plan.roundKey,
  reason: plan.reason,
  contactId: contact.id,
  name: contact.name,
  address: contact.address,
  language: plan.language ?? contact.language,
  createdAt: plan.now,
  createdBy: plan.by,
});

const checkAccount = (account: BilledAccount): FieldProblem[] => {
  if (!account.isActive) {
    const message = `Account ${account.number} is closed. Open it again under Accounts, then send the invoice.`;
    return [{ path: 'account', code: 'account_closed', message }];
  }
  if (account.contacts.length === 0) {
    const message = `Account ${account.number} has no active billing contact. Add one under Accounts, then send the invoice again.`;
    return [{ path: 'account', code: 'no_billing_contact', message }];
  }
  return [];
};

const checkDays = ({ issued_on, due_on }: Pick<InvoiceInput, 'issued_on' | 'due_on'>): FieldProblem[] =>
  due_on < issued_on
    ? [{ path: 'due_on', code: 'before_issued_on', message: 'Give a day that is not before issued_on.' }]
    : [];

export const checkPdf = (bytes: Uint8Array): FieldProblem[] => {
  if (bytes.length > invoiceLimits.pdfBytes) {
    const message = `The PDF has more than ${invoiceLimits.pdfBytes / 1024 / 1024} MB. Make it smaller: mail servers refuse such messages.`;
    return [{ path: 'pdf', code: 'too_large', message }];
  }
  // Readers take a header within the first kilobyte (ISO 32000-1, annex H.3.4.1); a mail program looks at the first bytes.
  const isPdf = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 5)).toString('latin1') === '%PDF-';
  return isPdf ? [] : [{ path: 'pdf', code: 'not_a_pdf', message: 'This is no PDF: it does not begin with %PDF-.' }];
};
