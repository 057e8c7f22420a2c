/**
 * The keys behind the stored SMTP passwords.
 *
 * Two layers: the secret key of the installation (POSTERN_SECRET_KEY, or the file `secret.key` in the data folder; never
 * in the database) wraps data keys that lie in the database; a data key seals passwords. Rotation makes a new data key
 * (and, where the file is ours, a new secret key) and seals everything again in one transaction; a running server finds
 * the new key by its id. When the secret key is missing or does not fit, nothing is overwritten: sending is closed and
 * the sentence says what to put back.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Kysely, Transaction } from 'kysely';
import type { Database } from '../database/open.ts';
import type { Tables } from '../database/tables.ts';
import type { Clock } from '../platform/clock.ts';
import { type KeyRing, keyIdOf, openSecret, type SecretKey, sealSecret, toSecretKey } from '../platform/secret-box.ts';

export interface PasswordKeys {
  /**
   * For sealing, inside the transaction that will store the sealed value: a rotation that happens at the same time
   * either waits for that transaction or is seen by it. Null when sending is closed.
   */
  ringForSealing: (trx: Transaction<Tables>) => Promise<KeyRing | null>;
  closedBecause: () => Promise<string | null>;
  /** The ring that knows this sealed value's key; asks the database again when it is a new one. */
  ringFor: (sealed: string) => Promise<KeyRing | null>;
  /** @param newSecretKey replaces one that came from the environment; its owner must then start the server with it. */
  rotate: (newSecretKey: Buffer | null) => Promise<{ passwords: number; secretKeyChanged: boolean }>;
}

/** Seals under a new key what else is sealed, inside the rotation's transaction. */
export type Reseal = (trx: Transaction<Tables>, old: KeyRing, next: KeyRing) => Promise<void>;

export interface PasswordKeyPlace {
  dataFolder: string;
  /** From the environment; null: the key file. */
  secretKey: Buffer | null;
}

/** Associated data of a sealed password: its row and column. */
export const passwordPlace = (settingsId: string): string => `smtp_settings|${settingsId}|password_sealed`;
const dataKeyPlace = (id: string) => `data_key|${id}|wrapped`;

export const openPasswordKeys = async (
  database: Database,
  place: PasswordKeyPlace,
  clock: Clock,
  resealOthers: readonly Reseal[] = [],
): Promise<PasswordKeys> => {
  const file = path.join(place.dataFolder, 'secret.key');
  let ring: KeyRing | null = null;

  const load = async (query: Kysely<Tables> = database.query): Promise<KeyRing | null> => {
    const rows = await query.selectFrom('data_key').selectAll().orderBy('created_at', 'desc').orderBy('id').execute();
    const secrets = place.secretKey ? [toSecretKey(place.secretKey)] : readKeyFile(file);
    if (secrets.length === 0) return null;
    const keys = rows.map((row) => unwrap(secrets, row));
    // The newest must open, or new passwords would be sealed by a key that others have replaced.
    const [current, ...previous] = keys;
    return current ? { current, previous: previous.filter((key) => key !== null) } : null;
  };

  const makeFirstKey = async (): Promise<void> => {
    const any = await database.query.selectFrom('data_key').select('id').limit(1).executeTakeFirst();
    if (any) return;
    let [secret] = place.secretKey ? [toSecretKey(place.secretKey)] : readKeyFile(file);
    if (!secret) {
      secret = toSecretKey(randomBytes(32));
      await writeKeyFile(file, [secret]);
    }
    const key = toSecretKey(randomBytes(32));
    await database.query
      .insertInto('data_key')
      .values(wrap(secret, key, clock.now()))
      .execute();
  };

  await makeFirstKey();
  ring = await load();

  const closedBecause = async (): Promise<string | null> => {
    ring ??= await load();
    if (ring) return null;
    const where = place.secretKey ? 'POSTERN_SECRET_KEY' : file;
    return place.secretKey || readKeyFile(file).length > 0
      ? `${where} is not the key that sealed the SMTP passwords. Sending is closed. Put back the right key and restart Postern.`
      : existsSync(file)
        ? `The key that unlocks the SMTP passwords cannot be read from ${file}: let the user that runs Postern read it, one key of 64 hexadecimal digits. Sending is closed until Postern is restarted with it.`
        : `The key that unlocks the SMTP passwords is missing (${where}). Sending is closed. Put the file back, or set POSTERN_SECRET_KEY, and restart Postern.`;
  };

  return {
    ringForSealing: async (trx) => {
      // An update that changes nothing, because it takes the lock on both databases: SQLite's writer lock, PostgreSQL's row lock.
      const stillThere = async () => {
        const id = ring?.current.id ?? '';
        const result = await trx.updateTable('data_key').set({ id }).where('id', '=', id).executeTakeFirst();
        return result.numUpdatedRows > 0n;
      };
      if (await stillThere()) return ring;
      ring = await load(trx);
      return (await stillThere()) ? ring : null;
    },
    closedBecause,
    ringFor: async (sealed) => {
      const id = keyIdOf(sealed);
      const knows = (candidate: KeyRing | null) =>
        candidate !== null && [candidate.current, ...candidate.previous].some((key) => key.id === id);
      if (!knows(ring)) ring = await load();
      return ring;
    },
    rotate: async (newSecretKey) => {
      const problem = await closedBecause();
      ring = await load();
      if (problem || !ring) throw new Error(problem ?? 'The keys cannot be read.');
      const old = ring;
      const ownsFile = !place.secretKey;
      const before = place.secretKey ? [toSecretKey(place.secretKey)] : readKeyFile(file);
      const secret = newSecretKey ? toSecretKey(newSecretKey) : ownsFile ? toSecretKey(randomBytes(32)) : before[0]!;
      // Both keys lie in the file until the database has changed over: a kill at any point leaves a file that opens it.
      if (ownsFile) await writeKeyFile(file, [secret, ...before.filter((key) => key.id !== secret.id)]);
      const key = toSecretKey(randomBytes(32));
      const passwords = await database.query.transaction().execute(async (trx) => {
        // Whoever is sealing finishes first, and is seen below; whoever comes now waits and finds the new key.
        await trx
          .updateTable('data_key')
          .set((row) => ({ id: row.ref('id') }))
          .execute();
        await trx
          .insertInto('data_key')
          .values(wrap(secret, key, clock.now()))
          .execute();
        const base = trx
          .selectFrom('smtp_settings')
          .select(['id', 'password_sealed'])
          .where('password_sealed', 'is not', null);
        const rows = await (database.kind === 'postgres' ? base.forUpdate() : base).execute();
        for (const row of rows) {
          const plain = openSecret(old, row.password_sealed!, passwordPlace(row.id));
          if (plain === null) throw new Error(`The password of ${row.id} cannot be opened; nothing was changed.`);
          const sealed = sealSecret({ current: key, previous: [] }, plain, passwordPlace(row.id));
          await trx.updateTable('smtp_settings').set({ password_sealed: sealed }).where('id', '=', row.id).execute();
        }
        for (const reseal of resealOthers) await reseal(trx, old, { current: key, previous: [] });
        await trx.deleteFrom('data_key').where('id', '!=', key.id).execute();
        return rows.length;
      });
      if (ownsFile) await writeKeyFile(file, [secret]);
      ring = { current: key, previous: [] };
      return { passwords, secretKeyChanged: secret.id !== before[0]!.id };
    },
  };
};

function wrap(secret: SecretKey, key: SecretKey, now: number) {
  const plain = key.bytes.toString('base64');
  return {
    id: key.id,
    wrapped: sealSecret({ current: secret, previous: [] }, plain, dataKeyPlace(key.id)),
    created_at: now,
  };
}

function unwrap(secrets: SecretKey[], row: { id: string; wrapped: string }): SecretKey | null {
  const [current, ...previous] = secrets;
  const plain = openSecret({ current: current!, previous }, row.wrapped, dataKeyPlace(row.id));
  return plain === null ? null : toSecretKey(Buffer.from(plain, 'base64'));
}

/** One key a line, hexadecimal, the current one first; empty when there is no file or it holds no key. */
function readKeyFile(file: string): SecretKey[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => /^[0-9a-f]{64}$/i.test(line))
    .map((line) => toSecretKey(Buffer.from(line, 'hex')));
}

/** Written beside, flushed, then renamed: a kill leaves the old file or the new one. */
async function writeKeyFile(file: string, keys: SecretKey[]): Promise<void> {
  const handle = await open(`${file}.new`, 'w', 0o600);
  try {
    await handle.writeFile(`${keys.map((key) => key.bytes.toString('hex')).join('\n')}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
}
