/** Accounts. What is written together is one transaction; a change carries the version it was made on. */
import { sql } from 'kysely';
import type { Account, AccountSort, AccountState, ContactKind } from '../../contracts/account.ts';
import { isUniqueViolation } from '../database/constraint.ts';
import { eachText, holdsText } from '../database/each-value.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import type { AccountDirectory, BilledAccount } from '../invoice/account-directory.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';
import {
  type AccountFields,
  type ContactFields,
  type CountedAccountRow,
  foldNumber,
  isAccountId,
  toAccount,
  toAccountColumns,
  toBits,
  toContactColumns,
} from './account.ts';
import { cursorOf, isAfter, readSort } from './page-cursor.store.ts';

export type AccountWrite =
  | { outcome: 'saved'; account: Account }
  | { outcome: 'number-taken' }
  /** Two of the contacts have the same address. */
  | { outcome: 'address-taken' }
  | { outcome: 'not-found' }
  | { outcome: 'version-conflict'; current: Account };

export interface AccountQuery {
  q: string;
  status?: AccountState | undefined;
  kind?: ContactKind | undefined;
  without_kind?: ContactKind | undefined;
  sort: AccountSort;
  cursor?: string | undefined;
  limit: number;
}

export interface AccountStore {
  list: (query: AccountQuery) => Promise<{ data: Account[]; next: string | null }>;
  /** @param ref an id (`acct_…`) or a number. */
  read: (ref: string) => Promise<Account | null>;
  create: (fields: AccountFields, contacts: readonly ContactFields[], by: string) => Promise<AccountWrite>;
  change: (id: string, expected: number, fields: AccountFields, by: string) => Promise<AccountWrite>;
  countInvoices: (id: string) => Promise<number>;
  /** To the addresses of its contacts, at most 10,000. */
  countMessages: (id: string) => Promise<number>;
  /** False: it is not there, has invoices, or another number of contacts than that. */
  remove: (id: string, contactCount: number) => Promise<boolean>;
  directory: AccountDirectory;
}

const sorts = { name: 'sort_key', number: 'number_key', created_at: 'created_at' } as const;
const billing = toBits(['billing']);
const mostCounted = 10_000;

const hasContact = (kind: ContactKind) => sql<boolean>`exists (select 1 from contact
  where contact.account_id = account.id and contact.is_active = 1 and (contact.kinds & ${sql.lit(toBits([kind]))}) <> 0)`;

export const openAccountStore = (database: Database, runTogether: RunTogether, clock: Clock): AccountStore => {
  const { query, kind: dialect } = database;
  const select = () =>
    query
      .selectFrom('account')
      .selectAll('account')
      .select([
        sql<number>`(select count(*) from contact where contact.account_id = account.id)`.as('contact_count'),
        sql<number>`(select count(*) from contact where contact.account_id = account.id and contact.is_active = 1
          and (contact.kinds & ${sql.lit(billing)}) <> 0)`.as('billing_contact_count'),
      ]);
  const read = async (ref: string): Promise<Account | null> => {
    const one = isAccountId(ref) ? select().where('id', '=', ref) : select().where('number_key', '=', foldNumber(ref));
    const row = await one.executeTakeFirst();
    return row ? toAccount(row as CountedAccountRow) : null;
  };

  /** @returns by what was asked for. */
  const findMany = async (refs: readonly string[]): Promise<Map<string, BilledAccount>> => {
    const keys = [...new Set(refs.map((ref) => (isAccountId(ref) ? ref : foldNumber(ref))))];
    const rows = await query
      .selectFrom('account')
      .leftJoin('contact', (join) =>
        join
          .onRef('contact.account_id', '=', 'account.id')
          .on('contact.is_active', '=', 1)
          .on(sql<boolean>`(contact.kinds & ${sql.lit(billing)}) <> 0`),
      )
      .select([
        'account.id',
        'account.number',
        'account.number_key',
        'account.name',
        'account.language',
        'account.currency',
        'account.status',
        'contact.id as contact_id',
        'contact.name as contact_name',
        'contact.address',
        'contact.language as contact_language',
      ])
      .where((eb) =>
        eb.or([
          eb(
            'account.number_key',
            'in',
            eachText(
              dialect,
              keys.filter((key) => !isAccountId(key)),
            ),
          ),
          eb('account.id', 'in', eachText(dialect, keys.filter(isAccountId))),
        ]),
      )
      .orderBy(sql`(contact.primary_kinds & ${sql.lit(billing)})`, 'desc')
      .orderBy('contact.sort_key')
      .orderBy('contact.id')
      .execute();
    const byKey = new Map<string, BilledAccount>();
    for (const row of rows) {
      let account = byKey.get(row.id);
      if (!account) {
        const { id, number, name, language, currency, status } = row;
        account = { id, number, name, language, currency, isActive: status === 'active', contacts: [] };
        byKey.set(row.id, account);
        byKey.set(row.number_key, account);
      }
      if (row.contact_id === null) continue;
      account.contacts.push({
        id: row.contact_id,
        name: row.contact_name ?? '',
        address: row.address ?? '',
        language: row.contact_language ?? row.language,
      });
    }
    return new Map(
      refs.flatMap((ref) => {
        const found = byKey.get(isAccountId(ref) ? ref : foldNumber(ref));
        return found ? [[ref, found] as const] : [];
      }),
    );
  };

  return {
    list: async ({ q, status, kind, without_kind, sort, cursor, limit }) => {
      const order = readSort(sorts, sort);
      let rows = select()
        .orderBy(sql.ref(order.column), order.direction)
        .orderBy('id', order.direction)
        .limit(limit + 1);
      const wanted = foldText(q);
      const [here, inContact] = [holdsText('account.search_text', wanted), holdsText('contact.search_text', wanted)];
      if (here && inContact) {
        rows = rows.where(
          sql<boolean>`(${here} or account.id in (select contact.account_id from contact where ${inContact}))`,
        );
      }
      if (status) rows = rows.where('status', '=', status);
      if (kind) rows = rows.where(hasContact(kind));
      if (without_kind) rows = rows.where(sql<boolean>`not ${hasContact(without_kind)}`);
      if (cursor) rows = rows.where(isAfter(order, 'id', cursor));
      const found = (await rows.execute()) as CountedAccountRow[];
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        data: found.slice(0, limit).map(toAccount),
        next: last ? cursorOf(last[order.column as keyof CountedAccountRow], last.id) : null,
      };
    },
    read,
    create: async (fields, contacts, by) => {
      const now = clock.now();
      const id = newId('acct', now);
      const saved = { created_at: now, updated_at: now, updated_by: by, version: 1 };
      // They sort as they were given.
      const ids = contacts.map(() => newId('ctct', now)).sort();
      try {
        await runTogether([
          query.insertInto('account').values({ ...toAccountColumns(fields), id, ...saved }),
          ...contacts.map((contact, place) =>
            query
              .insertInto('contact')
              .values({ ...toContactColumns(contact), id: ids[place]!, account_id: id, ...saved }),
          ),
        ]);
      } catch (error) {
        if (isUniqueViolation(error, 'account_number_key')) return { outcome: 'number-taken' };
        if (isUniqueViolation(error, 'contact_account_address')) return { outcome: 'address-taken' };
        throw error;
      }
      return { outcome: 'saved', account: (await read(id))! };
    },
    change: async (id, expected, fields, by) => {
      let isSaved: boolean;
      try {
        const [rows] = await runTogether([
          query
            .updateTable('account')
            .set({ ...toAccountColumns(fields), version: expected + 1, updated_at: clock.now(), updated_by: by })
            .where('id', '=', id)
            .where('version', '=', expected)
            .returning('id'),
        ]);
        isSaved = rows?.length === 1;
      } catch (error) {
        if (isUniqueViolation(error, 'account_number_key')) return { outcome: 'number-taken' };
        throw error;
      }
      const now = await read(id);
      if (!now) return { outcome: 'not-found' };
      return isSaved ? { outcome: 'saved', account: now } : { outcome: 'version-conflict', current: now };
    },
    countInvoices: async (id) => {
      const { count } = await query
        .selectFrom('invoice')
        .select(sql<number>`count(*)`.as('count'))
        .where('account_id', '=', id)
        .executeTakeFirstOrThrow();
      return Number(count);
    },
    countMessages: async (id) => {
      const { rows } = await sql<{ count: number }>`select count(*) as count from (
        select distinct recipient.message_id from contact
        inner join recipient on lower(recipient.address) = contact.address_key
        where contact.account_id = ${id} limit ${sql.lit(mostCounted)}) as found`.execute(query);
      return Number(rows[0]?.count ?? 0);
    },
    remove: async (id, contactCount) => {
      const [gone] = await runTogether([
        query
          .deleteFrom('account')
          .where('id', '=', id)
          .where(sql<boolean>`(select count(*) from contact where contact.account_id = account.id) = ${contactCount}`)
          .where(sql<boolean>`not exists (select 1 from invoice where invoice.account_id = account.id)`)
          .returning('id'),
      ]);
      return gone?.length === 1;
    },
    directory: { find: async (ref) => (await findMany([ref])).get(ref) ?? null, findMany },
  };
};
