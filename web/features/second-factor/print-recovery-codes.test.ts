import { expect, it } from 'vitest';
import { printRecoveryCodes } from './print-recovery-codes.ts';

it('says whose codes they are and where they belong, and has each on a line of its own', () => {
  const text = printRecoveryCodes(
    ['4fzq-9xk2', 'm0ra-77bd'],
    'ada@example.com',
    'https://mail.example.com',
    new Date(0),
  );
  expect(text.split('\n').slice(0, 5)).toEqual([
    'Postern recovery codes of ada@example.com',
    'https://mail.example.com, made 1970-01-01',
    '',
    '4fzq-9xk2',
    'm0ra-77bd',
  ]);
});
