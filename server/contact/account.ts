/**
 * Accounts and contacts as rows and as what crosses HTTP, and what counts as the same one: an account by its number, a
 * contact by its account and address, both whatever their case.
 */
import type { Selectable } from 'kysely';
import {
  type Account,
  type AccountState,
  type Contact,
  type ContactKind,
  contactKinds,
} from '../../contracts/account.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import type { AccountRow, ContactRow } from '../database/tables.ts';
import { MailValueError } from '../mime/mail-value.ts';
import { toIso } from '../platform/clock.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';
import { parseMailbox } from '../submission/mailbox.ts';

export interface AccountFields {
  number: string;
  name: string;
  status: AccountState;
  language: string;
  currency: string;
}

export interface ContactFields {
  name: string;
  address: string;
  kinds: ContactKind[];
  primary_for: ContactKind[];
  language: string | null;
  is_active: boolean;
}

export const isAccountId = (text: string): boolean => /^acct_[0-9a-z]{26}$/.test(text);
export const foldNumber = (number: string): string => foldText(number);
/** No server is known that tells addresses apart by case; what is mailed keeps the case it was given. */
export const foldAddress = (address: string): string => address.toLowerCase();

export const toBits = (kinds: readonly ContactKind[]): number =>
  kinds.reduce((bits, kind) => bits | (1 << contactKinds.indexOf(kind)), 0);
export const fromBits = (bits: number): ContactKind[] => contactKinds.filter((kind) => (bits & toBits([kind])) !== 0);

const bareAddress = /^[^<>]*$/;

/** As strict as a submission is: what is kept here can be mailed to. @returns the address as it goes over the wire. */
export const checkAddress = (text: string, path: string): { address: string } | { problem: FieldProblem } => {
  try {
    if (!bareAddress.test(text)) throw new MailValueError(path, 'not-an-address', 'give the address alone, without <>');
    return { address: parseMailbox(text, path).address };
  } catch (error) {
    if (!(error instanceof MailValueError)) throw error;
    return { problem: { path, code: error.fault.replaceAll('-', '_'), message: error.message } };
  }
};

/** The columns that follow from the fields. */
export const toAccountColumns = ({ number, name, status, language, currency }: AccountFields) => ({
  number,
  number_key: foldNumber(number),
  name,
  sort_key: foldText(name),
  search_text: foldText(`${number}\n${name}`),
  status,
  language,
  currency,
});

export const toContactColumns = ({ name, address, kinds, primary_for, language, is_active }: ContactFields) => ({
  name,
  sort_key: foldText(name || address),
  address,
  address_key: foldAddress(address),
  search_text: foldText(`${name}\n${address}`),
  kinds: toBits(kinds),
  primary_kinds: toBits(primary_for),
  language,
  is_active: is_active ? 1 : 0,
});

const savedOf = (row: Pick<AccountRow, 'created_at' | 'updated_at' | 'updated_by' | 'version'>) => ({
  created_at: toIso(row.created_at),
  updated_at: toIso(row.updated_at),
  updated_by: row.updated_by,
  version: row.version,
});

export type CountedAccountRow = Selectable<AccountRow> & {
  contact_count: number | string;
  billing_contact_count: number | string;
};

export const toAccount = (row: CountedAccountRow): Account => ({
  id: row.id,
  number: row.number,
  name: row.name,
  status: row.status as AccountState,
  language: row.language,
  currency: row.currency,
  contact_count: Number(row.contact_count),
  billing_contact_count: Number(row.billing_contact_count),
  ...savedOf(row),
});

export type ListedContactRow = Selectable<ContactRow> & {
  account_number: string;
  account_name: string;
  account_status: string;
};

export const toContact = (row: ListedContactRow): Contact => ({
  id: row.id,
  account: {
    id: row.account_id,
    number: row.account_number,
    name: row.account_name,
    status: row.account_status as AccountState,
  },
  name: row.name,
  address: row.address,
  kinds: fromBits(row.kinds),
  primary_for: fromBits(row.primary_kinds),
  language: row.language,
  is_active: row.is_active === 1,
  ...savedOf(row),
});
