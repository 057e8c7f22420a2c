/**
 * Accounts and contacts as an import meets them: read by the thousand, and written by the thousand in one transaction with
 * the import's own progress, so that a row is taken once and whole, whatever dies in between.
 */
import { type RawBuilder, sql } from 'kysely';
import type { AccountState } from '../../contracts/account.ts';
import { contactKinds } from '../../contracts/account.ts';
import { foldNumber, fromBits, toAccountColumns, toBits, toContactColumns } from '../contact/account.ts';
import { eachObject, eachText } from '../database/each-value.ts';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import { contactKey, type KnownAccount, type KnownContact, type KnownState } from './plan-rows.ts';
import type { GivenRow } from './read-row.ts';

export interface KnownContacts {
  /** What there is of that which these rows name, put into `known`; what is in it already stays. */
  load: (rows: readonly GivenRow[], known: KnownState) => Promise<void>;
  /**
   * Writes what planning has changed.
   * @param progress goes first, and fails where its condition does not hold: then nothing is written.
   * @throws where it fails, or somebody else added the same in between: load and plan again.
   */
  write: (
    known: KnownState,
    progress: (isCurrent: RawBuilder<boolean>) => RawBuilder<unknown>,
    by: string,
    now: number,
  ) => Promise<void>;
}

export const emptyState = (): KnownState => ({ accounts: new Map(), contacts: new Map(), changed: new Set() });

const isContact = (one: KnownAccount | KnownContact): one is KnownContact => 'accountId' in one;

export const openKnownContacts = ({ query, kind }: Database, runTogether: RunTogether): KnownContacts => {
  const text = (key: string) => sql`each.value ->> ${sql.lit(key)}`;
  const number = (key: string) => sql`cast(each.value ->> ${sql.lit(key)} as bigint)`;
  const compilable = (statement: RawBuilder<unknown>) => ({ compile: () => statement.compile(query) });
  const numbers = new Set(['kinds', 'primary_kinds', 'is_active', 'created_at', 'updated_at', 'version']);
  const pick = (columns: readonly string[]) =>
    sql.join(columns.map((column) => (numbers.has(column) ? number(column) : text(column))));

  const insert = (table: 'account' | 'contact', rows: object[]) => {
    const columns = Object.keys(rows[0]!);
    const names = sql.join(columns.map((column) => sql.ref(column)));
    return sql`insert into ${sql.table(table)} (${names}) select ${pick(columns)} from ${eachObject(kind, rows)}`;
  };
  const update = (table: 'account' | 'contact', rows: object[]) => {
    const columns = Object.keys(rows[0]!).filter((column) => column !== 'id');
    const set = sql.join(
      columns.map((column) => sql`${sql.ref(column)} = ${numbers.has(column) ? number(column) : text(column)}`),
    );
    return sql`update ${sql.table(table)} set ${set} from ${eachObject(kind, rows)}
      where ${sql.ref(`${table}.id`)} = each.value ->> 'id'`;
  };
  /** How many of these still are as they were read. */
  const countCurrent = (table: 'account' | 'contact', rows: { id: string; version: number }[]) =>
    sql`(select count(*) from ${eachObject(kind, rows)} inner join ${sql.table(table)}
      on ${sql.ref(`${table}.id`)} = each.value ->> 'id' and ${sql.ref(`${table}.version`)} = ${number('version')})`;

  return {
    load: async (rows, known) => {
      const keys = [...new Set(rows.map((row) => foldNumber(row.number)))].filter((key) => !known.accounts.has(key));
      if (keys.length > 0) {
        const found = await query
          .selectFrom('account')
          .select(['id', 'version', 'number_key', 'number', 'name', 'status', 'language', 'currency'])
          .where('number_key', 'in', eachText(kind, keys))
          .execute();
        for (const { id, version, number_key, status, ...fields } of found) {
          known.accounts.set(number_key, { id, version, fields: { ...fields, status: status as AccountState } });
        }
      }
      const pairs = rows.flatMap(({ number: ref, contact }) => {
        const account = known.accounts.get(foldNumber(ref));
        return contact && account && account.version > 0
          ? [{ account: account.id, address: contact.address.toLowerCase() }]
          : [];
      });
      if (pairs.length === 0) return;
      const { rows: found } = await sql<{
        id: string;
        version: number;
        account_id: string;
        name: string;
        address: string;
        kinds: number;
        primary_kinds: number;
        language: string | null;
        is_active: number;
      }>`select contact.id, contact.version, contact.account_id, contact.name, contact.address, contact.kinds,
          contact.primary_kinds, contact.language, contact.is_active
        from ${eachObject(kind, pairs)} inner join contact
          on contact.account_id = each.value ->> 'account' and contact.address_key = each.value ->> 'address'`.execute(
        query,
      );
      for (const { id, version, account_id: accountId, kinds, primary_kinds, is_active, ...fields } of found) {
        const key = contactKey(accountId, fields.address);
        if (known.contacts.has(key)) continue;
        const bits = { kinds: fromBits(kinds), primary_for: fromBits(primary_kinds), is_active: is_active === 1 };
        known.contacts.set(key, { id, version, accountId, fields: { ...fields, ...bits } });
      }
    },

    write: async ({ changed }, progress, by, now) => {
      const all = [...changed];
      const saved = (version: number) => ({ updated_at: now, updated_by: by, version: version + 1 });
      const accounts = all
        .filter((one): one is KnownAccount => !isContact(one))
        .map(({ id, version, fields }) => ({ id, ...toAccountColumns(fields), ...saved(version) }));
      const contacts = all.filter(isContact).map(({ id, version, accountId, fields }) => ({
        id,
        account_id: accountId,
        ...toContactColumns(fields),
        ...saved(version),
      }));
      const statements: RawBuilder<unknown>[] = [];
      let isCurrent = sql<boolean>`1 = 1`;
      for (const [table, rows] of [
        ['account', accounts],
        ['contact', contacts],
      ] as const) {
        const old = rows.filter(({ version }) => version > 1);
        const added = rows.filter(({ version }) => version === 1).map((row) => ({ ...row, created_at: now }));
        if (old.length > 0) {
          const read = old.map(({ id, version }) => ({ id, version: version - 1 }));
          isCurrent = sql`${isCurrent} and ${countCurrent(table, read)} = ${sql.lit(read.length)}`;
          statements.push(update(table, old));
        }
        if (added.length > 0) statements.push(insert(table, added));
      }
      for (const one of contactKinds) {
        const bit = toBits([one]);
        const firsts = contacts.filter(({ primary_kinds }) => (primary_kinds & bit) !== 0);
        if (firsts.length === 0) continue;
        const given = firsts.map(({ id, account_id }) => ({ id, account: account_id }));
        statements.push(sql`update contact set primary_kinds = primary_kinds & ~${sql.lit(bit)}
          from ${eachObject(kind, given)} where contact.account_id = each.value ->> 'account'
            and contact.id <> each.value ->> 'id' and (contact.primary_kinds & ${sql.lit(bit)}) <> 0`);
      }
      await runTogether([progress(isCurrent), ...statements].map(compilable));
    },
  };
};
