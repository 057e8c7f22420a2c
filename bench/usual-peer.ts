/** The usual worker as a peer of the mail path: an HTTP front and a worker, a process each, around a durable Redis. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startRedis } from './redis.ts';

export interface UsualPeer {
  url: string;
  stop: () => Promise<void>;
}

/** @param smtpPort where it sends to. @throws where Redis can be neither found nor unpacked */
export async function startUsualPeer(smtpPort: number): Promise<UsualPeer> {
  const redis = await startRedis();
  const worker = await start('usual-worker.ts', redis.port, smtpPort);
  const front = await start('usual-front.ts', redis.port);
  return {
    url: front.said,
    stop: async () => {
      for (const { child } of [front, worker]) {
        const ended = once(child, 'close');
        child.kill('SIGKILL');
        await ended;
      }
      await redis.stop();
    },
  };
}

/** @returns it with its first line, which it says when it is ready. */
async function start(name: string, ...numbers: number[]): Promise<{ child: ChildProcess; said: string }> {
  const words = [path.join(import.meta.dirname, name), ...numbers.map(String)];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const [bytes] = (await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'close').then(() => Promise.reject(new Error(`${name} ended`))),
  ])) as [Buffer];
  return { child, said: bytes.toString().trim() };
}
