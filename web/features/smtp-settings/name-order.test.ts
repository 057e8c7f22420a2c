import { expect, it } from 'vitest';
import { compareNames } from './name-order.ts';

const inOrder = (...names: string[]) => expect(names.toReversed().sort(compareNames)).toEqual(names);

it('orders names by their letters, whatever the case, and digits one by one', () => {
  inOrder('Amsterdam', 'amsterdam 10', 'Amsterdam 9', 'berlin', 'Zürich', 'Ärzte');
});

it('puts a name before the longer one that begins with it', () => {
  inOrder('Mail', 'mail server', 'Mailbox');
});

it('compares by code point, so that an emoji stands after the last letter of the basic plane', () => {
  inOrder('\ufffd', '\u{1f4e7}');
});

it('takes compatibility forms for what they stand for', () => {
  expect(compareNames('\uff2dail', 'mail')).toBe(0);
});
