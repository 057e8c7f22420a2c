import { expect, it } from 'vitest';
import { printTable, toLine } from './print-table.ts';

it('makes columns as wide as their widest cell and leaves nothing at line ends', () => {
  expect(
    printTable(
      ['NAME', 'SERVER'],
      [
        ['Zoë', 'a:25'],
        ['Office', ''],
      ],
    ),
  ).toBe('NAME    SERVER\nZoë     a:25\nOffice\n');
  expect(printTable(['NAME', 'SERVER'], [])).toBe('NAME  SERVER\n');
});

it('lets no cell steer the terminal or break its line', () => {
  expect(toLine('a\u001b[2J\r\nb\u202ec')).toBe('a [2J b c');
  expect(printTable(['N'], [['x\ny']])).toBe('N\nx y\n');
});
