/**
 * Accounts, the companies that are billed and looked after, and their contacts, the persons there. Systems outside know an
 * account by its `number`; wherever a path takes the id of an account (`acct_…`), the number does as well.
 *
 * What was mailed to an account is found in the message log: mail about it carries the tag `account=NUMBER`.
 */
import { z } from 'zod';
import { defineEndpoint } from './endpoint.ts';
import { Currency } from './invoice.ts';
import { line } from './line.ts';
import { pageOf, Time } from './page.ts';
import { EmailAddress } from './smtp-settings.ts';
import { Language } from './submission.ts';

export const AccountId = z.string().regex(/^acct_[0-9a-z]{26}$/, 'Not the id of an account.');
export const ContactId = z.string().regex(/^ctct_[0-9a-z]{26}$/, 'Not the id of a contact.');

export const accountStates = ['active', 'closed'] as const;
export type AccountState = (typeof accountStates)[number];

/** billing: gets the invoices · technical: about the service · general: everything else. */
export const contactKinds = ['billing', 'technical', 'general'] as const;
export type ContactKind = (typeof contactKinds)[number];

/** Unique, whatever its case. */
export const AccountNumber = line(60)
  .min(1, 'Give the number of the account.')
  // A path that takes either must know which it is.
  .refine((value) => !/^acct_[0-9a-z]{26}$/.test(value), 'This looks like an id. Give the number of the account.');

const accountFields = {
  number: AccountNumber,
  name: line(200).min(1, 'Give the name of the account, usually the company’s.'),
  /** Closed: kept to look things up; nothing is mailed to it. */
  status: z.enum(accountStates),
  language: Language,
  /** ISO 4217. */
  currency: Currency,
};

const kindList = z
  .array(z.enum(contactKinds))
  .transform((kinds) => contactKinds.filter((kind) => kinds.includes(kind)));

const contactFields = {
  name: line(200),
  /** `local@domain`, its domain as it goes over the wire; once in an account. */
  address: EmailAddress,
  kinds: kindList.refine((kinds) => kinds.length > 0, 'Choose at least one kind.'),
  /** The kinds this one is the first choice for, among its own `kinds`; it takes the place of whoever was. */
  primary_for: kindList,
  /** Null: the account's. */
  language: Language.nullable(),
  /** Those who are not are mailed nothing. */
  is_active: z.boolean(),
};

const isPrimaryWithin = ({
  kinds,
  primary_for,
}: {
  kinds: readonly string[];
  primary_for?: readonly string[] | undefined;
}) => (primary_for ?? []).every((kind) => kinds.includes(kind));
const notPrimary = { path: ['primary_for'], message: 'Only for kinds that the contact has.' };

export const ContactInput = z
  .strictObject({
    name: contactFields.name.default(''),
    address: contactFields.address,
    kinds: contactFields.kinds.default(['general']),
    /** Absent: the kinds of which the account has no other. */
    primary_for: contactFields.primary_for.optional(),
    language: contactFields.language.default(null),
    is_active: contactFields.is_active.default(true),
  })
  .refine(isPrimaryWithin, notPrimary);
export type ContactInput = z.output<typeof ContactInput>;

const version = z.number().int().positive();

export const ContactChanges = z.strictObject({ ...contactFields, version }).partial();

export const AccountInput = z.strictObject({
  number: accountFields.number,
  name: accountFields.name,
  status: accountFields.status.default('active'),
  language: accountFields.language.default('en'),
  currency: accountFields.currency,
  /** The first ones, added together with the account or not at all. */
  contacts: z.array(ContactInput).max(100, 'At most 100; add the others afterwards.').default([]),
});
export type AccountInput = z.output<typeof AccountInput>;

export const AccountChanges = z.strictObject({ ...accountFields, version }).partial();

const saved = {
  created_at: Time,
  updated_at: Time,
  /** The e-mail address of whoever saved last, or `api key NAME`; for an import with its file's name behind it. */
  updated_by: z.string(),
  version: z.number().int(),
};

export const Account = z.object({
  id: AccountId,
  number: z.string(),
  name: z.string(),
  status: z.enum(accountStates),
  language: z.string(),
  currency: z.string(),
  contact_count: z.number().int(),
  /** Of active contacts that get invoices; at 0 none can be sent. */
  billing_contact_count: z.number().int(),
  ...saved,
});
export type Account = z.infer<typeof Account>;

export const Contact = z.object({
  id: ContactId,
  account: z.object({ id: AccountId, number: z.string(), name: z.string(), status: z.enum(accountStates) }),
  name: z.string(),
  address: z.string(),
  kinds: z.array(z.enum(contactKinds)),
  primary_for: z.array(z.enum(contactKinds)),
  language: z.string().nullable(),
  is_active: z.boolean(),
  ...saved,
});
export type Contact = z.infer<typeof Contact>;

const tag = 'Accounts and contacts';
const read = { role: 'viewer', scope: ['read', 'contacts'] } as const;
const write = { role: 'operator', scope: 'contacts' } as const;
/** Id or number. */
const accountParams = z.object({ id: z.string().min(1).max(100) });
const contactParams = z.object({ id: ContactId });
const page = {
  cursor: z.string().max(500).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** A minus in front: the other way round. */
export const accountSorts = ['name', '-name', 'number', '-number', 'created_at', '-created_at'] as const;
export const contactSorts = ['name', '-name', 'address', '-address', 'created_at', '-created_at'] as const;
export type AccountSort = (typeof accountSorts)[number];
export type ContactSort = (typeof contactSorts)[number];

export const listAccounts = defineEndpoint({
  method: 'GET',
  path: '/api/v1/accounts',
  tag,
  summary:
    'Accounts; `q` looks in number and name, and in the names and addresses of contacts; `kind`: with an active contact of it, `without_kind`: with none',
  access: read,
  query: z.object({
    q: z.string().max(200).default(''),
    status: z.enum(accountStates).optional(),
    kind: z.enum(contactKinds).optional(),
    without_kind: z.enum(contactKinds).optional(),
    sort: z.enum(accountSorts).default('name'),
    ...page,
  }),
  status: 200,
  reply: pageOf(Account),
});

export const createAccount = defineEndpoint({
  method: 'POST',
  path: '/api/v1/accounts',
  tag,
  summary: 'Add an account, with its first contacts in one',
  access: write,
  body: AccountInput,
  status: 201,
  reply: Account.extend({ contacts: z.array(Contact) }),
});

export const readAccount = defineEndpoint({
  method: 'GET',
  path: '/api/v1/accounts/:id',
  tag,
  summary: 'One account, by its id or its number',
  access: read,
  params: accountParams,
  status: 200,
  reply: Account,
});

export const changeAccount = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/accounts/:id',
  tag,
  summary: 'Change an account; `If-Match` (or `version` in the body) refuses it when somebody saved in between',
  access: write,
  params: accountParams,
  isConditional: true,
  body: AccountChanges,
  status: 200,
  reply: Account,
});

/** For the delete question. */
export const readAccountUsage = defineEndpoint({
  method: 'GET',
  path: '/api/v1/accounts/:id/usage',
  tag,
  summary: 'What would go with an account, what would stay, and what keeps it',
  access: read,
  params: accountParams,
  status: 200,
  reply: z.object({
    /** Deleted with it. */
    contacts: z.number().int(),
    /** To its contacts; they stay in the message log. Counted up to 10,000. */
    messages: z.number().int(),
    /** Finds in the message log what was mailed about the account. */
    search: z.string(),
    /** An account that has any cannot be deleted; close it. */
    invoices: z.number().int(),
  }),
});

/** 409 with invoices, and where the number of contacts is not the one that was confirmed. */
export const deleteAccount = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/accounts/:id',
  tag,
  summary:
    'Delete an account and its contacts, whose number has to be confirmed. Messages stay; with invoices it is refused',
  access: write,
  params: accountParams,
  query: z.object({ contacts: z.coerce.number().int().min(0).default(0) }),
  status: 204,
});

export const listContacts = defineEndpoint({
  method: 'GET',
  path: '/api/v1/contacts',
  tag,
  summary: 'Contacts, of one account (id or number) or all; `q` looks in names and addresses',
  access: read,
  query: z.object({
    account_id: z.string().max(100).optional(),
    q: z.string().max(200).default(''),
    kind: z.enum(contactKinds).optional(),
    is_active: z.stringbool().optional(),
    sort: z.enum(contactSorts).default('name'),
    ...page,
  }),
  status: 200,
  reply: pageOf(Contact),
});

export const createContact = defineEndpoint({
  method: 'POST',
  path: '/api/v1/accounts/:id/contacts',
  tag,
  summary: 'Add a contact to an account',
  access: write,
  params: accountParams,
  body: ContactInput,
  status: 201,
  reply: Contact,
});

export const readContact = defineEndpoint({
  method: 'GET',
  path: '/api/v1/contacts/:id',
  tag,
  summary: 'One contact',
  access: read,
  params: contactParams,
  status: 200,
  reply: Contact,
});

export const changeContact = defineEndpoint({
  method: 'PATCH',
  path: '/api/v1/contacts/:id',
  tag,
  summary: 'Change a contact; `If-Match` (or `version` in the body) refuses it when somebody saved in between',
  access: write,
  params: contactParams,
  isConditional: true,
  body: ContactChanges,
  status: 200,
  reply: Contact,
});

/** The contact alone; what was mailed to the address stays. For everything: erasePersonalData. */
export const deleteContact = defineEndpoint({
  method: 'DELETE',
  path: '/api/v1/contacts/:id',
  tag,
  summary: 'Delete a contact; what was mailed to it stays in the log',
  access: write,
  params: contactParams,
  status: 204,
});
