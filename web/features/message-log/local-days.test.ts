import { expect, it } from 'vitest';
import { toLocalDays } from './local-days.ts';

it('sends a day as the moment it begins where the reader is, and leaves everything else as it was typed', () => {
  const begins = new Date(2026, 10, 1).toISOString();
  expect(toLocalDays('after:2026-11-01 x')).toBe(`after:${begins} x`);
  expect(toLocalDays('BEFORE:2026-11-01')).toBe(`BEFORE:${begins}`);
  for (const text of ['after:7d', 'after:2026-11-01T08:00Z', '2026-11-01', 'after:2026-02-30'])
    expect(toLocalDays(text)).toBe(text);
});
