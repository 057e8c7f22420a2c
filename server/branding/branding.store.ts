/** Branding in the database: one row, once something was set. Every change carries the version it was made on. */
import type { Selectable } from 'kysely';
import type { Branding } from '../../contracts/branding.ts';
import type { Database } from '../database/open.ts';
import type { BrandingRow } from '../database/tables.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import { openRecall } from '../platform/recall.ts';
import { type BrandingFields, brandValuesOf, emptyBranding } from './brand-values.ts';
import type { Picture } from './read-picture.ts';

export interface StoredBranding {
  branding: Branding;
  /** What templates read. */
  values: Record<string, string | boolean>;
  logo: { contentType: string; bytes: Buffer } | null;
}

export type Logo = Picture & { bytes: Buffer };

export interface BrandingStore {
  read: () => Promise<StoredBranding>;
  /** As it was at most a second ago; own changes count at once. */
  recall: () => Promise<StoredBranding>;
  /** @param version null: whatever is there. @returns null: somebody saved in between. */
  change: (version: number | null, fields: BrandingFields, by: string) => Promise<StoredBranding | null>;
  /** @param logo null: none. */
  changeLogo: (logo: Logo | null, by: string) => Promise<StoredBranding>;
}

export const openBrandingStore = ({ query }: Pick<Database, 'query'>, clock: Clock): BrandingStore => {
  const { recall, forget } = openRecall<StoredBranding>(clock);
  const read = async () => toStored(await query.selectFrom('branding').selectAll().executeTakeFirst());
  /** So that every change is an update. */
  const ensureRow = (now: number) =>
    query
      .insertInto('branding')
      .values({ id: 1, ...toColumns(emptyBranding), ...noLogo, version: 0, updated_at: now, updated_by: '' })
      .onConflict((conflict) => conflict.column('id').doNothing())
      .execute();
  const update = async (version: number | null, columns: Partial<BrandingRow>, by: string) => {
    const now = clock.now();
    await ensureRow(now);
    let change = query
      .updateTable('branding')
      .set((eb) => ({ ...columns, version: eb('version', '+', 1), updated_at: now, updated_by: by }));
    if (version !== null) change = change.where('version', '=', version);
    const row = await change.returningAll().executeTakeFirst();
    forget();
    return row ? toStored(row) : null;
  };
  return {
    read,
    recall: async () => (await recall('branding', read)) ?? toStored(undefined),
    change: (version, fields, by) => update(version, toColumns(fields), by),
    changeLogo: async (logo, by) => {
      const columns = logo
        ? { logo: logo.bytes, logo_type: logo.contentType, logo_width: logo.width, logo_height: logo.height }
        : noLogo;
      return (await update(null, columns, by))!;
    },
  };
};

const noLogo = { logo: null, logo_type: null, logo_width: null, logo_height: null };

const toColumns = (fields: BrandingFields) => ({ fields: JSON.stringify(fields) });

function toStored(row: Selectable<BrandingRow> | undefined): StoredBranding {
  // Fields that a later release adds have their first value until they are set.
  const fields = { ...emptyBranding, ...(row && (JSON.parse(row.fields) as Partial<BrandingFields>)) };
  const bytes = row?.logo ?? null;
  const logo: Branding['logo'] =
    (row &&
      bytes && {
        content_type: row.logo_type as 'image/png',
        width: row.logo_width!,
        height: row.logo_height!,
        size_bytes: bytes.length,
      }) ||
    null;
  const wasSet = row !== undefined && row.version > 0;
  return {
    branding: {
      ...fields,
      logo,
      version: row?.version ?? 0,
      updated_at: wasSet ? toIso(row.updated_at) : null,
      updated_by: row?.updated_by ?? '',
    },
    values: brandValuesOf(fields, logo),
    logo: logo && bytes ? { contentType: logo.content_type, bytes } : null,
  };
}
