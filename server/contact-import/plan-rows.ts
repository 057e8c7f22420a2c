/**
 * What rows of a file do to the accounts and contacts that there are: the one rule, for the check that changes nothing and
 * for the import itself.
 *
 * Accounts are known by number, contacts by account and address. A cell that is empty changes nothing; where the account or
 * the contact is new, the defaults stand in.
 */
import type { ContactImportOptions, ContactRowState } from '../../contracts/contact-import.ts';
import type { FieldProblem } from '../../contracts/problem.ts';
import { type AccountFields, type ContactFields, foldAddress, foldNumber } from '../contact/account.ts';
import type { GivenRow } from './read-row.ts';

export interface Known<T> {
  id: string;
  /** 0: it is not there yet. */
  version: number;
  fields: T;
}
export type KnownAccount = Known<AccountFields>;
export type KnownContact = Known<ContactFields> & { accountId: string };

export interface PlannedRow {
  given: GivenRow;
  state: ContactRowState;
  problems: FieldProblem[];
  account: AccountFields;
  contact: ContactFields | null;
  addsAccount: boolean;
  addsContact: boolean;
}

/** What there is. Planning puts into it what there will be, and marks it as changed. */
export interface KnownState {
  /** By folded number. */
  accounts: Map<string, KnownAccount>;
  /** By `contactKey`. */
  contacts: Map<string, KnownContact>;
  changed: Set<KnownAccount | KnownContact>;
}

export const contactKey = (accountId: string, address: string): string => `${accountId}\n${foldAddress(address)}`;

export interface PlanParts {
  defaults: ContactImportOptions['defaults'];
  newAccountId: () => string;
  newContactId: () => string;
}

export const planRow = (given: GivenRow, known: KnownState, parts: PlanParts): PlannedRow => {
  const { defaults } = parts;
  const before = known.accounts.get(foldNumber(given.number));
  const account: AccountFields = {
    number: given.number,
    name: '',
    status: 'active',
    language: defaults.account_language,
    currency: defaults.account_currency ?? '',
    ...before?.fields,
    ...given.account,
    // The spelling that is known stays.
    ...(before && { number: before.fields.number }),
  };
  const contactBefore = given.contact && before && known.contacts.get(contactKey(before.id, given.contact.address));
  const contact = given.contact && mergeContact(given.contact, contactBefore ?? null, defaults.contact_kinds);
  const problems = [...given.problems];
  if (!before && problems.length === 0) problems.push(...findMissing(account));
  const stray = contact?.primary_for.find((kind) => !contact.kinds.includes(kind));
  if (stray) {
    const message = `First choice for ${stray}, which is not among the kinds of this contact. Add the kind, or take it out here.`;
    problems.push({ path: 'contact_primary_for', code: 'invalid', message });
  }
  const planned = { given, problems, account, contact };
  if (problems.length > 0) return { ...planned, state: 'faulty', addsAccount: false, addsContact: false };

  const isAccountChanged = before !== undefined && !isSame(before.fields, account);
  const owner: KnownAccount = before ?? { id: parts.newAccountId(), version: 0, fields: account };
  owner.fields = account;
  if (!before) known.accounts.set(foldNumber(given.number), owner);
  if (!before || isAccountChanged) known.changed.add(owner);

  const isContactChanged = contact !== null && !(contactBefore && isSame(contactBefore.fields, contact));
  if (contact && isContactChanged) {
    const holder: KnownContact = contactBefore ?? {
      id: parts.newContactId(),
      version: 0,
      accountId: owner.id,
      fields: contact,
    };
    holder.fields = contact;
    known.contacts.set(contactKey(owner.id, contact.address), holder);
    known.changed.add(holder);
  }
  const addsContact = contact !== null && !contactBefore;
  const isNew = contact === null ? !before : addsContact;
  return {
    ...planned,
    state: isNew ? 'new' : isAccountChanged || isContactChanged ? 'changed' : 'unchanged',
    addsAccount: !before,
    addsContact,
  };
};

function mergeContact(
  given: NonNullable<GivenRow['contact']>,
  before: KnownContact | null,
  defaultKinds: ContactFields['kinds'],
): ContactFields {
  const start = { name: '', kinds: defaultKinds, primary_for: [], language: null, is_active: true };
  const merged = { ...start, ...before?.fields, ...given };
  // The spelling that is known stays; what only differs by case is the same address.
  if (before && before.fields.address !== given.address) merged.address = before.fields.address;
  if (given.primary_for === undefined) {
    merged.primary_for = merged.primary_for.filter((kind) => merged.kinds.includes(kind));
  }
  return merged;
}

function findMissing({ number, name, currency }: AccountFields): FieldProblem[] {
  const problems: FieldProblem[] = [];
  if (name === '') {
    const message = `There is no account ${number} yet; give its name, and it is added.`;
    problems.push({ path: 'account_name', code: 'required', message });
  }
  if (currency === '') {
    const message = `There is no account ${number} yet; give its currency, here or as the default of the import.`;
    problems.push({ path: 'account_currency', code: 'required', message });
  }
  return problems;
}

function isSame<T extends object>(a: T, b: T): boolean {
  return Object.keys(b).every((key) => String(a[key as keyof T]) === String(b[key as keyof T]));
}
