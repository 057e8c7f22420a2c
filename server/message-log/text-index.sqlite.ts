/** Writing the text index on SQLite; runs in the writer's thread. */
import type Sqlite from 'better-sqlite3';
import { pageCount } from './search-segment.ts';
import type { NewSegment } from './text-index.store.ts';

export const openUnits = (sqlite: Sqlite.Database) => {
  const readBuiltAt = sqlite.prepare<[number], { built_at: number }>(
    'SELECT built_at FROM search_segment WHERE number = ?',
  );
  const removeSegment = sqlite.prepare('DELETE FROM search_segment WHERE number = ?');
  const removePages = sqlite.prepare('DELETE FROM search_page WHERE place BETWEEN ? AND ?');
  const addSegment = sqlite.prepare(`
    INSERT INTO search_segment (number, after_id, last_id, message_count, text_count, built_at, ids)
    VALUES (@number, @afterId, @lastId, @messageCount, @textCount, @builtAt, @ids)`);
  const addPage = sqlite.prepare('INSERT INTO search_page (place, tokens) VALUES (?, ?)');

  const drop = (number: number, builtAt: number | null): boolean => {
    if ((readBuiltAt.get(number)?.built_at ?? null) !== builtAt) return false;
    removeSegment.run(number);
    removePages.run(number * pageCount, (number + 1) * pageCount - 1);
    return true;
  };
  return {
    /** @returns false, and nothing is changed, when another was faster. */
    put: ({ segment, replaces }: { segment: NewSegment; replaces: number | null }): boolean => {
      if (!drop(segment.number, replaces)) return false;
      const { pages, ...row } = segment;
      addSegment.run(row);
      for (const [page, tokens] of pages.entries())
        if (tokens.length > 0) addPage.run(segment.number * pageCount + page, tokens);
      return true;
    },
    drop: ({ number, builtAt }: { number: number; builtAt: number }): boolean => drop(number, builtAt),
  };
};
