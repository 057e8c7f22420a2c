import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { TruthOptions } from './truth-server.ts';

export interface TruthServer {
  port: number;
  stop: () => Promise<void>;
}

/** It ends with this process, however that ends. */
export async function startTruthServer(options: TruthOptions): Promise<TruthServer> {
  const program = path.join(import.meta.dirname, 'truth-server.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const [words] = (await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => {
      throw new Error('the truth server did not start');
    }),
  ])) as [Buffer];
  return {
    port: Number(words.toString()),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}
