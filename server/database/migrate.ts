/**
 * Brings the tables up to date: numbered SQL files, one per dialect, forward only, each in a transaction with its own
 * bookkeeping, so that a kill half-way leaves either all of a file or nothing. A database that knows a migration which
 * this code does not know was written by a newer Postern: it is refused, never touched.
 */
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import type { Database } from './open.ts';

const folder = new URL('./migrations/', import.meta.url);
/** Any number that only Postern uses; keeps two nodes from migrating one PostgreSQL at once. */
const advisoryLock = 725_580_001;

export class NewerDatabaseError extends Error {}

/** @returns the names of the migrations that were applied now. */
export const migrate = async (database: Database): Promise<string[]> => {
  const ending = `.${database.kind}.sql`;
  const known = (await readdir(folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));
  known.sort();
  await database.runScript('CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, applied_at bigint NOT NULL);');
  const applied = await readApplied(database);
  const unknown = [...applied].filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new NewerDatabaseError(
      `This database was written by a newer Postern (it has ${unknown.join(', ')}). Start that version, or restore a backup.`,
    );
  }
  const waiting = known.filter((name) => !applied.has(name));
  for (const name of waiting) {
    const script = await readFile(new URL(name + ending, folder), 'utf8');
    const record = `INSERT INTO migration (name, applied_at) VALUES ('${name}', ${Date.now()});`;
    const lock = database.kind === 'postgres' ? `SELECT pg_advisory_xact_lock(${advisoryLock});\n` : '';
    try {
      await database.runScript(`${lock}${script}\n${record}`);
    } catch (error) {
      // Another process that started at the same moment may have been first; then its work is ours too.
      if (!(await readApplied(database)).has(name)) throw error;
    }
  }
  return waiting;
};

async function readApplied(database: Database): Promise<Set<string>> {
  const rows = await sql<{ name: string }>`select name from migration`.execute(database.query);
  return new Set(rows.rows.map((row) => row.name));
}
