import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildSegment, listPlaces, mostMessages, pageCount, pageOf, readPlaces } from './search-segment.ts';

const build = (entries: readonly (readonly [token: number, place: number])[], count: number) => {
  const builder = buildSegment();
  for (const [token, place] of entries) builder.add(token, place);
  return Array.from({ length: pageCount }, (_, page) => builder.pack(page, count));
};
const find = (pages: readonly Buffer[], token: number) => listPlaces(readPlaces(pages[pageOf(token)] as Buffer, token));

describe('a segment of the text index', () => {
  it('tells of every token which messages have it, and of others that none has', () => {
    const token = fc.oneof(fc.nat({ max: 5 }), fc.integer({ min: 0, max: 0xffffffff }));
    const entry = fc.tuple(token, fc.nat({ max: mostMessages - 1 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 300 }), token, (entries, other) => {
        const pages = build(entries, mostMessages);
        for (const wanted of [other, ...entries.map(([each]) => each)]) {
          const places = entries.flatMap(([each, place]) => (each === wanted ? [place] : []));
          expect(find(pages, wanted)).toEqual([...new Set(places)].sort((a, b) => a - b));
        }
      }),
    );
  });

  it('takes no more than a bit of each message for what nearly all have', () => {
    const everywhere = Array.from({ length: 2048 }, (_, place) => [7, place] as const);
    const pages = build([...everywhere, [0xffffffff, 2047]], 2048);
    expect(pages[0]?.length).toBeLessThan(262);
    expect(find(pages, 7)).toHaveLength(2048);
    expect(find(pages, 0xffffffff)).toEqual([2047]);
    expect(find(pages, 8)).toEqual([]);
  });
});
