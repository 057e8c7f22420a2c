/** Folds the history of a message that has waited for long (fold-attempts.ts): attempts, and the events that told of each. */
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import type { RunTogether } from '../database/run-together.ts';
import { findFolds } from './fold-attempts.ts';

/** In one piece; the rest is folded the next time. */
const mostAway = 2000;

/** @param before milliseconds since 1970: attempts that began later stay as they are. */
export type FoldHistory = (messageId: string, before: number) => Promise<void>;

export const openAttemptHistory =
  ({ kind, query }: Pick<Database, 'kind' | 'query'>, runTogether: RunTogether): FoldHistory =>
  async (messageId, before) => {
    const rows = await query
      .selectFrom('attempt')
      .select(['id', 'settings_id', 'outcome', 'phase', 'reply', 'explanation', 'started_at'])
      .where('message_id', '=', messageId)
      .where('started_at', '<', before)
      .orderBy('started_at')
      .orderBy('number')
      .limit(mostAway)
      .execute();
    const attempts = rows.map(({ settings_id: settingsId, started_at: startedAt, ...row }) => ({
      ...row,
      settingsId,
      startedAt,
    }));
    const folds = findFolds(attempts, before);
    if (folds.length === 0) return;
    const attemptOf = kind === 'sqlite' ? sql<string>`data ->> '$.attempt'` : sql<string>`data::json ->> 'attempt'`;
    // Another node that does the same waits here, and finds nothing left to count.
    const lock = query.selectFrom('message').select('id').where('id', '=', messageId);
    await runTogether([
      kind === 'sqlite' ? lock : lock.forUpdate(),
      ...folds.flatMap(({ into, away }) => [
        query
          .updateTable('attempt')
          .set((eb) => ({
            repeats: eb(
              'repeats',
              '+',
              eb
                .selectFrom('attempt as gone')
                .select(sql<number>`coalesce(sum(1 + gone.repeats), 0)`.as('count'))
                .where('gone.id', 'in', away),
            ),
          }))
          .where('id', '=', into),
        query
          .deleteFrom('event')
          .where('message_id', '=', messageId)
          .where('type', '=', 'deferred')
          .where(attemptOf, 'in', away),
        query.deleteFrom('attempt').where('id', 'in', away),
      ]),
    ]);
  };
