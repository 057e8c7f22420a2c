/** Which messages of a segment can match a search, by what the text index has written down of them. */
import {
  addAll,
  keepCommon,
  listPlaces,
  noPlaces,
  type Places,
  pageCount,
  pageOf,
  readPlaces,
} from './search-segment.ts';
import type { TokenCondition } from './search-token.ts';

/** By place: 256 times the segment's number plus the page's. */
type ReadPages = (places: readonly number[]) => Promise<Map<number, Uint8Array>>;

/** For each segment the places of the messages that can match, ascending. */
export const findPlaces = async (
  readPages: ReadPages,
  segments: readonly { number: number }[],
  conditions: readonly TokenCondition[],
): Promise<Map<number, number[]>> => {
  // Two tokens of each group rule most segments out.
  const rough = conditions.map((groups) => groups.map((tokens) => tokens.slice(0, 2)));
  const left = await evaluate(readPages, segments, rough);
  const isRough = conditions.some((groups) => groups.some((tokens) => tokens.length > 2));
  const exact = isRough
    ? await evaluate(
        readPages,
        segments.filter(({ number }) => left.has(number)),
        conditions,
      )
    : left;
  return new Map(Array.from(exact, ([number, places]) => [number, listPlaces(places)]));
};

/** @returns by number of the segment; those without a match are left out. */
async function evaluate(
  readPages: ReadPages,
  segments: readonly { number: number }[],
  conditions: readonly TokenCondition[],
): Promise<Map<number, Places>> {
  const tokens = [...new Set(conditions.flat(2))];
  const wanted = new Set(segments.flatMap(({ number }) => tokens.map((token) => number * pageCount + pageOf(token))));
  const pages = await readPages([...wanted]);
  const found = new Map<number, Places>();
  for (const { number } of segments) {
    const places = all(conditions, (groups) =>
      any(groups, (group) =>
        all(group, (token) => {
          const page = pages.get(number * pageCount + pageOf(token));
          return page ? readPlaces(page, token) : noPlaces();
        }),
      ),
    );
    if (places.some((octet) => octet !== 0)) found.set(number, places);
  }
  return found;
}

function all<T>(parts: readonly T[], read: (part: T) => Places): Places {
  let places: Places | null = null;
  for (const part of parts) {
    if (places === null) places = read(part);
    else keepCommon(places, read(part));
    if (places.every((octet) => octet === 0)) break;
  }
  return places ?? noPlaces();
}

function any<T>(parts: readonly T[], read: (part: T) => Places): Places {
  const places = noPlaces();
  for (const part of parts) addAll(places, read(part));
  return places;
}
