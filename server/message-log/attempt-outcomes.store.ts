/**
 * How each attempt ended for each recipient it was tried for. The attempt's own row keeps the worst of them alone; the
 * events that were written with it keep them all.
 */
import type { Kysely } from 'kysely';
import type { MessageAttempt, RecipientState } from '../../contracts/message.ts';
import type { Tables } from '../database/tables.ts';
import { worstFirst } from '../delivery/message-state.ts';

export type OutcomeCounts = MessageAttempt['outcome_counts'];

/** By the attempt's id; worst first. */
export const readAttemptOutcomes = async (
  query: Kysely<Tables>,
  messageId: string,
): Promise<Map<string, OutcomeCounts>> => {
  const events = await query
    .selectFrom('event')
    .select(['type', 'data'])
    .where('message_id', '=', messageId)
    .where('position', 'is not', null)
    .where('type', 'in', [...worstFirst])
    .execute();
  const byAttempt = new Map<string, Map<RecipientState, number>>();
  for (const { type, data } of events) {
    const { attempt } = JSON.parse(data) as { attempt?: string | null };
    if (!attempt) continue;
    const counts = byAttempt.get(attempt) ?? new Map<RecipientState, number>();
    byAttempt.set(attempt, counts.set(type as RecipientState, (counts.get(type as RecipientState) ?? 0) + 1));
  }
  return new Map(Array.from(byAttempt, ([attempt, counts]) => [attempt, inOrder(counts)]));
};

const inOrder = (counts: ReadonlyMap<RecipientState, number>): OutcomeCounts =>
  worstFirst.flatMap((state) => {
    const count = counts.get(state);
    return count === undefined ? [] : [{ state, count }];
  });
