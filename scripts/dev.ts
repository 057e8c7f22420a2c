/**
 * `npm run dev`: the server, started anew when one of its files changes, and the pages by Vite with changes shown at once.
 * Pages: http://127.0.0.1:2581 (Vite passes /api on to the server at 2580). Both end together.
 */
import { type ChildProcess, spawn } from 'node:child_process';

const commands: string[][] = [
  ['node', '--watch', '--watch-preserve-output', 'server/main.ts'],
  ['vite', '-c', 'web/vite.config.ts'],
];

const children: ChildProcess[] = commands.map(([program = '', ...args]) => {
  const child = spawn(program, args, { stdio: 'inherit' });
  child.on('exit', (code) => stopAll(code ?? 0));
  return child;
});

function stopAll(code: number): void {
  process.exitCode = code;
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopAll(0));
