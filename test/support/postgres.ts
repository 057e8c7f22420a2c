/**
 * A PostgreSQL of the tests' own: one cluster for a test run, in a temporary folder, on a free port, gone at the end.
 * Durability is switched off unless it is asked for. When the tests' process dies, however it dies,
 * the server ends with it: it lives only as long as its watchdog's standard input is open.
 */
import { spawn, spawnSync } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { findFreePort } from './free-port.ts';
import { findPostgres, isRoot } from './installed.ts';

export interface PostgresCluster {
  /** Of its maintenance database; others are made beside it. */
  url: string;
  /** As after a crash: no goodbye to anybody, and what it had not written is recovered from its log. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
}

const user = 'postern';

/**
 * @param isDurable as it is installed: what it has committed survives a power cut
 * @throws when PostgreSQL is not installed or does not start; the message holds its own words
 */
export async function startPostgres({ isDurable = false, maxConnections = 200 } = {}): Promise<PostgresCluster> {
  const bin = findPostgres();
  if (!bin) throw new Error('PostgreSQL 15 or newer is not installed: run `npm test`, which brings it on Debian');
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-postgres-'));
  const data = path.join(folder, 'data');
  // PostgreSQL refuses to run as root.
  const identity = isRoot ? findUnprivilegedUser() : null;
  if (identity) chownSync(folder, identity.uid, identity.gid);

  const initdb = spawnSync(
    path.join(bin, 'initdb'),
    ['-D', data, '-U', user, '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C', '--no-instructions'],
    { ...identity, cwd: folder, encoding: 'utf8' },
  );
  if (initdb.status !== 0) throw new Error(`initdb failed: ${initdb.stderr || initdb.error?.message}`);

  const port = await findFreePort();
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    ...(isDurable ? [] : ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'shared_buffers=32MB']),
    `max_connections=${maxConnections}`,
  ];
  const command = [path.join(bin, 'postgres'), '-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  // SIGQUIT: the data are thrown away anyway.
  const watchdog =
    'exec 3<&0; "$@" </dev/null & server=$!; (read _ <&3; kill -QUIT $server 2>/dev/null) & wait $server';
  const url = `postgres://${user}@127.0.0.1:${port}/postgres`;
  const run = async (): Promise<{ end: () => Promise<void> }> => {
    const server = spawn('/bin/sh', ['-c', watchdog, 'sh', ...command], {
      ...identity,
      cwd: folder,
      stdio: ['pipe', 'ignore', 'pipe'],
    });
    let words = '';
    server.stderr.setEncoding('utf8');
    const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      server.stderr.on('data', (text: string) => {
        words = (words + text).slice(-10_000);
        if (words.includes('ready to accept connections')) resolve();
      });
      server.once('exit', () => reject(new Error(`PostgreSQL did not start: ${words}`)));
    });
    const end = async () => {
      server.stdin.end();
      await ended;
    };
    return { end };
  };
  let running = await run();
  return {
    url,
    restart: async () => {
      await running.end();
      running = await run();
    },
    stop: async () => {
      await running.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A new database in the cluster.
 * @param template the name of the one it is a copy of; absent: empty
 * @returns its address, and how to remove it with everything in it
 */
export async function createPostgresDatabase(
  clusterUrl: string,
  template?: string,
): Promise<{ url: string; remove: () => Promise<void> }> {
  const name = `test_${process.pid}_${Date.now().toString(36)}_${Math.random().toString(36).slice(2, 10)}`;
  await runOnce(clusterUrl, `CREATE DATABASE ${name}${template === undefined ? '' : ` TEMPLATE ${template}`}`);
  const url = new URL(clusterUrl);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => runOnce(clusterUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function runOnce(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function findUnprivilegedUser(): { uid: number; gid: number } {
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const found = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!found) throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
  return { uid: Number(found[2]), gid: Number(found[3]) };
}
