/** HTTP for accounts and their contacts: the screens, and programs that keep them in step with another system. */
import {
  type Account,
  type Contact,
  changeAccount,
  changeContact,
  createAccount,
  createContact,
  deleteAccount,
  deleteContact,
  listAccounts,
  listContacts,
  readAccount,
  readAccountUsage,
  readContact,
} from '../../contracts/account.ts';
import { callerName, type Router } from '../platform/http.ts';
import { readIfMatch } from '../platform/if-match.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { AccountStore, AccountWrite } from './account.store.ts';
import { checkAddress, foldAddress } from './account.ts';
import { choosePrimaries, keepPrimaries } from './choose-primaries.ts';
import type { ContactStore, ContactWrite } from './contact.store.ts';

export interface AccountRouteParts {
  accounts: AccountStore;
  contacts: ContactStore;
}

export const addAccountRoutes = ({ route }: Router, { accounts, contacts }: AccountRouteParts): void => {
  const find = async (ref: string): Promise<Account> => foundAccount(await accounts.read(ref));

  route(listAccounts, ({ query }) => accounts.list(query as Parameters<AccountStore['list']>[0]));

  route(createAccount, async ({ body: { contacts: given, ...fields }, caller, reply }) => {
    const checked = given.map((contact, place) => withAddress(contact, `contacts.${place}.address`));
    const seen = new Set<string>();
    for (const [place, { address }] of checked.entries()) {
      if (seen.has(foldAddress(address))) refuseAddress(address, `contacts.${place}.address`);
      seen.add(foldAddress(address));
    }
    const saved = await accounts.create(fields, choosePrimaries(checked), callerName(caller));
    const account = unwrapAccount(saved, fields.number);
    const { data } = await contacts.list({ accountId: account.id, q: '', sort: 'created_at', limit: 100 });
    reply.header('location', `/api/v1/accounts/${account.id}`).header('etag', etagOf(account));
    return { ...account, contacts: data };
  });

  route(readAccount, async ({ params, reply }) => {
    const account = await find(params.id);
    reply.header('etag', etagOf(account));
    return account;
  });

  route(changeAccount, async ({ params, body, caller, request, reply }) => {
    const before = await find(params.id);
    const { version: bodyVersion, ...changes } = body;
    const expected = readIfMatch(request) ?? bodyVersion ?? before.version;
    if (expected !== before.version) refuseVersion(before, 'this account');
    const { number, name, status, language, currency } = before;
    const fields = { number, name, status, language, currency, ...(changes as Partial<typeof before>) };
    const account = unwrapAccount(
      await accounts.change(before.id, expected, fields, callerName(caller)),
      fields.number,
    );
    reply.header('etag', etagOf(account));
    return account;
  });

  route(readAccountUsage, async ({ params }) => {
    const account = await find(params.id);
    const [invoices, messages] = await Promise.all([
      accounts.countInvoices(account.id),
      accounts.countMessages(account.id),
    ]);
    return { contacts: account.contact_count, messages, search: searchOf(account), invoices };
  });

  route(deleteAccount, async ({ params, query }) => {
    const account = await find(params.id);
    if (await accounts.remove(account.id, query.contacts)) return undefined;
    const invoices = await accounts.countInvoices(account.id);
    if (invoices > 0) {
      const many = invoices === 1 ? 'an invoice' : `${invoices} invoices`;
      throw new Refusal('conflict', `"${account.name}" has ${many}, so it is kept. Set its status to closed instead.`);
    }
    const { contact_count: count } = await find(account.id);
    const many = count === 1 ? 'one contact' : `${count} contacts`;
    throw new Refusal(
      'conflict',
      `"${account.name}" has ${many}, deleted with it. Confirm that with ?contacts=${count}.`,
      { fields: [{ path: 'contacts', code: 'not_confirmed', message: `Confirm with contacts=${count}.` }] },
    );
  });

  route(listContacts, async ({ query: { account_id, ...query } }) => {
    const accountId = account_id === undefined ? null : (await find(account_id)).id;
    return contacts.list({ ...query, accountId });
  });

  route(createContact, async ({ params, body, caller, reply }) => {
    const account = await find(params.id);
    const given = withAddress(body, 'address');
    const free = given.primary_for === undefined ? await contacts.listFreeKinds(account.id) : [];
    const fields = { ...given, primary_for: given.primary_for ?? given.kinds.filter((kind) => free.includes(kind)) };
    const contact = unwrapContact(await contacts.create(account.id, fields, callerName(caller)), fields.address, true);
    reply.header('location', `/api/v1/contacts/${contact.id}`).header('etag', etagOf(contact));
    return contact;
  });

  route(readContact, async ({ params, reply }) => {
    const contact = foundContact(await contacts.read(params.id));
    reply.header('etag', etagOf(contact));
    return contact;
  });

  route(changeContact, async ({ params, body, caller, request, reply }) => {
    const before = foundContact(await contacts.read(params.id));
    const { version: bodyVersion, ...changes } = body;
    const expected = readIfMatch(request) ?? bodyVersion ?? before.version;
    if (expected !== before.version) refuseVersion(before, 'this contact');
    const { name, address, kinds, primary_for, language, is_active } = before;
    const merged = { name, address, kinds, primary_for, language, is_active, ...(changes as Partial<typeof before>) };
    if (changes.primary_for?.some((kind) => !merged.kinds.includes(kind)))
      throw refuseField('primary_for', 'invalid', 'Only for kinds that the contact has.');
    const fields = keepPrimaries(changes.address === undefined ? merged : withAddress(merged, 'address'));
    const outcome = await contacts.change(before.id, expected, fields, callerName(caller));
    const contact = unwrapContact(outcome, fields.address);
    reply.header('etag', etagOf(contact));
    return contact;
  });

  route(deleteContact, async ({ params }) => {
    if (!(await contacts.remove(params.id))) foundContact(null);
    return undefined;
  });
};

/** Finds in the message log what was mailed about an account. The search knows no quotation marks within words. */
const searchOf = ({ number }: Account): string => {
  const value = number.replaceAll('"', '*');
  return /\s/.test(value) ? `account:"${value}"` : `account:${value}`;
};

const etagOf = ({ version }: { version: number }): string => `"${version}"`;

function withAddress<T extends { address: string }>(contact: T, path: string): T {
  const checked = checkAddress(contact.address, path);
  if ('problem' in checked)
    throw new Refusal('validation_error', checked.problem.message, { fields: [checked.problem] });
  return { ...contact, address: checked.address };
}

function foundAccount(account: Account | null): Account {
  if (!account) throw new Refusal('not_found', 'There is no account with this id or number.');
  return account;
}

function foundContact(contact: Contact | null): Contact {
  if (!contact) throw new Refusal('not_found', 'There is no contact with this id; it may have been deleted.');
  return contact;
}

function refuseVersion(current: Account | Contact, what: string): never {
  throw new Refusal(
    'version_conflict',
    `Somebody else (${current.updated_by}) saved ${what} in the meantime. Look at "current", and send your change again with If-Match: ${etagOf(current)}.`,
    { current, headers: { etag: etagOf(current) } },
  );
}

function refuseAddress(address: string, path: string): never {
  const message = `The account already has a contact with the address ${address}. Change that one instead.`;
  throw new Refusal('conflict', message, { fields: [{ path, code: 'taken', message }] });
}

function unwrapAccount(outcome: AccountWrite, number: string): Account {
  switch (outcome.outcome) {
    case 'saved':
      return outcome.account;
    case 'version-conflict':
      return refuseVersion(outcome.current, 'this account');
    case 'not-found':
      return foundAccount(null);
    case 'address-taken':
      throw refuseField('contacts', 'taken', 'Two of the contacts have the same address. Give each address once.');
    case 'number-taken': {
      const message = `There already is an account with the number ${number}. Numbers are unique; change that one instead.`;
      throw new Refusal('conflict', message, { fields: [{ path: 'number', code: 'taken', message }] });
    }
  }
}

function unwrapContact(outcome: ContactWrite, address: string, isNew = false): Contact {
  switch (outcome.outcome) {
    case 'saved':
      return outcome.contact;
    case 'version-conflict':
      return refuseVersion(outcome.current, 'this contact');
    case 'not-found':
      return isNew ? (foundAccount(null) as never) : foundContact(null);
    case 'address-taken':
      return refuseAddress(address, 'address');
  }
}
