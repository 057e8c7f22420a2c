/**
 * A begun round of an invoice becomes messages: one for each contact, so that each has a state of its own and nobody sees the
 * others. All of a round are accepted in one transaction, under ids that were written down before; so it can be done again
 * after any crash, and what was accepted is not accepted twice.
 */
import { hash } from 'node:crypto';
import type { FieldProblem } from '../../contracts/problem.ts';
import {
  type EmailInput,
  EmailInput as EmailShape,
  type Lane,
  type TemplateVariables,
} from '../../contracts/submission.ts';
import type { PdfMaker } from '../invoice-pdf/pdf-maker.worker.ts';
import type { Submit } from '../submission/submit-message.ts';
import type { InvoiceStore } from './invoice.store.ts';
import { nameFile, type StoredInvoice, type StoredMail, toDocument } from './stored-invoice.ts';

export interface MailInvoiceParts {
  store: Pick<InvoiceStore, 'findAccepted' | 'markAccepted' | 'readLook' | 'readPdf'>;
  submit: Submit;
  pdf: Pick<PdfMaker, 'make'>;
}

export interface Round {
  invoice: StoredInvoice;
  round: number;
  mails: readonly Pick<StoredMail, 'messageId' | 'name' | 'address' | 'language'>[];
  submittedBy: string;
  lane: Lane;
}

export type RoundOutcome =
  | { outcome: 'accepted'; pdfBytes: number }
  | { outcome: 'refused'; problems: FieldProblem[] }
  | { outcome: 'unavailable'; problem: string };

/** Lines that a mail shows; more are in the PDF alone. */
const mostLinesShown = 40;

/** @returns before the acceptance is written down: the caller marks it, for many at once. */
export const mailInvoice = async (round: Round, parts: MailInvoiceParts): Promise<RoundOutcome> => {
  const { invoice, mails } = round;
  const ids = mails.map(({ messageId }) => messageId);
  const bytes = await readInvoicePdf(invoice, parts);
  const accepted = { outcome: 'accepted', pdfBytes: bytes.length } as const;
  // Keys are forgotten after a day; the messages' own ids are not.
  if ((await parts.store.findAccepted(ids)).size > 0) return accepted;
  const content = bytes.toString('base64');
  const done = await parts.submit({
    emails: mails.map((mail) => writeEmail(round, mail, content)),
    key: `${invoice.id} ${round.round}`,
    callerId: 'invoices',
    submittedBy: round.submittedBy,
    ids,
  });
  switch (done.outcome) {
    case 'accepted':
    case 'repeated':
      return accepted;
    // Only this round has this key: it was accepted before Branding or a release made other bytes of it.
    case 'conflict':
      return accepted;
    case 'unavailable':
      return done;
    case 'refused':
      return { outcome: 'refused', problems: done.refusals.flatMap(({ problems }) => problems.map(toInvoiceField)) };
  }
};

export const readInvoicePdf = async (
  invoice: StoredInvoice,
  { store, pdf }: Pick<MailInvoiceParts, 'store' | 'pdf'>,
): Promise<Buffer> => {
  if (invoice.pdfHash === null) return pdf.make(toDocument(invoice), await store.readLook(invoice.lookHash));
  const given = await store.readPdf(invoice.pdfHash);
  if (!given) throw new Error(`the PDF of ${invoice.id} is not in the database`);
  return given;
};

/** What the caller calls it. */
const fieldNames: Record<string, string> = {
  'template.key': 'template',
  'attachments.0.content': 'pdf',
  attachments: 'pdf',
};

function toInvoiceField(problem: FieldProblem): FieldProblem {
  return { ...problem, path: fieldNames[problem.path] ?? problem.path };
}

const writeEmail = (
  { invoice, lane }: Pick<Round, 'invoice' | 'lane'>,
  mail: Round['mails'][number],
  pdf: string,
): EmailInput => ({
  ...EmailShape.parse({ to: writeMailbox(mail) }),
  template: { key: invoice.content.template, language: mail.language, variables: listVariables(invoice, mail.name) },
  attachments: [{ filename: nameFile(invoice.number), content: pdf, content_type: 'application/pdf' }],
  tags: [
    { name: 'invoice', value: invoice.number },
    { name: 'account', value: invoice.account.number },
    ...(invoice.runId === null ? [] : [{ name: 'billing_run', value: invoice.runId }]),
  ],
  lane,
  ...(invoice.content.smtp_settings !== null && { smtp_settings: invoice.content.smtp_settings }),
});

/** `Ada Lovelace <ada@example.com>`; what a name cannot have in it is left out. */
const writeMailbox = ({ name, address }: { name: string; address: string }): string => {
  const shown = name
    .replaceAll(/["<>\\,;:()@[\]]/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return shown === '' || shown.length > 200 ? address : `${shown} <${address}>`;
};

export const listVariables = (invoice: StoredInvoice, contactName: string): TemplateVariables => {
  const { totals, reference, notes } = invoice.content;
  const money = (amount: string) => ({ amount, currency: totals.currency });
  const hasLines = totals.lines.length > 0 && totals.lines.length <= mostLinesShown;
  return {
    ...(contactName !== '' && { contact_name: contactName }),
    account_name: invoice.account.name,
    number: invoice.number,
    issued_on: invoice.issuedOn,
    due_on: invoice.dueOn,
    total: money(totals.total),
    ...(reference !== '' && { reference }),
    ...(notes !== '' && { notes }),
    ...(hasLines && {
      lines: totals.lines.map(({ description, quantity, unit_price, amount }) => ({
        description,
        quantity,
        unit_price: money(unit_price),
        amount: money(amount),
      })),
      ...(totals.taxes.length > 0 && { subtotal: money(totals.subtotal) }),
      taxes: totals.taxes.map(({ rate, amount }) => ({ rate, amount: money(amount) })),
    }),
  };
};

export const hashPdf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');
