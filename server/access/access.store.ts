/**
 * People who sign in. Invariant: an address belongs to one person whatever its case, and the first administrator is made
 * once: the row in `first_run` is written in the same transaction, so of two at the same moment, also in two processes,
 * one finds it there. Any administrator closes the first run, and deleting everybody does not open it again.
 */
import type { Selectable } from 'kysely';
import type { Role } from '../../contracts/endpoint.ts';
import type { Database } from '../database/open.ts';
import type { PersonRow as StoredPersonRow } from '../database/tables.ts';
import { newId } from '../platform/id.ts';
import { toEmailKey } from './email-key.ts';

type PersonRow = Selectable<StoredPersonRow>;

export interface Person {
  id: string;
  name: string;
  email: string;
  role: Role;
}

/** What signing in goes by. */
export interface Account extends Person {
  /** Empty: invited, and none was chosen yet. */
  passwordHash: string;
  state: 'invited' | 'active' | 'disabled';
  language: string | null;
}

export interface NewPerson {
  name: string;
  email: string;
  role: Role;
  passwordHash: string;
}

export interface AccessStore {
  isFirstRunOpen: () => Promise<boolean>;
  /** Null when somebody was first. */
  createFirstAdministrator: (person: Omit<NewPerson, 'role'>, now: number) => Promise<Person | null>;
  /** Null when the address is taken. */
  createPerson: (person: NewPerson, now: number) => Promise<Person | null>;
  listPeople: () => Promise<(Person & { createdAt: number })[]>;
  findPersonByEmail: (email: string) => Promise<Account | null>;
  findPerson: (id: string) => Promise<Account | null>;
  noteSignIn: (id: string, now: number) => Promise<void>;
  /** The same password under newer parameters; does nothing when it was changed in between. */
  renewPasswordHash: (id: string, oldHash: string, newHash: string) => Promise<void>;
  /** Sets another password, ends all the person's sessions and takes back what was mailed to them. False when there is no such person. */
  setPassword: (email: string, passwordHash: string, now: number) => Promise<boolean>;
}

export const openAccessStore = ({ query }: Pick<Database, 'query'>): AccessStore => {
  const insert = async (transaction: typeof query, person: NewPerson, now: number): Promise<Person | null> => {
    const { name, email, role } = person;
    const row = { id: newId('user', now), name, email, email_key: toEmailKey(email), role };
    const times = { password_set_at: now, created_at: now, updated_at: now };
    const result = await transaction
      .insertInto('person')
      .values({ ...row, ...times, password_hash: person.passwordHash })
      .onConflict((conflict) => conflict.column('email_key').doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n ? toPerson(row) : null;
  };
  const closeFirstRun = async (transaction: typeof query, now: number): Promise<boolean> => {
    const result = await transaction
      .insertInto('first_run')
      .values({ id: 1, closed_at: now })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .executeTakeFirst();
    return result.numInsertedOrUpdatedRows === 1n;
  };

  return {
    isFirstRunOpen: async () => (await query.selectFrom('first_run').select('id').executeTakeFirst()) === undefined,
    createFirstAdministrator: (person, now) =>
      query.transaction().execute(async (transaction) => {
        if (!(await closeFirstRun(transaction, now))) return null;
        return insert(transaction, { ...person, role: 'administrator' }, now);
      }),
    createPerson: (person, now) =>
      query.transaction().execute(async (transaction) => {
        const created = await insert(transaction, person, now);
        if (created?.role === 'administrator') await closeFirstRun(transaction, now);
        return created;
      }),
    listPeople: async () => {
      const rows = await query.selectFrom('person').selectAll().orderBy('email_key').execute();
      return rows.map((row) => ({ ...toPerson(row), createdAt: row.created_at }));
    },
    findPersonByEmail: async (email) => {
      const found = query.selectFrom('person').selectAll().where('email_key', '=', toEmailKey(email));
      return toAccount(await found.executeTakeFirst());
    },
    findPerson: async (id) => {
      const found = query.selectFrom('person').selectAll().where('id', '=', id);
      return toAccount(await found.executeTakeFirst());
    },
    noteSignIn: async (id, now) => {
      await query.updateTable('person').set({ last_sign_in_at: now }).where('id', '=', id).execute();
    },
    renewPasswordHash: async (id, oldHash, newHash) => {
      await query
        .updateTable('person')
        .set({ password_hash: newHash })
        .where('id', '=', id)
        .where('password_hash', '=', oldHash)
        .execute();
    },
    setPassword: (email, passwordHash, now) =>
      query.transaction().execute(async (transaction) => {
        const changed = await transaction
          .updateTable('person')
          .set((row) => ({
            password_hash: passwordHash,
            password_set_at: now,
            updated_at: now,
            // Whoever is given a password need not follow the invitation any more.
            state: row
              .case()
              .when('state', '=', 'invited')
              .then('active' as const)
              .else(row.ref('state'))
              .end(),
          }))
          .where('email_key', '=', toEmailKey(email))
          .returning('id')
          .executeTakeFirst();
        if (!changed) return false;
        for (const table of ['web_session', 'person_link', 'sign_in_challenge'] as const) {
          await transaction.deleteFrom(table).where('person_id', '=', changed.id).execute();
        }
        return true;
      }),
  };
};

const toPerson = ({ id, name, email, role }: Pick<PersonRow, 'id' | 'name' | 'email' | 'role'>): Person => ({
  id,
  name,
  email,
  role,
});

const toAccount = (row: PersonRow | undefined): Account | null =>
  row ? { ...toPerson(row), passwordHash: row.password_hash, state: row.state, language: row.language } : null;
