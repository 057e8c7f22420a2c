/**
 * What mail notices of deletion: 200 submissions a second are accepted while the retention worker deletes from a million
 * messages, first bodies, then whole messages, on both databases; beside it the same without deletion, in turns.
 * `POSTERN_BENCH_MESSAGES` makes it smaller while one works on it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Retention } from '../contracts/retention.ts';
import { migrate } from '../server/database/migrate.ts';
import { type Database, openDatabase } from '../server/database/open.ts';
import { systemTimer } from '../server/delivery/timer.ts';
import { systemClock } from '../server/platform/clock.ts';
import { newId } from '../server/platform/id.ts';
import { acceptedMessage } from '../server/queue/test-data.ts';
import { openRetentionStore } from '../server/retention/retention.store.ts';
import { openRetentionWorker } from '../server/retention/retention.worker.ts';
import { openAcceptStore } from '../server/submission/accept.store.ts';
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts';
import { atMost, type Figure } from './figure.ts';
import { copyToPostgres, seedSqlite } from './log-search-seed.ts';

const messageCount = Number(process.env.POSTERN_BENCH_MESSAGES ?? 1_000_000);
const perSecond = 200;
const turnMs = 4000;
const turns = 3;
const acceptLimitMs = 25;
const content = { bytes: Buffer.alloc(4096, 'x'), parts: null, blobs: [] };

export async function measureRetention(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-'));
  const sqlite = await openDatabase({ kind: 'sqlite', file: path.join(folder, 'postern.db') });
  const cluster = await startPostgres({ isDurable: true });
  const postgres = await openDatabase({ kind: 'postgres', url: (await createPostgresDatabase(cluster.url)).url });
  try {
    if (sqlite.kind !== 'sqlite' || postgres.kind !== 'postgres') throw new Error('not the databases asked for');
    await migrate(sqlite);
    await migrate(postgres);
    // All of it is older than the shortest time that anybody can choose.
    seedSqlite(sqlite, messageCount, Date.now() - 10 * 86_400_000);
    await copyToPostgres(sqlite, postgres);
    await postgres.pool.query("SELECT setval(pg_get_serial_sequence('event', 'id'), max(id)) FROM event");
    return [...(await measureOn('SQLite', sqlite)), ...(await measureOn('PostgreSQL', postgres))];
  } finally {
    await sqlite.close();
    await postgres.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureOn(name: string, database: Database): Promise<Figure[]> {
  const store = openRetentionStore(database);
  const took = { alone: [] as number[], deleting: [] as number[] };
  let deleted = 0;
  const deleteOld: typeof store.deleteOld = async (request) => {
    const step = await store.deleteOld(request);
    deleted += step.deleted;
    return step;
  };
  await accept(database);
  const startedAt = performance.now();
  for (let turn = 0; turn < turns; turn += 1) {
    for (const days of [
      { body_days: 1, message_days: null },
      { body_days: null, message_days: 1 },
    ] satisfies Retention[]) {
      took.alone.push(...(await accept(database)));
      await store.write(days);
      const logger = { info: () => {}, warn: (fault: unknown) => console.error(fault) };
      const parts = { store: { ...store, deleteOld }, clock: systemClock, timer: systemTimer, logger };
      const worker = openRetentionWorker(parts);
      worker.daysChanged();
      took.deleting.push(...(await accept(database)));
      await worker.stop();
    }
  }
  const perDeletedSecond = deleted / ((performance.now() - startedAt) / 2000);
  return [
    atMost(`accept p99, ${name}`, percentile(took.alone, 0.99), 'ms', null),
    atMost(`accept p99 while retention deletes, ${name}`, percentile(took.deleting, 0.99), 'ms', acceptLimitMs),
    atMost(`retention deletes, ${name}`, perDeletedSecond, 'messages/s', null),
  ];
}

/** For a while, at an even pace, whatever each takes. @returns milliseconds of each */
async function accept(database: Database): Promise<number[]> {
  const accepts = openAcceptStore(database, { clock: systemClock });
  const took: number[] = [];
  const all: Promise<unknown>[] = [];
  const beganAt = performance.now();
  for (let next = 0; next < turnMs; next += 1000 / perSecond) {
    const wait = beganAt + next - performance.now();
    if (wait > 0) await pause(wait);
    const at = performance.now();
    const message = acceptedMessage({ id: newId('msg'), createdAt: Date.now(), content });
    all.push(accepts.accept({ messages: [message], idempotency: null }).then(() => took.push(performance.now() - at)));
  }
  await Promise.all(all);
  return took;
}

function percentile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
