/**
 * Invoices that are mailed to an account's billing contacts: each gets a message of its own with the PDF attached, which
 * the caller gives or Postern makes. The number of an account's invoice is mailed once, whatever is called how often.
 *
 * Money is exact: minor units as a whole number (`119000`) or a decimal string (`"1190.00"`), never a fraction as a number.
 * Replies have decimal strings with the digits of their currency. How it is rounded: docs/decisions/0012-exact-money-mailed-once.md.
 */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { hasNoControl, line } from './line.ts';
import { recipientStates } from './message.ts';
import { pageOf, Time } from './page.ts';
import { Language } from './submission.ts';

export const InvoiceId = z.string().regex(/^inv_[0-9a-z]{26}$/, 'Not the id of an invoice.');

export const invoiceLimits = {
  lines: 1000,
  /** Of the PDF; what the server says it takes (SIZE) may be less. */
  pdfBytes: 15 * 1024 * 1024,
} as const;

const lines = (max: number) =>
  z
    .string()
    .trim()
    .max(max, `At most ${max} characters.`)
    .refine((value) => value.split(/[\t\n\r]/).every(hasNoControl), 'Remove control characters.')
    .transform((value) => value.replace(/\r\n?/g, '\n').replaceAll('\t', ' '));

export const InvoiceNumber = line(60).min(1, 'Give the number of the invoice.');

const decimal = (digits: number, fraction: number, example: string) =>
  z
    .string()
    .trim()
    .regex(new RegExp(`^-?\\d{1,${digits}}(\\.\\d{1,${fraction}})?$`), `Give a decimal number such as ${example}.`);

/** Minor units, or a decimal string; the latter may be finer than the currency where it is the price of one unit. */
export const Amount = z.union([z.number().int(), decimal(13, 6, '"1190.00"')], {
  error: 'Give minor units as a whole number (119000) or a decimal string ("1190.00").',
});
export type Amount = z.output<typeof Amount>;

/** ISO 4217, of today's money. */
export const Currency = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z]{3}$/, 'Give a currency such as EUR.');

export const Day = z.iso.date('Give a day such as 2026-11-22.');

export const InvoiceLine = z.strictObject({
  description: lines(1000).refine((text) => text !== '', 'Say what the line is for.'),
  quantity: decimal(12, 6, '"12.5"').default('1'),
  /** Negative: a credit. */
  unit_price: Amount,
  /** Per cent. Null: no tax is shown for this line. */
  tax_rate: decimal(3, 4, '"19"').nullable().default(null),
});
export type InvoiceLine = z.output<typeof InvoiceLine>;

const InvoiceLines = z
  .array(InvoiceLine)
  .min(1, 'Give at least one line.')
  .max(invoiceLimits.lines, `At most ${invoiceLimits.lines} lines.`);

const invoiceFields = {
  number: InvoiceNumber,
  issued_on: Day,
  due_on: Day,
  /** Absent: the account's. */
  currency: Currency.optional(),
  /** Either `lines`, or `total` where nothing but that is known. */
  lines: InvoiceLines.optional(),
  /** What is to be paid, tax included. */
  total: Amount.optional(),
  /** The customer's own: an order number. */
  reference: line(100).default(''),
  notes: lines(4000).default(''),
  /** Absent: each contact's, else the account's. The PDF is in the account's. */
  language: Language.optional(),
};

export const InvoiceInput = z
  .strictObject({
    ...invoiceFields,
    /** The PDF in base64. Absent: Postern makes one. */
    pdf: z.string().optional(),
    /** Key of a template with the variables of the built-in `invoice`. */
    template: line(100).default('invoice'),
    /** Id or name; absent: the template's, else the default ones. */
    smtp_settings: line(100).optional(),
  })
  .refine(({ lines, total }) => (lines === undefined) !== (total === undefined), {
    path: ['lines'],
    message: 'Give lines or a total, one of them.',
  });
export type InvoiceInput = z.output<typeof InvoiceInput>;

export const InvoiceTax = z.object({ rate: z.string(), base: z.string(), amount: z.string() });

const totals = {
  currency: z.string(),
  lines: z.array(
    z.object({
      description: z.string(),
      quantity: z.string(),
      unit_price: z.string(),
      tax_rate: z.string().nullable(),
      /** Rounded to the currency, without tax. */
      amount: z.string(),
    }),
  ),
  subtotal: z.string(),
  /** Per rate on the sum of its lines, in the order of rates. */
  taxes: z.array(InvoiceTax),
  total: z.string(),
};
export const InvoiceTotals = z.object(totals);
export type InvoiceTotals = z.infer<typeof InvoiceTotals>;

/** `accepting`: kept, and handed over to the queue at this moment. `gone`: the log does not keep the message any more. */
export const invoiceMailStates = ['accepting', ...recipientStates, 'gone'] as const;
export type InvoiceMailState = (typeof invoiceMailStates)[number];

export const InvoiceMail = z.object({
  /** 1 is the first mailing; whatever was sent again has the next. */
  round: z.number().int(),
  reason: z.enum(['first', 'resend', 'retry']),
  contact_id: z.string(),
  name: z.string(),
  address: z.string(),
  message_id: z.string(),
  state: z.enum(invoiceMailStates),
  /** The server's last words. */
  reply: z.string(),
  created_at: Time,
  created_by: z.string(),
});
export type InvoiceMail = z.infer<typeof InvoiceMail>;

const summary = {
  id: InvoiceId,
  number: z.string(),
  account: z.object({ id: z.string(), number: z.string(), name: z.string() }),
  issued_on: z.string(),
  due_on: z.string(),
  currency: z.string(),
  total: z.string(),
  /** The worst among the newest mail of each contact. */
  state: z.enum(invoiceMailStates),
  recipient_count: z.number().int(),
  billing_run_id: z.string().nullable(),
  created_at: Time,
  created_by: z.string(),
};
export const InvoiceSummary = z.object(summary);
export type InvoiceSummary = z.infer<typeof InvoiceSummary>;

export const Invoice = z.object({
  ...summary,
  ...totals,
  reference: z.string(),
  notes: z.string(),
  language: z.string(),
  pdf: z.object({ filename: z.string(), source: z.enum(['given', 'made']), size_bytes: z.number().int() }),
  /** Newest round first. */
  mails: z.array(InvoiceMail),
});
export type Invoice = z.infer<typeof Invoice>;

const tag = 'Invoices';
const read = { role: 'viewer', scope: ['read', 'send'] } as const;
const write = { role: 'operator', scope: 'send' } as const;
/** The id of the account (`acct_…`), or its number. */
const accountParams = z.object({ id: z.string().min(1).max(100) });
const params = z.object({ id: InvoiceId });
/** The largest PDF in base64, and room for the rest. */
const bodyLimitBytes = 22 * 1024 * 1024;

export const sendInvoice = defineEndpoint({
  method: 'POST',
  path: '/api/v1/accounts/:id/invoices',
  tag,
  summary:
    'Mail an invoice to all active billing contacts of an account (its id or number), with the PDF attached. A number that the account has had is not mailed again: the answer is the first one, with `is_repeated` and what `differs`',
  access: write,
  params: accountParams,
  body: InvoiceInput,
  bodyLimitBytes,
  status: 200,
  reply: Invoice.extend({
    /** Nothing was mailed now: this account has had an invoice of this number. */
    is_repeated: z.boolean(),
    /** Fields that are not as they were the first time. */
    differs: z.array(z.string()),
  }),
});

/** Nothing is stored, nothing is sent. What could not be sent is a 422, as for sendInvoice. */
export const previewInvoice = defineEndpoint({
  method: 'POST',
  path: '/api/v1/accounts/:id/invoices/preview',
  tag,
  summary: 'What would be sent: totals, who gets it, and the mail, as the first of the contacts would see it',
  access: write,
  params: accountParams,
  body: InvoiceInput,
  bodyLimitBytes,
  status: 200,
  reply: z.object({
    totals: InvoiceTotals,
    recipients: z.array(
      z.object({ contact_id: z.string(), name: z.string(), address: z.string(), language: z.string() }),
    ),
    from: z.string(),
    subject: z.string(),
    html: z.string(),
    /** The same as a document for a frame that may run and load nothing; for some minutes. */
    html_path: z.string(),
    text: z.string(),
    pdf_filename: z.string(),
    /** The id of the invoice that has this number already: sending would only answer with it. */
    existing_id: z.string().nullable(),
  }),
});

export const previewInvoicePdf = defineEndpoint({
  method: 'POST',
  path: '/api/v1/accounts/:id/invoices/preview.pdf',
  tag,
  summary: 'The PDF that would be attached',
  access: write,
  params: accountParams,
  body: InvoiceInput,
  bodyLimitBytes,
  status: 200,
  produces: 'application/pdf',
});

/** For forms: what is typed so far, added up as the invoice would be. */
export const computeInvoiceTotals = defineEndpoint({
  method: 'POST',
  path: '/api/v1/invoice-totals',
  tag,
  summary: 'Add up lines as an invoice would: amount per line, tax per rate, total',
  access: read,
  body: z.strictObject({ currency: Currency, lines: InvoiceLines }),
  status: 200,
  reply: InvoiceTotals,
});

export const listInvoices = defineEndpoint({
  method: 'GET',
  path: '/api/v1/invoices',
  tag,
  summary: 'Invoices, newest first; of one account, of one billing run, or whose number begins so',
  // A key that may only send is told of what it names, not of all there is.
  access: { role: 'viewer', scope: 'read' },
  query: z.object({
    account_id: z.string().max(100).optional(),
    billing_run_id: z.string().max(100).optional(),
    number: z.string().max(60).optional(),
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(InvoiceSummary),
});

export const readInvoice = defineEndpoint({
  method: 'GET',
  path: '/api/v1/invoices/:id',
  tag,
  summary: 'One invoice: lines, totals, and what became of each mail',
  access: read,
  params,
  status: 200,
  reply: Invoice,
});

export const readInvoicePdf = defineEndpoint({
  method: 'GET',
  path: '/api/v1/invoices/:id/pdf',
  tag,
  summary: 'The PDF as it was attached',
  access: read,
  params,
  status: 200,
  produces: 'application/pdf',
});

export const resendInvoice = defineEndpoint({
  method: 'POST',
  path: '/api/v1/invoices/:id/resend',
  tag,
  summary:
    'Mail it again, to all active billing contacts or those named, at the addresses they have now; recorded with who and when. `Idempotency-Key` makes repeats safe',
  access: write,
  params,
  body: z.strictObject({ contact_ids: z.array(z.string().max(100)).min(1).max(100).optional() }),
  status: 200,
  reply: Invoice,
});
