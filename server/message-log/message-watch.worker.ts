/**
 * Tells those who look at the message log what changes, at most once a second. It follows the event table, so that it sees
 * what any worker, thread or node has written, and asks only while somebody watches.
 *
 * Where several nodes write, an event can become visible after one with a higher id: the last few ids are read again.
 */
import type { Database } from '../database/open.ts';

export interface MessageChange {
  /** Null: too many to name. */
  ids: string[] | null;
}

export interface MessageWatch {
  /** @returns ends it. */
  watch: (listener: (change: MessageChange) => void) => () => void;
  /** Looks once, now; the timer does nothing else. */
  look: () => Promise<void>;
}

export interface ChangeReader {
  /** The highest event id; 0 without any. */
  readLast: () => Promise<number>;
  readAfter: (id: number, limit: number) => Promise<{ id: number; message_id: string }[]>;
}

export const lookEveryMs = 1000;
export const namedAtOnce = 200;
/** Ids that a transaction still under way may hold. */
const lookBack = 500;
const mostAtOnce = lookBack + 1000;

export const openMessageWatch = (reader: ChangeReader, onError: (error: unknown) => void): MessageWatch => {
  const listeners = new Set<(change: MessageChange) => void>();
  let timer: ReturnType<typeof setInterval> | undefined;
  let last: number | null = null;
  let seen = new Set<number>();
  let looking: Promise<void> | null = null;

  /** From here on; what was before is not told. */
  const begin = async () => {
    last = await reader.readLast();
    const known = await reader.readAfter(Math.max(0, last - lookBack), lookBack);
    seen = new Set(known.map(({ id }) => id));
  };
  const look = async () => {
    if (last === null) return begin();
    const rows = await reader.readAfter(Math.max(0, last - lookBack), mostAtOnce);
    const isFull = rows.length === mostAtOnce;
    const fresh = rows.filter(({ id }) => !seen.has(id));
    if (isFull) await begin();
    else {
      last = Math.max(last, rows.at(-1)?.id ?? 0);
      const kept = last - lookBack;
      seen = new Set([...seen, ...rows.map(({ id }) => id)].filter((id) => id > kept));
    }
    if (fresh.length === 0) return;
    const ids = [...new Set(fresh.map(({ message_id }) => message_id))];
    const change = { ids: isFull || ids.length > namedAtOnce ? null : ids };
    for (const listener of listeners) listener(change);
  };
  const lookOnce = () => {
    looking ??= look().finally(() => {
      looking = null;
    });
    return looking;
  };
  const tick = () => void lookOnce().catch(onError);

  return {
    watch: (listener) => {
      listeners.add(listener);
      if (!timer) {
        timer = setInterval(tick, lookEveryMs);
        timer.unref();
        last = null;
        tick();
      }
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    look: lookOnce,
  };
};

export const openChangeReader = ({ query }: Pick<Database, 'query'>): ChangeReader => ({
  readLast: async () => {
    const row = await query
      .selectFrom('event')
      .select((eb) => eb.fn.max('id').as('last'))
      .executeTakeFirst();
    return Number(row?.last ?? 0);
  },
  readAfter: async (id, limit) =>
    query.selectFrom('event').select(['id', 'message_id']).where('id', '>', id).orderBy('id').limit(limit).execute(),
});
