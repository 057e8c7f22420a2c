/**
 * Templates and their versions. A version is written once; what changes a template writes the next one, in the same
 * transaction, and carries the version it was made on. A template's key stays.
 */
import { type RawBuilder, type Selectable, sql, type Transaction } from 'kysely';
import type { TemplateContent, TemplateSummary } from '../../contracts/template.ts';
import type { TemplateVersionSummary } from '../../contracts/template-version.ts';
import { isUniqueViolation } from '../database/constraint.ts';
import type { Database } from '../database/open.ts';
import type { Tables, TemplateRow } from '../database/tables.ts';
import type { Clock } from '../platform/clock.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { newId } from '../platform/id.ts';
import { openRecall } from '../platform/recall.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';
import { compilerNumber } from './compiler-number.ts';
import {
  hashContent,
  type StoredTemplate,
  type StoredTexts,
  toColumns,
  toSummary,
  toVersionSummary,
} from './template-row.ts';

export interface ReadTemplate {
  summary: TemplateSummary;
  stored: StoredTemplate;
}

export type TemplateWrite =
  | { outcome: 'saved'; template: ReadTemplate }
  | { outcome: 'key-taken' }
  | { outcome: 'not-found' }
  | { outcome: 'version-conflict'; current: ReadTemplate };

export interface NewVersion {
  content: TemplateContent;
  texts: StoredTexts | null;
  /** How it came about, see TemplateVersionSummary. */
  reason: string;
  by: string;
}

export interface BroughtTemplate {
  key: string;
  content: TemplateContent;
  texts: StoredTexts;
}

interface Page<T> {
  data: T[];
  next: string | null;
}

export interface TemplateStore {
  /** In the order of names. */
  list: (page: { filter: string; cursor: string | undefined; limit: number }) => Promise<Page<TemplateSummary>>;
  read: (id: string) => Promise<ReadTemplate | null>;
  create: (key: string, version: NewVersion) => Promise<TemplateWrite>;
  /** @param isAsBrought of a built-in template: it is again what Postern brought. */
  change: (id: string, expected: number, version: NewVersion, isAsBrought?: boolean) => Promise<TemplateWrite>;
  /** False: there is none. */
  remove: (id: string) => Promise<boolean>;
  /** Newest first. */
  listVersions: (
    id: string,
    page: { cursor: string | undefined; limit: number },
  ) => Promise<Page<TemplateVersionSummary>>;
  readVersion: (id: string, version: number) => Promise<(TemplateVersionSummary & { stored: StoredTemplate }) | null>;
  /** What mail is made from, by id or key: the newest version, as it was at most a second ago. */
  recall: (name: { id: string } | { key: string }) => Promise<StoredTemplate | null>;
  keepTexts: (template: Pick<StoredTemplate, 'id' | 'version'>, texts: StoredTexts) => Promise<void>;
  /** Names of the templates that send by these settings. */
  listUsing: (settingsId: string) => Promise<string[]>;
  /** Brings what is new, and what is newer or compiled otherwise where no person has changed it. */
  bring: (all: readonly BroughtTemplate[]) => Promise<void>;
}

/** Who saved, where nobody did. */
const broughtBy = 'Postern';

export const openTemplateStore = ({ query }: Pick<Database, 'query'>, clock: Clock): TemplateStore => {
  const { recall, forget } = openRecall<StoredTemplate>(clock);
  /** Versions do not change, so a newest one that is known need not be read again. */
  const newest = new Map<string, StoredTemplate>();

  const readStored = async (row: Selectable<TemplateRow>, version = row.version): Promise<StoredTemplate | null> => {
    const found = await query
      .selectFrom('template_version')
      .select(['content', 'compiled'])
      .where('template_id', '=', row.id)
      .where('version', '=', version)
      .executeTakeFirst();
    if (!found) return null;
    const texts = found.compiled === null ? null : (JSON.parse(found.compiled) as StoredTexts);
    return {
      id: row.id,
      key: row.key,
      version,
      content: JSON.parse(found.content) as TemplateContent,
      texts: texts?.compiler === compilerNumber ? texts : null,
    };
  };
  const readRow = (column: 'id' | 'key', value: string) =>
    query.selectFrom('template').selectAll().where(column, '=', value).executeTakeFirst();
  const read = async (id: string): Promise<ReadTemplate | null> => {
    const row = await readRow('id', id);
    const stored = row && (await readStored(row));
    return stored ? { summary: toSummary(row), stored } : null;
  };
  const readNewest = async (column: 'id' | 'key', value: string) => {
    const row = await readRow(column, value);
    if (!row) return null;
    const known = newest.get(row.id);
    if (known?.version === row.version && known.texts) return known;
    const stored = await readStored(row);
    if (stored) newest.set(row.id, stored);
    return stored;
  };

  const insertVersion = (trx: Transaction<Tables>, id: string, version: number, given: NewVersion) =>
    trx
      .insertInto('template_version')
      .values({
        template_id: id,
        version,
        name: given.content.name,
        subject: given.content.subject,
        reason: given.reason,
        created_at: clock.now(),
        created_by: given.by,
        content: JSON.stringify(given.content),
        compiled: given.texts && JSON.stringify(given.texts),
      })
      .execute();

  const insert = async (key: string, given: NewVersion, broughtHash: string): Promise<TemplateWrite> => {
    const now = clock.now();
    const id = newId('tpl', now);
    try {
      await query.transaction().execute(async (trx) => {
        await trx
          .insertInto('template')
          .values({
            ...toColumns(key, given.content),
            id,
            key,
            is_built_in: broughtHash === '' ? 0 : 1,
            is_changed: 0,
            brought_hash: broughtHash,
            version: 1,
            created_at: now,
            updated_at: now,
            updated_by: given.by,
          })
          .execute();
        await insertVersion(trx, id, 1, given);
      });
    } catch (error) {
      if (isUniqueViolation(error, 'template_key')) return { outcome: 'key-taken' };
      throw error;
    }
    forget();
    return { outcome: 'saved', template: (await read(id))! };
  };

  const change = async (
    id: string,
    expected: number,
    given: NewVersion,
    more: { is_changed?: number | RawBuilder<number>; brought_hash?: string },
  ): Promise<TemplateWrite> => {
    const isSaved = await query.transaction().execute(async (trx) => {
      // Written first: a transaction that begins by reading cannot always go on to write (SQLite).
      const row = await trx
        .updateTable('template')
        .set({ version: expected + 1, updated_at: clock.now(), updated_by: given.by, ...more })
        .where('id', '=', id)
        .where('version', '=', expected)
        .returning('key')
        .executeTakeFirst();
      if (!row) return false;
      await trx.updateTable('template').set(toColumns(row.key, given.content)).where('id', '=', id).execute();
      await insertVersion(trx, id, expected + 1, given);
      return true;
    });
    forget();
    const now = await read(id);
    if (!now) return { outcome: 'not-found' };
    return isSaved ? { outcome: 'saved', template: now } : { outcome: 'version-conflict', current: now };
  };

  const keepTexts: TemplateStore['keepTexts'] = async ({ id, version }, texts) => {
    await query
      .updateTable('template_version')
      .set({ compiled: JSON.stringify(texts) })
      .where('template_id', '=', id)
      .where('version', '=', version)
      .execute();
    newest.delete(id);
    forget();
  };

  return {
    list: async ({ filter, cursor, limit }) => {
      let rows = query
        .selectFrom('template')
        .selectAll()
        .orderBy('sort_key')
        .limit(limit + 1);
      const wanted = foldText(filter);
      if (wanted) {
        const pattern = `%${wanted.replace(/[%_\\]/g, '\\$&')}%`;
        rows = rows.where(sql<boolean>`search_text like ${pattern} escape '\\'`);
      }
      if (cursor) rows = rows.where('sort_key', '>', decodeCursor(cursor));
      const found = await rows.execute();
      const last = found.length > limit ? found[limit - 1] : undefined;
      return { data: found.slice(0, limit).map(toSummary), next: last ? encodeCursor(last.sort_key) : null };
    },
    read,
    create: (key, given) => insert(key, given, ''),
    change: (id, expected, given, isAsBrought = false) =>
      change(id, expected, given, {
        is_changed: isAsBrought ? 0 : sql<number>`is_built_in`,
        ...(isAsBrought && { brought_hash: hashContent(given.content) }),
      }),
    remove: async (id) => {
      const gone = await query
        .deleteFrom('template')
        .where('id', '=', id)
        .where('is_built_in', '=', 0)
        .executeTakeFirst();
      newest.delete(id);
      forget();
      return gone.numDeletedRows === 1n;
    },
    listVersions: async (id, { cursor, limit }) => {
      let rows = query
        .selectFrom('template_version')
        .select(['version', 'name', 'subject', 'reason', 'created_at', 'created_by'])
        .where('template_id', '=', id)
        .orderBy('version', 'desc')
        .limit(limit + 1);
      if (cursor) rows = rows.where('version', '<', Number(decodeCursor(cursor)) || 0);
      const found = await rows.execute();
      const last = found.length > limit ? found[limit - 1] : undefined;
      return {
        data: found.slice(0, limit).map(toVersionSummary),
        next: last ? encodeCursor(String(last.version)) : null,
      };
    },
    readVersion: async (id, version) => {
      const row = await readRow('id', id);
      const about =
        row &&
        (await query
          .selectFrom('template_version')
          .select(['version', 'name', 'subject', 'reason', 'created_at', 'created_by'])
          .where('template_id', '=', id)
          .where('version', '=', version)
          .executeTakeFirst());
      const stored = about && (await readStored(row, version));
      return stored ? { ...toVersionSummary(about), stored } : null;
    },
    recall: (name) =>
      'id' in name
        ? recall(`id ${name.id}`, () => readNewest('id', name.id))
        : recall(`key ${name.key}`, () => readNewest('key', name.key)),
    keepTexts,
    listUsing: async (settingsId) => {
      const rows = await query
        .selectFrom('template')
        .select('name')
        .where('settings_id', '=', settingsId)
        .orderBy('sort_key')
        .execute();
      return rows.map(({ name }) => name);
    },
    bring: async (all) => {
      const rows = await query
        .selectFrom('template')
        .innerJoin('template_version', (join) =>
          join
            .onRef('template_version.template_id', '=', 'template.id')
            .onRef('template_version.version', '=', 'template.version'),
        )
        .select(['template.id', 'key', 'template.version', 'brought_hash', 'is_changed', 'compiled'])
        .where('is_built_in', '=', 1)
        .execute();
      const known = new Map(rows.map((row) => [row.key, row]));
      for (const { key, content, texts } of all) {
        const hash = hashContent(content);
        const row = known.get(key);
        const given = { content, texts, by: broughtBy };
        if (!row) await insert(key, { ...given, reason: 'created' }, hash);
        else if (row.is_changed === 0 && row.brought_hash !== hash) {
          await change(row.id, row.version, { ...given, reason: 'brought by a newer Postern' }, { brought_hash: hash });
        } else if (row.is_changed === 0 && row.compiled !== JSON.stringify(texts)) {
          await keepTexts(row, texts);
        }
      }
    },
  };
};
