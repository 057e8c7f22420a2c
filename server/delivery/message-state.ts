/** How the states of recipients add up to the state of their message, and which of them still wait for mail. */
import type { RecipientState } from '../../contracts/message.ts';

/** Recipients in these still want the message: it is sent to them at the next attempt. */
export const openStates = ['queued', 'sending', 'deferred', 'uncertain'] as const satisfies RecipientState[];

/** What a list shows of a message whose recipients fared differently: first what wants a person's eye. */
export const worstFirst = [
  'held',
  'uncertain',
  'bounced',
  'expired',
  'deferred',
  'sending',
  'queued',
  'cancelled',
  'sent',
] as const satisfies RecipientState[];

/** @param states at least one */
export const findWorstState = (states: readonly string[]): RecipientState =>
  worstFirst.find((state) => states.includes(state)) ?? 'queued';

export const isOpen = (state: string): boolean => (openStates as readonly string[]).includes(state);
