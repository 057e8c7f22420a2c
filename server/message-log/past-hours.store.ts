/**
 * What ended in the last 24 hours, hour by hour: an hour that is over does not change any more and is read once, so that a
 * home page that stays open costs what the last two hours do, and nothing is ever read in one long piece.
 *
 * Events lie in the order of their ids, which is (nearly) that of their times: where an hour begins is found by dividing,
 * without an index on the time that every event would have to pay for. Ids of attempts begin with their time.
 */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import { testSubjectStart, testTag } from '../../contracts/message.ts';
import type { Database } from '../database/open.ts';
import { firstIdAt } from '../platform/id.ts';

export interface PastHour {
  /** Milliseconds. */
  startsAt: number;
  /** Recipients. */
  sent: number;
  failed: number;
  reasons: { reason: string; state: string; count: number; exampleId: string }[];
  /** By settings. */
  attempts: { id: string; sent: number; notSent: number }[];
}

export const hourMs = 3_600_000;
const shownHours = 24;
/** By then every attempt that began in it has ended. */
const settledMs = hourMs;

type Query = Database['query'];

/** @returns reads the last 24 whole and begun hours, oldest first. */
export const openPastHours = ({ query }: Pick<Database, 'query'>): ((now: number) => Promise<PastHour[]>) => {
  const kept = new Map<number, PastHour>();
  return async (now) => {
    const first = (Math.floor(now / hourMs) - shownHours + 1) * hourMs;
    for (const startsAt of kept.keys()) if (startsAt < first) kept.delete(startsAt);
    const hours: PastHour[] = [];
    const end = await readEnd(query);
    let from: number | null = null;
    for (let startsAt = first; startsAt <= now; startsAt += hourMs) {
      let hour = kept.get(startsAt);
      if (hour) from = null;
      else {
        const begin: number = from ?? (await findFirstEvent(query, startsAt, await readBegin(query), end));
        from = await findFirstEvent(query, startsAt + hourMs, begin, end);
        hour = await readHour(query, startsAt, begin, from);
      }
      if (startsAt + hourMs + settledMs <= now) kept.set(startsAt, hour);
      hours.push(hour);
    }
    return hours;
  };
};

/** @param from id of the first event in it @param to of the first one after it */
async function readHour(query: Query, startsAt: number, from: number, to: number): Promise<PastHour> {
  const attempts = await readAttempts(query, startsAt);
  await setImmediate();
  if (from === to) return { startsAt, sent: 0, failed: 0, reasons: [], attempts };
  const sent = await query
    .selectFrom('event')
    .select((eb) => eb.fn.countAll().as('count'))
    .where('id', '>=', from)
    .where('id', '<', to)
    .where('type', '=', 'sent')
    .executeTakeFirst();
  await setImmediate();
  const reasons = await readReasons(query, from, to);
  const failed = reasons.reduce((sum, { count }) => sum + count, 0);
  return { startsAt, sent: Number(sent?.count ?? 0), failed, reasons, attempts };
}

async function readBegin(query: Query): Promise<number> {
  return (await query.selectFrom('event').select('id').orderBy('id').limit(1).executeTakeFirst())?.id ?? 0;
}

/** Higher than all. */
async function readEnd(query: Query): Promise<number> {
  const last = await query.selectFrom('event').select('id').orderBy('id', 'desc').limit(1).executeTakeFirst();
  return (last?.id ?? -1) + 1;
}

/** The lowest event id, of those from `begin` up to `end`, from which on all are at `at` or later. */
async function findFirstEvent(query: Query, at: number, begin: number, end: number): Promise<number> {
  let [low, high] = [begin, end];
  while (low < high) {
    const step = Math.ceil((high - low) / (probes + 1));
    for (const { from, row } of await probe(query, low, high, step)) {
      if (row === null || row.at >= at) {
        high = Math.max(low, from);
        break;
      }
      low = row.id + 1;
    }
  }
  return low;
}

/** Asked for together, as each question of its own would take a way to the database and back. */
const probes = 15;

/** The first events from places between `low` and `high` on, ascending; null where none follows. */
async function probe(query: Query, low: number, high: number, step: number) {
  const places: number[] = [];
  for (let from = low; from < high && places.length <= probes; from += step) places.push(from);
  const firsts = places.map(
    (from) => sql`select * from (select id, at from event where id >= ${sql.lit(from)} order by id limit 1) as first`,
  );
  const { rows } = await sql<{ id: number; at: number }>`${sql.join(firsts, sql` union all `)}`.execute(query);
  // The same event may be the first from several places on.
  return places.map((from) => ({ from, row: rows.find(({ id }) => id >= from) ?? null }));
}

/** Of mail that failed. A test of settings that failed has told whoever asked for it, and nobody misses it. */
async function readReasons(query: Query, from: number, to: number): Promise<PastHour['reasons']> {
  const reason = sql<string>`case when recipient.explanation = '' then recipient.reply else recipient.explanation end`;
  const rows = await query
    .selectFrom('event')
    .innerJoin('recipient', (join) =>
      join
        .onRef('recipient.message_id', '=', 'event.message_id')
        .onRef('recipient.position', '=', 'event.position')
        .onRef('recipient.state', '=', 'event.type'),
    )
    .select((eb) => [
      reason.as('reason'),
      'recipient.state as state',
      eb.fn.countAll<number>().as('count'),
      eb.fn.max('event.message_id').as('exampleId'),
    ])
    .where('event.id', '>=', from)
    .where('event.id', '<', to)
    .where('event.type', 'in', ['bounced', 'expired'])
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('message')
            .select('id')
            .whereRef('id', '=', 'event.message_id')
            .where('tags', '=', JSON.stringify([testTag]))
            .where('subject', 'like', `${testSubjectStart}%`),
        ),
      ),
    )
    .groupBy([sql`1`, 'recipient.state'])
    .execute();
  return rows.map(({ reason, state, count, exampleId }) => ({ reason, state, count: Number(count), exampleId }));
}

/** Of the attempts that began in this hour and have ended. */
async function readAttempts(query: Query, startsAt: number): Promise<PastHour['attempts']> {
  const rows = await query
    .selectFrom('attempt')
    .select((eb) => [
      'settings_id as id',
      sql<number>`sum(case when outcome = 'sent' then 1 else 0 end)`.as('sent'),
      eb.fn.countAll().as('count'),
    ])
    .where('id', '>=', firstIdAt('try', startsAt))
    .where('id', '<', firstIdAt('try', startsAt + hourMs))
    .where('ended_at', 'is not', null)
    .groupBy('settings_id')
    .execute();
  return rows.map(({ id, sent, count }) => ({ id, sent: Number(sent), notSent: Number(count) - Number(sent) }));
}
