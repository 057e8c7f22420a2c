/** Contacts of accounts. Among an account's, each kind has at most one first choice: who becomes it takes it from the other. */
import { sql } from 'kysely';
import { type Contact, type ContactKind, type ContactSort, contactKinds } from '../../contracts/account.ts';
import { isUniqueViolation } from '../database/constraint.ts';
import { holdsText } from '../database/each-value.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';
import { type ContactFields, fromBits, type ListedContactRow, toBits, toContact, toContactColumns } from './account.ts';
import { cursorOf, isAfter, readSort } from './page-cursor.store.ts';

export type ContactWrite =
  | { outcome: 'saved'; contact: Contact }
  | { outcome: 'address-taken' }
  | { outcome: 'not-found' }
  | { outcome: 'version-conflict'; current: Contact };

export interface ContactQuery {
  /** Null: of all accounts. */
  accountId: string | null;
  q: string;
  kind?: ContactKind | undefined;
  is_active?: boolean | undefined;
  sort: ContactSort;
  cursor?: string | undefined;
  limit: number;
}

export interface ContactStore {
  list: (query: ContactQuery) => Promise<{ data: Contact[]; next: string | null }>;
  read: (id: string) => Promise<Contact | null>;
  /** Kinds for which the account has no first choice. */
  listFreeKinds: (accountId: string) => Promise<ContactKind[]>;
  /** `not-found`: the account has gone. */
  create: (accountId: string, fields: ContactFields, by: string) => Promise<ContactWrite>;
  change: (id: string, expected: number, fields: ContactFields, by: string) => Promise<ContactWrite>;
  /** False: there is none. */
  remove: (id: string) => Promise<boolean>;
}

const sorts = { name: 'contact.sort_key', address: 'contact.address_key', created_at: 'contact.created_at' } as const;

export const openContactStore = ({ query }: Database, runTogether: RunTogether, clock: Clock): ContactStore => {
  const select = () =>
    query
      .selectFrom('contact')
      .innerJoin('account', 'account.id', 'contact.account_id')
      .selectAll('contact')
      .select(['account.number as account_number', 'account.name as account_name', 'account.status as account_status']);
  const read = async (id: string): Promise<Contact | null> => {
    const row = await select().where('contact.id', '=', id).executeTakeFirst();
    return row ? toContact(row as ListedContactRow) : null;
  };
  /** Where this contact is at this version: whoever else was first for these kinds no longer is. */
  const takeOver = (id: string, version: number, kinds: readonly ContactKind[]) => {
    const bits = sql.lit(toBits(kinds));
    return query
      .updateTable('contact')
      .set({ primary_kinds: sql<number>`primary_kinds & ~${bits}` })
      .where('id', '!=', id)
      .where(sql<boolean>`(primary_kinds & ${bits}) <> 0`)
      .where('account_id', '=', (eb) =>
        eb
          .selectFrom('contact as other')
          .select('other.account_id')
          .where('id', '=', id)
          .where('version', '=', version),
      );
  };

  return {
    list: async ({ accountId, q, kind, is_active, sort, cursor, limit }) => {
      const order = readSort(sorts, sort);
      let rows = select()
        .orderBy(sql.ref(order.column), order.direction)
        .orderBy('contact.id', order.direction)
        .limit(limit + 1);
      const holds = holdsText('contact.search_text', foldText(q));
      if (holds) rows = rows.where(holds);
      if (accountId !== null) rows = rows.where('contact.account_id', '=', accountId);
      if (kind) rows = rows.where(sql<boolean>`(contact.kinds & ${sql.lit(toBits([kind]))}) <> 0`);
      if (is_active !== undefined) rows = rows.where('contact.is_active', '=', is_active ? 1 : 0);
      if (cursor) rows = rows.where(isAfter(order, 'contact.id', cursor));
      const found = (await rows.execute()) as ListedContactRow[];
      const last = found.length > limit ? found[limit - 1] : undefined;
      const column = order.column.replace('contact.', '') as keyof ListedContactRow;
      return { data: found.slice(0, limit).map(toContact), next: last ? cursorOf(last[column], last.id) : null };
    },
    read,
    listFreeKinds: async (accountId) => {
      const rows = await query
        .selectFrom('contact')
        .select('primary_kinds')
        .where('account_id', '=', accountId)
        .where('primary_kinds', '!=', 0)
        .execute();
      const taken = fromBits(rows.reduce((bits, row) => bits | row.primary_kinds, 0));
      return contactKinds.filter((kind) => !taken.includes(kind));
    },
    create: async (accountId, fields, by) => {
      const now = clock.now();
      const id = newId('ctct', now);
      const columns = { ...toContactColumns(fields), id, account_id: accountId };
      const row = { ...columns, created_at: now, updated_at: now, updated_by: by, version: 1 };
      try {
        await runTogether([query.insertInto('contact').values(row), takeOver(id, 1, fields.primary_for)]);
      } catch (error) {
        if (isUniqueViolation(error, 'contact_account_address')) return { outcome: 'address-taken' };
        if (isForeignKeyViolation(error)) return { outcome: 'not-found' };
        throw error;
      }
      const contact = await read(id);
      return contact ? { outcome: 'saved', contact } : { outcome: 'not-found' };
    },
    change: async (id, expected, fields, by) => {
      let isSaved: boolean;
      try {
        const [rows] = await runTogether([
          query
            .updateTable('contact')
            .set({ ...toContactColumns(fields), version: expected + 1, updated_at: clock.now(), updated_by: by })
            .where('id', '=', id)
            .where('version', '=', expected)
            .returning('id'),
          takeOver(id, expected + 1, fields.primary_for),
        ]);
        isSaved = rows?.length === 1;
      } catch (error) {
        if (isUniqueViolation(error, 'contact_account_address')) return { outcome: 'address-taken' };
        throw error;
      }
      const now = await read(id);
      if (!now) return { outcome: 'not-found' };
      return isSaved ? { outcome: 'saved', contact: now } : { outcome: 'version-conflict', current: now };
    },
    remove: async (id) => {
      const [gone] = await runTogether([query.deleteFrom('contact').where('id', '=', id).returning('id')]);
      return gone?.length === 1;
    },
  };
};

function isForeignKeyViolation(error: unknown): boolean {
  return ['23503', 'SQLITE_CONSTRAINT_FOREIGNKEY'].includes(String((error as { code?: unknown }).code));
}
