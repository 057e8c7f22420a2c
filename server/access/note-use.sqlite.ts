/** When keys and sessions were last used, on SQLite; runs in the writer's thread. */
import type Sqlite from 'better-sqlite3';

export const openUnits = (sqlite: Sqlite.Database) => {
  const notes = {
    api_key: sqlite.prepare('UPDATE api_key SET last_used_at = ? WHERE id = ?'),
    web_session: sqlite.prepare('UPDATE web_session SET last_seen_at = ? WHERE id = ?'),
  };
  return {
    note: ({ table, id, now }: { table: keyof typeof notes; id: string; now: number }) => {
      notes[table].run(now, id);
    },
  };
};
