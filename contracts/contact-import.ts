/**
 * Contacts out of a CSV file, and into one.
 *
 * uploaded → checking → checked → running → finished, or cancelled on the way. A row is one contact with what it says of
 * its account, or an account alone. Accounts are known by number, contacts by account and address: what is there already
 * is changed, a cell that is empty changes nothing, and the same file again changes nothing at all. A row is taken whole
 * or not; those taken before a cancel stay.
 */
import { z } from 'zod';
import { accountStates, contactKinds } from './account.ts';
import { defineEndpoint } from './endpoint.ts';
import { Currency } from './invoice.ts';
import { hasNoControl } from './line.ts';
import { pageOf, Time } from './page.ts';
import { FieldProblem } from './problem.ts';
import { Language } from './submission.ts';

export const ContactImportId = z.string().regex(/^imp_[0-9a-z]{26}$/, 'Not the id of an import.');

export const contactImportLimits = { bytes: 50 * 1024 * 1024, rows: 500_000, columns: 200 } as const;

/**
 * uploaded: its columns can be mapped · checking: every row is looked at, nothing is changed · checked: waits for a
 * person's word · running · finished · cancelled · unreadable: the file cannot be used, `problem` says why.
 */
export const contactImportStates = [
  'uploaded',
  'checking',
  'checked',
  'running',
  'finished',
  'cancelled',
  'unreadable',
] as const;
export type ContactImportState = (typeof contactImportStates)[number];

/** What a column may mean, under the names that an export gives its columns. `account_number` is needed. */
export const contactFileFields = [
  'account_number',
  'account_name',
  'account_status',
  'account_language',
  'account_currency',
  'contact_name',
  'contact_address',
  /** Separated by commas, semicolons, bars or blanks, such as `billing, technical`. */
  'contact_kinds',
  /** Kinds in the same way; `none`: for none of them. */
  'contact_primary_for',
  'contact_language',
  /** yes or no, true or false, 1 or 0, active or inactive. */
  'contact_is_active',
] as const;
export type ContactFileField = (typeof contactFileFields)[number];

/** Field → place of a column, from 0: two columns may have the same name. */
export const ContactMapping = z.partialRecord(
  z.enum(contactFileFields),
  z
    .number()
    .int()
    .min(0)
    .max(contactImportLimits.columns - 1),
);
export type ContactMapping = z.output<typeof ContactMapping>;

export const ContactImportOptions = z.strictObject({
  mapping: ContactMapping.default({}),
  /** For new accounts and contacts, where a row says nothing. Without a currency, a row of a new account must have one. */
  defaults: z
    .strictObject({
      account_language: Language.default('en'),
      account_currency: Currency.optional(),
      contact_kinds: z.array(z.enum(contactKinds)).min(1, 'Choose at least one kind.').default(['general']),
    })
    .default({ account_language: 'en', contact_kinds: ['general'] }),
});
export type ContactImportOptions = z.output<typeof ContactImportOptions>;

/** new: a contact (or an account alone) is added · changed: it or its account is · unchanged: all of it is there already. */
export const contactRowStates = ['new', 'changed', 'unchanged', 'faulty'] as const;
export type ContactRowState = (typeof contactRowStates)[number];

/** A row as it would become; where it has faults, as far as it could be read. */
export const ContactRow = z.object({
  /** Line of the file at which it begins, the header being 1. */
  row: z.number().int(),
  state: z.enum(contactRowStates),
  account: z.object({
    number: z.string(),
    name: z.string(),
    status: z.enum(accountStates),
    language: z.string(),
    currency: z.string(),
  }),
  /** Null: an account alone. */
  contact: z
    .object({
      name: z.string(),
      address: z.string(),
      kinds: z.array(z.enum(contactKinds)),
      primary_for: z.array(z.enum(contactKinds)),
      language: z.string().nullable(),
      is_active: z.boolean(),
    })
    .nullable(),
  /** `path` is the field; the message names the column and the repair. */
  problems: z.array(FieldProblem),
});
export type ContactRow = z.infer<typeof ContactRow>;

const counts = {
  new: z.number().int(),
  changed: z.number().int(),
  unchanged: z.number().int(),
  faulty: z.number().int(),
};

export const ContactImportCheck = z.object({
  rows: z.number().int(),
  ...counts,
  /** How many accounts would be added, and contacts. */
  new_accounts: z.number().int(),
  new_contacts: z.number().int(),
  /** What is wrong, how often, most first. */
  problems: z.array(z.object({ path: z.string(), code: z.string(), message: z.string(), count: z.number().int() })),
  /** The first 50 rows, and the first 50 faulty ones. */
  preview: z.array(ContactRow),
  faulty_rows: z.array(ContactRow),
});
export type ContactImportCheck = z.infer<typeof ContactImportCheck>;

/** `faulty` rows were left out. They add up to `rows_done`. */
export const ContactImportProgress = z.object({ rows: z.number().int(), rows_done: z.number().int(), ...counts });

export const ContactImportSummary = z.object({
  id: ContactImportId,
  state: z.enum(contactImportStates),
  /** Why it is unreadable, or what holds it up at the moment; empty: nothing. */
  problem: z.string(),
  file_name: z.string(),
  size_bytes: z.number().int(),
  /** Null until it was started. */
  progress: ContactImportProgress.nullable(),
  created_at: Time,
  created_by: z.string(),
  started_at: Time.nullable(),
  ended_at: Time.nullable(),
});
export type ContactImportSummary = z.infer<typeof ContactImportSummary>;

export const ContactImport = ContactImportSummary.extend({
  /** In words, as guessed: `UTF-8`, `UTF-16`, `Windows-1252`. */
  encoding: z.string(),
  delimiter: z.string(),
  columns: z.array(z.object({ name: z.string(), samples: z.array(z.string()) })),
  /** The mapping is guessed at first. */
  options: ContactImportOptions,
  /** How many rows were looked at so far. */
  checked_rows: z.number().int(),
  /** Null until it was checked. */
  check: ContactImportCheck.nullable(),
  skips_faulty: z.boolean(),
});
export type ContactImport = z.infer<typeof ContactImport>;

const tag = 'Contact imports';
const path = '/api/v1/contact-imports';
const read = { role: 'viewer', scope: ['read', 'contacts'] } as const;
const write = { role: 'operator', scope: 'contacts' } as const;
const params = z.object({ id: ContactImportId });

export const uploadContactImport = defineEndpoint({
  method: 'POST',
  path,
  tag,
  summary:
    'Upload a CSV of contacts (`application/octet-stream`, streamed, at most 50 MB). Encoding, delimiter and the meaning of its columns are guessed; nothing is changed yet',
  access: write,
  query: z.object({
    file_name: z
      .string()
      .trim()
      .min(1)
      .max(255)
      .refine(hasNoControl, 'Remove line breaks and other control characters.')
      .default('contacts.csv'),
  }),
  streamedBody: 'application/octet-stream',
  status: 201,
  reply: ContactImport,
});

export const listContactImports = defineEndpoint({
  method: 'GET',
  path,
  tag,
  summary: 'Imports, newest first',
  access: read,
  query: z.object({
    cursor: z.string().max(500).optional(),
    limit: z.coerce.number().int().min(1).max(200).default(50),
  }),
  status: 200,
  reply: pageOf(ContactImportSummary),
});

export const readContactImport = defineEndpoint({
  method: 'GET',
  path: `${path}/:id`,
  tag,
  summary: 'One import: its columns, what the check found, and how far it is',
  access: read,
  params,
  status: 200,
  reply: ContactImport,
});

/** Also again, with another mapping. */
export const checkContactImport = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/check`,
  tag,
  summary: 'Look at every row with this mapping; changes nothing. Goes on by itself: read the import again',
  access: write,
  params,
  body: ContactImportOptions,
  status: 200,
  reply: ContactImport,
});

export const startContactImport = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/start`,
  tag,
  summary: 'Take the rows as checked. With faulty ones it is refused, unless they are to be left out in so many words',
  access: write,
  params,
  body: z.strictObject({ skip_faulty: z.boolean().default(false) }),
  status: 200,
  reply: ContactImport,
});

export const cancelContactImport = defineEndpoint({
  method: 'POST',
  path: `${path}/:id/cancel`,
  tag,
  summary: 'Take no more rows; those taken before stay',
  access: write,
  params,
  status: 200,
  reply: ContactImport,
});

/** Not while it runs. */
export const deleteContactImport = defineEndpoint({
  method: 'DELETE',
  path: `${path}/:id`,
  tag,
  summary: 'Forget an import and its file; not while it is running. What it brought stays',
  access: write,
  params,
  status: 204,
});

/** Can be repaired and uploaded as it is: the file's own columns and `problems` behind them. */
export const readContactImportFaults = defineEndpoint({
  method: 'GET',
  path: `${path}/:id/faulty.csv`,
  tag,
  summary: 'The faulty rows as they stand in the file, with their row and what is wrong with each',
  access: read,
  params,
  status: 200,
  produces: 'text/csv',
});

/** Uploaded again, it changes nothing. */
export const exportContacts = defineEndpoint({
  method: 'GET',
  path: '/api/v1/contacts.csv',
  tag,
  summary: 'All accounts and contacts as CSV (UTF-8), a row for each contact, and one for each account that has none',
  access: read,
  query: z.object({ status: z.enum(accountStates).optional() }),
  status: 200,
  produces: 'text/csv',
});
