/**
 * What a person does to a message that waits: cancel, try now, release, say that it arrived, give it another time. Each is
 * one transaction that writes recipients, message, queue and an event together.
 *
 * Each begins by taking the queue row with a new fencing token. Whoever holds the old one (a worker with an attempt under
 * way) is refused before the final dot, so what was cancelled is not sent; past the dot it is too late, and the answer says so.
 */
import type { RecipientState } from '../../contracts/message.ts';
import type { Database } from '../database/open.ts';
import { findWorstState, openStates } from '../delivery/message-state.ts';
import { formatDate } from '../mime/header-field.ts';
import { type Clock, toIso, toIsoOrNull } from '../platform/clock.ts';
import { rewriteHead } from './message-content.ts';
import {
  hasBeenTried,
  leaveQueue,
  readStates,
  type TakenMessage,
  type Transaction,
  takeMessage,
} from './taken-message.store.ts';

/** `unchanged` with the sentence that says why not. */
export type ActionOutcome = { outcome: 'done' } | { outcome: 'not-found' } | { outcome: 'unchanged'; why: string };

export interface MessageActions {
  /** For those who do not have it yet. @param by who, as `updatedBy` names people and keys. */
  cancel: (id: string, by: string) => Promise<ActionOutcome>;
  retry: (id: string, by: string) => Promise<ActionOutcome>;
  release: (id: string, by: string) => Promise<ActionOutcome>;
  /** A person knows that those who wait for it, or may have it, do have it. */
  markSent: (id: string, by: string) => Promise<ActionOutcome>;
  /** Only before anything was tried. @param at milliseconds since 1970, ahead; null: now. */
  reschedule: (id: string, at: number | null, by: string) => Promise<ActionOutcome>;
}

/** Ends the transaction without a trace. */
class Unchanged extends Error {}

/** Recipients of whom something can still be decided. */
const undecided: RecipientState[] = [...openStates, 'held'];

const isBeingSent = 'It is being sent at this moment.';
const nothingWaits = 'Nothing of this message waits any more. Send it again as a new message.';

/** @param onReady tells the workers that something became due. */
export const openMessageActions = (
  database: Database,
  clock: Clock,
  onReady: () => void = () => {},
): MessageActions => {
  const change = async (
    id: string,
    step: (trx: Transaction, taken: TakenMessage) => Promise<void>,
  ): Promise<ActionOutcome> => {
    try {
      return await database.query.transaction().execute(async (trx) => {
        const taken = await takeMessage(trx, id);
        if (!taken) return { outcome: 'not-found' };
        await step(trx, taken);
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
  const changeAndWake: typeof change = async (id, step) => {
    const done = await change(id, step);
    if (done.outcome === 'done') onReady();
    return done;
  };
  const tell = (trx: Transaction, id: string, type: string, data: { by: string; scheduled_at?: string | null }) =>
    trx
      .insertInto('event')
      .values({ message_id: id, position: null, type, at: clock.now(), data: JSON.stringify(data) })
      .execute();

  return {
    cancel: (id, by) =>
      change(id, async (trx, { isAtDot, states }) => {
        const now = clock.now();
        if (isAtDot) throw new Unchanged('The server is taking it at this moment; it can no longer be cancelled.');
        if (!states.some((state) => undecided.includes(state))) {
          throw new Unchanged('Nothing of this message waits any more, so there is nothing to cancel.');
        }
        for (const isUncertain of [true, false]) {
          const about = isUncertain ? ' An earlier attempt may have delivered it all the same.' : '';
          await trx
            .updateTable('recipient')
            .set({ state: 'cancelled', explanation: `Cancelled by ${by}.${about}`, updated_at: now })
            .where('message_id', '=', id)
            .where('state', 'in', undecided)
            .where('state', isUncertain ? '=' : '!=', 'uncertain')
            .execute();
        }
        await leaveQueue(trx, id, now, `Cancelled by ${by} before the message was handed over.`);
        await tell(trx, id, 'cancelled', { by });
      }),
    retry: (id, by) =>
      changeAndWake(id, async (trx, { message, queued, isLeased, states }) => {
        if (isLeased) throw new Unchanged(isBeingSent);
        if (queued === null)
          throw new Unchanged(states.includes('held') ? 'It is held; release it to let it go.' : nothingWaits);
        requireTime(message.expires_at, clock.now());
        await trx.updateTable('queue').set({ ready_at: clock.now() }).where('message_id', '=', id).execute();
        await tell(trx, id, 'retried', { by });
      }),
    release: (id, by) =>
      changeAndWake(id, async (trx, { message, isLeased, states }) => {
        const now = clock.now();
        if (isLeased) throw new Unchanged(isBeingSent);
        if (!states.includes('held')) throw new Unchanged('This message is not held.');
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
        await tell(trx, id, 'released', { by });
      }),
    markSent: (id, by) =>
      change(id, async (trx, { isAtDot, states }) => {
        const now = clock.now();
        if (isAtDot) throw new Unchanged('The server is taking it at this moment; look again once it has answered.');
        if (!states.some((state) => undecided.includes(state))) {
          throw new Unchanged('Nothing of this message waits or is uncertain, so there is nothing to mark.');
        }
        await trx
          .updateTable('recipient')
          .set({ state: 'sent', explanation: `Marked as sent by ${by}: no server confirmed it.`, updated_at: now })
          .where('message_id', '=', id)
          .where('state', 'in', undecided)
          .execute();
        await leaveQueue(trx, id, now, `${by} marked the message as sent before it was handed over in this attempt.`);
        await tell(trx, id, 'marked-sent', { by });
      }),
    reschedule: (id, at, by) =>
      changeAndWake(id, async (trx, { message, queued, isLeased, states }) => {
        const now = clock.now();
        if (isLeased) throw new Unchanged(isBeingSent);
        if (queued === null)
          throw new Unchanged(states.includes('held') ? 'It is held; release it to let it go.' : nothingWaits);
        if (states.some((state) => state !== 'queued') || (await hasBeenTried(trx, id))) {
          throw new Unchanged(
            'It was tried already, so it has no time of its own any more. Try it again, or cancel it.',
          );
        }
        requireTime(message.expires_at, now);
        if (at !== null && at >= message.expires_at) {
          throw new Unchanged(`It expires at ${toIso(message.expires_at)}, before that time. Give an earlier one.`);
        }
        await trx.updateTable('message').set({ scheduled_at: at }).where('id', '=', id).execute();
        await redate(trx, id, at ?? now);
        await trx
          .updateTable('queue')
          .set({ ready_at: at ?? now })
          .where('message_id', '=', id)
          .execute();
        await tell(trx, id, 'rescheduled', { by, scheduled_at: toIsoOrNull(at) });
      }),
  };
};

/** Nobody has seen it yet, so its Date can still follow the time it leaves at; one that lies ahead looks like spam. */
async function redate(trx: Transaction, id: string, at: number): Promise<void> {
  const row = await trx
    .selectFrom('content')
    .select(['bytes', 'parts'])
    .where('message_id', '=', id)
    .executeTakeFirst();
  if (!row) return;
  const before = { bytes: row.bytes, parts: row.parts === null ? null : JSON.parse(row.parts), blobs: [] };
  const { bytes, parts } = rewriteHead(before, { Date: formatDate(new Date(at), 'date') });
  await trx
    .updateTable('content')
    .set({ bytes, parts: parts && JSON.stringify(parts) })
    .where('message_id', '=', id)
    .execute();
  await trx
    .updateTable('message')
    .set((eb) => ({ size_bytes: eb('size_bytes', '+', bytes.length - row.bytes.length) }))
    .where('id', '=', id)
    .execute();
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
