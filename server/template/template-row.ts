/** Rows of templates and what crosses HTTP: the mapping between the two. */
import { hash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { TemplateContent, TemplateSummary } from '../../contracts/template.ts';
import type { TemplateVersionSummary } from '../../contracts/template-version.ts';
import type { TemplateRow, TemplateVersionRow } from '../database/tables.ts';
import { toIso } from '../platform/clock.ts';
import { foldText } from '../smtp-settings/smtp-settings.ts';
import type { CompiledTexts } from './compile-template.ts';

/** What a version was compiled to, by language. */
export interface StoredTexts {
  /** See compilerNumber. */
  compiler: number;
  languages: Record<string, CompiledTexts>;
}

/** One version, with all that a message is made from. */
export interface StoredTemplate {
  id: string;
  key: string;
  version: number;
  content: TemplateContent;
  /** Null: not compiled yet, or by an older compiler. */
  texts: StoredTexts | null;
}

/** The columns that follow from the content. */
export const toColumns = (key: string, content: TemplateContent) => ({
  name: content.name,
  sort_key: `${foldText(content.name)} ${key}`,
  search_text: foldText([content.name, key, content.subject].join('\n')),
  subject: content.subject,
  format: content.format,
  lane: content.lane,
  languages: listLanguages(content).join(','),
  settings_id: content.smtp_settings_id,
});

/** The base language first. */
export const listLanguages = ({ language, variants }: Pick<TemplateContent, 'language' | 'variants'>): string[] => [
  language,
  ...variants.map((variant) => variant.language),
];

export const hashContent = (content: TemplateContent): string => hash('sha256', JSON.stringify(content), 'hex');

export const toSummary = (row: Selectable<TemplateRow>): TemplateSummary => ({
  id: row.id,
  key: row.key,
  name: row.name,
  subject: row.subject,
  format: row.format as TemplateSummary['format'],
  lane: row.lane as TemplateSummary['lane'],
  is_built_in: row.is_built_in === 1,
  is_changed: row.is_changed === 1,
  languages: row.languages.split(','),
  version: row.version,
  created_at: toIso(row.created_at),
  updated_at: toIso(row.updated_at),
  updated_by: row.updated_by,
});

export const toVersionSummary = (
  row: Pick<Selectable<TemplateVersionRow>, 'version' | 'name' | 'subject' | 'reason' | 'created_at' | 'created_by'>,
): TemplateVersionSummary => ({
  version: row.version,
  name: row.name,
  subject: row.subject,
  reason: row.reason,
  created_at: toIso(row.created_at),
  created_by: row.created_by,
});
