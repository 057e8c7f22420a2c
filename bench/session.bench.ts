/**
 * What sending costs: our session beside nodemailer's pool and Postfix's smtp-source, on the same smtp-sink in the same run.
 * The peers take turns, and the best round of each counts. Needs the unpacked Postfix of the tests.
 */
import { type ChildProcess, spawn } from 'node:child_process';

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import nodemailer from 'nodemailer';
import { composeMessage } from '../server/mime/compose.ts';
import { openSession } from '../server/smtp/session.client.ts';
import type { SmtpTarget } from '../server/smtp/target.ts';
import { loopbackTarget, startFakeSmarthost } from '../test/fake-smarthost.ts';
import { findFreePort } from '../test/support/free-port.ts';
import { findPostfix } from '../test/support/installed.ts';
import type { BenchRow as ComposerRow } from './compose.bench.ts';

export type BenchRow = Omit<ComposerRow, 'unit'> & { unit: 'µs' | 'messages/s' | 'messages/s/connection' | 'MB' };

const rounds = 3;
const roundTripMs = 30;
const line = `${'x'.repeat(76)}\r\n`;
const words = 'Dear customer, your invoice is ready. Grüße aus München, and a few words more.';
/** 4 KB of text and HTML, some of it outside ASCII. */
const asked = {
  from: { name: 'Müller & Co.', address: 'billing@example.com' },
  to: [{ address: 'ann@example.net' }],
  subject: 'Your invoice 2026-0001 for März',
  text: `${words}\n`.repeat(20),
  html: `<html><body>${`<p>${words}</p>\n`.repeat(28)}</body></html>`,
  date: new Date('2026-11-22T10:44:05Z'),
  messageId: '<0123456789abcdef0123456789abcdef@example.com>',
};
const pdf = { filename: 'invoice.pdf', contentType: 'application/pdf', content: Buffer.alloc(100 * 1024, 7) };

/** About a minute. @throws where Postfix is not unpacked */
export async function measureSession(): Promise<BenchRow[]> {
  const sink = await startSink();
  try {
    const rows = [
      ...(await measureCost(sink.port)),
      ...(await measureCost(sink.port, true)),
      ...(await measureAgainstSource(sink.port)),
    ];
    rows.push(...(await measureFarAway(sink.port)));
    rows.push(await measureMemory(sink.port));
    return rows;
  } finally {
    sink.process.kill();
  }
}

const root = () => {
  const found = findPostfix();
  if (found === null) throw new Error('Postfix is not unpacked: run `npm test`, which brings it on Debian');
  return found;
};

function run(program: string, words: string[]): ChildProcess {
  const libraries = ['usr/lib/postfix', 'usr/lib/x86_64-linux-gnu', 'usr/lib/aarch64-linux-gnu'];
  const env = { ...process.env, LD_LIBRARY_PATH: libraries.map((name) => path.join(root(), name)).join(':') };
  return spawn(path.join(root(), 'usr/sbin', program), words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
}

async function startSink(): Promise<{ port: number; process: ChildProcess }> {
  const port = await findFreePort();
  const asRoot = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  const sink = run('smtp-sink', [...asRoot, `127.0.0.1:${port}`, '1000']);
  for (let tries = 0; tries < 100; tries += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.once('close', () => {}).once('connect', () => socket.destroy());
    });
    if (isOpen) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return { port, process: sink };
}

const targetAt = (port: number): SmtpTarget => ({
  ...loopbackTarget(port),
  host: '127.0.0.1',
  timeouts: { connect: 9e3, tls: 9e3, greeting: 9e3, reply: 6e4, dot: 6e5, body: 6e4, deadline: 12e5 },
});

async function open(port: number) {
  const opened = await openSession(targetAt(port));
  if (!opened.ok) throw new Error(opened.failure.detail);
  return opened.session;
}

/** Keeps so many under way, until all are done. */
async function sendMany(count: number, atOnce: number, send: () => Promise<unknown>): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

async function spend(count: number, act: () => Promise<void>): Promise<{ microseconds: number; perSecond: number }> {
  const [before, startedAt] = [process.cpuUsage(), performance.now()];
  await act();
  const { user, system } = process.cpuUsage(before);
  return { microseconds: (user + system) / count, perSecond: (count / (performance.now() - startedAt)) * 1000 };
}

const best = (values: number[]) => Math.min(...values);

/** Composed and sent on reused connections, ours and nodemailer's; and the session alone. */
async function measureCost(port: number, isWithPdf = false): Promise<BenchRow[]> {
  const [count, theirCount] = isWithPdf ? [1500, 300] : [10_000, 1500];
  const session = await open(port);
  const mail = { ...asked, ...(isWithPdf ? { attachments: [pdf] } : {}) };
  const envelope = { mailFrom: 'billing@example.com', recipients: ['ann@example.net'] };
  const send = async (data: Uint8Array) => {
    const outcome = await session.send({ ...envelope, data });
    if (!outcome.sent) throw new Error(outcome.failure.detail);
  };
  const pool = nodemailer.createTransport({
    host: '127.0.0.1',
    port,
    pool: true,
    maxConnections: 3,
    maxMessages: 1e9,
    ignoreTLS: true,
  });
  const theirs = {
    ...asked,
    from: asked.from,
    to: 'ann@example.net',
    ...(isWithPdf ? { attachments: [pdf] } : {}),
  };
  const bytes = composeMessage(mail);
  const [own, bare, peer]: number[][] = [[], [], []];
  for (let round = 0; round <= rounds; round += 1) {
    const ours = await spend(count, () => sendMany(count, 3, () => send(composeMessage(mail))));
    const alone = await spend(count, () => sendMany(count, 1, () => send(bytes)));
    const other = await spend(theirCount, () => sendMany(theirCount, 10, () => pool.sendMail(theirs)));
    // The first round warms up.
    if (round === 0) continue;
    own?.push(ours.microseconds);
    bare?.push(alone.microseconds);
    peer?.push(other.microseconds);
  }
  pool.close();
  await session.quit();
  const [value, alone, theirBest] = [best(own ?? []), best(bare ?? []), best(peer ?? [])];
  const ratio = theirBest / value;
  const [name, wanted] = isWithPdf ? ['a 100 KB PDF', 5] : ['4 KB', 10];
  const rows: BenchRow[] = [
    {
      name: `compose and send ${name}`,
      value,
      unit: 'µs',
      peer: theirBest,
      ratio,
      promise: `≥ ${wanted}× nodemailer`,
      ok: ratio >= wanted,
    },
  ];
  if (!isWithPdf)
    rows.push({ name: 'send 4 KB, the session alone', value: alone, unit: 'µs', promise: '≤ 30 µs', ok: alone <= 30 });
  return rows;
}

/** smtp-source -d keeps its connection, as we do; one connection each. */
async function measureAgainstSource(port: number): Promise<BenchRow[]> {
  const count = 20_000;
  const data = Buffer.from(`Subject: x\r\n\r\n${line.repeat(52)}`);
  const own: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const session = await open(port);
    const mail = { mailFrom: 'billing@example.com', recipients: ['ann@example.net'], data };
    own.push((await spend(count, () => sendMany(count, 3, () => session.send(mail)))).perSecond);
    await session.quit();
    const startedAt = performance.now();
    const source = run('smtp-source', ['-d', '-s', '1', '-m', String(count), '-l', '4096', `127.0.0.1:${port}`]);
    await new Promise((resolve) => source.once('exit', resolve));
    peer.push((count / (performance.now() - startedAt)) * 1000);
  }
  const [value, theirs] = [Math.max(...own), Math.max(...peer)];
  const ratio = value / theirs;
  return [
    {
      name: 'one connection, 4 KB',
      value,
      unit: 'messages/s',
      peer: theirs,
      ratio,
      promise: '≥ 0.5× smtp-source -d',
      ok: ratio >= 0.5,
    },
  ];
}

/** Hands every piece on as late as a line of that length would. */
async function startFarAway(port: number): Promise<{ port: number; server: Server }> {
  const delay = roundTripMs / 2;
  const server = createServer({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    const pairs = [
      [near, far],
      [far, near],
    ] as const;
    for (const [from, to] of pairs) {
      from.on('data', (bytes) => setTimeout(() => to.writable && to.write(bytes), delay));
      from.on('error', () => to.destroy());
      from.on('end', () => setTimeout(() => to.end(), delay));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address !== null ? address.port : 0, server };
}

async function measureFarAway(sinkPort: number): Promise<BenchRow[]> {
  const count = 100;
  const chunks = await startFakeSmarthost({ capabilities: ['PIPELINING', 'CHUNKING', '8BITMIME'] });
  const far = await startFarAway(sinkPort);
  const farChunks = await startFarAway(chunks.port);
  const mail = { mailFrom: 'billing@example.com', recipients: ['ann@example.net'], data: composeMessage(asked) };
  const measure = async (port: number, atOnce: number) => {
    const session = await open(port);
    await session.send(mail);
    const { perSecond } = await spend(count, () => sendMany(count, atOnce, () => session.send(mail)));
    await session.quit();
    return perSecond;
  };
  // What a timer of 15 ms really takes is part of the line, not of the session.
  const trip = await measureTrip(far.port);
  const row = (name: string, value: number, share: number, trips: number): BenchRow => ({
    name: `30 ms away (measured ${trip.toFixed(1)} ms), ${name}`,
    value,
    unit: 'messages/s/connection',
    ratio: (value * trip) / 1000,
    promise: `≥ ${share}/${trips === 1 ? '' : trips}RTT`,
    ok: (value * trip) / 1000 >= share / trips,
  });
  const rows = [
    row('one after the other', await measure(far.port, 1), 0.9, 2),
    row('envelope behind the dot', await measure(far.port, 3), 0.9, 1),
    row('BDAT', await measure(farChunks.port, 1), 0.9, 1),
  ];
  far.server.close();
  farChunks.server.close();
  await chunks.close();
  return rows;
}

async function measureTrip(port: number): Promise<number> {
  const session = await open(port);
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const startedAt = performance.now();
    // A recipient of nobody: one flight, one round trip, nothing sent.
    await session.send({ mailFrom: '', recipients: ['ann@example.net'], data: Buffer.from('\r\n') });
    times.push((performance.now() - startedAt) / 2);
  }
  await session.quit();
  return times.sort((a, b) => a - b)[10] ?? roundTripMs;
}

/**
 * 200 sessions at once in a process of their own, each with a message under way. Compiled code comes from a cache, made
 * by a first run: what strips the types holds thirty megabytes of its own.
 */
async function measureMemory(port: number): Promise<BenchRow> {
  const cache = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-code-'));
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const held: number[] = [];
  for (let turn = 0; turn < 3; turn += 1) {
    const words = [...startFlags(), path.join(import.meta.dirname, 'many-sessions.ts'), String(port)];
    const child = spawn(process.execPath, words, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString();
    });
    await new Promise((resolve) => child.once('close', resolve));
    if (turn > 0) held.push(Number(said) / 1e6);
  }
  rmSync(cache, { recursive: true, force: true });
  const value = Math.max(...held);
  return { name: '200 sessions at once, resident', value, unit: 'MB', promise: '≤ 100 MB', ok: value <= 100 };
}

/** What `npm start` gives to the runtime, but for what it preloads. */
function startFlags(): string[] {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  const { scripts } = JSON.parse(text) as { scripts: { start: string } };
  return scripts.start.split(' ').filter((word) => /^--(max-|heap-)/.test(word));
}

if (process.argv[1] === import.meta.filename) {
  for (const row of await measureSession()) {
    const peer = row.peer === undefined ? '' : `peer ${row.peer.toFixed(1)}`;
    const ratio = row.ratio === undefined ? '' : `ratio ${row.ratio.toFixed(2)}`;
    console.log(row.ok ? 'PASS' : 'FAIL', row.name, row.value.toFixed(1), row.unit, peer, ratio, row.promise ?? '');
  }
}
