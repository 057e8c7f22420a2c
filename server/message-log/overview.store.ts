/**
 * The figures of the home page. They are read at most every five seconds, whoever asks, so that ten open home pages cost
 * what one does.
 */
import { setImmediate } from 'node:timers/promises';
import { sql } from 'kysely';
import type { Overview } from '../../contracts/overview.ts';
import type { Database } from '../database/open.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import { describeWaiting, type WaitingGroup } from './describe-waiting.ts';
import { openPastHours, type PastHour } from './past-hours.store.ts';

export interface OverviewStore {
  read: () => Promise<Overview>;
}

const shownReasons = 8;
export const keptMs = 5000;

export const openOverviewStore = (database: Database, clock: Clock): OverviewStore => {
  const readHours = openPastHours(database);
  let kept: { until: number; overview: Promise<Overview> } | null = null;
  return {
    read: () => {
      const at = clock.monotonic();
      if (kept === null || at >= kept.until) {
        const overview = readOverview(database, readHours, clock.now());
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

async function readOverview(
  { query }: Database,
  readHours: ReturnType<typeof openPastHours>,
  now: number,
): Promise<Overview> {
  const hours = await readHours(now);
  const settings = await query
    .selectFrom('smtp_settings')
    .leftJoin('server_health', 'server_health.settings_id', 'smtp_settings.id')
    .leftJoin('sending_pause', 'sending_pause.settings_id', 'smtp_settings.id')
    .select(['id', 'name', 'is_default', 'last_test_ok', 'state', 'reason', 'since', 'next_probe_at'])
    .select(sql<number>`case when sending_pause.paused_at is null then 0 else 1 end`.as('is_paused'))
    .orderBy('name_key')
    .execute();
  const isAllPaused = await query
    .selectFrom('sending_pause')
    .select('paused_at')
    .where('settings_id', '=', '')
    .executeTakeFirst();
  const stopped = settings.map((each) => (isAllPaused ? { ...each, is_paused: 1 } : each));
  const attempts = addUpAttempts(hours);
  const defaultId = settings.find((each) => each.is_default === 1)?.id;
  const groups = (await readWaiting(query, now)).map((group) => ({ ...group, id: group.id || (defaultId ?? '') }));
  const held = await query
    .selectFrom('message')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('state', '=', 'held')
    .executeTakeFirstOrThrow();
  return {
    hours: hours.map(({ startsAt, sent, failed }) => ({ startsAt: toIso(startsAt), sent, failed })),
    waiting: describeWaiting(groups, stopped, Number(held.count), now),
    failed: addUpReasons(hours),
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

/** Most first. */
function addUpReasons(hours: readonly PastHour[]): Overview['failed'] {
  const found = new Map<string, { reason: string; state: string; count: number; exampleId: string }>();
  for (const { reasons } of hours) {
    for (const each of reasons) {
      const key = `${each.state} ${each.reason}`;
      found.set(key, { ...each, count: each.count + (found.get(key)?.count ?? 0) });
    }
  }
  return [...found.values()].sort((one, other) => other.count - one.count).slice(0, shownReasons);
}

function addUpAttempts(hours: readonly PastHour[]): Map<string, { sent: number; notSent: number }> {
  const found = new Map<string, { sent: number; notSent: number }>();
  for (const { attempts } of hours) {
    for (const { id, sent, notSent } of attempts) {
      const before = found.get(id) ?? { sent: 0, notSent: 0 };
      found.set(id, { sent: before.sent + sent, notSent: before.notSent + notSent });
    }
  }
  return found;
}

/** Rows of the queue that are counted in one go: nothing else waits for long. */
const countedAtOnce = 10_000;

/** By settings and by what they wait for; `id` '' for the default settings. */
async function readWaiting(query: Query, now: number): Promise<WaitingGroup[]> {
  const groups = new Map<string, WaitingGroup>();
  let after = '';
  while (true) {
    const last = await query
      .selectFrom('queue')
      .select('message_id')
      .where('message_id', '>', after)
      .orderBy('message_id')
      .offset(countedAtOnce - 1)
      .limit(1)
      .executeTakeFirst();
    for (const group of await countWaiting(query, now, after, last?.message_id ?? null)) {
      const key = `${group.kind} ${group.id}`;
      const before = groups.get(key) ?? { count: 0, nextAt: group.nextAt };
      const nextAt = Math.min(before.nextAt, group.nextAt);
      groups.set(key, { ...group, count: before.count + group.count, nextAt });
    }
    if (!last) return [...groups.values()];
    after = last.message_id;
    await setImmediate();
  }
}

/** @param upTo null: to the end */
async function countWaiting(query: Query, now: number, after: string, upTo: string | null): Promise<WaitingGroup[]> {
  const scheduled = sql`exists (select 1 from message where message.id = queue.message_id and message.scheduled_at > ${now})`;
  const kind = sql<WaitingGroup['kind']>`case
    when leased_until is not null then 'sending'
    when ready_at <= ${now} then 'due'
    when attempts = 0 and ${scheduled} then 'scheduled'
    else 'retry' end`;
  let rows = query
    .selectFrom('queue')
    .select((eb) => ['settings_id', kind.as('kind'), eb.fn.countAll().as('count'), eb.fn.min('ready_at').as('nextAt')])
    .where('message_id', '>', after);
  if (upTo !== null) rows = rows.where('message_id', '<=', upTo);
  const found = await rows.groupBy(['settings_id', sql`2`]).execute();
  return found.map(({ settings_id, kind, count, nextAt }) => ({
    id: settings_id,
    kind,
    count: Number(count),
    nextAt: Number(nextAt),
  }));
}
