/** The Filter box: every word typed must occur in the name, the host or an address, whatever the case. */
import type { ListedSettings } from './smtp-settings-queries.ts';

export interface FilterEntry {
  settings: ListedSettings;
  /** What is searched, folded once so that a keystroke over 10,000 settings costs a substring search each. */
  text: string;
}

const fold = (text: string) => text.normalize('NFKC').toLowerCase();

export const filterIndex = (all: readonly ListedSettings[]): FilterEntry[] =>
  all.map((settings) => ({
    settings,
    text: fold(
      [settings.name, settings.host, settings.fromName, settings.fromEmail, settings.replyTo, settings.username].join(
        '\n',
      ),
    ),
  }));

/** In the order of the index. An empty filter matches everything. */
export function filterSettings(index: readonly FilterEntry[], filter: string): ListedSettings[] {
  const words = fold(filter).split(/\s+/).filter(Boolean);
  const matches: ListedSettings[] = [];
  for (const entry of index) if (words.every((word) => entry.text.includes(word))) matches.push(entry.settings);
  return matches;
}

/** Which settings to select once `id` has gone: the one that moves into its place, else the one before, else none. */
export function neighbourOf(shown: readonly ListedSettings[], id: string): ListedSettings | null {
  const at = shown.findIndex((settings) => settings.id === id);
  if (at < 0) return shown[0] ?? null;
  return shown[at + 1] ?? shown[at - 1] ?? null;
}
