/** Postfix's own measuring programs, from its unpacked package: a server that counts, and a client that submits. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { findFreePort } from '../test/support/free-port.ts';
import { findPostfix, isRoot } from '../test/support/installed.ts';
import { postfixLibraries } from '../test/support/postfix.ts';

/** @throws where Postfix is not unpacked. */
function start(name: string, args: string[]) {
  const root = findPostfix();
  if (!root) throw new Error('Postfix is not unpacked: run `npm test`, which brings it on Debian');
  return spawn(path.join(root, 'usr/sbin', name), args, {
    cwd: '/',
    env: { PATH: process.env.PATH, LD_LIBRARY_PATH: postfixLibraries(root).join(':') },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

export interface MailSink {
  port: number;
  /** Resolves when it has taken as many messages as it was to. */
  full: Promise<void>;
  stop: () => void;
}

/** @param at the port that it listens on; absent: a free one */
export async function startMailSink(messages: number, at?: number): Promise<MailSink> {
  const port = at ?? (await findFreePort());
  const identity = isRoot ? ['-u', 'nobody'] : [];
  const sink = start('smtp-sink', [...identity, '-M', String(messages), `127.0.0.1:${port}`, '1024']);
  const full = once(sink, 'exit').then(([code, signal]) => {
    if (code !== 0 && signal === null) throw new Error(`smtp-sink ended with ${code}`);
  });
  return { port, full, stop: () => sink.kill() };
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
