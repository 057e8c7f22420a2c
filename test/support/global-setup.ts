/**
 * Once for a test run. PostgreSQL is started when the first test file asks for it, so that a run of a few unit tests
 * does not wait for it; the files ask over a socket, since each runs in a process of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { type PostgresCluster, startPostgres } from './postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Connect and read: the address of the run's PostgreSQL, or `error: ` and the reason. */
    postgresDesk: string;
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-test-run-'));
  let cluster: Promise<PostgresCluster> | null = null;
  const desk = createServer((socket) => {
    socket.on('error', () => {});
    cluster ??= startPostgres();
    cluster.then(
      ({ url }) => socket.end(url),
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
