/** Accepts only while the disk has room to spare: what is left is for sending what was accepted before, and for deleting. */
import { roomBytes } from '../platform/body-room.ts';
import type { AcceptStore } from './accepted-message.ts';

/** One and a half times what may come in at once, rounded up. */
export const sparedBytes = Math.ceil((1.5 * roomBytes) / 2 ** 24) * 2 ** 24;

export const keepRoom = (store: AcceptStore, hasRoom: () => Promise<boolean>): AcceptStore => ({
  ...store,
  accept: async (submission) =>
    (await hasRoom()) ? store.accept(submission) : { outcome: 'unavailable', problem: 'The disk is full.' },
});
