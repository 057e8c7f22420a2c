import { expect, it } from 'vitest';
import { acceptedMessage } from '../queue/test-data.ts';
import type { AcceptStore } from './accepted-message.ts';
import { keepRoom } from './keep-room.ts';

it('accepts while there is room to spare, refuses without touching the store, and still knows repeats', async () => {
  let asked = 0;
  const store: AcceptStore = {
    accept: async ({ messages }) => {
      asked += 1;
      return { outcome: 'accepted', ids: messages.map(({ id }) => id) };
    },
    findRepeat: async () => ({ bodyHash: 'body', ids: ['msg_1'] }),
  };
  let hasRoom = true;
  const kept = keepRoom(store, async () => hasRoom);
  const submission = { messages: [acceptedMessage()], idempotency: null };
  expect(await kept.accept(submission)).toMatchObject({ outcome: 'accepted' });
  hasRoom = false;
  expect(await kept.accept(submission)).toEqual({ outcome: 'unavailable', problem: 'The disk is full.' });
  expect(asked).toBe(1);
  expect(await kept.findRepeat('key')).toMatchObject({ ids: ['msg_1'] });
});
