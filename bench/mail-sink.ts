/** Postfix's own measuring programs, from its unpacked package: a server that counts, and a client that submits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from '../test/support/free-port.ts';
import { findPostfix, isRoot } from '../test/support/installed.ts';
import { postfixLibraries } from '../test/support/postfix.ts';

/** How often it is looked how many have come. */
const lookMs = 5;
/** Nothing has come for so long: nothing comes any more. */
const silenceMs = 60_000;
/** Of its counters, rewritten for each message, the last ones stand in so many bytes. */
const tailBytes = 200;

/** @throws where Postfix is not unpacked. */
function start(name: string, args: string[], output: 'ignore' | number = 'ignore') {
  const root = findPostfix();
  if (!root) throw new Error('Postfix is not unpacked: run `npm test`, which brings it on Debian');
  return spawn(path.join(root, 'usr/sbin', name), args, {
    cwd: '/',
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: postfixLibraries(root).join(':') },
    stdio: ['ignore', output, 'inherit'],
  });
}

export interface MailSink {
  port: number;
  /** Resolves when it has taken as many messages, counted from its start. @throws when none comes any more */
  hasTaken: (messages: number) => Promise<void>;
  stop: () => void;
}

/**
 * Its counters go to a file: whoever reads them costs the machine next to nothing.
 * @param at the port that it listens on; absent: a free one
 */
export async function startMailSink(at?: number): Promise<MailSink> {
  const port = at ?? (await findFreePort());
  const identity = isRoot ? ['-u', 'nobody'] : [];
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-sink-'));
  const file = openSync(path.join(folder, 'counters'), 'w+');
  const sink = start('smtp-sink', [...identity, '-c', `127.0.0.1:${port}`, '1024'], file);
  const tail = Buffer.alloc(tailBytes);
  const readCount = (): number => {
    const { size } = fstatSync(file);
    const length = readSync(file, tail, 0, tailBytes, Math.max(0, size - tailBytes));
    return Number([...tail.toString('latin1', 0, length).matchAll(/mesg=(\d+)\r/g)].at(-1)?.[1] ?? 0);
  };
  const hasTaken = async (messages: number): Promise<void> => {
    let [count, changedAt] = [readCount(), performance.now()];
    while (count < messages) {
      await wait(lookMs);
      const now = readCount();
      if (now > count) changedAt = performance.now();
      count = now;
      if (performance.now() - changedAt > silenceMs) throw new Error(`${count} of ${messages} messages have come`);
    }
  };
  const stop = () => {
    sink.kill();
    closeSync(file);
    rmSync(folder, { recursive: true });
  };
  return { port, hasTaken, stop };
}

/** Submits over as many connections as named, each kept open. */
export async function submitWithSmtp(
  port: number,
  connections: number,
  messages: number,
  bytes: number,
): Promise<void> {
  const args = ['-d', '-s', String(connections), '-m', String(messages), '-l', String(bytes)];
  const addresses = ['-f', 'bench@postern.test', '-t', 'somebody@example.com', `127.0.0.1:${port}`];
  const [code] = await once(start('smtp-source', [...args, ...addresses]), 'exit');
  if (code !== 0) throw new Error(`smtp-source ended with ${code}`);
}
