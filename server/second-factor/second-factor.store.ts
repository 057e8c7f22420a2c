/**
 * Factors as they are stored: the app's secret sealed, recovery codes as hashes, of a passkey its public half. Invariant:
 * a code, a step and a recovery code count once, also for two at the same moment; recovery codes are there as long as
 * another factor is, and go with the last.
 */
import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/open.ts';
import type { PasskeyRow, Tables } from '../database/tables.ts';
import { newId } from '../platform/id.ts';
import { type KeyRing, openSecret, sealSecret } from '../platform/secret-box.ts';
import { hashRecoveryCode, makeRecoveryCodes } from './recovery-codes.ts';

export interface FactorKeys {
  ringForSealing: (trx: Transaction<Tables>) => Promise<KeyRing | null>;
  ringFor: (sealed: string) => Promise<KeyRing | null>;
}

export interface StoredFactors {
  totp: { createdAt: number } | null;
  passkeys: PasskeyRow[];
  recoveryCodes: { left: number; createdAt: number } | null;
}

export type NewPasskey = Pick<
  PasskeyRow,
  'credential_id' | 'public_key' | 'counter' | 'transports' | 'name' | 'is_synced'
>;

/** The ten, where this was the first factor. */
export type Added = { ok: true; recoveryCodes: string[] | null } | { ok: false };

export interface SecondFactorStore {
  read: (personId: string) => Promise<StoredFactors>;
  /** False: sealing is not possible at the moment, or codes are on already. */
  beginTotp: (personId: string, secret: string, now: number) => Promise<'begun' | 'on' | 'locked'>;
  /** The secret that waits to be confirmed, or the one that is on. `locked`: the key that opens it is missing. */
  readTotpSecret: (personId: string, which: 'waiting' | 'on') => Promise<string | 'locked' | null>;
  /** Turns the app on. Not ok: nothing waited for it any more. */
  confirmTotp: (personId: string, step: number, now: number) => Promise<Added>;
  /** False: a code of this step, or a later one, was used before. */
  spendTotpStep: (personId: string, step: number) => Promise<boolean>;
  deleteTotp: (personId: string) => Promise<boolean>;
  /** Not ok: this passkey is known already. */
  addPasskey: (personId: string, passkey: NewPasskey, now: number) => Promise<Added>;
  findPasskey: (credentialId: string) => Promise<PasskeyRow | null>;
  notePasskeyUse: (id: string, counter: number, now: number) => Promise<void>;
  renamePasskey: (personId: string, id: string, name: string) => Promise<boolean>;
  deletePasskey: (personId: string, id: string) => Promise<boolean>;
  /** False: it is not one of theirs, or was used. */
  spendRecoveryCode: (personId: string, code: string) => Promise<boolean>;
  /** New ones in the place of the old. */
  renewRecoveryCodes: (personId: string, now: number) => Promise<string[]>;
  isPolicyOn: () => Promise<boolean>;
  setPolicy: (isOn: boolean) => Promise<void>;
}

const totpPlace = (personId: string) => `person_totp|${personId}|secret_sealed`;
type Query = Database['query'];

export const openSecondFactorStore = ({ query }: Pick<Database, 'query'>, keys: FactorKeys): SecondFactorStore => {
  const readPasskeys = (personId: string) =>
    query.selectFrom('passkey').selectAll().where('person_id', '=', personId).orderBy('id').execute();

  return {
    read: async (personId) => {
      const totp = await query
        .selectFrom('person_totp')
        .select('confirmed_at')
        .where('person_id', '=', personId)
        .where('confirmed_at', 'is not', null)
        .executeTakeFirst();
      const codes = await query
        .selectFrom('recovery_code')
        .select((row) => [row.fn.countAll<number>().as('left'), row.fn.max('created_at').as('createdAt')])
        .where('person_id', '=', personId)
        .executeTakeFirstOrThrow();
      const passkeys = await readPasskeys(personId);
      const hasAny = totp !== undefined || passkeys.length > 0;
      return {
        totp: totp ? { createdAt: totp.confirmed_at! } : null,
        passkeys,
        recoveryCodes: hasAny ? { left: Number(codes.left), createdAt: Number(codes.createdAt ?? 0) } : null,
      };
    },
    beginTotp: (personId, secret, now) =>
      query.transaction().execute(async (trx) => {
        const ring = await keys.ringForSealing(trx);
        if (!ring) return 'locked';
        const values = { secret_sealed: sealSecret(ring, secret, totpPlace(personId)), created_at: now };
        const result = await trx
          .insertInto('person_totp')
          .values({ person_id: personId, ...values, confirmed_at: null, last_step: 0 })
          .onConflict((conflict) =>
            conflict.column('person_id').doUpdateSet(values).where('person_totp.confirmed_at', 'is', null),
          )
          .executeTakeFirst();
        return result.numInsertedOrUpdatedRows === 1n ? 'begun' : 'on';
      }),
    readTotpSecret: async (personId, which) => {
      const row = await query
        .selectFrom('person_totp')
        .select('secret_sealed')
        .where('person_id', '=', personId)
        .where('confirmed_at', which === 'on' ? 'is not' : 'is', null)
        .executeTakeFirst();
      if (!row) return null;
      const ring = await keys.ringFor(row.secret_sealed);
      return (ring && openSecret(ring, row.secret_sealed, totpPlace(personId))) ?? 'locked';
    },
    confirmTotp: (personId, step, now) =>
      query.transaction().execute(async (trx) => {
        const result = await trx
          .updateTable('person_totp')
          .set({ confirmed_at: now, last_step: step })
          .where('person_id', '=', personId)
          .where('confirmed_at', 'is', null)
          .executeTakeFirst();
        if (result.numUpdatedRows !== 1n) return { ok: false };
        return { ok: true, recoveryCodes: await makeFirstCodes(trx, personId, now) };
      }),
    spendTotpStep: async (personId, step) => {
      const result = await query
        .updateTable('person_totp')
        .set({ last_step: step })
        .where('person_id', '=', personId)
        .where('confirmed_at', 'is not', null)
        .where('last_step', '<', step)
        .executeTakeFirst();
      return result.numUpdatedRows === 1n;
    },
    deleteTotp: (personId) =>
      query.transaction().execute(async (trx) => {
        const result = await trx.deleteFrom('person_totp').where('person_id', '=', personId).executeTakeFirst();
        await sweepCodes(trx, personId);
        return result.numDeletedRows === 1n;
      }),
    addPasskey: (personId, passkey, now) =>
      query.transaction().execute(async (trx) => {
        const result = await trx
          .insertInto('passkey')
          .values({ id: newId('pk', now), person_id: personId, ...passkey, created_at: now, last_used_at: null })
          .onConflict((conflict) => conflict.column('credential_id').doNothing())
          .executeTakeFirst();
        if (result.numInsertedOrUpdatedRows !== 1n) return { ok: false };
        return { ok: true, recoveryCodes: await makeFirstCodes(trx, personId, now) };
      }),
    findPasskey: async (credentialId) =>
      (await query.selectFrom('passkey').selectAll().where('credential_id', '=', credentialId).executeTakeFirst()) ??
      null,
    notePasskeyUse: async (id, counter, now) => {
      await query.updateTable('passkey').set({ counter, last_used_at: now }).where('id', '=', id).execute();
    },
    renamePasskey: async (personId, id, name) => {
      const change = query.updateTable('passkey').set({ name }).where('id', '=', id).where('person_id', '=', personId);
      return (await change.executeTakeFirst()).numUpdatedRows === 1n;
    },
    deletePasskey: (personId, id) =>
      query.transaction().execute(async (trx) => {
        const gone = trx.deleteFrom('passkey').where('id', '=', id).where('person_id', '=', personId);
        const { numDeletedRows } = await gone.executeTakeFirst();
        await sweepCodes(trx, personId);
        return numDeletedRows === 1n;
      }),
    spendRecoveryCode: async (personId, code) => {
      const result = await query
        .deleteFrom('recovery_code')
        .where('person_id', '=', personId)
        .where('code_hash', '=', hashRecoveryCode(code))
        .executeTakeFirst();
      return result.numDeletedRows === 1n;
    },
    renewRecoveryCodes: (personId, now) => query.transaction().execute((trx) => renewCodes(trx, personId, now)),
    isPolicyOn: async () => {
      const row = await query.selectFrom('sign_in_policy').select('administrators_need_factor').executeTakeFirst();
      return row?.administrators_need_factor === 1;
    },
    setPolicy: async (isOn) => {
      const administrators_need_factor = isOn ? 1 : 0;
      await query
        .insertInto('sign_in_policy')
        .values({ id: 1, administrators_need_factor })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ administrators_need_factor }))
        .execute();
    },
  };
};

async function renewCodes(trx: Query, personId: string, now: number): Promise<string[]> {
  const codes = makeRecoveryCodes();
  await trx.deleteFrom('recovery_code').where('person_id', '=', personId).execute();
  const rows = codes.map((code) => ({ person_id: personId, code_hash: hashRecoveryCode(code), created_at: now }));
  await trx.insertInto('recovery_code').values(rows).execute();
  return codes;
}

async function countFactors(trx: Query, personId: string): Promise<number> {
  const found = await sql<{ count: number }>`
    SELECT (SELECT count(*) FROM passkey WHERE person_id = ${personId}) +
      (SELECT count(*) FROM person_totp WHERE person_id = ${personId} AND confirmed_at IS NOT NULL) AS count`.execute(
    trx,
  );
  return Number(found.rows[0]?.count);
}

/** Called inside the transaction that added one. */
async function makeFirstCodes(trx: Query, personId: string, now: number): Promise<string[] | null> {
  return (await countFactors(trx, personId)) === 1 ? renewCodes(trx, personId, now) : null;
}

/** Codes alone are no factor: with the last one they go. */
async function sweepCodes(trx: Query, personId: string): Promise<void> {
  if ((await countFactors(trx, personId)) === 0) {
    await trx.deleteFrom('recovery_code').where('person_id', '=', personId).execute();
  }
}

/** Seals every secret under the new key, inside the rotation's transaction. */
export const resealTotpSecrets = async (trx: Transaction<Tables>, old: KeyRing, next: KeyRing): Promise<void> => {
  const rows = await trx.selectFrom('person_totp').select(['person_id', 'secret_sealed']).execute();
  for (const { person_id: id, secret_sealed: sealed } of rows) {
    const plain = openSecret(old, sealed, totpPlace(id));
    if (plain === null) throw new Error(`The authenticator secret of ${id} cannot be opened; nothing was changed.`);
    const secret_sealed = sealSecret(next, plain, totpPlace(id));
    await trx.updateTable('person_totp').set({ secret_sealed }).where('person_id', '=', id).execute();
  }
};
