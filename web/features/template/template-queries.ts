/** What the screen reads, and how its copies are kept right after a change without reading everything again. */
import { type QueryClient, queryOptions } from '@tanstack/react-query';
import { listMessages } from '../../../contracts/message.ts';
import { listSmtpSettings } from '../../../contracts/smtp-settings.ts';
import { listTemplates, readTemplate, type Template, type TemplateSummary } from '../../../contracts/template.ts';
import { listTemplateVersions, readTemplateVersion } from '../../../contracts/template-version.ts';
import { call } from '../../lib/call.ts';

/** All of them by name, so that the filter answers at once; read page by page to the end. */
export const allTemplatesQuery = queryOptions({
  queryKey: ['templates', 'all'],
  staleTime: 30_000,
  queryFn: async ({ signal }) => {
    const all: TemplateSummary[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof readPage>> = await readPage(cursor, signal);
      all.push(...page.data);
      cursor = page.next;
    } while (cursor !== null);
    return all;
  },
});

const readPage = (cursor: string | null, signal: AbortSignal) =>
  call(listTemplates, { query: { limit: 1000, ...(cursor === null ? {} : { cursor }) }, signal });

export const templateQuery = (id: string) =>
  queryOptions({
    queryKey: ['templates', 'one', id],
    queryFn: ({ signal }) => call(readTemplate, { params: { id }, signal }),
    staleTime: 5_000,
  });

/** The newest message made of it in the last 30 days; a long log may not say at once whether there is one. */
export const lastUseQuery = (key: string) =>
  queryOptions({
    queryKey: ['templates', 'last-use', key],
    queryFn: async ({ signal }) => {
      const query = { q: `template:${key} after:30d`, limit: 1 };
      const { data, searched_back_to: searchedTo } = await call(listMessages, { query, signal });
      return { at: data[0]?.created_at ?? null, isSure: data.length > 0 || searchedTo === null };
    },
    staleTime: 0,
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ['templates', 'versions', id],
    queryFn: ({ signal }) => call(listTemplateVersions, { params: { id }, query: { limit: 200 }, signal }),
  });

/** A version never changes. */
export const versionQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ['templates', 'version', id, version],
    queryFn: ({ signal }) => call(readTemplateVersion, { params: { id, version }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** To choose from, by name. */
export const settingsChoiceQuery = queryOptions({
  queryKey: ['templates', 'smtp-settings'],
  staleTime: 30_000,
  queryFn: async ({ signal }) => {
    const { data } = await call(listSmtpSettings, { query: { limit: 1000 }, signal });
    return data.map(({ id, name, isDefault }) => ({ id, name, isDefault }));
  },
});

/** Keeps what was saved just now, for the form, the list and the versions. */
export function keepTemplate(client: QueryClient, template: Template): void {
  client.setQueryData(templateQuery(template.id).queryKey, template);
  client.setQueryData(allTemplatesQuery.queryKey, (all) =>
    all?.map((one) => (one.id === template.id ? summaryOf(template) : one)),
  );
  void client.invalidateQueries({ queryKey: allTemplatesQuery.queryKey });
  void client.invalidateQueries({ queryKey: versionsQuery(template.id).queryKey });
}

export function dropFromList(client: QueryClient, id: string): void {
  client.setQueryData(allTemplatesQuery.queryKey, (all) => all?.filter((one) => one.id !== id));
}

const summaryOf = (template: Template): TemplateSummary => ({
  id: template.id,
  key: template.key,
  name: template.name,
  subject: template.subject,
  format: template.format,
  lane: template.lane,
  is_built_in: template.is_built_in,
  is_changed: template.is_changed,
  languages: template.languages,
  version: template.version,
  created_at: template.created_at,
  updated_at: template.updated_at,
  updated_by: template.updated_by,
});
