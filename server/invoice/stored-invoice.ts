/** An invoice as it is kept, and as it crosses HTTP. */
import { hash } from 'node:crypto';
import type { Branding } from '../../contracts/branding.ts';
import type {
  Invoice,
  InvoiceInput,
  InvoiceMail,
  InvoiceMailState,
  InvoiceSummary,
  InvoiceTotals,
} from '../../contracts/invoice.ts';
import type { InvoiceDocument, InvoiceLook } from '../invoice-pdf/invoice-document.ts';
import { toIso } from '../platform/clock.ts';
import type { BilledAccount } from './account-directory.ts';

/** What never changes once it is mailed, besides the columns. */
export interface InvoiceContent {
  /** Of the account, or as it was asked for; the PDF is in it. */
  language: string;
  reference: string;
  notes: string;
  totals: InvoiceTotals;
  template: string;
  smtp_settings: string | null;
}

export interface StoredInvoice {
  id: string;
  account: Pick<BilledAccount, 'id' | 'number' | 'name'>;
  number: string;
  issuedOn: string;
  dueOn: string;
  content: InvoiceContent;
  lookHash: string;
  /** Null: Postern makes it. */
  pdfHash: string | null;
  pdfBytes: number;
  runId: string | null;
  createdAt: number;
  createdBy: string;
}

export interface StoredMail {
  messageId: string;
  round: number;
  reason: InvoiceMail['reason'];
  contactId: string;
  name: string;
  address: string;
  language: string;
  isAccepted: boolean;
  /** That it is accepted was written down. */
  isNoted: boolean;
  isCurrent: boolean;
  createdAt: number;
  createdBy: string;
  state: InvoiceMailState;
  reply: string;
}

/** From the least to the worst that may have happened; the worst names the invoice's state. */
const order: readonly InvoiceMailState[] = [
  'gone',
  'sent',
  'queued',
  'sending',
  'accepting',
  'cancelled',
  'deferred',
  'held',
  'uncertain',
  'expired',
  'bounced',
];

const findWorstMail = (states: readonly InvoiceMailState[]): InvoiceMailState =>
  states.reduce((worst, state) => (order.indexOf(state) > order.indexOf(worst) ? state : worst), 'gone');

export const toSummary = (invoice: StoredInvoice, mails: readonly StoredMail[]): InvoiceSummary => {
  const current = mails.filter(({ isCurrent }) => isCurrent);
  return {
    id: invoice.id,
    number: invoice.number,
    account: invoice.account,
    issued_on: invoice.issuedOn,
    due_on: invoice.dueOn,
    currency: invoice.content.totals.currency,
    total: invoice.content.totals.total,
    state: findWorstMail(current.map(({ state }) => state)),
    recipient_count: current.length,
    billing_run_id: invoice.runId,
    created_at: toIso(invoice.createdAt),
    created_by: invoice.createdBy,
  };
};

export const toInvoice = (invoice: StoredInvoice, mails: readonly StoredMail[]): Invoice => ({
  ...toSummary(invoice, mails),
  ...invoice.content.totals,
  reference: invoice.content.reference,
  notes: invoice.content.notes,
  language: invoice.content.language,
  pdf: {
    filename: nameFile(invoice.number),
    source: invoice.pdfHash === null ? 'made' : 'given',
    size_bytes: invoice.pdfBytes,
  },
  mails: mails.map((mail) => ({
    round: mail.round,
    reason: mail.reason,
    contact_id: mail.contactId,
    name: mail.name,
    address: mail.address,
    message_id: mail.messageId,
    state: mail.state,
    reply: mail.reply,
    created_at: toIso(mail.createdAt),
    created_by: mail.createdBy,
  })),
});

/** `R-2026-0042.pdf`; what a file system would trip over is left out. */
export const nameFile = (number: string): string =>
  `${number.replaceAll(/[^\p{L}\p{N}._-]+/gu, '-').replaceAll(/^[.-]+|-+$/g, '') || 'invoice'}.pdf`;

export const toDocument = (invoice: StoredInvoice): InvoiceDocument => ({
  language: invoice.content.language,
  number: invoice.number,
  issuedOn: invoice.issuedOn,
  dueOn: invoice.dueOn,
  accountName: invoice.account.name,
  accountNumber: invoice.account.number,
  reference: invoice.content.reference,
  notes: invoice.content.notes,
  totals: invoice.content.totals,
  madeAt: invoice.createdAt,
});

/** What of a new request is not as in the invoice that was mailed; names of fields. */
export const findDifferences = (
  stored: StoredInvoice,
  asked: Pick<InvoiceInput, 'issued_on' | 'due_on' | 'reference' | 'notes'> & {
    totals: InvoiceTotals;
    pdfHash: string | null;
  },
): string[] => {
  const { content } = stored;
  const pairs: [string, unknown, unknown][] = [
    ['issued_on', stored.issuedOn, asked.issued_on],
    ['due_on', stored.dueOn, asked.due_on],
    ['currency', content.totals.currency, asked.totals.currency],
    ['lines', content.totals.lines, asked.totals.lines],
    ['total', content.totals.total, asked.totals.total],
    ['reference', content.reference, asked.reference],
    ['notes', content.notes, asked.notes],
    ['pdf', stored.pdfHash, asked.pdfHash],
  ];
  return pairs.filter(([, a, b]) => JSON.stringify(a) !== JSON.stringify(b)).map(([name]) => name);
};

/** What of Branding an invoice shows. */
export const toInvoiceLook = (
  { company_name, address, vat_number, bank_details, email, phone, website, color, legal_text }: Branding,
  logo: InvoiceLook['logo'],
): InvoiceLook => ({
  company_name,
  address,
  vat_number,
  bank_details,
  email,
  phone,
  website,
  color,
  legal_text,
  logo,
});

/** Names a look by what it consists of. */
export const hashLook = ({ logo, ...fields }: InvoiceLook): string =>
  hash('sha256', Buffer.concat([Buffer.from(`${JSON.stringify(fields)}\n`), logo?.bytes ?? Buffer.alloc(0)]), 'hex');
