/**
 * The message log with a million messages: what a page of it takes, with and without a search, and the home page, on both
 * databases. `POSTERN_BENCH_MESSAGES` makes it smaller while one works on it; what is promised is promised of a million.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { migrate } from '../server/database/migrate.ts';
import { type Database, openDatabase } from '../server/database/open.ts';
import { openMessageLogStore } from '../server/message-log/message-log.store.ts';
import { openOverviewStore } from '../server/message-log/overview.store.ts';
import { parseSearch } from '../server/message-log/search-query.ts';
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts';
import { atMost, type Figure } from './figure.ts';
import { copyToPostgres, fillTextIndex, type Seeded, seedSqlite } from './log-search-seed.ts';

const messageCount = Number(process.env.POSTERN_BENCH_MESSAGES ?? 1_000_000);
const pageSize = 50;
const hourMs = 3_600_000;

export async function measureLogSearch(): Promise<Figure[]> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-'));
  const now = Date.now() - 60_000;
  const sqlite = await openDatabase({ kind: 'sqlite', file: path.join(folder, 'postern.db') });
  const cluster = await startPostgres();
  const place = await createPostgresDatabase(cluster.url);
  const postgres = await openDatabase({ kind: 'postgres', url: place.url });
  try {
    if (sqlite.kind !== 'sqlite' || postgres.kind !== 'postgres') throw new Error('not the databases asked for');
    await migrate(sqlite);
    await migrate(postgres);
    const seeded = await timed('written into SQLite', async () => seedSqlite(sqlite, messageCount, now));
    const indexMs = await timed('text index', () => fillTextIndex(sqlite, messageCount));
    await timed('copied to PostgreSQL', () => copyToPostgres(sqlite, postgres));
    const octets = readIndexSize(sqlite);
    return [
      atMost('text index: work for a message', indexMs, 'ms', null),
      atMost('text index: size for a message', octets, 'octets', null),
      ...(await measureOn('SQLite', sqlite, seeded, now)),
      ...(await measureOn('PostgreSQL', postgres, seeded, now)),
    ];
  } finally {
    await sqlite.close();
    await postgres.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function timed<T>(what: string, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await run();
  process.stderr.write(`  ${what}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  return result;
}

function readIndexSize({ sqlite }: Extract<Database, { kind: 'sqlite' }>): number {
  const read = (text: string) => Number(sqlite.prepare(text).pluck().get());
  const index =
    read('SELECT sum(length(tokens)) FROM search_page') + read('SELECT sum(length(ids)) FROM search_segment');
  return index / messageCount;
}

/** What is asked, and how many answers at least make it a true one (of a page of fifty). */
function listSearches({ number, address, customer, id }: Seeded): [search: string, least: number][] {
  const domain = address.slice(address.indexOf('@') + 1);
  return [
    [id, 1],
    [`to:${address}`, 1],
    [`to:${address.slice(0, -12)}`, 1],
    [`to:*@${domain}`, 1],
    [`to:nobody-at-all@example.org`, 0],
    ['to:example', 50],
    ['from:invoice@', 50],
    [`from:${domain}`, 1],
    ['from:nosuchsender', 0],
    [`subject:${number}`, 1],
    ['subject:"past due"', 50],
    ['subject:weekly*', 50],
    ['subject:zzzz', 0],
    ['subject:42 subject:99', 1],
    ['status:sent', 50],
    ['status:queued', 50],
    ['status:deferred', 50],
    ['status:sending', 0],
    ['status:waiting', 50],
    ['status:failed', 50],
    ['status:bounced', 50],
    ['status:expired', 50],
    ['status:uncertain', 50],
    ['status:held', 50],
    ['status:cancelled', 50],
    ['status:held status:bounced', 0],
    [`status:bounced tag:customer=${customer}`, 0],
    ['status:uncertain subject:weekly', 1],
    [`tag:customer=${customer}`, 1],
    ['tag:kind=invoice', 50],
    ['tag:kind=nothing', 0],
    ['template:invoice-3', 50],
    ['account:4711', 0],
    ['settings:"office 1"', 50],
    ['settings:"office 1" status:held', 1],
    ['has:attachment', 50],
    [`has:attachment tag:customer=${customer}`, 0],
    ['before:60d', 50],
    ['before:60d after:61d status:failed', 50],
    [`before:30d subject:${number}`, 1],
    [number, 1],
    [`"${number}"`, 1],
    ['euro', 50],
    ['"euro attached"', 50],
    ['"attached euro"', 0],
    ['"is past due since"', 50],
    ['nosuchwordanywhere', 0],
    [`euro ${number}`, 1],
    ['euro nosuchword', 0],
    ['ba', 50],
  ];
}

async function measureOn(name: string, database: Database, seeded: Seeded, now: number): Promise<Figure[]> {
  const store = openMessageLogStore(database);
  const list = async (text: string, cursor?: string) => {
    const search = parseSearch(text, now);
    if (!search.ok) throw new Error(search.problems[0]?.message);
    return store.list({ terms: search.terms, cursor, limit: pageSize });
  };
  const time = async <T>(run: () => Promise<T>): Promise<[milliseconds: number, result: T]> => {
    const startedAt = performance.now();
    const result = await run();
    return [performance.now() - startedAt, result];
  };

  let page = 0;
  let cursor: string | undefined;
  for (let count = 0; count < 20; count += 1) {
    const [milliseconds, { next }] = await time(() => list('', cursor));
    page = Math.max(page, milliseconds);
    cursor = next ?? undefined;
  }
  const [old, { data }] = await time(() => list('before:89d'));
  if (data.length < pageSize) throw new Error('the log is not as long as it should be');

  let slowest = { search: '', milliseconds: 0 };
  for (const [search, least] of listSearches(seeded)) {
    const [milliseconds, found] = await time(() => list(search));
    const about = `${found.data.length} found${found.searched_back_to ? `, back to ${found.searched_back_to}` : ''}`;
    if (process.env.POSTERN_BENCH_DETAILS)
      process.stderr.write(`  ${milliseconds.toFixed(0).padStart(5)} ms  ${search}  (${about})\n`);
    if (found.data.length < least) throw new Error(`${search} on ${name}: ${about}`);
    if (milliseconds > slowest.milliseconds) slowest = { search, milliseconds };
  }
  const clock = { now: () => now - (now % hourMs) + hourMs, monotonic: () => performance.now() };
  const [overview] = await time(() => openOverviewStore(database, clock).read());
  return [
    atMost(`log of ${messageCount} on ${name}: a page, slowest`, Math.max(page, old), 'ms', 200),
    atMost(`log of ${messageCount} on ${name}: slowest search (${slowest.search})`, slowest.milliseconds, 'ms', 1000),
    atMost(`log of ${messageCount} on ${name}: the home page`, overview, 'ms', 1000),
  ];
}
