/**
 * The real program as a child process, with the arguments that `npm start` gives it, in a data folder of its own, on free
 * ports, with nothing of this machine’s environment but the PATH. It is stopped with SIGTERM, and its exit code is the
 * caller’s to look at.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { DatabaseAddress } from '../../server/database/open.ts';

const root = path.resolve(import.meta.dirname, '../..');
const startLimitMs = 20_000;
/** What follows `node` in the start script. */
const startArguments = (
  JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: { start: string } }
).scripts.start
  .split(' ')
  .slice(1);

export interface ProgramOptions {
  /** PostgreSQL's address; absent: SQLite in the data folder. */
  database?: DatabaseAddress;
  /** An existing data folder, which is then not removed. */
  dataFolder?: string;
  env?: Record<string, string>;
}

export interface Program {
  /** Without a slash at the end. */
  url: string;
  dataFolder: string;
  /** Milliseconds from the start of the process until it answered that it is ready. */
  readyAfterMs: number;
  pid: number;
  /** The environment it got, for the command line beside it. */
  env: Record<string, string>;
  /** Everything that it wrote so far, both streams. */
  readOutput: () => string;
  /** The path that opens the first run; null where an administrator was given. */
  firstRunPath: string | null;
  /** SIGTERM. @returns the exit code; null when a signal ended it. */
  stop: () => Promise<number | null>;
  /** SIGKILL, as a power cut would. */
  kill: () => Promise<void>;
  /** Resolves when the process has ended, however; with the exit code, null when a signal ended it. */
  ended: Promise<number | null>;
  /** Removes the data folder; after stop or kill. */
  remove: () => void;
}

export const administrator = { email: 'admin@postern.test', password: 'correct battery staple' };
export const administratorEnv = {
  POSTERN_ADMIN_EMAIL: administrator.email,
  POSTERN_ADMIN_PASSWORD: administrator.password,
};

/** @throws with what it wrote when it ends before it is ready. */
export async function startProgram(options: ProgramOptions = {}): Promise<Program> {
  const dataFolder = options.dataFolder ?? mkdtempSync(path.join(os.tmpdir(), 'postern-data-'));
  const env = programEnv(dataFolder, options);
  const startedAt = performance.now();
  const run = runNode(startArguments, env);
  const remove = () => {
    if (!options.dataFolder) rmSync(dataFolder, { recursive: true, force: true });
  };
  const line = await waitForLine(run, /"url":"([^"]+)"/).catch((error) => {
    run.child.kill('SIGKILL');
    remove();
    throw error;
  });
  const url = line[1] as string;
  const ready = await fetch(`${url}/readyz`);
  if (ready.status !== 200) throw new Error(`not ready: ${await ready.text()}`);
  const readyAfterMs = performance.now() - startedAt;
  // The link follows the log line at once, if there is one.
  const firstRunPath = options.env?.POSTERN_ADMIN_EMAIL
    ? null
    : await waitForLine(run, /(\/first-run#\S+)/, 500).then(
        (match) => match[1] as string,
        () => null,
      );
  return {
    url,
    dataFolder,
    readyAfterMs,
    pid: run.child.pid as number,
    env,
    readOutput: run.readOutput,
    firstRunPath,
    stop: () => {
      if (run.child.exitCode === null && run.child.signalCode === null) run.child.kill('SIGTERM');
      return run.exited;
    },
    kill: async () => {
      run.child.kill('SIGKILL');
      await run.exited;
    },
    ended: run.exited,
    remove,
  };
}

/** Starts the program to see it fail, or the command line. @returns its exit code and words once it has ended. */
export async function runToEnd(
  args: string[],
  env: Record<string, string>,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const run = runNode(args, { PATH: process.env.PATH ?? '', HOME: os.tmpdir(), ...env });
  const code = await run.exited;
  return { code, stdout: run.readStdout(), stderr: run.readStderr() };
}

function programEnv(dataFolder: string, { database, env }: ProgramOptions): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: dataFolder,
    POSTERN_DATA_DIR: dataFolder,
    POSTERN_PORT: '0',
    POSTERN_SANDBOX_PORT: '0',
    ...(database?.kind === 'postgres' && { POSTERN_DATABASE_URL: database.url }),
    ...env,
  };
}

interface Run {
  child: ChildProcess;
  exited: Promise<number | null>;
  readStdout: () => string;
  readStderr: () => string;
  readOutput: () => string;
}

function runNode(args: string[], env: Record<string, string>): Run {
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const words = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      words[name] += text;
      words.both += text;
      child.emit('words');
    });
  }
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('close', resolve);
    child.once('error', reject);
  });
  return {
    child,
    exited,
    readStdout: () => words.stdout,
    readStderr: () => words.stderr,
    readOutput: () => words.both,
  };
}

function waitForLine({ child, readOutput }: Run, pattern: RegExp, limitMs = startLimitMs): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const end = (why: string) => {
      clearTimeout(timer);
      child.off('words', look);
      reject(new Error(`${why}. It wrote:\n${readOutput()}`));
    };
    const look = () => {
      const match = pattern.exec(readOutput());
      if (!match) return;
      clearTimeout(timer);
      child.off('words', look);
      resolve(match);
    };
    const timer = setTimeout(() => end(`no ${pattern} within ${limitMs} ms`), limitMs);
    child.on('words', look);
    child.once('close', (code) => end(`the program ended with ${code}`));
    look();
  });
}
