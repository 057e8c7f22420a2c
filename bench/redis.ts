/** Redis from Debian's packages, unpacked beside the mail servers and never installed: the queue of the usual worker. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { unpackServer } from '../scripts/unpack-mail-server.ts';
import { findFreePort } from '../test/support/free-port.ts';
import { mailServerFolder } from '../test/support/installed.ts';
import { libraryFolders } from '../test/support/jail.ts';

/** It is the server, too, under another name. */
const program = 'usr/bin/redis-check-rdb';
const root = path.join(mailServerFolder, 'redis');
const plan = { what: 'Redis', packages: ['redis-server', 'redis-tools'], programs: [program] };
const startLimitMs = 10_000;

export interface Redis {
  port: number;
  stop: () => Promise<void>;
}

/** What it has answered survives a power cut, as what its peers have. @throws where it can be neither found nor unpacked */
export async function startRedis(): Promise<Redis> {
  const wrong = existsSync(path.join(root, '.complete')) ? null : unpackServer('redis', plan);
  if (wrong) throw new Error(`Redis cannot be unpacked: ${wrong}`);
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-redis-'));
  const port = await findFreePort();
  const words = `--port ${port} --bind 127.0.0.1 --dir ${folder} --appendonly yes --appendfsync always --daemonize no`;
  const server = spawn(path.join(root, program), [...words.split(' '), '--save', ''], {
    argv0: 'redis-server',
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: libraryFolders(root).join(':') },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const kill = () => server.kill('SIGKILL');
  process.once('exit', kill);
  const ended = new Promise((resolve) => server.once('close', resolve));
  for (const until = performance.now() + startLimitMs; !(await isListening(port)); await wait(30)) {
    if (server.exitCode !== null || performance.now() > until) throw new Error('Redis did not start');
  }
  return {
    port,
    stop: async () => {
      process.off('exit', kill);
      server.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
