/**
 * The thread behind sqlite-writer.ts. It takes everything that has arrived, runs it in one transaction, commits, and
 * answers; meanwhile the next load gathers. When anything in a transaction fails it is rolled back and its units run
 * again one by one, each in a transaction of its own: the bad one fails alone, and with a full disk what still fits goes in.
 * Where another program holds the file, each unit is waited for no longer than the time-out, counted from when it was asked.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { type FromWriter, type ToWriter, threadsNow, type Units } from './sqlite-writer.ts';

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
  const opened = new Map<number, Units>();
  const waitFor = limitWaiting(sqlite, busyTimeoutMs);
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
          opened.set(message.number, openUnits(sqlite));
        } else if (message.kind === 'units') units.push(...message.units);
        else isClosing = true;
      }
      arrived = [];
      for (let from = 0; from < units.length; from += unitsPerTransaction)
        port.postMessage(runTogether(sqlite, opened, waitFor, units.slice(from, from + unitsPerTransaction)));
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

type WaitFor = (units: readonly Unit[]) => { isOver: (unit: Unit) => boolean };

/** Sets how long the next transaction waits for a lock: as long as its oldest unit may. */
function limitWaiting(sqlite: Sqlite.Database, busyTimeoutMs: number): WaitFor {
  let set = busyTimeoutMs;
  const findLeft = ({ askedAt }: Unit) => busyTimeoutMs - (threadsNow() - askedAt);
  return (units) => {
    const left = Math.min(...units.map(findLeft));
    // Almost always nobody has waited yet, and nothing is to be set.
    const wanted = left > busyTimeoutMs * 0.9 ? busyTimeoutMs : Math.max(1, Math.round(left));
    if (wanted !== set) sqlite.pragma(`busy_timeout = ${wanted}`);
    set = wanted;
    return { isOver: (unit) => findLeft(unit) <= busyTimeoutMs * 0.1 };
  };
}

function runTogether(
  sqlite: Sqlite.Database,
  opened: ReadonlyMap<number, Units>,
  waitFor: WaitFor,
  units: Unit[],
): FromWriter[] {
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
  /** Whoever has waited long enough is told; the others go on waiting, for what is left of their time. */
  const tellBusy = (error: unknown, some: Unit[], { isOver }: ReturnType<WaitFor>): FromWriter[] => {
    const late = some.filter(isOver);
    // None: it was told at once, and would be again.
    const others = late.length === 0 ? [] : some.filter((unit) => !late.includes(unit));
    if (late.length === 0) late.push(...some);
    const told = late.map(({ id }) => toFailure(id, error));
    return others.length === 0 ? told : [...told, ...runTogether(sqlite, opened, waitFor, others)];
  };
  const limit = waitFor(units);
  try {
    return run(units);
  } catch (error) {
    if (isBusy(error)) return tellBusy(error, units, limit);
    if (units.length === 1) return units.map(({ id }) => toFailure(id, error));
  }
  const settled: FromWriter[] = [];
  for (const [place, unit] of units.entries()) {
    try {
      settled.push(...run([unit]));
    } catch (error) {
      if (isBusy(error)) return [...settled, ...tellBusy(error, units.slice(place), waitFor(units.slice(place)))];
      settled.push(toFailure(unit.id, error));
    }
  }
  return settled;
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
