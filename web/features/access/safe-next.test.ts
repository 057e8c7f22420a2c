import { expect, it } from 'vitest';
import { safeNext } from './safe-next.ts';

it.each(['/sandbox', '/setup/extensibility/smtp-settings/smtp_1?x=1#y', '/'])('goes back to %s', (next) => {
  expect(safeNext(next)).toBe(next);
});

it.each([
  undefined,
  '',
  'https://evil.example',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/a\\b',
  'javascript:alert(1)',
  '/sign-in?next=/x',
  '/first-run',
])('goes to the start instead of %j', (next) => {
  expect(safeNext(next)).toBe('/');
});
