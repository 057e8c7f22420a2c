/** Statements as they come; runs in the writer's thread. */
import type Sqlite from 'better-sqlite3';

interface Statement {
  sql: string;
  parameters: readonly unknown[];
}

const mostKept = 200;

export const openUnits = (sqlite: Sqlite.Database) => {
  const kept = new Map<string, Sqlite.Statement<unknown[]>>();
  const prepare = (sql: string) => {
    const known = kept.get(sql);
    if (known) return known;
    if (kept.size >= mostKept) kept.clear();
    const prepared = sqlite.prepare<unknown[]>(sql);
    kept.set(sql, prepared);
    return prepared;
  };
  return {
    runTogether: (statements: readonly Statement[]): Record<string, unknown>[][] =>
      statements.map(({ sql, parameters }) => {
        const statement = prepare(sql);
        if (statement.reader) return statement.all(...parameters) as Record<string, unknown>[];
        statement.run(...parameters);
        return [];
      }),
  };
};
