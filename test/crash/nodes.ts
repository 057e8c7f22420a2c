/** The programs of a crash proof: equal nodes with their own folders and fixed ports, started and killed again and again. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { DatabaseAddress } from '../../server/database/open.ts';
import { signIn } from '../support/api-client.ts';
import { findFreePort } from '../support/free-port.ts';
import { administratorEnv, type Program, startProgram } from '../support/program.ts';
import type { Death } from './nemesis.ts';

export interface Nodes {
  urls: string[];
  database: DatabaseAddress;
  /** Resolves while one of them is up, or as soon as one is. */
  whenUp: () => Promise<void>;
  /** What they wrote last, for a person who looks for the reason of a failure. */
  readOutput: () => string;
  /** Resolves when it is ready, or has died before. @param death one that it brings on itself */
  start: (node: number, death?: Death) => Promise<void>;
  startAll: () => Promise<void>;
  /** @throws when one does not end well. */
  stopAll: () => Promise<void>;
  /** SIGTERM. @throws when it does not end well. */
  stop: (node: number) => Promise<void>;
  kill: (node: number) => Promise<void>;
  killAll: () => Promise<void>;
  /** Whether it ended by itself within this time. */
  hasDied: (node: number, withinMs: number) => Promise<boolean>;
}

export async function layOutNodes(folder: string, count: number, shared: DatabaseAddress | null): Promise<Nodes> {
  const secretKey = randomBytes(32).toString('hex');
  const ports: number[] = [];
  for (let node = 0; node < count; node += 1) ports.push(await findFreePort());
  const folders = ports.map((_, node) => path.join(folder, `node-${node}`));
  for (const one of folders) mkdirSync(one);
  const programs = new Map<number, Program>();
  let up = Promise.withResolvers<void>();
  let upCount = 0;
  const tellUp = (program: Program) => {
    upCount += 1;
    up.resolve();
    void program.ended.then(() => {
      upCount -= 1;
      if (upCount === 0) up = Promise.withResolvers<void>();
    });
  };
  let output = '';

  const start = async (node: number, death?: Death) => {
    const plan = death?.kind === 'point' ? { POSTERN_KILL_AT: `${death.point}:${death.pass}:${death.delayMs}` } : {};
    const env = { ...administratorEnv, POSTERN_SECRET_KEY: secretKey, POSTERN_PORT: String(ports[node]), ...plan };
    const options = { dataFolder: folders[node] as string, env, ...(shared && { database: shared }) };
    try {
      const program = await startProgram(options);
      programs.set(node, program);
      tellUp(program);
    } catch (error) {
      // What waits is sent as soon as it is up: it may have passed its point before anybody was told.
      if (death?.kind !== 'point') throw error;
    }
  };
  const end = async (node: number, how: 'stop' | 'kill') => {
    const program = programs.get(node);
    programs.delete(node);
    const code = await program?.[how]();
    if (program) output = program.readOutput();
    if (how === 'stop' && program && code !== 0) throw new Error(`a node ended with ${code}:\n${output.slice(-4000)}`);
  };
  const each = (work: (node: number) => Promise<void>) => async () => {
    for (const node of ports.keys()) await work(node);
  };

  return {
    urls: ports.map((port) => `http://127.0.0.1:${port}`),
    database: shared ?? { kind: 'sqlite', file: path.join(folders[0] as string, 'postern.db') },
    whenUp: () => up.promise,
    readOutput: () => output + [...programs.values()].map((program) => program.readOutput()).join('\n'),
    start,
    startAll: each((node) => (programs.has(node) ? Promise.resolve() : start(node))),
    stopAll: each((node) => end(node, 'stop')),
    stop: (node) => end(node, 'stop'),
    kill: (node) => end(node, 'kill'),
    killAll: each((node) => end(node, 'kill')),
    hasDied: async (node, withinMs) => {
      const program = programs.get(node);
      if (!program) return true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), withinMs);
      });
      const hasEnded = await Promise.race([program.ended.then(() => true), late]);
      clearTimeout(timer);
      return hasEnded;
    },
  };
}

/** SMTP settings that lead to the truth server, and an API key that may send. @returns the Authorization header */
export async function setUpSending(url: string, truthPort: number): Promise<string> {
  const client = await signIn(url);
  const settings = await client.call('POST', '/api/v1/smtp-settings', {
    name: 'Truth',
    host: '127.0.0.1',
    port: truthPort,
    security: 'none',
    fromEmail: 'crash@postern.test',
  });
  if (settings.status !== 201) throw new Error(`SMTP settings: ${JSON.stringify(settings.body)}`);
  const key = await client.call<{ key: string }>('POST', '/api/v1/api-keys', { name: 'Driver', scopes: ['send'] });
  if (key.status !== 201) throw new Error(`API key: ${JSON.stringify(key.body)}`);
  return `Bearer ${key.body.key}`;
}
