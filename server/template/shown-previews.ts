/**
 * The HTML of previews that were just made, for the frame that shows them: a frame can only be given an address. Kept in
 * this process for some minutes, and within bounds; what is gone is made again by the next preview.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../platform/clock.ts';

const keptMs = 10 * 60_000;
const mostCharacters = 8_000_000;

export interface ShownPreviews {
  /** @returns a name that cannot be guessed */
  keep: (html: string) => string;
  find: (name: string) => string | null;
}

export const openShownPreviews = (clock: Pick<Clock, 'monotonic'>): ShownPreviews => {
  const kept = new Map<string, { html: string; until: number }>();
  let characters = 0;
  const drop = (name: string) => {
    characters -= kept.get(name)?.html.length ?? 0;
    kept.delete(name);
  };
  const dropOld = () => {
    for (const [name, { until }] of kept) {
      if (until > clock.monotonic() && characters <= mostCharacters) return;
      drop(name);
    }
  };
  return {
    keep: (html) => {
      const name = randomBytes(24).toString('base64url');
      kept.set(name, { html, until: clock.monotonic() + keptMs });
      characters += html.length;
      dropOld();
      return name;
    },
    find: (name) => {
      dropOld();
      return kept.get(name)?.html ?? null;
    },
  };
};
