import { describe, expect, it } from 'vitest';
import type { SandboxMessageSummary } from '../../../contracts/sandbox.ts';
import { addArrival, type Inbox, messagesOf, neighbourOf, removeDeleted } from './inbox.ts';

const message = (id: string): SandboxMessageSummary => ({
  id,
  mailFrom: 'a@example.com',
  recipients: ['b@example.com'],
  from: 'A <a@example.com>',
  subject: id,
  sizeBytes: 1,
  attachmentCount: 0,
  receivedAt: '2026-01-01T00:00:00.000Z',
});
const inbox: Inbox = {
  pages: [
    { data: [message('c'), message('b')], next: 'x' },
    { data: [message('a')], next: null },
  ],
  pageParams: [undefined, 'x'],
};
const ids = (of: Inbox) => messagesOf(of).map((each) => each.id);

describe('the inbox', () => {
  it('puts an arrival on top and keeps where the pages go on', () => {
    const after = addArrival(inbox, message('d'));
    expect(ids(after)).toEqual(['d', 'c', 'b', 'a']);
    expect(after.pages[0]?.next).toBe('x');
    expect(ids(inbox)).toEqual(['c', 'b', 'a']);
  });

  it('shows a message once though the list had it before the event came', () => {
    expect(addArrival(inbox, message('a'))).toBe(inbox);
  });

  it('takes out what was deleted, from any page', () => {
    expect(ids(removeDeleted(inbox, 'a'))).toEqual(['c', 'b']);
    expect(ids(removeDeleted(inbox, 'unknown'))).toEqual(['c', 'b', 'a']);
  });

  it('is empty, with nothing more to load, after it was emptied', () => {
    expect(removeDeleted(inbox, undefined)).toEqual({ pages: [{ data: [], next: null }], pageParams: [undefined] });
  });

  it('opens the message below the deleted one, above it at the end, none when it was the last', () => {
    const all = messagesOf(inbox);
    expect(neighbourOf(all, 'c')).toBe('b');
    expect(neighbourOf(all, 'a')).toBe('b');
    expect(neighbourOf([message('z')], 'z')).toBeUndefined();
    expect(neighbourOf(all, 'unknown')).toBeUndefined();
  });
});
