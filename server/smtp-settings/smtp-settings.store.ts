/**
 * SMTP settings in the database; with password-key.store.ts the only place where a password can be opened.
 * Every change carries the version it was made on; a change made on an older one is refused and told what is there now.
 */
import { type Selectable, sql, type Updateable } from 'kysely';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { isUniqueViolation } from '../database/constraint.ts';
import type { Database } from '../database/open.ts';
import type { SmtpSettingsRow } from '../database/tables.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { newId } from '../platform/id.ts';
import { openSecret, sealSecret } from '../platform/secret-box.ts';
import type { ManagedSettings } from './managed-file.ts';
import { type PasswordKeys, passwordPlace } from './password-key.store.ts';
import { foldText, type SmtpSettingsFields, searchTextOf, smtpSettingsFieldNames } from './smtp-settings.ts';

/** `undefined` leaves the stored password alone, null forgets it. */
export type PasswordChange = string | null | undefined;

export type WriteOutcome =
  | { outcome: 'saved'; settings: SmtpSettings }
  | { outcome: 'name-taken' }
  | { outcome: 'not-found' }
  | { outcome: 'version-conflict'; current: SmtpSettings }
  /** A password cannot be sealed: see PasswordKeys.closedBecause. */
  | { outcome: 'closed' };

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
  remove: (id: string) => Promise<boolean>;
  /** Null: none is stored. `locked`: the key that opens it is missing. */
  readPassword: (id: string) => Promise<{ password: string | null } | 'locked'>;
  /** Makes what the file names so, and hands what it no longer names back to the screen. Does nothing where all is so already. */
  applyManaged: (all: readonly ManagedSettings[]) => Promise<{ changed: string[]; closed: boolean }>;
  recordTest: (id: string, result: { isOk: boolean; problem: string }) => Promise<void>;
}

export const openSmtpSettingsStore = (database: Database, keys: PasswordKeys, clock: Clock): SmtpSettingsStore => {
  const { query } = database;
  const table = () => query.selectFrom('smtp_settings').selectAll();
  const first = async (row: Promise<Selectable<SmtpSettingsRow> | undefined>) => {
    const found = await row;
    return found ? toSettings(found) : null;
  };
  const read = (id: string) => first(table().where('id', '=', id).executeTakeFirst());

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
      if (saved) return { outcome: 'saved', settings: toSettings(saved) };
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
    return write(id, password || null, (trx, sealing) =>
      trx
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
          created_at: now,
          updated_at: now,
          updated_by: by,
          version: 1,
        })
        .returningAll()
        .executeTakeFirst(),
    );
  };
  const change: SmtpSettingsStore['change'] = (id, version, fields, password, by) =>
    write(id, password, (trx, sealing) => {
      let update = trx
        .updateTable('smtp_settings')
        .set((eb) => ({
          ...toColumns(fields),
          ...sealing,
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
    readByName: (name) => first(table().where('name_key', '=', foldText(name)).executeTakeFirst()),
    readByAddress: (host, port) =>
      first(table().where('host', '=', host).where('port', '=', port).orderBy('created_at').executeTakeFirst()),
    create,
    change,
    remove: async (id) => {
      const result = await query.deleteFrom('smtp_settings').where('id', '=', id).executeTakeFirst();
      return result.numDeletedRows > 0n;
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
    },
  };
};

/** Who saved last, where the file did. */
const managedBy = 'smtp-settings.json';

type Transaction = Parameters<Parameters<ReturnType<Database['query']['transaction']>['execute']>[0]>[0];
type SaveRow = (
  trx: Transaction,
  sealing: Updateable<SmtpSettingsRow>,
) => Promise<Selectable<SmtpSettingsRow> | undefined>;

function toColumns(fields: SmtpSettingsFields) {
  return {
    name: fields.name,
    name_key: foldText(fields.name),
    search_text: searchTextOf(fields),
    starttls_only: fields.starttlsOnly ? 1 : 0,
    security: fields.security,
    host: fields.host,
    port: fields.port,
    from_name: fields.fromName,
    from_email: fields.fromEmail,
    reply_to: fields.replyTo,
    username: fields.username,
    certificate_check: fields.certificateCheck,
    certificate_fingerprint: fields.certificateFingerprint,
    ca_certificate: fields.caCertificate,
    tls_minimum: fields.tlsMinimum,
    auth_method: fields.authMethod,
    ehlo_name: fields.ehloName,
    connect_timeout_seconds: fields.connectTimeoutSeconds,
    reply_timeout_seconds: fields.replyTimeoutSeconds,
  };
}

function toSettings(row: Selectable<SmtpSettingsRow>): SmtpSettings {
  return {
    id: row.id,
    name: row.name,
    starttlsOnly: row.starttls_only === 1,
    security: row.security as SmtpSettings['security'],
    host: row.host,
    port: row.port,
    fromName: row.from_name,
    fromEmail: row.from_email,
    replyTo: row.reply_to,
    username: row.username,
    hasPassword: row.password_sealed !== null,
    passwordSetAt: toIsoOrNull(row.password_set_at),
    certificateCheck: row.certificate_check as SmtpSettings['certificateCheck'],
    certificateFingerprint: row.certificate_fingerprint,
    caCertificate: row.ca_certificate,
    tlsMinimum: row.tls_minimum as SmtpSettings['tlsMinimum'],
    authMethod: row.auth_method as SmtpSettings['authMethod'],
    ehloName: row.ehlo_name,
    connectTimeoutSeconds: row.connect_timeout_seconds,
    replyTimeoutSeconds: row.reply_timeout_seconds,
    managedBy: row.managed_by as SmtpSettings['managedBy'],
    lastTestedAt: toIsoOrNull(row.last_tested_at),
    lastTestOk: row.last_test_ok === null ? null : row.last_test_ok === 1,
    lastTestProblem: row.last_test_problem,
    lastUsedAt: toIsoOrNull(row.last_used_at),
    createdAt: toIso(row.created_at),
    updatedAt: toIso(row.updated_at),
    updatedBy: row.updated_by,
    version: row.version,
  };
}

const sameFields = (a: SmtpSettingsFields, b: SmtpSettingsFields) =>
  smtpSettingsFieldNames.every((name) => a[name] === b[name]);
