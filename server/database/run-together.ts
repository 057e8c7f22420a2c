/**
 * Several statements in one transaction, on either database, without keeping the event loop from anything: on SQLite in the
 * writer's thread, where whatever waits shares a commit. All of them, or none.
 */
import type { CompiledQuery } from 'kysely';
import type { Database } from './open.ts';
import type { openUnits } from './run-together.sqlite.ts';

export interface Compilable {
  compile: () => CompiledQuery;
}

/** @returns for each statement the rows it returned, in order. */
export type RunTogether = (statements: readonly Compilable[]) => Promise<Record<string, unknown>[][]>;

export const openRunTogether = (database: Database): RunTogether => {
  const compile = (statements: readonly Compilable[]) =>
    statements.map((one) => {
      const { sql, parameters } = one.compile();
      return { sql, parameters };
    });
  if (database.kind === 'sqlite') {
    const run = database.writer.load<ReturnType<typeof openUnits>>(
      new URL('./run-together.sqlite.ts', import.meta.url),
    );
    return (statements) => (statements.length === 0 ? Promise.resolve([]) : run('runTogether', compile(statements)));
  }
  const { pool } = database;
  return async (statements) => {
    if (statements.length === 0) return [];
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const all: Record<string, unknown>[][] = [];
      for (const { sql, parameters } of compile(statements)) {
        all.push((await client.query<Record<string, unknown>>(sql, [...parameters])).rows);
      }
      await client.query('COMMIT');
      return all;
    } catch (error) {
      await client.query('ROLLBACK').catch((lost: Error) => {
        broken = lost;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  };
};
