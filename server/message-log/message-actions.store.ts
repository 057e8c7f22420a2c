/**
 * What a person does to a message that waits: cancel, try now, release. Each is one transaction that writes recipients,
 * message, queue and an event together.
 *
 * Each begins by taking the queue row with a new fencing token. Whoever holds the old one (a worker with an attempt under
 * way) is refused before the final dot, so what was cancelled is not sent; past the dot it is too late, and the answer says so.
 */
import { sql } from 'kysely';
import type { RecipientState } from '../../contracts/message.ts';
import type { Database } from '../database/open.ts';
import type { QueueRow } from '../database/tables.ts';
import { findWorstState, openStates } from '../delivery/message-state.ts';
import type { Clock } from '../platform/clock.ts';

/** `unchanged` with the sentence that says why not. */
export type ActionOutcome = { outcome: 'done' } | { outcome: 'not-found' } | { outcome: 'unchanged'; why: string };

export interface MessageActions {
  /** For those who do not have it yet. @param by who, as `updatedBy` names people and keys. */
  cancel: (id: string, by: string) => Promise<ActionOutcome>;
  retry: (id: string, by: string) => Promise<ActionOutcome>;
  release: (id: string, by: string) => Promise<ActionOutcome>;
}

type Transaction = Parameters<Parameters<ReturnType<Database['query']['transaction']>['execute']>[0]>[0];

/** Ends the transaction without a trace. */
class Unchanged extends Error {}

const canBeCancelled: RecipientState[] = [...openStates, 'held'];

/** @param onReady tells the workers that something became due. */
export const openMessageActions = (
  database: Database,
  clock: Clock,
  onReady: () => void = () => {},
): MessageActions => {
  /** Locks the message and its place in the queue before anything is read: in both databases a write is what locks. */
  const change = async (
    id: string,
    step: (trx: Transaction, taken: Taken) => Promise<void>,
  ): Promise<ActionOutcome> => {
    try {
      return await database.query.transaction().execute(async (trx) => {
        const message = await trx
          .updateTable('message')
          .set({ state: sql.ref('state') })
          .where('id', '=', id)
          .returning(['settings_id', 'lane', 'expires_at'])
          .executeTakeFirst();
        if (!message) return { outcome: 'not-found' };
        const queued = await trx
          .updateTable('queue')
          .set((eb) => ({ token: eb('token', '+', 1) }))
          .where('message_id', '=', id)
          .returning([
            'leased_until',
            'attempt_id',
            'attempt_settings_id',
            'attempt_settings_name',
            'attempt_started_at',
            'dot_at',
          ])
          .executeTakeFirst();
        const isLeased = queued !== undefined && queued.leased_until !== null;
        const isAtDot = isLeased && queued.dot_at !== null;
        await step(trx, { message, queued: queued ?? null, isLeased, isAtDot });
        await trx
          .updateTable('message')
          .set({ state: findWorstState(await readStates(trx, id)) })
          .where('id', '=', id)
          .execute();
        return { outcome: 'done' };
      });
    } catch (error) {
      if (error instanceof Unchanged) return { outcome: 'unchanged', why: error.message };
      throw error;
    }
  };
  const tell = (trx: Transaction, id: string, type: string, by: string) =>
    trx
      .insertInto('event')
      .values({ message_id: id, position: null, type, at: clock.now(), data: JSON.stringify({ by }) })
      .execute();

  return {
    cancel: (id, by) =>
      change(id, async (trx, { queued, isAtDot }) => {
        const now = clock.now();
        if (isAtDot) throw new Unchanged('The server is taking it at this moment; it can no longer be cancelled.');
        const states = await readStates(trx, id);
        if (!states.some((state) => canBeCancelled.includes(state))) {
          throw new Unchanged('Nothing of this message waits any more, so there is nothing to cancel.');
        }
        for (const isUncertain of [true, false]) {
          const about = isUncertain ? ' An earlier attempt may have delivered it all the same.' : '';
          await trx
            .updateTable('recipient')
            .set({ state: 'cancelled', explanation: `Cancelled by ${by}.${about}`, updated_at: now })
            .where('message_id', '=', id)
            .where('state', 'in', canBeCancelled)
            .where('state', isUncertain ? '=' : '!=', 'uncertain')
            .execute();
        }
        await trx.deleteFrom('queue').where('message_id', '=', id).execute();
        if (queued !== null) {
          const explanation = `Cancelled by ${by} before the message was handed over.`;
          await endAttempt(trx, id, queued, { endedAt: now, outcome: 'cancelled', explanation });
        }
        await tell(trx, id, 'cancelled', by);
      }),
    retry: async (id, by) => {
      const done = await change(id, async (trx, { message, queued, isLeased }) => {
        const states = await readStates(trx, id);
        if (isLeased) throw new Unchanged('It is being sent at this moment.');
        if (states.includes('held') && queued === null) throw new Unchanged('It is held; release it to let it go.');
        if (queued === null)
          throw new Unchanged('Nothing of this message waits any more. Send it again as a new message.');
        requireTime(message.expires_at, clock.now());
        await trx.updateTable('queue').set({ ready_at: clock.now() }).where('message_id', '=', id).execute();
        await tell(trx, id, 'retried', by);
      });
      if (done.outcome === 'done') onReady();
      return done;
    },
    release: async (id, by) => {
      const done = await change(id, async (trx, { message, isLeased }) => {
        const now = clock.now();
        if (isLeased) throw new Unchanged('It is being sent at this moment.');
        if (!(await readStates(trx, id)).includes('held')) throw new Unchanged('This message is not held.');
        requireTime(message.expires_at, now);
        const settings = await findSettings(trx, message.settings_id);
        const about = settings.isGone ? ' The settings it was to go by are gone; it goes by the default settings.' : '';
        await trx
          .updateTable('recipient')
          .set({ state: 'queued', explanation: `Released by ${by}.${about}`, updated_at: now })
          .where('message_id', '=', id)
          .where('state', '=', 'held')
          .execute();
        if (settings.isGone) await trx.updateTable('message').set({ settings_id: null }).where('id', '=', id).execute();
        // The schedule starts anew: whatever held it was looked at by a person.
        const fresh = { settings_id: settings.id, ready_at: now, attempts: 0, crashes: 0 };
        await trx
          .insertInto('queue')
          .values({
            ...fresh,
            message_id: id,
            lane: message.lane,
            expires_at: message.expires_at,
            token: now,
            leased_until: null,
            leased_by: null,
          })
          .onConflict((conflict) => conflict.column('message_id').doUpdateSet(fresh))
          .execute();
        await tell(trx, id, 'released', by);
      });
      if (done.outcome === 'done') onReady();
      return done;
    },
  };
};

interface Taken {
  message: { settings_id: string | null; lane: number; expires_at: number };
  queued: OpenAttempt | null;
  isLeased: boolean;
  /** The server has all of it but the final dot, or that too. */
  isAtDot: boolean;
}

type OpenAttempt = Pick<
  QueueRow,
  'leased_until' | 'attempt_id' | 'attempt_settings_id' | 'attempt_settings_name' | 'attempt_started_at' | 'dot_at'
>;

/** Where one had begun: what stands in the queue row becomes a row of its own. */
async function endAttempt(
  trx: Transaction,
  messageId: string,
  open: OpenAttempt,
  end: { endedAt: number; outcome: string; explanation: string },
): Promise<void> {
  if (open.attempt_id === null || open.attempt_started_at === null) return;
  const { number } = await trx
    .selectFrom('attempt')
    .select(({ fn }) => fn.max('number').as('number'))
    .where('message_id', '=', messageId)
    .executeTakeFirstOrThrow();
  await trx
    .insertInto('attempt')
    .values({
      id: open.attempt_id,
      message_id: messageId,
      number: (number ?? 0) + 1,
      settings_id: open.attempt_settings_id ?? '',
      settings_name: open.attempt_settings_name ?? '',
      started_at: open.attempt_started_at,
      ended_at: end.endedAt,
      outcome: end.outcome,
      phase: 'connect',
      reply: '',
      explanation: end.explanation,
      transcript: null,
    })
    .execute();
}

async function readStates(trx: Transaction, id: string): Promise<RecipientState[]> {
  const rows = await trx.selectFrom('recipient').select('state').where('message_id', '=', id).execute();
  return rows.map(({ state }) => state as RecipientState);
}

/** '' stands for the default settings. */
async function findSettings(trx: Transaction, id: string | null): Promise<{ id: string; isGone: boolean }> {
  if (id === null) return { id: '', isGone: false };
  const found = await trx.selectFrom('smtp_settings').select('id').where('id', '=', id).executeTakeFirst();
  return found ? { id, isGone: false } : { id: '', isGone: true };
}

function requireTime(expiresAt: number, now: number): void {
  if (expiresAt > now) return;
  throw new Unchanged(
    'Its time ran out, so it is not sent any more. Send it again as a new message if it is still wanted.',
  );
}
