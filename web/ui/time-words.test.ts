import { describe, expect, it } from 'vitest';
import { clockTime, exactTime, firstSentence, relativeTime } from './time-words.ts';

const now = new Date(2026, 5, 10, 12, 0, 0);
const agoWords = (ms: number) => relativeTime(new Date(now.getTime() - ms), now, 'en-GB');
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('relative time', () => {
  it.each([
    [0, 'just now'],
    [44_000, 'just now'],
    [46_000, '1 min ago'],
    [59 * minute, '59 min ago'],
    [90 * minute, '2 h ago'],
    [11 * hour, '11 h ago'],
    [day, 'yesterday'],
    [3 * day, '3 days ago'],
    [8 * day, '2 Jun'],
    [400 * day, '6 May 2025'],
  ])('%i ms before is %s', (ms, words) => {
    expect(agoWords(ms)).toBe(words);
  });

  it.each([
    [-5 * minute, 'in 5 min'],
    [-2 * hour, 'in 2 h'],
    [-day, 'tomorrow'],
    [-6 * day, 'in 6 days'],
  ])('speaks of what is to come: %i ms', (ms, words) => {
    expect(agoWords(ms)).toBe(words);
  });

  it('counts days by the calendar, but a short night in hours', () => {
    const early = new Date(2026, 5, 10, 6, 0, 0);
    expect(relativeTime(new Date(2026, 5, 9, 23, 0, 0), early)).toBe('7 h ago');
    expect(relativeTime(new Date(2026, 5, 9, 7, 30, 0), early)).toBe('yesterday');
    expect(relativeTime(new Date(2026, 5, 8, 23, 0, 0), early)).toBe('2 days ago');
  });

  it('treats a clock that is a little ahead as now', () => {
    expect(agoWords(-10_000)).toBe('just now');
  });
});

it('exact time has seconds and names the zone', () => {
  expect(exactTime(new Date('2026-06-10T12:00:07Z'), 'en-GB')).toMatch(/\b10 Jun 2026, \d\d:\d\d:07 \S+/);
});

describe('an hour', () => {
  it.each([
    [new Date(2026, 5, 10, 8, 5), '08:05'],
    [new Date(2026, 5, 11, 8, 5), 'Thu 08:05'],
    [new Date(2026, 5, 9, 23, 50), 'Tue 23:50'],
    [new Date(2026, 4, 2, 8, 5), '2 May, 08:05'],
  ])('has its day where that is not today', (at, words) => {
    expect(clockTime(at, now, 'en-GB')).toBe(words);
  });
});

it.each([
  ['127.0.0.1:25 refuses connections. It waits.', '127.0.0.1:25 refuses connections.'],
  ['No end', 'No end'],
  ['', ''],
])('the first sentence of “%s” is “%s”', (text, first) => {
  expect(firstSentence(text)).toBe(first);
});
