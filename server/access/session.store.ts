/**
 * Sessions of people in browsers. Only the hash of a token is stored, so a copy of the database signs nobody in. The role
 * is read with every request from the person's row: a change works at once, there is no copy of it in the session.
 */
import type { ExpressionBuilder, Selectable } from 'kysely';
import type { Database } from '../database/open.ts';
import type { Tables, WebSessionRow } from '../database/tables.ts';
import { newId } from '../platform/id.ts';
import type { Person } from './access.store.ts';
import { openUseNotes } from './note-use.store.ts';
import {
  hashToken,
  makeSessionToken,
  seenWriteMs,
  sessionAbsoluteMs,
  sessionExpiresAt,
  sessionIdleMs,
  sessionsPerPerson,
} from './session-rules.ts';

export interface SessionOrigin {
  ipAddress: string;
  userAgent: string;
}

export interface StoredSession extends SessionOrigin {
  id: string;
  createdAt: number;
  lastSeenAt: number;
}

export interface FoundSession {
  sessionId: string;
  person: Person & { language: string | null };
  /** When the person last proved who they are in it; signing in counts. */
  confirmedAt: number;
  /** The policy asks this person for a second factor, and there is none. */
  mustSetUpSecondFactor: boolean;
}

export interface SessionStore {
  /** @returns the token for the cookie; it cannot be had again. */
  startSession: (personId: string, origin: SessionOrigin, now: number) => Promise<{ id: string; token: string }>;
  /** Whose session it is; null when it has ended. Notes that it was seen. */
  findSession: (token: string, now: number) => Promise<FoundSession | null>;
  /** Those that have not ended, last seen first. */
  listSessions: (personId: string, now: number) => Promise<StoredSession[]>;
  /** False when this person has no such session. */
  endSession: (personId: string, id: string) => Promise<boolean>;
  endSessionByToken: (token: string) => Promise<void>;
  endOtherSessions: (personId: string, id: string) => Promise<void>;
  endAllSessions: (personId: string) => Promise<void>;
  confirm: (id: string, now: number) => Promise<void>;
}

export const openSessionStore = (database: Database): SessionStore => {
  const { query } = database;
  const noteUse = openUseNotes(database);
  const remove = () => query.deleteFrom('web_session');
  return {
    startSession: async (personId, origin, now) => {
      const [id, token] = [newId('ses', now), makeSessionToken()];
      await query
        .insertInto('web_session')
        .values({
          id,
          token_hash: hashToken(token),
          person_id: personId,
          ip_address: origin.ipAddress.slice(0, 64),
          user_agent: origin.userAgent.slice(0, 300),
          created_at: now,
          last_seen_at: now,
          confirmed_at: now,
        })
        .execute();
      // Whoever signs in sweeps: nobody else's ended sessions stay for long, and no timer is needed.
      await remove()
        .where((row) =>
          row.or([row('created_at', '<=', now - sessionAbsoluteMs), row('last_seen_at', '<=', now - sessionIdleMs)]),
        )
        .execute();
      const newest = query
        .selectFrom('web_session')
        .select('id')
        .where('person_id', '=', personId)
        .orderBy('last_seen_at', 'desc')
        .orderBy('id', 'desc')
        .limit(sessionsPerPerson);
      await remove().where('person_id', '=', personId).where('id', 'not in', newest).execute();
      return { id, token };
    },
    findSession: async (token, now) => {
      const row = await query
        .selectFrom('web_session')
        .innerJoin('person', 'person.id', 'web_session.person_id')
        .select(['web_session.id as sessionId', 'web_session.created_at', 'web_session.last_seen_at', 'confirmed_at'])
        .select(['person.id', 'person.name', 'person.email', 'person.role', 'person.language'])
        .select((row) => row.case().when(lacksFactor(row)).then(1).else(0).end().as('lacks_factor'))
        .where('web_session.token_hash', '=', hashToken(token))
        .where('person.state', '=', 'active')
        .executeTakeFirst();
      if (!row || sessionExpiresAt({ createdAt: row.created_at, lastSeenAt: row.last_seen_at }) <= now) return null;
      if (now - row.last_seen_at >= seenWriteMs) {
        await noteUse('web_session', row.sessionId, now);
      }
      const { sessionId, id, name, email, role, language } = row;
      return {
        sessionId,
        person: { id, name, email, role, language },
        confirmedAt: row.confirmed_at,
        mustSetUpSecondFactor: row.lacks_factor === 1,
      };
    },
    listSessions: async (personId, now) => {
      const rows = await query
        .selectFrom('web_session')
        .selectAll()
        .where('person_id', '=', personId)
        .orderBy('last_seen_at', 'desc')
        .orderBy('id', 'desc')
        .execute();
      return rows.map(toSession).filter((session) => sessionExpiresAt(session) > now);
    },
    endSession: async (personId, id) => {
      const result = await remove().where('person_id', '=', personId).where('id', '=', id).executeTakeFirst();
      return result.numDeletedRows === 1n;
    },
    endSessionByToken: async (token) => {
      await remove().where('token_hash', '=', hashToken(token)).execute();
    },
    endOtherSessions: async (personId, id) => {
      await remove().where('person_id', '=', personId).where('id', '!=', id).execute();
    },
    endAllSessions: async (personId) => {
      await remove().where('person_id', '=', personId).execute();
    },
    confirm: async (id, now) => {
      await query.updateTable('web_session').set({ confirmed_at: now }).where('id', '=', id).execute();
    },
  };
};

/** An administrator, where the policy asks them for a factor, without one. */
const lacksFactor = (row: ExpressionBuilder<Tables, 'person'>) =>
  row.and([
    row('person.role', '=', 'administrator'),
    row.exists(row.selectFrom('sign_in_policy').select('id').where('administrators_need_factor', '=', 1)),
    row.not(row.exists(row.selectFrom('passkey').select('passkey.id').whereRef('passkey.person_id', '=', 'person.id'))),
    row.not(
      row.exists(
        row
          .selectFrom('person_totp')
          .select('person_totp.person_id')
          .whereRef('person_totp.person_id', '=', 'person.id')
          .where('confirmed_at', 'is not', null),
      ),
    ),
  ]);

const toSession = (row: Selectable<WebSessionRow>): StoredSession => ({
  id: row.id,
  ipAddress: row.ip_address,
  userAgent: row.user_agent,
  createdAt: row.created_at,
  lastSeenAt: row.last_seen_at,
});
