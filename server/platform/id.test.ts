import { describe, expect, it } from 'vitest';
import { firstIdAt, newId, readIdTime } from './id.ts';

const now = Date.UTC(2026, 10, 23, 12);

describe('newId', () => {
  it('sorts by the time, and within a millisecond in the order of making', () => {
    const ids = Array.from({ length: 3000 }, (_, place) => newId('msg', now + Math.floor(place / 1000)));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('keeps each kind in its own order, whatever is made between', () => {
    const ids = Array.from({ length: 1000 }, (_, place) => {
      newId('try', now - place);
      firstIdAt('msg', now - place);
      return newId('msg', now);
    });
    expect([...ids].sort()).toEqual(ids);
  });

  it('begins elsewhere in every millisecond, and ends differently for neighbours', () => {
    const ids = Array.from({ length: 2000 }, (_, place) => newId('msg', now + place));
    expect(new Set(ids.map((id) => id.slice(14, 20))).size).toBeGreaterThan(1990);
    const neighbours = Array.from({ length: 2000 }, () => newId('msg', now));
    expect(new Set(neighbours.map((id) => id.slice(20))).size).toBe(2000);
  });

  it('is told apart by time', () => {
    const id = newId('msg', now);
    expect(id).toMatch(/^msg_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(readIdTime(id)).toBe(now);
    expect(firstIdAt('msg', now) <= id && id < firstIdAt('msg', now + 1)).toBe(true);
    expect(firstIdAt('msg', -1)).toBe('msg_0000000000');
  });
});
