/**
 * The mail path, durable, from the request until the next server has the message: how many a second, against Debian's
 * Postfix that relays the same messages to the same sink on the same disk in the same run, and against the usual queue on
 * Redis with nodemailer; and what an answer takes.
 */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { setUpSending } from '../test/crash/nodes.ts';
import { startPostfix } from '../test/support/postfix.ts';
import { createPostgresDatabase, startPostgres } from '../test/support/postgres.ts';
import { administratorEnv, type Program, type ProgramOptions, startProgram } from '../test/support/program.ts';
import { type LimitedFigure as Figure, findQuantile } from './figure.ts';
import { askAll, makeRequest, openLane } from './http-lanes.ts';
import { startMailSink, submitWithSmtp } from './mail-sink.ts';
import { startUsualPeer } from './usual-peer.ts';

const connections = 16;
const messageBytes = 4096;
/** Some ten seconds each: enough that starting, ending and what V8 still compiles do not count. */
const counts = { postfix: 5000, usual: 30_000, single: 50_000, batched: 100_000, postgres: 30_000 };
const email = {
  from: 'Bench <bench@postern.test>',
  to: ['somebody@example.com'],
  subject: 'A message of four kilobytes',
  text: 'A line of text that is not too long and not too short, again.\n'.repeat(57),
};
/** For each of them. By then a program in JavaScript runs compiled, as it does all day. */
const warmUp = 5000;
const batchSize = 100;
const memoryLimit = 300;
/** Of the processors, busy while nothing is sent. */
const idleShare = 0.1;
const longestWaitMs = 30_000;

export async function measureMailPath(): Promise<Figure[]> {
  const usual = await measureUsual(counts.usual);
  const postfixes = [await measurePostfix(counts.postfix)];
  // Before and after each, so that a machine that is slower at times is fair to both.
  const beside = async (measure: () => Promise<Measured>) => {
    const measured = await measure();
    postfixes.push(await measurePostfix(counts.postfix));
    return { ...measured, postfix: findMean(postfixes.slice(-2)) };
  };
  const single = await beside(() => measurePostern(counts.single, 1));
  const batched = await beside(() => measurePostern(counts.batched, batchSize));
  const cluster = await startPostgres({ isDurable: true });
  const place = await createPostgresDatabase(cluster.url);
  const database = { kind: 'postgres', url: place.url } as const;
  const onPostgres = await beside(() => measurePostern(counts.postgres, 1, { database }));
  await cluster.stop();

  const compare = (
    what: string,
    { rate, processorMs, peak, postfix }: Measured & { postfix: number },
    least: number,
  ): Figure[] => [
    { what: `${what}: messages`, value: rate, unit: '/s', limit: null },
    { what: `${what}: against Postfix`, value: rate / postfix, unit: '×', limit: least, isLeast: true },
    { what: `${what}: against BullMQ + Redis + nodemailer`, value: rate / usual, unit: '×', limit: null },
    { what: `${what}: processor time of a message`, value: processorMs, unit: 'ms', limit: null },
    { what: `${what}: memory (RSS), peak`, value: peak, unit: 'MB', limit: memoryLimit },
  ];
  return [
    { what: 'Postfix relays: messages', value: findMean(postfixes), unit: '/s', limit: null },
    { what: 'BullMQ + Redis + nodemailer: messages', value: usual, unit: '/s', limit: null },
    ...compare('submitted one by one', single, 4),
    ...compare(`in batches of ${batchSize}`, batched, 8),
    ...compare('one by one on PostgreSQL', onPostgres, 3),
  ];
}

/** The time from when a request is due until it is answered, at a steady 200 a second. */
export async function measureAcceptTime(): Promise<Figure[]> {
  const [perSecond, seconds] = [200, 20];
  const total = perSecond * seconds + warmUp;
  const sink = await startMailSink(total);
  const { program, request } = await startSending(sink.port, 1, {});
  await askAll(program.url, connections, warmUp, request);
  const free = await Promise.all(Array.from({ length: connections }, () => openLane(program.url)));
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let number = 0; number < perSecond * seconds; number += 1) {
    const dueAt = startedAt + (number * 1000) / perSecond;
    const early = dueAt - performance.now();
    if (early > 0) await wait(early);
    const lane = free.shift() ?? (await openLane(program.url));
    asked.push(
      lane.ask(request).then((status) => {
        if (status !== 200) throw new Error(`answered with ${status}`);
        times.push(performance.now() - dueAt);
        free.push(lane);
      }),
    );
  }
  await Promise.all(asked);
  await sink.full;
  for (const lane of free) lane.close();
  await program.stop();
  program.remove();
  return [
    { what: `accepted, ${perSecond} a second: median`, value: findQuantile(times, 0.5), unit: 'ms', limit: null },
    { what: `accepted, ${perSecond} a second: 99 of 100`, value: findQuantile(times, 0.99), unit: 'ms', limit: 25 },
  ];
}

const findMean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

interface Measured {
  /** Messages a second. */
  rate: number;
  /** Of all threads of the process, from the request to the verdict: other programs do not count in it. */
  processorMs: number;
  /** Megabytes. */
  peak: number;
}

async function measurePostfix(count: number): Promise<number> {
  const sink = await startMailSink(count + warmUp);
  const postfix = await startPostfix(sink.port);
  await submitWithSmtp(postfix.submissionPort, connections, warmUp, messageBytes);
  await waitUntilIdle();
  const startedAt = performance.now();
  await submitWithSmtp(postfix.submissionPort, connections, count, messageBytes);
  await sink.full;
  const rate = count / ((performance.now() - startedAt) / 1000);
  await postfix.stop();
  return rate;
}

async function measureUsual(count: number): Promise<number> {
  const sink = await startMailSink(count + warmUp);
  const peer = await startUsualPeer(sink.port);
  const request = makeRequest(peer.url, '/', 'none', JSON.stringify(email));
  await askAll(peer.url, connections, warmUp, request);
  await waitUntilIdle();
  const startedAt = performance.now();
  await askAll(peer.url, connections, count, request);
  await sink.full;
  const rate = count / ((performance.now() - startedAt) / 1000);
  await peer.stop();
  return rate;
}

async function measurePostern(count: number, batch: number, options: ProgramOptions = {}): Promise<Measured> {
  const sink = await startMailSink(count + warmUp);
  const { program, request } = await startSending(sink.port, batch, options);
  await askAll(program.url, connections, warmUp / batch, request);
  await waitUntilIdle();
  const usedBefore = readProcessorMs(program);
  const startedAt = performance.now();
  await askAll(program.url, connections, count / batch, request);
  await sink.full;
  const rate = count / ((performance.now() - startedAt) / 1000);
  const processorMs = (readProcessorMs(program) - usedBefore) / count;
  const peak = readPeak(program);
  await program.stop();
  program.remove();
  return { rate, processorMs, peak };
}

async function startSending(port: number, batch: number, options: ProgramOptions) {
  const program = await startProgram({ ...options, env: { ...administratorEnv, POSTERN_LOG_LEVEL: 'info' } });
  const authorization = await setUpSending(program.url, port);
  const [path, body] = batch === 1 ? ['/api/v1/emails', email] : ['/api/v1/emails/batch', Array(batch).fill(email)];
  return { program, request: makeRequest(program.url, path as string, authorization, JSON.stringify(body)) };
}

/**
 * What was begun to warm up has gone through: nobody says when, but then the machine has nothing to do. One that always has
 * is measured as it is.
 */
export async function waitUntilIdle(): Promise<void> {
  const until = performance.now() + longestWaitMs;
  for (let before = readProcessors(), share = 1; share > idleShare && performance.now() < until; ) {
    await wait(1000);
    const after = readProcessors();
    share = (after.busy - before.busy) / (after.all - before.all);
    before = after;
  }
}

/** Milliseconds of all processors. */
function readProcessors(): { busy: number; all: number } {
  const times = os.cpus().map((one) => one.times);
  const all = times.flatMap((one) => Object.values(one)).reduce((sum, each) => sum + each, 0);
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all };
}

/** User and system, in steps of 10 ms. Linux only. */
export function readProcessorMs({ pid }: Program): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const [user, system] = fields.split(' ').slice(11, 13).map(Number) as [number, number];
  return (user + system) * 10;
}

/** The most that it has ever held. Linux only. */
function readPeak({ pid }: Program): number {
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
