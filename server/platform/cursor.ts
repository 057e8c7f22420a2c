/** Cursors of lists: opaque to callers, and refused when they are not ours. */
import { refuseField } from './refusal.ts';

export const encodeCursor = (key: string): string => Buffer.from(JSON.stringify([key])).toString('base64url');

/** @throws Refusal 422 */
export const decodeCursor = (cursor: string): string => {
  try {
    const [key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as unknown[];
    if (typeof key === 'string' && encodeCursor(key) === cursor && !key.includes('\0')) return key;
  } catch {
    // Falls through: not one of ours.
  }
  throw refuseField('cursor', 'invalid', 'This cursor is not one that a list has given. Start again without it.');
};
