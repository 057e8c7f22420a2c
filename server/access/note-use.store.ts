/**
 * Notes that a key or a session was used. Nobody is turned away because this cannot be written: not while the disk is full
 * or another program holds the database, and nobody waits for it long, least of all the event loop.
 */
import type { Database } from '../database/open.ts';
import type { openUnits } from './note-use.sqlite.ts';

type Noted = 'api_key' | 'web_session';
export type NoteUse = (table: Noted, id: string, now: number) => Promise<void>;

const patienceMilliseconds = 500;

export const openUseNotes = (database: Database): NoteUse => {
  const write = openWrite(database);
  /** What is being written need not be written again. */
  const underWay = new Set<string>();
  return async (table, id, now) => {
    if (underWay.has(id)) return;
    underWay.add(id);
    const written = write(table, id, now)
      .catch(() => {})
      .finally(() => underWay.delete(id));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMilliseconds);
    });
    await Promise.race([written, late]);
    clearTimeout(timer);
  };
};

function openWrite(database: Database): (table: Noted, id: string, now: number) => Promise<unknown> {
  if (database.kind === 'sqlite') {
    const run = database.writer.load<ReturnType<typeof openUnits>>(new URL('./note-use.sqlite.ts', import.meta.url));
    return (table, id, now) => run('note', { table, id, now });
  }
  const { query } = database;
  return (table, id, now) =>
    table === 'api_key'
      ? query.updateTable(table).set({ last_used_at: now }).where('id', '=', id).execute()
      : query.updateTable(table).set({ last_seen_at: now }).where('id', '=', id).execute();
}
