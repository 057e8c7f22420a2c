import { describe, expect, it } from 'vitest';
import { recipientStates } from '../../contracts/message.ts';
import { findWorstState, isOpen, worstFirst } from './message-state.ts';

describe('the state of a message', () => {
  it('has a place for every state of a recipient', () => {
    expect([...worstFirst].sort()).toEqual([...recipientStates].sort());
  });

  it.each([
    [['sent', 'sent'], 'sent'],
    [['sent', 'deferred', 'bounced'], 'bounced'],
    [['sent', 'deferred'], 'deferred'],
    [['bounced', 'held'], 'held'],
    [['cancelled', 'sent'], 'cancelled'],
  ])('of %j is %s', (states, worst) => {
    expect(findWorstState(states)).toBe(worst);
  });

  it('waits for some recipients and not for others', () => {
    expect(recipientStates.filter(isOpen)).toEqual(['queued', 'sending', 'deferred', 'uncertain']);
  });
});
