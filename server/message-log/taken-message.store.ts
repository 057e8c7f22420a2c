/**
 * A message that a person acts on, taken out of the hands of whoever has it: the first write of each action locks the
 * message and its place in the queue, and gives the latter a new fencing token.
 */
import { type Kysely, type Transaction as KyselyTransaction, sql } from 'kysely';
import type { RecipientState } from '../../contracts/message.ts';
import type { Tables } from '../database/tables.ts';

export type Transaction = KyselyTransaction<Tables>;

export interface TakenMessage {
  message: { settings_id: string | null; lane: number; expires_at: number };
  /** Null: it has no place in the queue. */
  queued: { leased_until: number | null } | null;
  isLeased: boolean;
  /** The server has all of it but the final dot, or that too. */
  isAtDot: boolean;
  states: RecipientState[];
}

/** In both databases a write is what locks, so nothing is read before. Null: there is no such message. */
export const takeMessage = async (trx: Transaction, id: string): Promise<TakenMessage | null> => {
  const message = await trx
    .updateTable('message')
    .set({ state: sql.ref('state') })
    .where('id', '=', id)
    .returning(['settings_id', 'lane', 'expires_at'])
    .executeTakeFirst();
  if (!message) return null;
  const queued = await trx
    .updateTable('queue')
    .set((eb) => ({ token: eb('token', '+', 1) }))
    .where('message_id', '=', id)
    .returning(['leased_until'])
    .executeTakeFirst();
  const isLeased = queued !== undefined && queued.leased_until !== null;
  const isAtDot = isLeased && (await readOpenAttempt(trx, id)) === 'dot';
  return { message, queued: queued ?? null, isLeased, isAtDot, states: await readStates(trx, id) };
};

/** The one place that knows where an attempt under way is kept. Null: there is none. */
const readOpenAttempt = async (trx: Transaction, id: string): Promise<'begun' | 'dot' | null> => {
  const attempt = await trx
    .selectFrom('attempt')
    .select('outcome')
    .where('message_id', '=', id)
    .where('ended_at', 'is', null)
    .orderBy('number', 'desc')
    .executeTakeFirst();
  return attempt ? (attempt.outcome as 'begun' | 'dot') : null;
};

/** Its worker is refused before the final dot, so it ends here; and the message leaves the queue. */
export const leaveQueue = async (trx: Transaction, id: string, at: number, explanation: string): Promise<void> => {
  await trx
    .updateTable('attempt')
    .set({ ended_at: at, outcome: 'cancelled', explanation })
    .where('message_id', '=', id)
    .where('ended_at', 'is', null)
    .execute();
  await trx.deleteFrom('queue').where('message_id', '=', id).execute();
};

export const hasBeenTried = async (trx: Transaction, id: string): Promise<boolean> =>
  (await trx.selectFrom('attempt').select('id').where('message_id', '=', id).executeTakeFirst()) !== undefined;

export const readStates = async (query: Kysely<Tables>, id: string): Promise<RecipientState[]> => {
  const rows = await query.selectFrom('recipient').select('state').where('message_id', '=', id).execute();
  return rows.map(({ state }) => state as RecipientState);
};
