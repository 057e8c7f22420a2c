/**
 * Attempts in the database. Each method asks by the fencing token whether the message is still this worker's. While an attempt
 * is under way it stands in the queue row (begun, dot mark); its own row is written once, when it has ended. What it
 * came to is written in one transaction: attempt, recipients, the message's state, its row in the queue (gone when
 * nobody waits any more), and an event per recipient. Attempts of many workers share one commit.
 *
 * Recording the same attempt twice is answered as the first time, so that a worker may try again when a connection broke
 * during the commit. Who lost the lease changes nothing but the attempt's own row: what its server said is evidence.
 */
import { openGroupCommit } from '../database/group-commit.ts';
import type { Database } from '../database/open.ts';
import type { ServerHealthRow } from '../database/tables.ts';
import { orUnavailable } from '../database/unavailable.ts';
import { beginGroup, markGroup } from './attempt.postgres.ts';
import { type AttemptColumns, toAttemptColumns } from './attempt-row.ts';
import type { openUnits } from './delivery.sqlite.ts';
import { recordGroup } from './record.postgres.ts';
import type { DeliveryStore, MarkedAttempt, ServerHealth } from './verdict.ts';

const maxUnits = 200;

export interface BegunAttempt {
  claim: { id: string; token: number };
  attempt: { id: string; settingsId: string; settingsName: string; startedAt: number };
}

export interface DotMark {
  claim: { id: string; token: number };
  attempt: MarkedAttempt;
}

/** What differs between the databases. */
interface AttemptWrites {
  begin: (begun: BegunAttempt) => Promise<boolean>;
  mark: (mark: DotMark) => Promise<boolean>;
  record: (columns: AttemptColumns) => Promise<boolean>;
  setHealth: (row: ServerHealthRow) => Promise<void>;
}

/** Every method throws DatabaseUnavailableError where the database is away or the disk is full; nothing is half done then. */
export const openDeliveryStore = (database: Database): DeliveryStore => {
  const writes = database.kind === 'sqlite' ? openOnSqlite(database) : openOnPostgres(database);
  return {
    beginAttempt: (claim, { id, settingsId, settingsName, startedAt }) =>
      orUnavailable(
        writes.begin({
          claim: { id: claim.id, token: claim.token },
          attempt: { id, settingsId, settingsName, startedAt },
        }),
      ),
    markDot: (claim, { id, startedAt, dotAt }) =>
      orUnavailable(writes.mark({ claim: { id: claim.id, token: claim.token }, attempt: { id, startedAt, dotAt } })),
    recordAttempt: (record) => orUnavailable(writes.record(toAttemptColumns(record))),
    readUncertain: (messageId) => orUnavailable(readUncertain(database.query, messageId)),
    readHealth: async () => {
      const rows = await orUnavailable(
        database.query.selectFrom('server_health').selectAll().orderBy('settings_id').execute(),
      );
      return rows.map(toHealth);
    },
    setHealth: (health) => orUnavailable(writes.setHealth(toHealthRow(health))),
  };
};

function openOnSqlite({ writer }: Database & { kind: 'sqlite' }): AttemptWrites {
  const run = writer.load<ReturnType<typeof openUnits>>(new URL('./delivery.sqlite.ts', import.meta.url), {
    goesFirst: true,
  });
  return {
    begin: (begun) => run('begin', begun),
    mark: (mark) => run('mark', mark),
    record: (columns) => run('record', columns),
    setHealth: (row) => run('setHealth', row),
  };
}

function openOnPostgres({ mailPool: pool, query }: Database & { kind: 'postgres' }): AttemptWrites {
  return {
    begin: openGroupCommit({ run: (group: BegunAttempt[]) => beginGroup(pool, group), maxUnits }),
    mark: openGroupCommit({ run: (group: DotMark[]) => markGroup(pool, group), maxUnits }),
    record: openGroupCommit({ run: (group: AttemptColumns[]) => recordGroup(pool, group), maxUnits }),
    setHealth: async (row) => {
      const { settings_id: _, ...changed } = row;
      await query
        .insertInto('server_health')
        .values(row)
        .onConflict((conflict) => conflict.column('settings_id').doUpdateSet(changed))
        .execute();
    },
  };
}

/** Those who are held because of it were told `held` by the attempt that the dot was left unanswered in. */
async function readUncertain(query: Database['query'], messageId: string): Promise<Set<number>> {
  const told = await query
    .selectFrom('event')
    .select(['position', 'type', 'data'])
    .where('message_id', '=', messageId)
    .where('type', 'in', ['uncertain', 'held'])
    .execute();
  if (told.length === 0) return new Set();
  const attempts = await query
    .selectFrom('attempt')
    .select('id')
    .where('message_id', '=', messageId)
    .where('phase', '=', 'dot')
    .where('outcome', '=', 'held')
    .where('reply', '=', '')
    .execute();
  const unanswered = new Set<unknown>(attempts.map(({ id }) => id));
  const reached = told.filter(({ type, data }) => type === 'uncertain' || unanswered.has(JSON.parse(data).attempt));
  return new Set(reached.flatMap(({ position }) => position ?? []));
}

function toHealth(row: ServerHealthRow): ServerHealth {
  return {
    settingsId: row.settings_id,
    state: row.state as ServerHealth['state'],
    code: row.code,
    reason: row.reason,
    since: row.since,
    nextProbeAt: row.next_probe_at,
    isPaused: row.is_paused === 1,
  };
}

function toHealthRow(health: ServerHealth): ServerHealthRow {
  return {
    settings_id: health.settingsId,
    state: health.state,
    code: health.code,
    reason: health.reason,
    since: health.since,
    next_probe_at: health.nextProbeAt,
    is_paused: health.isPaused ? 1 : 0,
  };
}
