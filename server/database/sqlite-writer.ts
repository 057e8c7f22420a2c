/**
 * The one writer of the hot tables on SQLite: a thread with a connection of its own (sqlite-writer.worker.ts), so that a
 * slow disk costs latency and never stalls the event loop. Whatever waits when a transaction starts goes into it: many
 * units, one commit (group commit). A unit is all or nothing; one that fails fails alone.
 *
 * What a unit does stands in its room, in a `*.sqlite.ts` whose `openUnits(sqlite)` prepares the statements; the thread
 * loads it by address. Input and output are copied between threads: plain values and typed arrays only.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads';

// biome-ignore lint/suspicious/noExplicitAny: any unit, whatever it takes.
export type Units = Record<string, (input: any) => unknown>;

/** Resolves once the unit's transaction is durable. Rejects with the database's error, `code` kept. */
export type RunUnit<U extends Units> = <K extends keyof U & string>(
  name: K,
  input: Parameters<U[K]>[0],
) => Promise<ReturnType<U[K]>>;

export interface SqliteWriter {
  /**
   * @param module exports `openUnits: (sqlite: Sqlite.Database) => Units`.
   * @param goesFirst somebody outside waits for these units, a server at its dot: they need not wait for much of the others
   */
  load: <U extends Units>(module: URL, options?: { goesFirst?: boolean }) => RunUnit<U>;
  /**
   * Resolves, with the error, when the disk failed under a write or the file is damaged. Nothing is written from then on:
   * the process should end, and whoever starts it again look at the disk. What was answered before is safe.
   */
  whenBroken: Promise<Error>;
  /** Finishes what was asked for, then ends the thread. */
  close: () => Promise<void>;
}

export type ToWriter =
  /** `number`: its name in units, short since it goes with each. */
  | { kind: 'load'; module: string; number: number; goesFirst: boolean }
  | { kind: 'units'; units: { id: number; module: number; name: string; input: unknown; askedAt: number }[] }
  | { kind: 'close' };

/** Milliseconds, with their fraction, of the clock that all threads share. */
export const threadsNow = (): number => Number(process.hrtime.bigint() / 1000n) / 1000;

export type FromWriter = { id: number; ok: true; output: unknown } | { id: number; ok: false; error: WrittenError };
export interface WrittenError {
  message: string;
  code: string | null;
  stack: string | null;
}

/** Not a full disk, and not a file that another program holds: those pass. */
const isBreak = (code: string | null) => code !== null && /^SQLITE_(IOERR(?!_SHM)|CORRUPT|NOTADB)/.test(code);

/** What each connection keeps of pages; those that it has not are in the system's own cache of the file. */
export const pageCacheKb = 4096;
/** Of a turn of the event loop, sent on their way before it ends. */
const unitsAtOnce = 6;

interface Waiting {
  resolve: (output: never) => void;
  reject: (error: Error) => void;
}

/** The thread starts with the first unit: a command that only reads has none. */
export const openSqliteWriter = (file: string, busyTimeoutMs: number): SqliteWriter => {
  const modules = new Map<string, { number: number; goesFirst: boolean }>();
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let ended: Promise<void> = Promise.resolve();
  let outbox: (ToWriter & { kind: 'units' })['units'] = [];
  let lastId = 0;
  /** The first of those in the outbox. */
  let askedAt = 0;
  let isClosed = false;
  let broken: Error | null = null;
  const { promise: whenBroken, resolve: tellBroken } = Promise.withResolvers<Error>();

  const start = (): Worker => {
    const started = new Worker(new URL('./sqlite-writer.worker.ts', import.meta.url), {
      workerData: { postern: 'sqlite-writer', file, busyTimeoutMs },
      execArgv: [],
      // For the compile cache (scripts/compile-cache.mjs); nothing in the thread reads it otherwise.
      env: SHARE_ENV,
    });
    thread = started;
    for (const [module, how] of modules) started.postMessage({ kind: 'load', module, ...how } satisfies ToWriter);
    started.on('message', (answers: FromWriter[]) => {
      for (const answer of answers) settle(answer);
      // Only work that somebody waits for keeps the process alive.
      if (waiting.size === 0) started.unref();
    });
    let reason = 'it stopped';
    started.on('error', (error) => {
      reason = String(error);
    });
    ended = new Promise((resolve) => {
      started.on('exit', () => {
        if (thread === started) thread = null;
        const error = Object.assign(new Error(`the writer's thread ended: ${reason}`), { code: 'SQLITE_WRITER_ENDED' });
        // Whether their transaction was committed is unknown, as after a crash.
        for (const { reject } of waiting.values()) reject(error);
        waiting.clear();
        outbox = [];
        resolve();
      });
    });
    return started;
  };

  const settle = (answer: FromWriter) => {
    const waiter = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.ok) waiter?.resolve(answer.output as never);
    else {
      const error = rebuildError(answer.error);
      if (isBreak(answer.error.code)) {
        broken ??= error;
        tellBroken(error);
      }
      waiter?.reject(error);
    }
  };

  const flush = () => {
    const units = outbox;
    outbox = [];
    if (units.length === 0) return;
    thread ??= start();
    thread.ref();
    thread.postMessage({ kind: 'units', units } satisfies ToWriter);
  };

  return {
    load: <U extends Units>({ href: module }: URL, { goesFirst = false } = {}): RunUnit<U> => {
      const { number } = modules.get(module) ?? { number: modules.size };
      if (!modules.has(module)) {
        modules.set(module, { number, goesFirst });
        thread?.postMessage({ kind: 'load', module, number, goesFirst } satisfies ToWriter);
      }
      return (name, input) =>
        new Promise((resolve, reject) => {
          if (broken) return reject(broken);
          if (isClosed)
            return reject(Object.assign(new Error('the database is closed'), { code: 'SQLITE_WRITER_ENDED' }));
          lastId += 1;
          waiting.set(lastId, { resolve: resolve as Waiting['resolve'], reject });
          if (outbox.length === 0) {
            setImmediate(flush);
            askedAt = threadsNow();
          }
          outbox.push({ id: lastId, module: number, name, input, askedAt });
          // The thread need not stand still while a long turn asks for more.
          if (outbox.length >= unitsAtOnce) flush();
        });
    },
    whenBroken,
    close: async () => {
      isClosed = true;
      if (outbox.length > 0) await new Promise((resolve) => setImmediate(resolve));
      thread?.ref();
      thread?.postMessage({ kind: 'close' } satisfies ToWriter);
      await ended;
    },
  };
};

function rebuildError({ message, code, stack }: WrittenError): Error {
  const error = new Error(message);
  if (stack) error.stack = stack;
  return code === null ? error : Object.assign(error, { code });
}
