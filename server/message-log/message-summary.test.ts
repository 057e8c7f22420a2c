import { expect, it } from 'vitest';
import { splitMailboxes } from './message-summary.ts';

it.each([
  ['ann@example.com', ['ann@example.com']],
  ['Ann <ann@example.com>, bob@example.com', ['Ann <ann@example.com>', 'bob@example.com']],
  ['Lovelace, Ada <ada@example.com>, Byron, G. <b@x.org>', ['Lovelace, Ada <ada@example.com>', 'Byron, G. <b@x.org>']],
  ['', []],
  ['undisclosed recipients', ['undisclosed recipients']],
])('takes %s apart', (text, expected) => {
  expect(splitMailboxes(text)).toEqual(expected);
});
