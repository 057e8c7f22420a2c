/**
 * Accepting: a submission's messages, recipients, content, queue rows, events and Idempotency-Key, in one transaction.
 * `accept` resolves when that is on the disk, and not before; many that wait at the same time share one commit.
 * What a server has room for is inserted as leased already, and handed to the worker after the commit (accept-holds.ts).
 *
 * Attachments are stored once, by hash. One that is used again after an hour is dated anew, so that whoever deletes
 * unused ones by age (a day and more) never deletes one that a submission has just counted on.
 */
import { openGroupCommit } from '../database/group-commit.ts';
import type { Database } from '../database/open.ts';
import { findUnavailability } from '../database/unavailable.ts';
import type { Clock } from '../platform/clock.ts';
import type { HandOff } from '../queue/hand-off.ts';
import { acceptGroup, countBytes, findRepeatOnPostgres } from './accept.postgres.ts';
import type { openUnits } from './accept.sqlite.ts';
import { type AcceptUnit, type Holds, holdMessages, noHandOff } from './accept-holds.ts';
import { toAcceptRows } from './accept-rows.ts';
import type { AcceptedSubmission, AcceptOutcome, AcceptStore } from './accepted-message.ts';

const idempotencyHours = 24;
const maxUnits = 500;
const maxBytes = 16 * 1024 * 1024;
/** While one group is flushed to the disk, the next is on its way. */
const groupsInFlight = 2;

/** What was accepted just now and waits to be claimed; `settingsId` '' for the default settings. */
export interface BecameReady {
  settingsId: string;
  readyAt: number;
}

export interface AcceptParts {
  clock: Clock;
  onReady?: (ready: BecameReady[]) => void;
  handOff?: HandOff;
}

export const openAcceptStore = (
  database: Database,
  { clock, onReady = () => {}, handOff = noHandOff }: AcceptParts,
): AcceptStore => {
  const store = database.kind === 'sqlite' ? openOnSqlite(database, clock) : openOnPostgres(database, clock);
  return {
    accept: async (submission) => {
      let holds: Holds | null = null;
      const hold = () => (holds ??= holdMessages(handOff, submission.messages));
      const pause = handOff.pace?.(submission.messages, hold);
      if (pause) await pause;
      try {
        const outcome = await store.accept({ submission, hold });
        if (outcome.outcome === 'accepted') {
          const waiting = hold().take();
          if (waiting.length > 0) onReady(waiting.map(toReady));
        } else hold().drop();
        return outcome;
      } catch (error) {
        hold().fail(error);
        const problem = findUnavailability(error);
        if (problem === null) throw error;
        return { outcome: 'unavailable', problem };
      }
    },
    findRepeat: store.findRepeat,
  };
};

interface InsideStore {
  accept: (unit: AcceptUnit) => Promise<AcceptOutcome>;
  findRepeat: AcceptStore['findRepeat'];
}

function openOnSqlite({ sqlite, writer }: Database & { kind: 'sqlite' }, clock: Clock): InsideStore {
  const run = writer.load<ReturnType<typeof openUnits>>(new URL('./accept.sqlite.ts', import.meta.url));
  const find = sqlite.prepare('SELECT body_hash, message_ids FROM idempotency WHERE key_hash = ? AND created_at > ?');
  return {
    accept: ({ submission, hold }) =>
      run('accept', {
        messages: toAcceptRows(submission.messages, hold().columns),
        idempotency: submission.idempotency,
        now: clock.now(),
        repeatsSince: findRepeatsSince(clock),
      }),
    findRepeat: async (keyHash) => toRepeat(find.get(keyHash, findRepeatsSince(clock)) as RepeatRow | undefined),
  };
}

function openOnPostgres({ mailPool: pool }: Database & { kind: 'postgres' }, clock: Clock): InsideStore {
  return {
    accept: openGroupCommit<AcceptUnit, AcceptOutcome>({
      run: (group) => acceptGroup(pool, group, { now: clock.now(), repeatsSince: findRepeatsSince(clock) }),
      weigh: ({ submission }) => countBytes(submission),
      maxUnits,
      maxBytes,
      inFlight: groupsInFlight,
    }),
    findRepeat: async (keyHash) => toRepeat(await findRepeatOnPostgres(pool, keyHash, findRepeatsSince(clock))),
  };
}

export interface RepeatRow {
  body_hash: string;
  message_ids: string;
}

function findRepeatsSince(clock: Clock): number {
  return clock.now() - idempotencyHours * 3_600_000;
}

function toRepeat(row: RepeatRow | undefined) {
  return row ? { bodyHash: row.body_hash, ids: JSON.parse(row.message_ids) as string[] } : null;
}

function toReady({ settingsId, scheduledAt, createdAt }: AcceptedSubmission['messages'][number]): BecameReady {
  return { settingsId: settingsId ?? '', readyAt: scheduledAt ?? createdAt };
}
