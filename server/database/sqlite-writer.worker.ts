/**
 * The thread behind sqlite-writer.ts. It takes everything that has arrived, runs it in one transaction, commits, and
 * answers; meanwhile the next load gathers. When anything in a transaction fails it is rolled back and its units run
 * again one by one, each in a transaction of its own: the bad one fails alone, and with a full disk what still fits goes in.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import type { FromWriter, ToWriter, Units } from './sqlite-writer.ts';

type Unit = (ToWriter & { kind: 'units' })['units'][number];

/** Keeps the first of a burst from waiting for all of it. */
const unitsPerTransaction = 500;

if (workerData?.postern === 'sqlite-writer' && parentPort) serve(parentPort, workerData as WriterData);

interface WriterData {
  file: string;
  busyTimeoutMs: number;
}

function serve(port: NonNullable<typeof parentPort>, { file, busyTimeoutMs }: WriterData): void {
  const sqlite = new Sqlite(file, { timeout: busyTimeoutMs });
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  const opened = new Map<string, Units>();
  let arrived: ToWriter[] = [];
  let isWorking = false;

  const work = async () => {
    isWorking = true;
    for (;;) {
      for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) arrived.push(more.message);
      if (arrived.length === 0) break;
      const units: Unit[] = [];
      let isClosing = false;
      for (const message of arrived) {
        if (message.kind === 'load') {
          const { openUnits } = (await import(message.module)) as { openUnits: (sqlite: Sqlite.Database) => Units };
          opened.set(message.module, openUnits(sqlite));
        } else if (message.kind === 'units') units.push(...message.units);
        else isClosing = true;
      }
      arrived = [];
      for (let from = 0; from < units.length; from += unitsPerTransaction)
        port.postMessage(runTogether(sqlite, opened, units.slice(from, from + unitsPerTransaction)));
      if (isClosing) {
        sqlite.close();
        port.close();
        return;
      }
    }
    isWorking = false;
  };
  port.on('message', (message: ToWriter) => {
    arrived.push(message);
    if (!isWorking) void work();
  });
}

function runTogether(sqlite: Sqlite.Database, opened: ReadonlyMap<string, Units>, units: Unit[]): FromWriter[] {
  const run = (some: Unit[]): FromWriter[] =>
    sqlite
      .transaction(() =>
        some.map(({ id, module, name, input }): FromWriter => {
          const unit = opened.get(module)?.[name];
          if (!unit) throw new Error(`no unit ${name} in ${module}`);
          return { id, ok: true, output: unit(input) };
        }),
      )
      .immediate();
  try {
    return run(units);
  } catch (error) {
    // Whoever holds the file held it for the whole time-out: the others would wait as long again, each.
    if (units.length === 1 || isBusy(error)) return units.map(({ id }) => toFailure(id, error));
  }
  let busy: unknown = null;
  return units.flatMap((unit) => {
    if (busy) return [toFailure(unit.id, busy)];
    try {
      return run([unit]);
    } catch (error) {
      if (isBusy(error)) busy = error;
      return [toFailure(unit.id, error)];
    }
  });
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown }).code).startsWith('SQLITE_BUSY');
}

function toFailure(id: number, error: unknown): FromWriter {
  const { message, code, stack } = error as { message?: unknown; code?: unknown; stack?: unknown };
  return {
    id,
    ok: false,
    error: {
      message: String(message),
      code: typeof code === 'string' ? code : null,
      stack: typeof stack === 'string' ? stack : null,
    },
  };
}
