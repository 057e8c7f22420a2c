/**
 * Mail that waits for SMTP settings: how much of it there is, and what becomes of it when they are deleted.
 *
 * Policy: deleting settings never loses mail. What named them is held, with the reason, until a person decides; what names
 * none goes by the next default. Holding goes in small steps, so that a hundred thousand messages stop nobody else; what
 * a crash leaves undone is done at the next start. A message that is being sent at this moment is left to its attempt.
 */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import { openStates } from '../delivery/message-state.ts';
import type { Clock } from '../platform/clock.ts';

export interface WaitingMail {
  /** Messages that wait for these settings or are being sent; '' for the default ones. Counts no further than `mostCounted`. */
  count: (settingsId: string) => Promise<number>;
  /** Holds what waits for settings that are gone. @returns how many messages */
  holdWithout: (settingsId: string) => Promise<number>;
  /** The same for all settings that are gone: at the start. */
  holdOrphans: () => Promise<number>;
}

/** A person is told "more than"; nobody waits for the count of a million. */
export const mostCounted = 10_000;
const perStep = 500;

export const openWaitingMail = ({ query }: Database, clock: Clock): WaitingMail => {
  const countWhere = async (settingsId: string, isLeased: boolean): Promise<number> => {
    const some = query
      .selectFrom('queue')
      .select('message_id')
      .where('settings_id', '=', settingsId)
      .where('leased_until', isLeased ? 'is not' : 'is', null)
      .limit(mostCounted + 1);
    const row = await query.selectFrom(some.as('some')).select(sql<number>`count(*)`.as('count')).executeTakeFirst();
    return Number(row?.count ?? 0);
  };

  const holdSome = (settingsId: string): Promise<number> =>
    query.transaction().execute(async (trx) => {
      // The claim is looked at again once the row is locked: a worker may just have taken it.
      const taken = await trx
        .deleteFrom('queue')
        .where('leased_until', 'is', null)
        .where('message_id', 'in', (from) =>
          from
            .selectFrom('queue')
            .select('message_id')
            .where('settings_id', '=', settingsId)
            .where('leased_until', 'is', null)
            .limit(perStep),
        )
        .returning('message_id')
        .execute();
      const ids = taken.map(({ message_id }) => message_id);
      if (ids.length === 0) return 0;
      const now = clock.now();
      await trx
        .insertInto('event')
        .columns(['message_id', 'position', 'type', 'at', 'data'])
        .expression((from) =>
          from
            .selectFrom('recipient')
            .select(({ val, cast }) => [
              'message_id',
              'position',
              cast<string>(val('held'), 'text').as('type'),
              cast<number>(val(now), 'bigint').as('at'),
              cast<string>(val(JSON.stringify({ settings_deleted: settingsId })), 'text').as('data'),
            ])
            .where('message_id', 'in', ids)
            .where('state', 'in', [...openStates])
            .orderBy('message_id')
            .orderBy('position'),
        )
        .execute();
      for (const isUncertain of [false, true]) {
        await trx
          .updateTable('recipient')
          .set({ state: 'held', explanation: isUncertain ? `${why} ${mayHaveArrived}` : why, updated_at: now })
          .where('message_id', 'in', ids)
          .where('state', 'in', isUncertain ? ['uncertain'] : openStates.filter((state) => state !== 'uncertain'))
          .execute();
      }
      await trx.updateTable('message').set({ state: 'held' }).where('id', 'in', ids).execute();
      return ids.length;
    });

  const holdWithout: WaitingMail['holdWithout'] = async (settingsId) => {
    let held = 0;
    for (;;) {
      const some = await holdSome(settingsId);
      if (some === 0) return held;
      held += some;
      await setImmediate();
    }
  };

  return {
    count: async (settingsId) => (await countWhere(settingsId, false)) + (await countWhere(settingsId, true)),
    holdWithout,
    holdOrphans: async () => {
      let held = 0;
      // One name after the other by the index, however many rows each has.
      for (let last = ''; ; ) {
        const next = await query
          .selectFrom('queue')
          .select('settings_id')
          .where('settings_id', '>', last)
          .where('leased_until', 'is', null)
          .orderBy('settings_id')
          .limit(1)
          .executeTakeFirst();
        if (!next) return held;
        last = next.settings_id;
        const settings = await query.selectFrom('smtp_settings').select('id').where('id', '=', last).executeTakeFirst();
        if (!settings) held += await holdWithout(last);
      }
    },
  };
};

const why = 'The SMTP settings it was to go by were deleted. It is held until somebody decides.';
const mayHaveArrived = 'An earlier attempt may have delivered it all the same.';

/** `12 waiting messages`. */
export const describeCount = (count: number): string => {
  if (count > mostCounted) return `more than ${mostCounted.toLocaleString('en')} waiting messages`;
  return count === 1 ? '1 waiting message' : `${count.toLocaleString('en')} waiting messages`;
};
