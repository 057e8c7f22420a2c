/**
 * What mail that waits costs the mail that goes: the processor time of a message with a million waiting against that with a
 * thousand, on both databases (of PostgreSQL the server's too), and how long an urgent one takes behind a hundred thousand
 * bulk ones to a server that is kept busy. What is accepted is mostly handed on before it would be claimed; after a pause all
 * of it is claimed from the queue. What waits was written into the tables while the program was stopped.
 * `POSTERN_BENCH_MESSAGES` makes the million smaller while one works on it, and the bulk ones too.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { SMTPServer } from 'smtp-server';
import { type DatabaseAddress, openDatabase } from '../server/database/open.ts';
import { setUpSending } from '../test/crash/nodes.ts';
import { signIn } from '../test/support/api-client.ts';
import { findFreePort } from '../test/support/free-port.ts';
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts';
import { administratorEnv, type Program, startProgram } from '../test/support/program.ts';
import { atMost, type Figure, findQuantile } from './figure.ts';
import { askAll, makeRequest, openLane } from './http-lanes.ts';
import { readProcessorMs, waitUntilIdle } from './mail-path.ts';
import { startMailSink } from './mail-sink.ts';
import { seedWaiting, type Waiting } from './waiting-seed.ts';

const many = Number(process.env.POSTERN_BENCH_MESSAGES ?? 1_000_000);
const bulk = Math.max(20_000, many / 10);
const few = 1000;
const ways = [
  { way: 'one by one', batch: 1, sent: 10_000, isPaused: false },
  { way: 'in batches of 100', batch: 100, sent: 20_000, isPaused: false },
  // Accepted while sending is paused, measured from when it goes on: each is claimed from the queue.
  { way: 'out of the queue', batch: 100, sent: 20_000, isPaused: true },
];
const warmUp = 5000;
/** Of the processors, for a message that goes while a million wait. An index that is missed makes it 5 and more. */
const mostMs = 2;
const connections = 16;
const urgent = { count: 200, perSecond: 10, limitMs: 2000 };
/** What the slow server takes to answer a dot: at twenty connections it takes fewer than 1,000 a second. */
const slowDotMs = 20;
const email = {
  from: 'Bench <bench@postern.test>',
  to: ['somebody@example.com'],
  subject: 'A message of four kilobytes',
  text: 'A line of text that is not too long and not too short, again.\n'.repeat(57),
};

export async function measureWaiting(): Promise<Figure[]> {
  const onSqlite = await compareCost('SQLite', () => Promise.resolve(null));
  const behindBulk = await measureUrgent();
  const cluster = await startPostgres({ isDurable: true });
  try {
    const readServerMs = await watchServer(cluster.url);
    const onPostgres = await compareCost('PostgreSQL', async () => ({
      database: { kind: 'postgres', url: (await createPostgresDatabase(cluster.url)).url },
      readServerMs,
    }));
    return [...onSqlite, ...onPostgres, ...behindBulk];
  } finally {
    await cluster.stop();
  }
}

interface Place {
  database: DatabaseAddress;
  /** Of the database's own processes. */
  readServerMs: () => number;
}

/** @param makePlace with an empty database; null: SQLite in the data folder */
async function compareCost(name: string, makePlace: () => Promise<Place | null>): Promise<Figure[]> {
  const before = await measureCost(few, await makePlace());
  const full = await measureCost(many, await makePlace());
  // First and last, so that a machine that slows down in the middle is fair to both.
  const after = await measureCost(few, await makePlace());
  const figures = ways.flatMap(({ way }, at) => {
    const [first, most, last] = [before, full, after].map(({ costs }) => costs[at] as Cost) as [Cost, Cost, Cost];
    const processorMs = (first.processorMs + last.processorMs) / 2;
    return [
      atMost(`${few} waiting, ${name}, ${way}: processor time of a message`, processorMs, 'ms', null),
      atMost(`${many} waiting, ${name}, ${way}: processor time of a message`, most.processorMs, 'ms', mostMs),
      atMost(`${many} waiting against ${few}, ${name}, ${way}`, most.processorMs / processorMs, '×', 1.3),
      atMost(`${few} waiting, ${name}, ${way}: messages`, (first.rate + last.rate) / 2, '/s', null),
      atMost(`${many} waiting, ${name}, ${way}: messages`, most.rate, '/s', null),
    ];
  });
  return [...figures, atMost(`${many} waiting, ${name}: start`, full.readyAfterMs, 'ms', null)];
}

interface Cost {
  /** Messages a second. */
  rate: number;
  processorMs: number;
}

async function measureCost(count: number, place: Place | null): Promise<{ costs: Cost[]; readyAfterMs: number }> {
  const port = await findFreePort();
  const { program, authorization, remove } = await startWith({ count, kind: 'parked' }, port, place?.database ?? null);
  const client = await signIn(program.url);
  const steer = (what: 'pause' | 'resume') => client.call('POST', `/api/v1/sending/${what}`);
  const readMs = () => readProcessorMs(program) + (place?.readServerMs() ?? 0);
  try {
    const costs: Cost[] = [];
    for (const { batch, sent, isPaused } of ways) {
      const sink = await startMailSink(port);
      try {
        const [path, body] =
          batch === 1 ? ['/api/v1/emails', email] : ['/api/v1/emails/batch', Array(batch).fill(email)];
        const request = makeRequest(program.url, path as string, authorization, JSON.stringify(body));
        await askAll(program.url, connections, warmUp / batch, request);
        await waitUntilIdle();
        const submit = () => askAll(program.url, connections, sent / batch, request);
        if (isPaused) {
          await steer('pause');
          await submit();
        }
        const usedBefore = readMs();
        const startedAt = performance.now();
        await (isPaused ? steer('resume') : submit());
        await sink.hasTaken(warmUp + sent);
        const rate = sent / ((performance.now() - startedAt) / 1000);
        costs.push({ rate, processorMs: (readMs() - usedBefore) / sent });
      } finally {
        sink.stop();
      }
    }
    return { costs, readyAfterMs: program.readyAfterMs };
  } finally {
    await program.stop();
    remove();
  }
}

/** From when the request begins until the server has answered the dot. */
async function measureUrgent(): Promise<Figure[]> {
  const sink = await startSlowSink();
  const { program, authorization, remove } = await startWith({ count: bulk, kind: 'bulk' }, sink.port, null);
  try {
    // The lane is full: as many connections as it may have, each with the next message at once.
    const waitUntil = performance.now() + 60_000;
    while (sink.readBulkCount() < 1000) {
      if (performance.now() > waitUntil) throw new Error(`the bulk ones do not go:\n${program.readOutput()}`);
      await wait(50);
    }
    const bulkBefore = sink.readBulkCount();
    const lanes = await Promise.all(Array.from({ length: connections }, () => openLane(program.url)));
    const startedAt = performance.now();
    const times: Promise<number>[] = [];
    for (let number = 0; number < urgent.count; number += 1) {
      const early = startedAt + (number * 1000) / urgent.perSecond - performance.now();
      if (early > 0) await wait(early);
      const to = `urgent-${number}@example.com`;
      const text = JSON.stringify({ ...email, to: [to], lane: 'urgent' });
      const lane = lanes.shift() ?? (await openLane(program.url));
      const askedAt = performance.now();
      times.push(sink.taken(to).then((takenAt) => takenAt - askedAt));
      void lane.ask(makeRequest(program.url, '/api/v1/emails', authorization, text)).then((status) => {
        if (status !== 200) throw new Error(`answered with ${status}`);
        lanes.push(lane);
      });
    }
    const took = await Promise.race([Promise.all(times), wait(60_000, null, { ref: false })]);
    if (took === null) throw new Error('urgent messages have not come within a minute');
    const bulkRate = (sink.readBulkCount() - bulkBefore) / ((performance.now() - startedAt) / 1000);
    // What a node has claimed ahead is not in the lane any more.
    if (sink.readBulkCount() > bulk - 1000) throw new Error('the bulk lane did not stay full');
    for (const lane of lanes) lane.close();
    const name = `urgent behind ${bulk} bulk`;
    return [
      atMost(`${name}: median`, findQuantile(took, 0.5), 'ms', null),
      atMost(`${name}: 99 of 100`, findQuantile(took, 0.99), 'ms', urgent.limitMs),
      atMost(`${name}: slowest`, Math.max(...took), 'ms', null),
      atMost(`${name}: bulk ones meanwhile`, bulkRate, '/s', null),
    ];
  } finally {
    await program.stop();
    await sink.stop();
    remove();
  }
}

/** A program with settings that lead to the sink, others that are paused, and this mail waiting. */
async function startWith(waiting: Omit<Waiting, 'pausedId'>, sinkPort: number, database: DatabaseAddress | null) {
  const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-'));
  const env = { ...administratorEnv, POSTERN_LOG_LEVEL: 'info' };
  const start = (): Promise<Program> => startProgram({ dataFolder, env, ...(database && { database }) });
  const first = await start();
  const authorization = await setUpSending(first.url, sinkPort);
  const client = await signIn(first.url);
  const settings = { name: 'Paused', host: '127.0.0.1', port: sinkPort, security: 'none', fromEmail: 'x@postern.test' };
  const { id } = (await client.call<{ id: string }>('POST', '/api/v1/smtp-settings', settings)).body;
  const paused = await client.call('POST', `/api/v1/smtp-settings/${id}/pause`);
  if (paused.status >= 300) throw new Error(`pause: ${JSON.stringify(paused.body)}`);
  await first.stop();
  const opened = await openDatabase(database ?? { kind: 'sqlite', file: path.join(dataFolder, 'postern.db') });
  const startedAt = performance.now();
  await seedWaiting(opened, { ...waiting, pausedId: id });
  await opened.close();
  process.stderr.write(
    `  ${waiting.count} ${waiting.kind}: ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`,
  );
  return { program: await start(), authorization, remove: () => rmSync(dataFolder, { recursive: true, force: true }) };
}

async function startSlowSink() {
  const awaited = new Map<string, (at: number) => void>();
  let bulkCount = 0;
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, { envelope }, answer) => {
      stream.resume().once('end', () =>
        setTimeout(() => {
          const resolve = awaited.get(envelope.rcptTo[0]?.address ?? '');
          if (resolve) resolve(performance.now());
          else bulkCount += 1;
          answer();
        }, slowDotMs),
      );
    },
  });
  // A line that breaks when the program stops.
  server.on('error', () => {});
  const listening = server.listen(0, '127.0.0.1');
  await new Promise((resolve) => listening.once('listening', resolve));
  const address = listening.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    /** When it had it. */
    taken: (to: string) => new Promise<number>((resolve) => awaited.set(to, resolve)),
    readBulkCount: () => bulkCount,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** @returns what PostgreSQL has used up to now, all its processes together, in milliseconds. Linux only. */
async function watchServer(url: string): Promise<() => number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
  await client.end();
  const folder = rows[0]?.data_directory as string;
  const postmaster = readFileSync(path.join(folder, 'postmaster.pid'), 'utf8').split('\n', 1)[0] as string;
  return () => {
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8').trim().split(' ');
    // Of the first one also what those used that have ended.
    return readStepsOf(postmaster, 4) + children.reduce((sum, pid) => sum + readStepsOf(pid, 2), 0);
  };
}

/** User and system, and with four fields also those of children that have ended. */
function readStepsOf(pid: string, fields: 2 | 4): number {
  try {
    const [, stat = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
    const steps = stat.split(' ').slice(11, 11 + fields);
    return steps.reduce((sum, one) => sum + Number(one) * 10, 0);
  } catch {
    // It has just ended; then it is in the other sum.
    return 0;
  }
}
