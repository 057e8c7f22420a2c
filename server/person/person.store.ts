/**
 * The people of the users page. Invariant: one administrator can always sign in; the last one is neither demoted,
 * disabled nor deleted. Every change that could break it takes one lock first, so that two at the same moment, on two
 * nodes too, are judged one after the other.
 */
import { sql, type Transaction } from 'kysely';
import type { Role } from '../../contracts/endpoint.ts';
import type { PersonState } from '../../contracts/person.ts';
import { toEmailKey } from '../access/email-key.ts';
import { sessionAbsoluteMs, sessionIdleMs } from '../access/session-rules.ts';
import type { Database } from '../database/open.ts';
import type { Tables } from '../database/tables.ts';
import { newId } from '../platform/id.ts';

export interface StoredPerson {
  id: string;
  name: string;
  email: string;
  role: Role;
  state: PersonState;
  language: string | null;
  hasSecondFactor: boolean;
  sessionCount: number;
  createdAt: number;
  passwordSetAt: number;
  lastSignInAt: number | null;
  disabledAt: number | null;
  invitedBy: string | null;
  invitationExpiresAt: number | null;
  isLastAdministrator: boolean;
}

export interface PersonFilter {
  q?: string | undefined;
  state?: PersonState | undefined;
  role?: Role | undefined;
}

export type PersonOutcome = 'done' | 'not-found' | 'last-administrator' | 'wrong-state';

export interface PersonStore {
  list: (filter: PersonFilter, now: number) => Promise<StoredPerson[]>;
  read: (id: string, now: number) => Promise<StoredPerson | null>;
  /** Null: the address is taken. */
  addInvited: (
    person: { email: string; name: string; role: Role; language: string | null; invitedBy: string },
    now: number,
  ) => Promise<string | null>;
  /** Another role ends the person's sessions. */
  change: (
    id: string,
    change: { role?: Role | undefined; name?: string | undefined; language?: string | null | undefined },
    now: number,
  ) => Promise<PersonOutcome>;
  disable: (id: string, now: number) => Promise<PersonOutcome>;
  enable: (id: string, now: number) => Promise<PersonOutcome>;
  endSessions: (id: string) => Promise<PersonOutcome>;
  removeFactors: (id: string) => Promise<PersonOutcome>;
  remove: (id: string) => Promise<PersonOutcome>;
  /** Another password; every session but none is kept: the caller starts a new one. */
  changePassword: (id: string, passwordHash: string, now: number) => Promise<void>;
}

type Trx = Transaction<Tables>;

export const openPersonStore = ({ query }: Pick<Database, 'query'>): PersonStore => {
  const select = (now: number) =>
    query
      .selectFrom('person')
      .selectAll('person')
      .select((row) => [
        row
          .selectFrom('web_session')
          .select((session) => session.fn.countAll<number>().as('count'))
          .whereRef('web_session.person_id', '=', 'person.id')
          .where('web_session.created_at', '>', now - sessionAbsoluteMs)
          .where('web_session.last_seen_at', '>', now - sessionIdleMs)
          .as('sessions'),
        row
          .selectFrom('person_link')
          .select('expires_at')
          .whereRef('person_link.person_id', '=', 'person.id')
          .where('purpose', '=', 'invitation')
          .as('invitation'),
        row
          .selectFrom('passkey')
          .select((key) => key.fn.countAll<number>().as('count'))
          .whereRef('passkey.person_id', '=', 'person.id')
          .as('passkeys'),
        row
          .selectFrom('person_totp')
          .select('confirmed_at')
          .whereRef('person_totp.person_id', '=', 'person.id')
          .as('totp'),
        row
          .selectFrom('person as admin')
          .select((admin) => admin.fn.countAll<number>().as('count'))
          .where('admin.role', '=', 'administrator')
          .where('admin.state', '=', 'active')
          .as('administrators'),
      ]);
  type Row = Awaited<ReturnType<ReturnType<typeof select>['executeTakeFirstOrThrow']>>;
  const toStored = (row: Row): StoredPerson => ({
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    state: row.state,
    language: row.language,
    hasSecondFactor: Number(row.passkeys) > 0 || row.totp !== null,
    sessionCount: row.state === 'active' ? Number(row.sessions) : 0,
    createdAt: row.created_at,
    passwordSetAt: row.password_set_at,
    lastSignInAt: row.last_sign_in_at,
    disabledAt: row.disabled_at,
    invitedBy: row.state === 'invited' ? row.invited_by : null,
    invitationExpiresAt: row.state === 'invited' ? row.invitation : null,
    isLastAdministrator: row.role === 'administrator' && row.state === 'active' && Number(row.administrators) === 1,
  });

  /** @param loses whether somebody who was an active administrator is none afterwards. */
  const guarded = (id: string, loses: boolean, step: (trx: Trx, state: PersonState) => Promise<PersonOutcome>) =>
    query.transaction().execute(async (trx): Promise<PersonOutcome> => {
      await trx
        .updateTable('first_run')
        .set({ closed_at: sql.ref('closed_at') })
        .where('id', '=', 1)
        .execute();
      const people = await trx
        .selectFrom('person')
        .select(['id', 'state'])
        .where((row) =>
          row.or([row('id', '=', id), row.and([row('role', '=', 'administrator'), row('state', '=', 'active')])]),
        )
        .select('role')
        .execute();
      const person = people.find((one) => one.id === id);
      if (!person) return 'not-found';
      const isLast = person.role === 'administrator' && person.state === 'active' && people.length === 1;
      return loses && isLast ? 'last-administrator' : step(trx, person.state);
    });
  const endAll = async (trx: Trx, id: string) => {
    for (const table of ['web_session', 'sign_in_challenge'] as const) {
      await trx.deleteFrom(table).where('person_id', '=', id).execute();
    }
  };

  return {
    list: async ({ q = '', state, role }, now) => {
      let rows = select(now)
        .orderBy((row) =>
          row.fn.coalesce(row.fn<string | null>('nullif', ['person.name', sql.lit('')]), 'person.email'),
        )
        .orderBy('person.id');
      if (state) rows = rows.where('person.state', '=', state);
      if (role) rows = rows.where('person.role', '=', role);
      const wanted = fold(q);
      return (await rows.execute())
        .map(toStored)
        .filter(({ name, email }) => fold(`${name} ${email}`).includes(wanted));
    },
    read: async (id, now) => {
      const row = await select(now).where('person.id', '=', id).executeTakeFirst();
      return row ? toStored(row) : null;
    },
    addInvited: async ({ email, name, role, language, invitedBy }, now) => {
      const id = newId('user', now);
      const result = await query
        .insertInto('person')
        .values({
          ...{ id, name, email, email_key: toEmailKey(email), role, language, invited_by: invitedBy, state: 'invited' },
          ...{ password_hash: '', password_set_at: now, created_at: now, updated_at: now },
        })
        .onConflict((conflict) => conflict.column('email_key').doNothing())
        .executeTakeFirst();
      return result.numInsertedOrUpdatedRows === 1n ? id : null;
    },
    change: (id, { role, name, language }, now) =>
      guarded(id, role !== undefined && role !== 'administrator', async (trx) => {
        const before = await trx.selectFrom('person').select('role').where('id', '=', id).executeTakeFirstOrThrow();
        await trx
          .updateTable('person')
          .set({
            updated_at: now,
            ...(role !== undefined && { role }),
            ...(name !== undefined && { name }),
            ...(language !== undefined && { language }),
          })
          .where('id', '=', id)
          .execute();
        if (role !== undefined && role !== before.role) await endAll(trx, id);
        return 'done';
      }),
    disable: (id, now) =>
      guarded(id, true, async (trx, state) => {
        if (state === 'invited') return 'wrong-state';
        if (state === 'disabled') return 'done';
        const change = { state: 'disabled', disabled_at: now, updated_at: now } as const;
        await trx.updateTable('person').set(change).where('id', '=', id).execute();
        await endAll(trx, id);
        await trx.deleteFrom('person_link').where('person_id', '=', id).execute();
        return 'done';
      }),
    enable: (id, now) =>
      guarded(id, false, async (trx, state) => {
        if (state === 'invited') return 'wrong-state';
        const change = { state: 'active', disabled_at: null, updated_at: now } as const;
        await trx.updateTable('person').set(change).where('id', '=', id).execute();
        return 'done';
      }),
    endSessions: (id) =>
      guarded(id, false, async (trx) => {
        await endAll(trx, id);
        return 'done';
      }),
    removeFactors: (id) =>
      guarded(id, false, async (trx) => {
        for (const table of ['person_totp', 'passkey', 'recovery_code'] as const) {
          await trx.deleteFrom(table).where('person_id', '=', id).execute();
        }
        await endAll(trx, id);
        return 'done';
      }),
    remove: (id) =>
      guarded(id, true, async (trx) => {
        await trx.deleteFrom('person').where('id', '=', id).execute();
        return 'done';
      }),
    changePassword: async (id, passwordHash, now) => {
      await query.transaction().execute(async (trx) => {
        const change = { password_hash: passwordHash, password_set_at: now, updated_at: now };
        await trx.updateTable('person').set(change).where('id', '=', id).execute();
        await endAll(trx, id);
        await trx
          .deleteFrom('person_link')
          .where('person_id', '=', id)
          .where('purpose', '=', 'password-reset')
          .execute();
      });
    },
  };
};

const fold = (text: string): string => text.normalize('NFC').toLowerCase().trim();
