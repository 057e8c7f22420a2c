/**
 * A message's state in the words that client libraries of Resend's API know (`last_event`). They have none for what is held
 * or uncertain: both are told as delayed, never as sent. `delivered` is said by nobody yet.
 */
import type { lastEvents, MessageSummary, RecipientState } from '../../contracts/message.ts';

type LastEvent = (typeof lastEvents)[number];

const events: Record<RecipientState, LastEvent> = {
  queued: 'queued',
  sending: 'queued',
  sent: 'sent',
  deferred: 'delivery_delayed',
  uncertain: 'delivery_delayed',
  held: 'delivery_delayed',
  bounced: 'bounced',
  expired: 'failed',
  cancelled: 'canceled',
};

/** @param now milliseconds since 1970 */
export const toLastEvent = (message: Pick<MessageSummary, 'state' | 'scheduled_at'>, now: number): LastEvent => {
  const isAhead = message.scheduled_at !== null && Date.parse(message.scheduled_at) > now;
  return message.state === 'queued' && isAhead ? 'scheduled' : events[message.state];
};
