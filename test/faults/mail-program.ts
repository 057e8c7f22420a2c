/** The real program with SMTP settings that lead to a scripted server of the test, an API key, and what a test does with them. */
import Sqlite from 'better-sqlite3';
import type { Message } from '../../contracts/message.ts';
import { type FakeSmarthost, type SmarthostScript, startFakeSmarthost } from '../fake-smarthost.ts';
import { type Answer, openApiClient, signIn } from '../support/api-client.ts';
import { administratorEnv, type Program, type ProgramOptions, startProgram } from '../support/program.ts';

export interface MailProgram {
  program: Program;
  server: FakeSmarthost;
  /** For the same data folder and key, once this one has ended. */
  again: ProgramOptions;
  /** Bearer … */
  authorization: string;
  submit: (subject: string, change?: object) => Promise<Answer<{ id: string; message: string }>>;
  read: (id: string) => Promise<Message>;
  /** Subjects of all messages that the server has answered 250 or not, as often as they came. */
  arrived: () => string[];
}

const closers: (() => Promise<unknown> | unknown)[] = [];
/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close();
}
export const atEnd = (close: () => Promise<unknown> | unknown): void => void closers.push(close);

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Looks again and again: what happens in another process tells nobody here. @throws when it is not so in time */
export async function until(isSo: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${isSo}`);
    await pause(20);
  }
}

export const subjectOf = (text: string): string => /^Subject: (.*?)\r$/m.exec(text)?.[1] ?? '';

export async function startMailProgram(
  script: SmarthostScript | SmarthostScript[] = {},
  options: ProgramOptions = {},
): Promise<MailProgram> {
  const server = await startFakeSmarthost(script);
  atEnd(() => server.close());
  const program = await startProgram({ ...options, env: { ...administratorEnv, ...options.env } });
  atEnd(async () => {
    await program.kill();
    program.remove();
  });
  const client = await signIn(program.url);
  const settings = await client.call('POST', '/api/v1/smtp-settings', {
    name: 'Relay',
    host: '127.0.0.1',
    port: server.port,
    security: 'none',
    fromEmail: 'hub@postern.test',
  });
  if (settings.status !== 201) throw new Error(`SMTP settings: ${JSON.stringify(settings.body)}`);
  const key = await client.call<{ key: string }>('POST', '/api/v1/api-keys', { name: 'App', scopes: ['send', 'read'] });
  const authorization = `Bearer ${key.body.key}`;
  const api = openApiClient(program.url, { authorization });
  return {
    program,
    server,
    again: { ...options, dataFolder: program.dataFolder, env: { ...administratorEnv, ...options.env } },
    authorization,
    submit: (subject, change = {}) =>
      api.call('POST', '/api/v1/emails', { to: 'ann@example.com', subject, text: 'hi', ...change }),
    read: async (id) => (await api.call<Message>('GET', `/api/v1/emails/${id}`)).body,
    arrived: () => server.connections.flatMap(({ messages }) => messages.map(subjectOf)),
  };
}

/** Its database, seen by another process while it runs. */
export function openBeside(dataFolder: string): Sqlite.Database {
  const sqlite = new Sqlite(`${dataFolder}/postern.db`, { timeout: 5000 });
  atEnd(() => sqlite.close());
  return sqlite;
}

/** The states of all messages by subject, and what SQLite says against itself. */
export function readStates(dataFolder: string): { states: Record<string, string>; integrity: unknown } {
  const sqlite = new Sqlite(`${dataFolder}/postern.db`, { timeout: 5000 });
  try {
    const rows = sqlite.prepare('SELECT subject, state FROM message').all() as { subject: string; state: string }[];
    return {
      states: Object.fromEntries(rows.map(({ subject, state }) => [subject, state])),
      integrity: sqlite.pragma('integrity_check', { simple: true }),
    };
  } finally {
    sqlite.close();
  }
}
