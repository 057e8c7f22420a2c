import { expect, it } from 'vitest';
import { fromLocalInput, toLocalInput } from './local-input.ts';

it('a moment goes into the field and comes back to the minute', () => {
  const at = new Date(2026, 2, 9, 8, 5, 30);
  expect(toLocalInput(at)).toBe('2026-03-09T08:05');
  expect(fromLocalInput('2026-03-09T08:05')).toEqual(new Date(2026, 2, 9, 8, 5));
  for (const text of ['', '2026-13-01T08:00']) expect(fromLocalInput(text)).toBeNull();
});
