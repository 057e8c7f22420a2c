/** strace on a running program: makes its disk fail, or writes down what it does with files and lines, in order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** @returns what ends it; it ends by itself with the program. */
export async function trace(pid: number, args: string[]): Promise<() => Promise<void>> {
  const tracer = spawn('strace', ['-f', ...args, '-p', String(pid)], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(tracer, 'exit');
  let said = '';
  await new Promise<void>((resolve, reject) => {
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('attached')) resolve();
    });
    void ended.then(() => reject(new Error(`strace: ${said}`)));
  });
  return async () => {
    tracer.kill('SIGINT');
    await ended;
  };
}

export type Step =
  | { kind: 'write'; file: string; bytes: Buffer; at: number }
  | { kind: 'truncate'; file: string; bytes: number }
  | { kind: 'flush'; file: string }
  /** Over a line to somebody else. */
  | { kind: 'say'; bytes: Buffer };

/** What `traceArguments` wrote down: writes and words as they begin, flushes once they have succeeded. */
export function readSteps(log: string): Step[] {
  const begun = new Map<string, string>();
  const steps: Step[] = [];
  for (const line of readFileSync(log, 'latin1').split('\n')) {
    const [, thread = '', coded = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const rest = coded.replace(/<((?:\\x[0-9a-f]{2})+)>/, (_, name: string) => `<${unhex(name)}>`);
    const flushed = /^(?:<\.\.\. )?f(?:data)?sync(?:\(\d+<([^>]*)>)?(?: resumed>)?\) *= 0$/.exec(rest);
    if (/^f(data)?sync\(/.test(rest)) begun.set(thread, /<([^>]*)>/.exec(rest)?.[1] ?? '');
    if (flushed) steps.push({ kind: 'flush', file: flushed[1] ?? begun.get(thread) ?? '' });
    const write = /^pwrite64\(\d+<([^>]*)>, "((?:\\x[0-9a-f]{2})*)", \d+, (\d+)/.exec(rest);
    if (write) steps.push({ kind: 'write', file: write[1] ?? '', bytes: unhex(write[2]), at: Number(write[3]) });
    const cut = /^ftruncate\(\d+<([^>]*)>, (\d+)/.exec(rest);
    if (cut) steps.push({ kind: 'truncate', file: cut[1] ?? '', bytes: Number(cut[2]) });
    if (/^(write|writev|sendmsg|sendto)\(\d+<(socket|TCP)/.test(rest)) {
      const words = [...rest.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map(([, text]) => unhex(text));
      steps.push({ kind: 'say', bytes: Buffer.concat(words) });
    }
  }
  return steps;
}

const unhex = (text = ''): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');

export const recordTo = (log: string): string[] => [
  '-y',
  '-xx',
  '-s',
  '1000000',
  '-o',
  log,
  '-e',
  'trace=pwrite64,ftruncate,fsync,fdatasync,write,writev,sendmsg,sendto',
];
