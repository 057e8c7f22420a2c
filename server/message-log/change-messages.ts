/**
 * One step of an action on all that a search finds. Each message is changed by itself, by the rules for one message: what
 * was changed stays so whatever happens to the others, and whom the action does not fit is counted with the reason.
 *
 * Sending again is no such action: it cannot be taken back, and a search that finds too much would mail strangers twice.
 */
import type { bulkActions } from '../../contracts/message.ts';
import type { FoundMessages } from './found-messages.store.ts';
import type { ActionOutcome, MessageActions } from './message-actions.store.ts';
import type { SearchTerm } from './search-query.ts';

export interface ChangeEffects {
  find: FoundMessages['step'];
  actions: MessageActions;
  /** Milliseconds. */
  monotonic: () => number;
  /** Lets others have the thread: between two messages nobody else's mail waits. */
  breathe: () => Promise<unknown>;
}

export interface ChangeStep {
  action: (typeof bulkActions)[number];
  terms: readonly SearchTerm[];
  /** Null: from the oldest message on. */
  after: string | null;
  limit: number;
  /** Who, as `updatedBy` names people and keys. */
  by: string;
}

export interface ChangedStep {
  changed: number;
  unchanged: number;
  /** Most frequent first. */
  reasons: { why: string; count: number }[];
  /** Null: all were asked. */
  next: string | null;
}

/** A page waits for the answer, and whoever wants to stop must be heard. Milliseconds. */
const stepMs = 2000;
const shownReasons = 20;

export const changeMessages = async (
  { find, actions, monotonic, breathe }: ChangeEffects,
  { action, terms, after, limit, by }: ChangeStep,
): Promise<ChangedStep> => {
  const act: Record<ChangeStep['action'], (id: string, by: string) => Promise<ActionOutcome>> = {
    retry: actions.retry,
    release: actions.release,
    cancel: actions.cancel,
    'mark-sent': actions.markSent,
  };
  const found = await find({ terms, after, limit });
  const stopAt = monotonic() + stepMs;
  const reasons = new Map<string, number>();
  let changed = 0;
  let next = found.next;
  for (const [place, id] of found.ids.entries()) {
    const done = await act[action](id, by);
    if (done.outcome === 'done') changed += 1;
    else {
      const why = done.outcome === 'unchanged' ? done.why : 'It has been deleted meanwhile.';
      reasons.set(why, (reasons.get(why) ?? 0) + 1);
    }
    if (monotonic() >= stopAt && place < found.ids.length - 1) {
      next = id;
      break;
    }
    await breathe();
  }
  const counted = Array.from(reasons, ([why, count]) => ({ why, count })).sort((a, b) => b.count - a.count);
  const unchanged = counted.reduce((sum, { count }) => sum + count, 0);
  return { changed, unchanged, reasons: counted.slice(0, shownReasons), next };
};
