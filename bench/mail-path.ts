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
import { type MailSink, startMailSink, submitWithSmtp } from './mail-sink.ts';
import { startUsualPeer } from './usual-peer.ts';

const connections = 16;
const messageBytes = 4096;
/** Of a turn: some two or three seconds for each. */
const counts = { postfix: 1500, single: 12_000, batched: 20_000, postgres: 8000, usual: 8000 };
const turns = 9;
const email = {
  from: 'Bench <bench@postern.test>',
  to: ['somebody@example.com'],
  subject: 'A message of four kilobytes',
  text: 'A line of text that is not too long and not too short, again.\n'.repeat(57),
};
/** After some eight seconds of work a program in JavaScript runs compiled, as it does all day: V8 is busy with that until then. */
const warmUp = 40_000;
const batchSize = 100;
const memoryLimit = 300;
/** Of the processors, busy while nothing is sent. */
const idleShare = 0.1;
const longestWaitMs = 30_000;

export async function measureMailPath(): Promise<Figure[]> {
  const usual = await measureUsual();
  const single = await compareWithPostfix(counts.single, 1);
  const batched = await compareWithPostfix(counts.batched, batchSize);
  const cluster = await startPostgres({ isDurable: true });
  const place = await createPostgresDatabase(cluster.url);
  const onPostgres = await compareWithPostfix(counts.postgres, 1, { database: { kind: 'postgres', url: place.url } });
  await cluster.stop();

  const tell = (what: string, { rate, postfix, ratios, processorMs, peak }: Compared, least: number): Figure[] => [
    { what: `${what}: messages`, value: rate, unit: '/s', limit: null },
    { what: `${what}: Postfix by turns with it`, value: postfix, unit: '/s', limit: null },
    { what: `${what}: against Postfix`, value: findQuantile(ratios, 0.5), unit: '×', limit: least, isLeast: true },
    { what: `${what}: against Postfix, worst turn`, value: Math.min(...ratios), unit: '×', limit: null },
    { what: `${what}: against Postfix, best turn`, value: Math.max(...ratios), unit: '×', limit: null },
    { what: `${what}: against BullMQ + Redis + nodemailer`, value: rate / usual, unit: '×', limit: null },
    { what: `${what}: processor time of a message`, value: processorMs, unit: 'ms', limit: null },
    { what: `${what}: memory (RSS), peak`, value: peak, unit: 'MB', limit: memoryLimit },
  ];
  return [
    { what: 'BullMQ + Redis + nodemailer: messages', value: usual, unit: '/s', limit: null },
    ...tell('submitted one by one', single, 4),
    ...tell(`in batches of ${batchSize}`, batched, 8),
    ...tell('one by one on PostgreSQL', onPostgres, 3),
  ];
}

/** The time from when a request is due until it is answered, at a steady 200 a second. */
export async function measureAcceptTime(): Promise<Figure[]> {
  const [perSecond, seconds] = [200, 20];
  const total = perSecond * seconds + warmUp;
  const sink = await startMailSink();
  const { program, request } = await startSending(sink.port, 1, {});
  await askAll(program.url, connections, warmUp, request);
  await sink.hasTaken(warmUp);
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
  await sink.hasTaken(total);
  sink.stop();
  for (const lane of free) lane.close();
  await program.stop();
  program.remove();
  return [
    { what: `accepted, ${perSecond} a second: median`, value: findQuantile(times, 0.5), unit: 'ms', limit: null },
    { what: `accepted, ${perSecond} a second: 99 of 100`, value: findQuantile(times, 0.99), unit: 'ms', limit: 25 },
  ];
}

const findMean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;

interface Compared {
  /** Messages a second, of the middle turn. */
  rate: number;
  /** The same of Postfix. */
  postfix: number;
  /** Of each turn against those of Postfix just before and after it. */
  ratios: number[];
  /** Of all threads of the process, from the request to the verdict: other programs do not count in it. */
  processorMs: number;
  /** Megabytes. */
  peak: number;
}

/**
 * Both run all the time and send by turns, a few seconds each, so that a machine that is slower at times is fair to both;
 * who has no turn has nothing to do.
 */
async function compareWithPostfix(count: number, batch: number, options: ProgramOptions = {}): Promise<Compared> {
  const postfix = await startPostfixWay();
  const postern = await startPosternWay(batch, options);
  await postfix.send(counts.postfix);
  await postern.send(warmUp);
  const usedBefore = readProcessorMs(postern.program);
  const beside = [await postfix.send(counts.postfix)];
  const rates: number[] = [];
  const ratios: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    const rate = await postern.send(count);
    beside.push(await postfix.send(counts.postfix));
    rates.push(rate);
    ratios.push(rate / findMean(beside.slice(-2)));
  }
  const processorMs = (readProcessorMs(postern.program) - usedBefore) / (turns * count);
  const peak = readPeak(postern.program);
  await Promise.all([postfix.stop(), postern.stop()]);
  return { rate: findQuantile(rates, 0.5), postfix: findQuantile(beside, 0.5), ratios, processorMs, peak };
}

interface Way {
  /** Submits so many and waits until the sink has them all. @returns messages a second */
  send: (count: number) => Promise<number>;
  stop: () => Promise<void>;
}

function openWay(sink: MailSink, submit: (count: number) => Promise<void>, stop: () => Promise<void>): Way {
  let sent = 0;
  const send = async (count: number) => {
    await waitUntilIdle();
    const startedAt = performance.now();
    await submit(count);
    sent += count;
    await sink.hasTaken(sent);
    return count / ((performance.now() - startedAt) / 1000);
  };
  return {
    send,
    stop: async () => {
      await stop();
      sink.stop();
    },
  };
}

async function startPostfixWay(): Promise<Way> {
  const sink = await startMailSink();
  const postfix = await startPostfix(sink.port);
  return openWay(
    sink,
    (count) => submitWithSmtp(postfix.submissionPort, connections, count, messageBytes),
    postfix.stop,
  );
}

async function startPosternWay(batch: number, options: ProgramOptions): Promise<Way & { program: Program }> {
  const sink = await startMailSink();
  const { program, request } = await startSending(sink.port, batch, options);
  const way = openWay(
    sink,
    (count) => askAll(program.url, connections, count / batch, request),
    async () => {
      await program.stop();
      program.remove();
    },
  );
  return { ...way, program };
}

async function measureUsual(): Promise<number> {
  const sink = await startMailSink();
  const peer = await startUsualPeer(sink.port);
  const request = makeRequest(peer.url, '/', 'none', JSON.stringify(email));
  const way = openWay(sink, (count) => askAll(peer.url, connections, count, request), peer.stop);
  await way.send(warmUp);
  const rates: number[] = [];
  for (let turn = 0; turn < turns; turn += 1) rates.push(await way.send(counts.usual));
  await way.stop();
  return findQuantile(rates, 0.5);
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
