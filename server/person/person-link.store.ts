/**
 * What a mailed link does, each in one transaction that begins by using the link up: of two who follow it at the same
 * moment one finds it there. Invariant: a link works for the person and the address it was made for, while the person is
 * in the state it was made for; a newer one of the same purpose ends it. Only SHA-256 of the token is stored.
 */
import type { Transaction } from 'kysely';
import { toEmailKey } from '../access/email-key.ts';
import { hashToken } from '../access/session-rules.ts';
import { isUniqueViolation } from '../database/constraint.ts';
import type { Database } from '../database/open.ts';
import type { PersonLinkRow, Tables } from '../database/tables.ts';
import { type LinkPurpose, linkMs, makeLinkToken } from './person-link.ts';

export interface FoundLink {
  personId: string;
  /** Of a change, the new address. */
  email: string;
  name: string;
  language: string | null;
  invitedBy: string;
  expiresAt: number;
}

export interface LinkedPerson {
  id: string;
  name: string;
  email: string;
  language: string | null;
}

export interface PersonLinkStore {
  /** Ends the one before of this purpose. @returns the token, which cannot be had again. */
  makeLink: (
    personId: string,
    purpose: LinkPurpose,
    email: string,
    now: number,
  ) => Promise<{ token: string; expiresAt: number }>;
  /** Uses nothing up. Null: wrong, used, replaced, too old, or the person is not in that state. */
  findLink: (purpose: LinkPurpose, token: string, now: number) => Promise<FoundLink | null>;
  /** The newest of this purpose, whether or not it still works. */
  readLink: (personId: string, purpose: LinkPurpose) => Promise<{ email: string; expiresAt: number } | null>;
  endLink: (personId: string, purpose: LinkPurpose) => Promise<void>;
  acceptInvitation: (
    token: string,
    person: { name: string; passwordHash: string; language?: string | null | undefined },
    now: number,
  ) => Promise<LinkedPerson | null>;
  /** Ends all sessions and links of the person; second factors stay. */
  completeReset: (token: string, passwordHash: string, now: number) => Promise<LinkedPerson | null>;
  confirmEmail: (token: string, now: number) => Promise<LinkedPerson | 'taken' | null>;
}

const stateFor = { invitation: 'invited', 'password-reset': 'active', 'email-change': 'active' } as const;

export const openPersonLinkStore = ({ query }: Pick<Database, 'query'>): PersonLinkStore => {
  const take = async (trx: Transaction<Tables>, purpose: LinkPurpose, token: string, now: number) =>
    trx
      .deleteFrom('person_link')
      .where('token_hash', '=', hashToken(token))
      .where('purpose', '=', purpose)
      .where('expires_at', '>', now)
      .returningAll()
      .executeTakeFirst();
  const update = (trx: Transaction<Tables>, link: PersonLinkRow) =>
    trx
      .updateTable('person')
      .where('id', '=', link.person_id)
      .where('state', '=', stateFor[link.purpose])
      .returning(['id', 'name', 'email', 'language']);

  return {
    makeLink: async (personId, purpose, email, now) => {
      const token = makeLinkToken();
      const link = {
        token_hash: hashToken(token),
        email,
        email_key: toEmailKey(email),
        created_at: now,
        expires_at: now + linkMs[purpose],
      };
      await query
        .insertInto('person_link')
        .values({ person_id: personId, purpose, ...link })
        .onConflict((conflict) => conflict.columns(['person_id', 'purpose']).doUpdateSet(link))
        .execute();
      return { token, expiresAt: link.expires_at };
    },
    findLink: async (purpose, token, now) => {
      const row = await query
        .selectFrom('person_link as link')
        .innerJoin('person', 'person.id', 'link.person_id')
        .select(['person.id as personId', 'person.name', 'person.language', 'person.invited_by'])
        .select(['person.email_key', 'link.email', 'link.email_key as linkKey', 'link.expires_at'])
        .where('link.token_hash', '=', hashToken(token))
        .where('link.purpose', '=', purpose)
        .where('link.expires_at', '>', now)
        .where('person.state', '=', stateFor[purpose])
        .executeTakeFirst();
      if (!row || (purpose !== 'email-change' && row.linkKey !== row.email_key)) return null;
      const { personId, name, email, language } = row;
      return { personId, name, email, language, invitedBy: row.invited_by ?? '', expiresAt: row.expires_at };
    },
    readLink: async (personId, purpose) => {
      const row = await query
        .selectFrom('person_link')
        .select(['email', 'expires_at'])
        .where('person_id', '=', personId)
        .where('purpose', '=', purpose)
        .executeTakeFirst();
      return row ? { email: row.email, expiresAt: row.expires_at } : null;
    },
    endLink: async (personId, purpose) => {
      await query.deleteFrom('person_link').where('person_id', '=', personId).where('purpose', '=', purpose).execute();
    },
    acceptInvitation: (token, { name, passwordHash, language }, now) =>
      query.transaction().execute(async (trx) => {
        const link = await take(trx, 'invitation', token, now);
        if (!link) return null;
        const person = await update(trx, link)
          .where('email_key', '=', link.email_key)
          .set({ state: 'active', name, password_hash: passwordHash, password_set_at: now, updated_at: now })
          .$if(language !== undefined, (changed) => changed.set({ language: language ?? null }))
          .executeTakeFirst();
        return person ?? null;
      }),
    completeReset: (token, passwordHash, now) =>
      query.transaction().execute(async (trx) => {
        const link = await take(trx, 'password-reset', token, now);
        if (!link) return null;
        const person = await update(trx, link)
          .where('email_key', '=', link.email_key)
          .set({ password_hash: passwordHash, password_set_at: now, updated_at: now })
          .executeTakeFirst();
        if (!person) return null;
        for (const table of ['web_session', 'person_link', 'sign_in_challenge'] as const) {
          await trx.deleteFrom(table).where('person_id', '=', person.id).execute();
        }
        return person;
      }),
    confirmEmail: async (token, now) => {
      try {
        return await query.transaction().execute(async (trx) => {
          const link = await take(trx, 'email-change', token, now);
          if (!link) return null;
          const person = await update(trx, link)
            .set({ email: link.email, email_key: link.email_key, updated_at: now })
            .executeTakeFirst();
          return person ?? null;
        });
      } catch (error) {
        if (isUniqueViolation(error, 'person_email_key')) return 'taken';
        throw error;
      }
    },
  };
};
