/** The Filter box: every word typed must occur in name, key, subject or languages, whatever the case. */
import type { TemplateSummary } from '../../../contracts/template.ts';

const fold = (text: string) => text.normalize('NFKC').toLowerCase();

export function filterTemplates(all: readonly TemplateSummary[], filter: string): TemplateSummary[] {
  const words = fold(filter).split(/\s+/).filter(Boolean);
  return all.filter(({ name, key, subject, languages }) => {
    const text = fold([name, key, subject, ...languages].join('\n'));
    return words.every((word) => text.includes(word));
  });
}

/** What to select once `id` has gone: the one that moves into its place, else the one before, else none. */
export function neighbourOf(shown: readonly TemplateSummary[], id: string): TemplateSummary | null {
  const at = shown.findIndex((one) => one.id === id);
  if (at < 0) return shown[0] ?? null;
  return shown[at + 1] ?? shown[at - 1] ?? null;
}
