import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { type BrandingChanges, readBranding } from '../../../contracts/branding.ts';
import { listTemplates } from '../../../contracts/template.ts';
import { previewTemplate } from '../../../contracts/template-preview.ts';
import { call } from '../../lib/call.ts';

export const brandingQuery = queryOptions({
  queryKey: ['branding'],
  queryFn: ({ signal }) => call(readBranding, { signal }),
});

/** To choose what the preview shows. */
export const templateChoiceQuery = queryOptions({
  queryKey: ['branding', 'templates'],
  staleTime: 60_000,
  queryFn: async ({ signal }) => {
    const { data } = await call(listTemplates, { query: { limit: 200 }, signal });
    return data.map(({ id, key, name }) => ({ id, key, name }));
  },
});

/** @param shown of the logo: another one is another preview */
export const previewQuery = (id: string | undefined, branding: BrandingChanges, shown: number) =>
  queryOptions({
    queryKey: ['branding', 'preview', id, branding, shown],
    enabled: id !== undefined,
    queryFn: ({ signal }) => call(previewTemplate, { params: { id: id ?? '' }, body: { branding }, signal }),
    placeholderData: keepPreviousData,
    // The server keeps its HTML for ten minutes.
    staleTime: 8 * 60_000,
    gcTime: 60_000,
  });
