/**
 * The two databases that every store test runs on:
 *
 *     for (const { kind, open } of databases) {
 *       describe(`smtp settings store on ${kind}`, () => {
 *         let database: Database;
 *         beforeEach(async () => { database = await open(); });
 *         afterEach(() => database.close());
 *
 * `open` gives a new, migrated, empty one; its `close` removes it.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { migrate } from '../../server/database/migrate.ts';
import { type Database, type DatabaseAddress, openDatabase } from '../../server/database/open.ts';
import type { PostgresDesk } from './global-setup.ts';
import { findPostgres, isCi } from './installed.ts';
import { createPostgresDatabase } from './postgres.ts';

export interface EmptyDatabase {
  address: DatabaseAddress;
  remove: () => Promise<void>;
}

export interface TestedDatabase {
  kind: 'sqlite' | 'postgres';
  /** Only a place for one, nothing in it: for a program that opens it itself. */
  create: () => Promise<EmptyDatabase>;
  open: () => Promise<Database>;
}

const createSqlite = async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-sqlite-'));
  return {
    address: { kind: 'sqlite' as const, file: path.join(folder, 'postern.db') },
    remove: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

/** A file with all tables and nothing in them: writing it is faster than migrating each anew. */
let migratedSqlite: Promise<Buffer> | null = null;

async function makeMigratedSqlite(): Promise<Buffer> {
  const { address, remove } = await createSqlite();
  const database = await openDatabase(address);
  await migrate(database);
  await database.close();
  const bytes = readFileSync(address.file);
  await remove();
  return bytes;
}

const sqlite = define('sqlite', createSqlite, async () => {
  migratedSqlite ??= makeMigratedSqlite();
  const place = await createSqlite();
  writeFileSync(place.address.file, await migratedSqlite);
  return place;
});

const createPostgres = async (isMigrated: boolean) => {
  const { url, migrated } = await askForPostgres();
  const made = await createPostgresDatabase(url, isMigrated ? migrated : undefined);
  return { address: { kind: 'postgres' as const, url: made.url }, remove: made.remove };
};

const postgres = define(
  'postgres',
  () => createPostgres(false),
  () => createPostgres(true),
);

/** Without PostgreSQL on the machine only SQLite; `npm test` says so. In CI it stays on the list, and fails. */
export const databases: readonly TestedDatabase[] = findPostgres() || isCi ? [sqlite, postgres] : [sqlite];

function define(
  kind: TestedDatabase['kind'],
  create: () => Promise<EmptyDatabase>,
  createMigrated: () => Promise<EmptyDatabase>,
): TestedDatabase {
  return {
    kind,
    create,
    open: async () => {
      const { address, remove } = await createMigrated();
      const database = await openDatabase(address);
      const close = async () => {
        await database.close();
        await remove();
      };
      return { ...database, close };
    },
  };
}

async function askForPostgres(): Promise<PostgresDesk> {
  let answer = '';
  for await (const chunk of connect(inject('postgresDesk')).setEncoding('utf8')) answer += chunk;
  if (answer.startsWith('error: ')) throw new Error(answer.slice('error: '.length));
  return JSON.parse(answer) as PostgresDesk;
}
