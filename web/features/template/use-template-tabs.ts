/** Which side of the template and which of its languages is shown: both are in the address, so that they can be linked to. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { placeOf, type TabName } from './place-words.ts';
import type { TemplateDraft } from './template-draft.ts';

export interface TabSearch {
  tab?: TabName;
  language?: string;
}

const names: readonly TabName[] = ['message', 'variables', 'settings', 'versions'];

/** From the address; what makes no sense is left out. */
const toTabSearch = (search: Record<string, unknown>): TabSearch => ({
  ...(names.includes(search.tab as TabName) && search.tab !== 'message' ? { tab: search.tab as TabName } : {}),
  ...(typeof search.language === 'string' && search.language.length <= 35 ? { language: search.language } : {}),
});

export function useTemplateTabs({ words, variables }: TemplateDraft, isNew: boolean) {
  const { tab = 'message', language } = useSearch({ strict: false }) as TabSearch;
  const navigate = useNavigate();
  const show = (search: TabSearch) =>
    void navigate({ to: '.', search: toTabSearch({ tab, language, ...search }), replace: true, resetScroll: false });
  const at = Math.max(
    0,
    words.findIndex((one) => one.language === language),
  );
  return {
    tab,
    at,
    setTab: (next: TabName) => show({ tab: next }),
    /** A language that was added just now is not among the words that this page knows. */
    setAt: (index: number, added?: string) => show({ language: added ?? words[index]?.language ?? '' }),
    /** Leads to the field that a problem is about, wherever it is. */
    go: (path: string) => {
      const place = placeOf(
        path,
        variables.map(({ name }) => name),
        isNew,
      );
      const chosen = place.words === null ? undefined : words[place.words]?.language;
      show({ tab: place.tab, ...(chosen === undefined ? {} : { language: chosen }) });
      waitFor(place.element, 60);
    },
  };
}

/** The side may have to be drawn first, and the editor fetched. */
function waitFor(id: string, frames: number): void {
  requestAnimationFrame(() => {
    const element = document.getElementById(id);
    if (element) element.focus();
    if (element && (!element.matches('[tabindex="-1"]') || document.activeElement !== element)) return;
    if (frames > 0) waitFor(id, frames - 1);
  });
}
