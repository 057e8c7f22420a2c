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
    .returning(['leased_until', 'dot_at'])
    .executeTakeFirst();
  const isLeased = queued !== undefined && queued.leased_until !== null;
  const isAtDot = isLeased && queued.dot_at !== null;
  return { message, queued: queued ?? null, isLeased, isAtDot, states: await readStates(trx, id) };
};

/** Its worker is refused before the final dot, so an attempt that has begun ends here; and the message leaves the queue. */
export const leaveQueue = async (trx: Transaction, id: string, at: number, explanation: string): Promise<void> => {
  const open = await trx
    .deleteFrom('queue')
    .where('message_id', '=', id)
    .returning(['attempt_id', 'attempt_settings_id', 'attempt_settings_name', 'attempt_started_at'])
    .executeTakeFirst();
  if (!open || open.attempt_id === null || open.attempt_started_at === null) return;
  const last = await trx
    .selectFrom('attempt')
    .select(({ fn }) => fn.max('number').as('number'))
    .where('message_id', '=', id)
    .executeTakeFirst();
  await trx
    .insertInto('attempt')
    .values({
      id: open.attempt_id,
      message_id: id,
      number: (last?.number ?? 0) + 1,
      settings_id: open.attempt_settings_id ?? '',
      settings_name: open.attempt_settings_name ?? '',
      started_at: open.attempt_started_at,
      ended_at: at,
      outcome: 'cancelled',
      phase: 'connect',
      reply: '',
      explanation,
      transcript: null,
    })
    .execute();
};

export const hasBeenTried = async (trx: Transaction, id: string): Promise<boolean> =>
  (await trx.selectFrom('attempt').select('id').where('message_id', '=', id).executeTakeFirst()) !== undefined;

export const readStates = async (query: Kysely<Tables>, id: string): Promise<RecipientState[]> => {
  const rows = await query.selectFrom('recipient').select('state').where('message_id', '=', id).execute();
  return rows.map(({ state }) => state as RecipientState);
};
