/**
 * Once for a test run. PostgreSQL is started when the first test file asks for it, so that a run of a few unit tests
 * does not wait for it; the files ask over a socket, since each runs in a process of its own. In it stands one empty
 * database with all tables: copying it is faster than migrating each anew.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import { createPostgresDatabase, type PostgresCluster, startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connect and read: a `PostgresDesk` as JSON, or `error: ` and the reason. */
    postgresDesk: string;
  }
}

/** The run's PostgreSQL. */
export interface PostgresDesk {
  url: string;
  /** The name of the database with all tables and nothing in them. */
  migrated: string;
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-test-run-'));
  let cluster: Promise<PostgresCluster & { migrated: string }> | null = null;
  const desk = createServer((socket) => {
    socket.on('error', () => {});
    cluster ??= startMigrated();
    cluster.then(
      ({ url, migrated }) => socket.end(JSON.stringify({ url, migrated } satisfies PostgresDesk)),
      (error: Error) => socket.end(`error: ${error.message}`),
    );
  });
  const address = path.join(folder, 'desk');
  await new Promise<void>((resolve, reject) => {
    desk.once('error', reject);
    desk.listen(address, resolve);
  });
  project.provide('postgresDesk', address);
  return async () => {
    desk.close();
    const started = await cluster?.catch(() => null);
    await started?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function startMigrated(): Promise<PostgresCluster & { migrated: string }> {
  const cluster = await startPostgres();
  const { url } = await createPostgresDatabase(cluster.url);
  const database = await openDatabase({ kind: 'postgres', url });
  await migrate(database);
  await database.close();
  return { ...cluster, migrated: new URL(url).pathname.slice(1) };
}
