/** What the process costs: how soon it is ready, and what it holds while it idles. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { signIn } from '../test/support/api-client.ts';
import { findFreePort } from '../test/support/free-port.ts';
import { readHeldMemory } from '../test/support/process-memory.ts';
import { administratorEnv, startProgram } from '../test/support/program.ts';
import { atMost, type Figure, findQuantile } from './figure.ts';

const starts = 5;
const settleMs = 10_000;

/** From typing `npm start` until /readyz says yes: the first start of a data folder, and those after it. */
export async function measureStart(): Promise<Figure[]> {
  const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-bench-'));
  const seconds: number[] = [];
  for (let count = 0; count <= starts; count += 1) seconds.push(await startOnce(dataFolder));
  rmSync(dataFolder, { recursive: true, force: true });
  const [first = Number.NaN, ...later] = seconds;
  return [
    atMost('npm start, first time in a data folder', first, 's', null),
    atMost(`npm start until ready, slowest of ${starts}`, findQuantile(later, 1), 's', 3),
  ];
}

async function startOnce(dataFolder: string): Promise<number> {
  const port = await findFreePort();
  const env = {
    ...process.env,
    ...administratorEnv,
    POSTERN_DATA_DIR: dataFolder,
    POSTERN_PORT: String(port),
    POSTERN_SANDBOX_PORT: '0',
  };
  const startedAt = performance.now();
  // A process group of its own: npm does not pass every signal on.
  const npm = spawn('npm', ['start'], { env, stdio: 'ignore', detached: true });
  const ended = new Promise((resolve) => npm.once('close', resolve));
  const url = `http://127.0.0.1:${port}/readyz`;
  while (
    !(await fetch(url)
      .then((answer) => answer.ok)
      .catch(() => false))
  ) {
    if (npm.exitCode !== null) throw new Error('npm start ended');
    await wait(10);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  process.kill(-(npm.pid as number), 'SIGTERM');
  await ended;
  return seconds;
}

/** After an administrator has signed in and looked at the list, and then nothing for ten seconds. Linux only. */
export async function measureIdleMemory(): Promise<Figure[]> {
  // A first start after an update compiles everything, and holds what it compiles with.
  const first = await startProgram({ env: administratorEnv });
  await first.stop();
  first.remove();
  const program = await startProgram({ env: administratorEnv });
  const client = await signIn(program.url);
  await client.call('GET', '/api/v1/smtp-settings');
  await wait(settleMs);
  const megabytes = readRss(program.pid);
  const { total } = readHeldMemory(program.pid);
  await program.stop();
  program.remove();
  return [
    atMost('memory (RSS), idle', megabytes, 'MB', 150),
    atMost('the same with the processes that it has started', total, 'MB', null),
  ];
}

function readRss(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) / 1024;
}
