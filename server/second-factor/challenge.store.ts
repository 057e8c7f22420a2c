/**
 * What is half done: a sign-in between its steps, a passkey about to be added or asked for. Kept in the database, so that
 * any node can finish it; of a token only the hash. Invariant: each is finished at most once, whoever comes twice.
 */

import { hashToken, makeSessionToken } from '../access/session-rules.ts';
import type { Database } from '../database/open.ts';

/** `add-passkey` and `confirm` belong to a session, and there is one at a time. */
export type ChallengePurpose = 'second-step' | 'passkey-sign-in' | 'add-passkey' | 'confirm';

const challengeMs = 5 * 60 * 1000;
const mostTries = 5;

export interface OpenChallenge {
  personId: string | null;
  webAuthnChallenge: string | null;
}

export interface ChallengeStore {
  /** @param sessionId null: a token is made. @returns the token, or the session's id. */
  begin: (
    purpose: ChallengePurpose,
    about: OpenChallenge & { sessionId: string | null },
    now: number,
  ) => Promise<{ token: string; expiresAt: number }>;
  /** Counts a try. Null: there is none, it has run out, or was tried too often. */
  try: (purpose: ChallengePurpose, token: string, now: number) => Promise<OpenChallenge | null>;
  /** True for one caller alone. */
  finish: (purpose: ChallengePurpose, token: string) => Promise<boolean>;
}

export const openChallengeStore = ({ query }: Pick<Database, 'query'>): ChallengeStore => {
  const idOf = (purpose: ChallengePurpose, token: string) => hashToken(`${purpose} ${token}`);
  return {
    begin: async (purpose, { sessionId, personId, webAuthnChallenge }, now) => {
      const token = sessionId ?? makeSessionToken();
      const expiresAt = now + challengeMs;
      const fresh = { webauthn_challenge: webAuthnChallenge, tries: 0, created_at: now, expires_at: expiresAt };
      await query.deleteFrom('sign_in_challenge').where('expires_at', '<=', now).execute();
      await query
        .insertInto('sign_in_challenge')
        .values({ id_hash: idOf(purpose, token), purpose, person_id: personId, ...fresh })
        .onConflict((conflict) => conflict.column('id_hash').doUpdateSet({ person_id: personId, ...fresh }))
        .execute();
      return { token, expiresAt };
    },
    try: async (purpose, token, now) => {
      const row = await query
        .updateTable('sign_in_challenge')
        .set((row) => ({ tries: row('tries', '+', 1) }))
        .where('id_hash', '=', idOf(purpose, token))
        .where('expires_at', '>', now)
        .where('tries', '<', mostTries)
        .returning(['person_id', 'webauthn_challenge'])
        .executeTakeFirst();
      return row ? { personId: row.person_id, webAuthnChallenge: row.webauthn_challenge } : null;
    },
    finish: async (purpose, token) => {
      const result = await query
        .deleteFrom('sign_in_challenge')
        .where('id_hash', '=', idOf(purpose, token))
        .executeTakeFirst();
      return result.numDeletedRows === 1n;
    },
  };
};
