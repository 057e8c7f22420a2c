/**
 * A billing run: many invoices from one file, each mailed to the billing contacts of its account.
 *
 * uploaded → checking → checked → running ⇄ paused → finished, or cancelled on the way. Every row is checked before the
 * first invoice is mailed; a bad one fails alone. Invoices are known by account and number, so the same file again mails
 * nobody twice. In the bulk lane, and never so many at once that others wait for them.
 */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { Currency, Day, invoiceMailStates } from './invoice.ts';
import { line } from './line.ts';
import { pageOf, Time } from './page.ts';
import { FieldProblem } from './problem.ts';
import { Language } from './submission.ts';

export const BillingRunId = z.string().regex(/^run_[0-9a-z]{26}$/, 'Not the id of a billing run.');

export const billingRunLimits = {
  invoices: 100_000,
  /** Of a CSV or NDJSON file, also inside a ZIP. */
  tableBytes: 256 * 1024 * 1024,
  zipBytes: 8 * 1024 * 1024 * 1024,
  /** Of all that is in a ZIP: PDFs hardly shrink, so what unpacks to much more is a bomb. */
  unpackedBytes: 16 * 1024 * 1024 * 1024,
} as const;

/**
 * uploaded: its columns can be mapped · checking: every row is looked at · checked: waits for a person's word · running ·
 * paused · finished: every invoice was handed over (its mails may still wait, see `progress`) · cancelled · unreadable:
 * the file cannot be used, `problem` says why.
 */
export const billingRunStates = [
  'uploaded',
  'checking',
  'checked',
  'running',
  'paused',
  'finished',
  'cancelled',
  'unreadable',
] as const;
export type BillingRunState = (typeof billingRunStates)[number];

/** csv: a row for each line of an invoice, or for each invoice · ndjson: an invoice as in the API for each line, with `account`. */
export const billingFileFormats = ['csv', 'ndjson', 'zip'] as const;

/** What a column of the CSV may mean. One of `unit_price` and `total` is needed. */
export const billingFields = [
  'account',
  'number',
  'issued_on',
  'due_on',
  'currency',
  'description',
  'quantity',
  'unit_price',
  'tax_rate',
  'total',
  'reference',
  'notes',
  'language',
  'pdf',
] as const;
export type BillingField = (typeof billingFields)[number];

/** Field → name of a column. */
export const BillingMapping = z.partialRecord(z.enum(billingFields), z.string().max(200));
export type BillingMapping = z.output<typeof BillingMapping>;

/** What holds where a row says nothing. */
export const BillingDefaults = z.strictObject({
  currency: Currency.optional(),
  issued_on: Day.optional(),
  due_on: Day.optional(),
  language: Language.optional(),
});

export const BillingOptions = z.strictObject({
  mapping: BillingMapping.default({}),
  defaults: BillingDefaults.default({}),
  /** How amounts and dates are written in the file; absent: as the file suggests. */
  decimal_sign: z.enum(['.', ',']).optional(),
  date_order: z.enum(['ymd', 'dmy', 'mdy']).optional(),
  template: z.string().max(100).default('invoice'),
  /** Id or name; absent: the template's, else the default ones. */
  smtp_settings: z.string().max(100).optional(),
});
export type BillingOptions = z.output<typeof BillingOptions>;

/**
 * faulty: has problems, will not be mailed · repeated: the account has had this number, by another call or an earlier run ·
 * ready: waits for its turn · accepted: handed over, see `mails` · refused: could not be handed over, see `problems`; it can
 * be retried · cancelled.
 */
export const billingItemStates = ['faulty', 'repeated', 'ready', 'accepted', 'refused', 'cancelled'] as const;
export type BillingItemState = (typeof billingItemStates)[number];

export const BillingItem = z.object({
  /** From 1, in the order of the file. */
  position: z.number().int(),
  /** Line of the file at which the invoice begins, the header being 1. */
  row: z.number().int(),
  account_number: z.string(),
  number: z.string(),
  currency: z.string(),
  /** Null where it could not be read. */
  total: z.string().nullable(),
  state: z.enum(billingItemStates),
  /** `path` is the field; the message names the row. */
  problems: z.array(FieldProblem),
  invoice_id: z.string().nullable(),
  mails: z.array(
    z.object({
      address: z.string(),
      message_id: z.string(),
      state: z.enum(invoiceMailStates),
      reply: z.string(),
    }),
  ),
});
export type BillingItem = z.infer<typeof BillingItem>;

const Count = z.object({ code: z.string(), message: z.string(), count: z.number().int() });

export const BillingCheck = z.object({
  rows: z.number().int(),
  invoices: z.number().int(),
  ready: z.number().int(),
  faulty: z.number().int(),
  /** Mailed before: they are left out, and nobody is mailed twice. */
  repeated: z.number().int(),
  /** Messages that the ready ones would become. */
  messages: z.number().int(),
  /** Of the ready ones. */
  totals: z.array(z.object({ currency: z.string(), invoices: z.number().int(), total: z.string() })),
  /** What is wrong, how often. */
  problems: z.array(Count),
});
export type BillingCheck = z.infer<typeof BillingCheck>;

export const BillingProgress = z.object({
  /** That are to be mailed, and how far they are; the five add up to `invoices`. */
  invoices: z.number().int(),
  ready: z.number().int(),
  accepted: z.number().int(),
  refused: z.number().int(),
  cancelled: z.number().int(),
  repeated: z.number().int(),
  /** The mails of those accepted. */
  messages: z.number().int(),
  sent: z.number().int(),
  waiting: z.number().int(),
  failed: z.number().int(),
  /** What the waiting ones wait for, and why the others failed. */
  waiting_for: z.array(Count),
  failed_because: z.array(Count),
});
export type BillingProgress = z.infer<typeof BillingProgress>;

export const BillingRunSummary = z.object({
  id: BillingRunId,
  name: z.string(),
  state: z.enum(billingRunStates),
  /** Why it is unreadable, or what holds it up at the moment; empty: nothing. */
  problem: z.string(),
  format: z.enum(billingFileFormats),
  file_name: z.string(),
  size_bytes: z.number().int(),
  invoice_count: z.number().int(),
  created_at: Time,
  created_by: z.string(),
  started_at: Time.nullable(),
  ended_at: Time.nullable(),
});
export type BillingRunSummary = z.infer<typeof BillingRunSummary>;

export const BillingRun = BillingRunSummary.extend({
  /** Of the CSV, with what stands in its first rows. Empty for NDJSON. */
  columns: z.array(z.object({ name: z.string(), samples: z.array(z.string()) })),
  /** Guessed at first. */
  options: BillingOptions,
  /** Names of the PDFs in the ZIP, the first of them. */
  pdfs: z.object({ count: z.number().int(), samples: z.array(z.string()) }),
  /** How far checking is: octets of the file. */
  checked_bytes: z.number().int(),
  /** Null until it was checked. */
  check: BillingCheck.nullable(),
  /** Null until it was started. */
  progress: BillingProgress.nullable(),
});
export type BillingRun = z.infer<typeof BillingRun>;

const tag = 'Billing runs';
const path = '/api/v1/billing-runs';
const read = { role: 'viewer', scope: ['read', 'send'] } as const;
const write = { role: 'operator', scope: 'send' } as const;
const params = z.object({ id: BillingRunId });
const act = (name: string, summary: string) =>
  defineEndpoint({
    method: 'POST',
    path: `${path}/:id/${name}`,
    tag,
    summary,
    access: write,
    params,
    status: 200,
    reply: BillingRun,
  });
/** What the file is, is seen from its first bytes. Nothing is mailed before startBillingRun. */
export const uploadBillingRun = defineEndpoint({
  method: 'POST',
  path,
  tag,
  summary:
    'Upload the file of a billing run (`application/octet-stream`, streamed): CSV, NDJSON, or a ZIP of one of them and PDFs. The reply has its columns and a guess what they mean',
  access: write,
  query: z.object({ file_name: line(255).default('invoices.csv'), name: line(100).optional() }),
  streamedBody: 'application/octet-stream',
  status: 201,
  reply: BillingRun,
});

export const listBillingRuns = defineEndpoint({
  method: 'GET',
  path,
  tag,
  summary: 'Billing runs, newest first',
  // A key that may only send is told of what it names, not of all there is.
  access: { role: 'viewer', scope: 'read' },
  query: z.object({
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(BillingRunSummary),
});

export const readBillingRun = defineEndpoint({
  method: 'GET',
  path: `${path}/:id`,
  tag,
  summary: 'One billing run: what the check found, and how far it is',
  access: read,
  params,
  status: 200,
  reply: BillingRun,
});

/** Also again, after a correction of the mapping, of accounts or of contacts. */
export const checkBillingRun = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/check`,
  tag,
  summary:
    'Look at every row: accounts, billing contacts, numbers, money, dates, PDFs, the template. Goes on by itself',
  access: write,
  params,
  body: BillingOptions,
  status: 200,
  reply: BillingRun,
});

export const listBillingItems = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/invoices`,
  tag,
  summary: 'The invoices of a billing run in the order of the file, of one state or all',
  access: read,
  params,
  query: z.object({
    state: z.enum(billingItemStates).optional(),
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(BillingItem),
});

export const startBillingRun = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/start`,
  tag,
  summary: 'Mail the invoices that the check found ready. Faulty ones have to be left out in so many words',
  access: write,
  params,
  body: z.strictObject({ skip_faulty: z.boolean().default(false) }),
  status: 200,
  reply: BillingRun,
});

export const pauseBillingRun = act('pause', 'Hand over no more invoices; the few that were accepted still leave');
export const resumeBillingRun = act('resume', 'Go on');
export const cancelBillingRun = act(
  'cancel',
  'Mail no more of it: what was not handed over never is, and what waits in the queue is cancelled',
);
export const retryFailedOfBillingRun = act(
  'retry-failed',
  'Mail once more to those contacts alone whose mail failed, at the addresses they have now, and what was refused',
);

/** Not while it runs. Invoices that were mailed stay. */
export const deleteBillingRun = defineEndpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  tag,
  summary: 'Forget a run and its file; not while it is running. Invoices that were mailed stay',
  access: write,
  params,
  status: 204,
});

export const readBillingErrors = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/errors.csv`,
  tag,
  summary: 'What the check found wrong, a row for each problem',
  access: read,
  params,
  status: 200,
  produces: 'text/csv',
});

export const readBillingResult = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/result.csv`,
  tag,
  summary: 'What became of everything: a row for each invoice and contact with state, reply and message id',
  access: read,
  params,
  status: 200,
  produces: 'text/csv',
});
