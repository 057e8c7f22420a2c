/**
 * The figures of the home page. They are read at most every five seconds, whoever asks, so that ten open home pages cost
 * what one does.
 *
 * Events lie in the order of their ids, which is (nearly) that of their times: where the last 24 hours begin is found by
 * halving, without an index on the time that every event would have to pay for.
 */
import { sql } from 'kysely';
import type { Overview } from '../../contracts/overview.ts';
import type { Database } from '../database/open.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import { describeWaiting, type WaitingGroup } from './describe-waiting.ts';

export interface OverviewStore {
  read: () => Promise<Overview>;
}

const hourMs = 3_600_000;
const shownHours = 24;
const shownReasons = 8;
export const keptMs = 5000;

export const openOverviewStore = (database: Database, clock: Clock): OverviewStore => {
  let kept: { until: number; overview: Promise<Overview> } | null = null;
  return {
    read: () => {
      const at = clock.monotonic();
      if (kept === null || at >= kept.until) {
        const overview = readOverview(database, clock.now());
        kept = { until: at + keptMs, overview };
        // A failure is not kept.
        overview.catch(() => {
          kept = null;
        });
      }
      return kept.overview;
    },
  };
};

async function readOverview({ query }: Database, now: number): Promise<Overview> {
  const firstHour = (Math.floor(now / hourMs) - shownHours + 1) * hourMs;
  const firstEvent = await findFirstEvent(query, firstHour);
  const hours = await readHours(query, firstEvent, firstHour);
  const failed = await readFailed(query, firstEvent, firstHour);
  const settings = await query
    .selectFrom('smtp_settings')
    .leftJoin('server_health', 'server_health.settings_id', 'smtp_settings.id')
    .select(['id', 'name', 'is_default', 'last_test_ok', 'state', 'reason', 'since', 'next_probe_at', 'is_paused'])
    .orderBy('name_key')
    .execute();
  const attempts = await readAttempts(query, now - shownHours * hourMs);
  const defaultId = settings.find((each) => each.is_default === 1)?.id;
  const groups = (await readWaiting(query, now)).map((group) => ({ ...group, id: group.id || (defaultId ?? '') }));
  const held = await query
    .selectFrom('message')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'held')
    .executeTakeFirstOrThrow();
  return {
    hours,
    waiting: describeWaiting(groups, settings, Number(held.count), now),
    failed,
    settings: settings.map((each) => {
      const isOk = each.state === null || each.state === 'ok';
      return {
        id: each.id,
        name: each.name,
        isDefault: each.is_default === 1,
        isPaused: each.is_paused === 1,
        state: (each.state ?? 'ok') as Overview['settings'][number]['state'],
        reason: isOk ? '' : (each.reason ?? ''),
        since: isOk ? null : toIsoOrNull(each.since),
        nextProbeAt: isOk ? null : toIsoOrNull(each.next_probe_at),
        waiting: groups.filter(({ id }) => id === each.id).reduce((sum, { count }) => sum + count, 0),
        attemptsSent: attempts.get(each.id)?.sent ?? 0,
        attemptsNotSent: attempts.get(each.id)?.notSent ?? 0,
        lastTestOk: each.last_test_ok === null ? null : each.last_test_ok === 1,
      };
    }),
  };
}

type Query = Database['query'];

/** The lowest event id from which on all are at `at` or later. */
async function findFirstEvent(query: Query, at: number): Promise<number> {
  const ends = await query
    .selectFrom('event')
    .select((eb) => [eb.fn.min('id').as('low'), eb.fn.max('id').as('high')])
    .executeTakeFirst();
  let low = Number(ends?.low ?? 0);
  let high = Number(ends?.high ?? 0) + 1;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const row = await query
      .selectFrom('event')
      .select(['id', 'at'])
      .where('id', '>=', middle)
      .orderBy('id')
      .limit(1)
      .executeTakeFirst();
    if (!row || row.at >= at) high = middle;
    else low = row.id + 1;
  }
  return low;
}

async function readHours(query: Query, firstEvent: number, firstHour: number): Promise<Overview['hours']> {
  const hour = sql<number>`(at - ${sql.lit(firstHour)}) / ${sql.lit(hourMs)}`;
  const rows = await query
    .selectFrom('event')
    .select((eb) => [hour.as('hour'), 'type', eb.fn.countAll<number>().as('count')])
    .where('id', '>=', firstEvent)
    .where('at', '>=', firstHour)
    .where('type', 'in', ['sent', 'bounced', 'expired'])
    .groupBy([sql`1`, 'type'])
    .execute();
  return Array.from({ length: shownHours }, (_, place) => {
    const count = (isSent: boolean) =>
      rows
        .filter((row) => Math.floor(Number(row.hour)) === place && (row.type === 'sent') === isSent)
        .reduce((sum, row) => sum + Number(row.count), 0);
    return { startsAt: toIso(firstHour + place * hourMs), sent: count(true), failed: count(false) };
  });
}

async function readFailed(query: Query, firstEvent: number, firstHour: number): Promise<Overview['failed']> {
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
      eb.fn.max('event.message_id').as('example'),
    ])
    .where('event.id', '>=', firstEvent)
    .where('event.at', '>=', firstHour)
    .where('event.type', 'in', ['bounced', 'expired'])
    .groupBy([sql`1`, 'recipient.state'])
    .orderBy(sql`count(*)`, 'desc')
    .limit(shownReasons)
    .execute();
  return rows.map(({ reason, state, count, example }) => ({
    reason,
    state,
    count: Number(count),
    exampleId: example,
  }));
}

/** By settings and by what they wait for; `id` '' for the default settings. */
async function readWaiting(query: Query, now: number): Promise<WaitingGroup[]> {
  const scheduled = sql`exists (select 1 from message where message.id = queue.message_id and message.scheduled_at > ${now})`;
  const kind = sql<WaitingGroup['kind']>`case
    when leased_until is not null then 'sending'
    when ready_at <= ${now} then 'due'
    when attempts = 0 and ${scheduled} then 'scheduled'
    else 'retry' end`;
  const rows = await query
    .selectFrom('queue')
    .select((eb) => ['settings_id', kind.as('kind'), eb.fn.countAll().as('count'), eb.fn.min('ready_at').as('nextAt')])
    .groupBy(['settings_id', sql`2`])
    .execute();
  return rows.map(({ settings_id, kind, count, nextAt }) => ({
    id: settings_id,
    kind,
    count: Number(count),
    nextAt: Number(nextAt),
  }));
}

/** Ids of attempts begin with their time. */
async function readAttempts(query: Query, since: number): Promise<Map<string, { sent: number; notSent: number }>> {
  const rows = await query
    .selectFrom('attempt')
    .select((eb) => [
      'settings_id',
      sql<number>`sum(case when outcome = 'sent' then 1 else 0 end)`.as('sent'),
      eb.fn.countAll().as('count'),
    ])
    .where('id', '>=', newId('try', since).slice(0, 'try_'.length + 10))
    .groupBy('settings_id')
    .execute();
  return new Map(
    rows.map(({ settings_id, sent, count }) => [
      settings_id,
      { sent: Number(sent), notSent: Number(count) - Number(sent) },
    ]),
  );
}
