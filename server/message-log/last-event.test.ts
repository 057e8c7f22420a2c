import { describe, expect, it } from 'vitest';
import { lastEvents, recipientStates } from '../../contracts/message.ts';
import { toLastEvent } from './last-event.ts';

const now = Date.parse('2026-11-22T12:00:00Z');
const at = '2026-11-22T12:00:01.000Z';

describe('a message’s state in Resend’s words', () => {
  it('is known for every state, and says sent of nothing that was not', () => {
    const said = recipientStates.map((state) => [state, toLastEvent({ state, scheduled_at: null }, now)] as const);
    for (const [, event] of said) expect(lastEvents).toContain(event);
    expect(said.filter(([, event]) => event === 'sent')).toEqual([['sent', 'sent']]);
  });

  it('is scheduled until its time has come', () => {
    expect(toLastEvent({ state: 'queued', scheduled_at: at }, now)).toBe('scheduled');
    expect(toLastEvent({ state: 'queued', scheduled_at: at }, now + 1000)).toBe('queued');
    expect(toLastEvent({ state: 'cancelled', scheduled_at: at }, now)).toBe('canceled');
  });
});
