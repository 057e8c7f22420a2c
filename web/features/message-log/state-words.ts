/** States as people read them: a word, and the shape and colour that belong to it. */
import type { Message, MessageSummary, RecipientState } from '../../../contracts/message.ts';

/** `scheduled` is a queued message whose time has not come. */
export const stateWord = (
  { state, scheduled_at }: Pick<MessageSummary, 'state' | 'scheduled_at'>,
  now: Date,
): string => (state === 'queued' && scheduled_at !== null && new Date(scheduled_at) > now ? 'scheduled' : state);

/** What a state means, for whoever hovers over the word or reads the page of the message. */
export const stateMeaning: Record<RecipientState, string> = {
  queued: 'Waits for its turn.',
  sending: 'An attempt is under way.',
  sent: 'The server has taken it.',
  deferred: 'Refused for now; it is tried again.',
  bounced: 'Refused for good.',
  expired: 'Its time ran out before a server took it.',
  uncertain: 'The line broke after the last word: the server may have taken it or not.',
  held: 'Stopped until somebody decides.',
  cancelled: 'Stopped by a person.',
};

const waits: readonly RecipientState[] = ['queued', 'sending', 'deferred', 'uncertain'];

/** Something can still happen to this recipient, whatever became of the others. */
export const isWaiting = (state: RecipientState): boolean => waits.includes(state);

/** It goes on by itself. A test whose dot was not answered is uncertain for good: nothing of it is tried again. */
export const hasWaiting = ({
  state,
  recipients,
  next_attempt_at: next,
}: Pick<Message, 'state' | 'recipients' | 'next_attempt_at'>): boolean =>
  (next !== null || [state, ...recipients.map((each) => each.state)].includes('sending')) &&
  recipients.some((each) => isWaiting(each.state));

/** Whoever waits now may have had it from this one. Where the message asks for that it is held; the server said nothing. */
export const isUnanswered = ({ outcome, phase, reply }: Message['attempts'][number]): boolean =>
  outcome === 'uncertain' || (outcome === 'held' && phase === 'dot' && reply === '');
