/**
 * SMTP settings in the database; with password-key.store.ts the only place where a password can be opened.
 * Every change carries the version it was made on; a change made on an older one is refused and told what is there now.
 */
import { type RawBuilder, type Selectable, sql, type Updateable } from 'kysely';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { isUniqueViolation } from '../database/constraint.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import type { SmtpSettingsRow } from '../database/tables.ts';
import type { Clock } from '../platform/clock.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { newId } from '../platform/id.ts';
import { openRecall } from '../platform/recall.ts';
import { openSecret, sealSecret } from '../platform/secret-box.ts';
import type { ServerOffer } from '../smtp/target.ts';
import type { ManagedSettings } from './managed-file.ts';
import { type PasswordKeys, passwordPlace } from './password-key.store.ts';
import { toColumns, toSettings } from './settings-row.ts';
import { foldText, type SmtpSettingsFields, smtpSettingsFieldNames } from './smtp-settings.ts';
import { openWaitingMail, type WaitingMail } from './waiting-mail.store.ts';

/** `undefined` leaves the stored password alone, null forgets it. */
export type PasswordChange = string | null | undefined;

export type WriteOutcome =
  | { outcome: 'saved'; settings: SmtpSettings }
  | { outcome: 'name-taken' }
  | { outcome: 'not-found' }
  | { outcome: 'version-conflict'; current: SmtpSettings }
  /** A password cannot be sealed: see PasswordKeys.closedBecause. */
  | { outcome: 'closed' };

/** `tested`: a test of the saved settings got through. */
export interface SettingsChange {
  id: string;
  what: 'saved' | 'removed' | 'default' | 'tested';
}

export interface SmtpSettingsStore {
  /** In the order of names. `next` is the cursor of what follows. */
  list: (page: {
    filter: string;
    cursor: string | undefined;
    limit: number;
  }) => Promise<{ data: SmtpSettings[]; next: string | null }>;
  read: (id: string) => Promise<SmtpSettings | null>;
  readByName: (name: string) => Promise<SmtpSettings | null>;
  readByAddress: (host: string, port: number) => Promise<SmtpSettings | null>;
  create: (fields: SmtpSettingsFields, password: PasswordChange, by: string) => Promise<WriteOutcome>;
  /** @param version null: whatever is there. */
  change: (
    id: string,
    version: number | null,
    fields: SmtpSettingsFields,
    password: PasswordChange,
    by: string,
  ) => Promise<WriteOutcome>;
  /** Where these were the default, the oldest of the others become it. Mail that waits for them is held. */
  remove: (id: string) => Promise<boolean>;
  /** Null only while there are none at all. */
  readDefault: () => Promise<SmtpSettings | null>;
  /** What names no settings goes by these from now on; no new version. Null: there are none with this id. */
  makeDefault: (id: string) => Promise<SmtpSettings | null>;
  /** The same settings for what asks with every message: as they were at most a second ago; own changes count at once. */
  directory: Pick<SmtpSettingsStore, 'read' | 'readByName' | 'readDefault'> & {
    /** Another node changed something: it is read anew. */
    forget: () => void;
  };
  /** Calls back after each change that this process has made. */
  watch: (listener: (change: SettingsChange) => void) => void;
  waitingMail: WaitingMail;
  /** Null: none is stored. `locked`: the key that opens it is missing. */
  readPassword: (id: string) => Promise<{ password: string | null } | 'locked'>;
  /** Makes what the file names so, and hands what it no longer names back to the screen. Does nothing where all is so already. */
  applyManaged: (all: readonly ManagedSettings[]) => Promise<{ changed: string[]; closed: boolean }>;
  recordTest: (id: string, result: { isOk: boolean; problem: string }) => Promise<void>;
  /** What the server offers now, seen by whoever went by this version of the settings; forgotten when they are of another. */
  noteOffer: (id: string, version: number, offer: ServerOffer) => Promise<void>;
}

export const openSmtpSettingsStore = (database: Database, keys: PasswordKeys, clock: Clock): SmtpSettingsStore => {
  const { query } = database;
  const runTogether = openRunTogether(database);
  const waitingMail = openWaitingMail(database, clock);
  const { recall, forget } = openRecall<SmtpSettings>(clock);
  const listeners = new Set<(change: SettingsChange) => void>();
  const tell = (id: string, what: SettingsChange['what']) => {
    forget();
    for (const listener of listeners) listener({ id, what });
  };
  /** There is one default, whoever else creates, chooses or deletes at the same time; on SQLite there is one writer anyway. */
  const waitForOthers = async (trx: Transaction) => {
    if (database.kind === 'postgres') await sql`lock table smtp_settings in share row exclusive mode`.execute(trx);
  };
  const table = () => query.selectFrom('smtp_settings').selectAll();
  const first = async (row: Promise<Selectable<SmtpSettingsRow> | undefined>) => {
    const found = await row;
    return found ? toSettings(found) : null;
  };
  const read = (id: string) => first(table().where('id', '=', id).executeTakeFirst());
  const readByName = (name: string) => first(table().where('name_key', '=', foldText(name)).executeTakeFirst());
  const readDefault = () => first(table().where('is_default', '=', 1).executeTakeFirst());

  /** Seals and writes in one transaction; see PasswordKeys.ringForSealing. */
  const write = async (id: string, password: PasswordChange, save: SaveRow): Promise<WriteOutcome> => {
    try {
      const saved = await query.transaction().execute(async (trx) => {
        const sealing: Updateable<SmtpSettingsRow> = {};
        if (password) {
          const ring = await keys.ringForSealing(trx);
          if (!ring) return 'closed';
          sealing.password_sealed = sealSecret(ring, password, passwordPlace(id));
          sealing.password_set_at = clock.now();
        } else if (password === null) {
          sealing.password_sealed = null;
          sealing.password_set_at = null;
        }
        return save(trx, sealing);
      });
      if (saved === 'closed') return { outcome: 'closed' };
      if (saved) {
        tell(id, 'saved');
        return { outcome: 'saved', settings: toSettings(saved) };
      }
      forget();
    } catch (error) {
      if (isUniqueViolation(error, 'smtp_settings_name_key')) return { outcome: 'name-taken' };
      throw error;
    }
    const current = await read(id);
    return current ? { outcome: 'version-conflict', current } : { outcome: 'not-found' };
  };

  const create: SmtpSettingsStore['create'] = async (fields, password, by) => {
    const now = clock.now();
    const id = newId('smtp', now);
    return write(id, password || null, async (trx, sealing) => {
      await waitForOthers(trx);
      return trx
        .insertInto('smtp_settings')
        .values({
          ...toColumns(fields),
          id,
          password_sealed: sealing.password_sealed ?? null,
          password_set_at: sealing.password_set_at ?? null,
          managed_by: 'screen',
          last_tested_at: null,
          last_test_ok: null,
          last_test_problem: '',
          last_used_at: null,
          server_seen_at: null,
          size_limit_bytes: null,
          starttls_seen_at: null,
          created_at: now,
          updated_at: now,
          updated_by: by,
          version: 1,
          is_default: isFirst,
        })
        .returningAll()
        .executeTakeFirst();
    });
  };
  const change: SmtpSettingsStore['change'] = (id, version, fields, password, by) =>
    write(id, password, (trx, sealing) => {
      let update = trx
        .updateTable('smtp_settings')
        .set((eb) => ({
          ...toColumns(fields),
          ...sealing,
          ...keepOffer(fields),
          updated_at: clock.now(),
          updated_by: by,
          version: eb('version', '+', 1),
        }))
        .where('id', '=', id);
      if (version !== null) update = update.where('version', '=', version);
      return update.returningAll().executeTakeFirst();
    });
  const readPassword: SmtpSettingsStore['readPassword'] = async (id) => {
    const row = await query
      .selectFrom('smtp_settings')
      .select('password_sealed')
      .where('id', '=', id)
      .executeTakeFirst();
    if (!row?.password_sealed) return { password: null };
    const ring = await keys.ringFor(row.password_sealed);
    const password = ring && openSecret(ring, row.password_sealed, passwordPlace(id));
    return password === null ? 'locked' : { password };
  };

  return {
    list: async ({ filter, cursor, limit }) => {
      let rows = table()
        .orderBy('name_key')
        .limit(limit + 1);
      const wanted = foldText(filter);
      if (wanted)
        rows = rows.where(sql<boolean>`search_text like ${`%${wanted.replace(/[%_\\]/g, '\\$&')}%`} escape '\\'`);
      if (cursor) rows = rows.where('name_key', '>', decodeCursor(cursor));
      const found = await rows.execute();
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        data: found.slice(0, limit).map(toSettings),
        next: last ? encodeCursor(last.name_key) : null,
      };
    },
    read,
    readByName,
    readByAddress: (host, port) =>
      first(table().where('host', '=', host).where('port', '=', port).orderBy('created_at').executeTakeFirst()),
    create,
    change,
    remove: async (id) => {
      const isGone = await query.transaction().execute(async (trx) => {
        await waitForOthers(trx);
        const gone = await trx.deleteFrom('smtp_settings').where('id', '=', id).returning('is_default').execute();
        if (gone[0]?.is_default === 1) await setDefault(trx, oldest);
        return gone.length > 0;
      });
      if (!isGone) return false;
      tell(id, 'removed');
      await waitingMail.holdWithout(id);
      return true;
    },
    waitingMail,
    readDefault,
    directory: {
      read: (id) => recall(`id ${id}`, () => read(id)),
      readByName: (name) => recall(`name ${foldText(name)}`, () => readByName(name)),
      readDefault: () => recall('default', readDefault),
      forget,
    },
    watch: (listener) => {
      listeners.add(listener);
    },
    makeDefault: async (id) => {
      const row = await query.transaction().execute(async (trx) => {
        await waitForOthers(trx);
        // Written first and read afterwards: a transaction that begins by reading cannot always go on to write (SQLite).
        await setDefault(trx, sql`coalesce((select id from smtp_settings where id = ${id}), ${current})`);
        return trx.selectFrom('smtp_settings').selectAll().where('id', '=', id).executeTakeFirst();
      });
      if (!row) return null;
      tell(id, 'default');
      return toSettings(row);
    },
    readPassword,
    applyManaged: async (all) => {
      const changed: string[] = [];
      let closed = false;
      const stays = all.map(({ fields }) => foldText(fields.name));
      for (const { fields, password } of all) {
        const row = await table().where('name_key', '=', foldText(fields.name)).executeTakeFirst();
        const stored = row ? await readPassword(row.id) : { password: null };
        const isSo = row?.managed_by === 'file' && stored !== 'locked' && stored.password === password;
        if (row && isSo && sameFields(toSettings(row), fields)) continue;
        const outcome = row
          ? await change(row.id, null, fields, password, managedBy)
          : await create(fields, password, managedBy);
        closed ||= outcome.outcome === 'closed';
        if (outcome.outcome !== 'saved') continue;
        await query
          .updateTable('smtp_settings')
          .set({ managed_by: 'file' })
          .where('id', '=', outcome.settings.id)
          .execute();
        changed.push(fields.name);
      }
      let freed = query.updateTable('smtp_settings').set({ managed_by: 'screen' }).where('managed_by', '=', 'file');
      if (stays.length > 0) freed = freed.where('name_key', 'not in', stays);
      await freed.execute();
      return { changed, closed };
    },
    recordTest: async (id, { isOk, problem }) => {
      const now = clock.now();
      await query
        .updateTable('smtp_settings')
        .set({
          last_tested_at: now,
          last_test_ok: isOk ? 1 : 0,
          last_test_problem: problem,
          ...(isOk && { last_used_at: now }),
        })
        .where('id', '=', id)
        .execute();
      if (isOk) tell(id, 'tested');
    },
    noteOffer: async (id, version, { sizeLimitBytes, hasStarttls }) => {
      const now = clock.now();
      await runTogether([
        query
          .updateTable('smtp_settings')
          .set({
            server_seen_at: now,
            size_limit_bytes: sizeLimitBytes,
            ...(hasStarttls && { starttls_seen_at: now }),
          })
          .where('id', '=', id)
          .where('version', '=', version),
      ]);
      forget();
    },
  };
};

/** What was seen of one server, or by one account, says nothing of another. */
const keepOffer = (fields: SmtpSettingsFields) => {
  const { host, port, username, security, starttls_only } = toColumns(fields);
  const isSame = sql`host = ${host} and port = ${port} and username = ${username} and security = ${security} and starttls_only = ${starttls_only}`;
  const kept = (column: string) => sql<number | null>`case when ${isSame} then ${sql.ref(column)} end`;
  return {
    server_seen_at: kept('server_seen_at'),
    size_limit_bytes: kept('size_limit_bytes'),
    starttls_seen_at: kept('starttls_seen_at'),
  };
};

/** Who saved last, where the file did. */
const managedBy = 'smtp-settings.json';

type Transaction = Parameters<Parameters<ReturnType<Database['query']['transaction']>['execute']>[0]>[0];
type SaveRow = (
  trx: Transaction,
  sealing: Updateable<SmtpSettingsRow>,
) => Promise<Selectable<SmtpSettingsRow> | undefined>;

const isFirst = sql<number>`(select case when count(*) = 0 then 1 else 0 end from smtp_settings)`;
const current = sql`(select id from smtp_settings where is_default = 1)`;
const oldest = sql`(select id from smtp_settings order by created_at, id limit 1)`;

const setDefault = (trx: Transaction, id: RawBuilder<unknown>) =>
  sql`update smtp_settings set is_default = case when id = ${id} then 1 else 0 end`.execute(trx);

const sameFields = (a: SmtpSettingsFields, b: SmtpSettingsFields) =>
  smtpSettingsFieldNames.every((name) => a[name] === b[name]);
