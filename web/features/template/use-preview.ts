/** What a message of the form as it stands would be; asked when the typing has rested. The one before stays meanwhile. */
import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { previewTemplate, previewTemplateDraft } from '../../../contracts/template-preview.ts';
import { call } from '../../lib/call.ts';
import { previewable, type TemplateDraft } from './template-draft.ts';

const restMs = 300;
const slowMs = 11_000;
/** The server keeps its HTML for ten minutes. */
const freshMs = 8 * 60_000;

/** @param shown the saved template, for whoever may not change it: only who may write templates can have others run. */
export function usePreview(draft: TemplateDraft, language: string, shown: { id: string; version: number } | null) {
  const now = useMemo(
    () => JSON.stringify({ ...(shown === null && { template: previewable(draft) }), language }),
    [draft, language, shown],
  );
  const [body] = useDebouncedValue(now, restMs);
  const query = useQuery({
    queryKey: ['templates', 'preview', body, shown?.id, shown?.version],
    queryFn: ({ signal }) => {
      const asked = JSON.parse(body) as { template: ReturnType<typeof previewable>; language: string };
      if (shown === null) return call(previewTemplateDraft, { body: asked, signal });
      return call(previewTemplate, { params: { id: shown.id }, body: { language: asked.language }, signal });
    },
    placeholderData: keepPreviousData,
    staleTime: freshMs,
    // The server was busy, or the template is too slow; in both cases it looks again only after ten seconds.
    refetchInterval: ({ state }) => (state.data?.problems.some(({ code }) => code === 'too_slow') ? slowMs : false),
    gcTime: 60_000,
  });
  return { ...query, isOld: body !== now || query.isPlaceholderData };
}
