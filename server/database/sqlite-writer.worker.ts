/**
 * The thread behind sqlite-writer.ts. It takes what has arrived, runs it in one transaction, commits, and answers; meanwhile
 * the next load gathers. When anything in a transaction fails it is rolled back and its units run again one by one, each in
 * a transaction of its own: the bad one fails alone, and with a full disk what still fits goes in.
 *
 * How much goes into one: on a disk that commits quickly about as much as the commit itself costs, and what goes first in a
 * transaction of its own, by turns with the rest, so that neither waits for much of the other and whoever asked works while
 * this thread does. Where a commit is slow, everything shares it.
 * Where another program holds the file, each unit is waited for no longer than the time-out, counted from when it was asked.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';
import { type FromWriter, pageCacheKb, type ToWriter, threadsNow, type Units } from './sqlite-writer.ts';

type Unit = (ToWriter & { kind: 'units' })['units'][number];

/** Keeps the first of a burst from waiting for all of it. */
const unitsPerTransaction = 500;
/** Milliseconds that a commit takes on average; a slower one is shared by all who wait. */
const slowCommitMs = 2;
/** Milliseconds after which nothing more is taken into a transaction, on a disk that is not slow. */
const leastWorkMs = 1;
const commitsInAverage = 16;

if (workerData?.postern === 'sqlite-writer' && parentPort) serve(parentPort, workerData as WriterData);

interface WriterData {
  file: string;
  busyTimeoutMs: number;
}

/** Runs the first of these units in one transaction: all, or until `isEnough`, asked before each but the first. */
type RunTogether = (units: readonly Unit[], isEnough?: () => boolean) => FromWriter[];

function serve(port: NonNullable<typeof parentPort>, { file, busyTimeoutMs }: WriterData): void {
  const sqlite = new Sqlite(file, { timeout: busyTimeoutMs });
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma(`cache_size = -${pageCacheKb}`);
  sqlite.pragma('foreign_keys = ON');
  const opened = new Map<number, Units>();
  const goFirst = new Set<number>();
  const waiting = { first: [] as Unit[], others: [] as Unit[] };
  let turn: keyof typeof waiting = 'first';
  let commitMs = 0;
  const noteCommit = (took: number) => {
    commitMs += (took - commitMs) / commitsInAverage;
  };
  const runTogether = openRunTogether(sqlite, opened, limitWaiting(sqlite, busyTimeoutMs), noteCommit);
  let arrived: ToWriter[] = [];
  let isWorking = false;
  let isClosing = false;

  const sort = async (message: ToWriter): Promise<void> => {
    if (message.kind === 'close') isClosing = true;
    else if (message.kind === 'units')
      for (const unit of message.units) waiting[goFirst.has(unit.module) ? 'first' : 'others'].push(unit);
    else {
      const { openUnits } = (await import(message.module)) as { openUnits: (sqlite: Sqlite.Database) => Units };
      opened.set(message.number, openUnits(sqlite));
      if (message.goesFirst) goFirst.add(message.number);
    }
  };
  const isOthersTurn = (): boolean => waiting.others.length > 0 && (turn === 'first' || waiting.first.length === 0);
  const runNext = (): FromWriter[] => {
    const isSlow = commitMs > slowCommitMs;
    turn = isOthersTurn() ? 'others' : 'first';
    const all = isSlow ? [...waiting.first, ...waiting.others] : waiting[turn];
    const until = threadsNow() + (isSlow ? Number.POSITIVE_INFINITY : leastWorkMs);
    const answers = runTogether(all.slice(0, unitsPerTransaction), () => threadsNow() > until);
    const answered = new Set(answers.map(({ id }) => id));
    const isLeft = ({ id }: Unit) => !answered.has(id);
    const dropFrom = (lane: Unit[]): number => {
      const left = lane.findIndex(isLeft);
      return lane.splice(0, left === -1 ? lane.length : left).length;
    };
    // Almost always they are the first ones; where the file was busy they are those who had waited for too long.
    if (dropFrom(waiting.first) + dropFrom(waiting.others) < answers.length) {
      waiting.first = waiting.first.filter(isLeft);
      waiting.others = waiting.others.filter(isLeft);
    }
    return answers;
  };

  const work = async () => {
    isWorking = true;
    for (;;) {
      for (let more = receiveMessageOnPort(port); more; more = receiveMessageOnPort(port)) arrived.push(more.message);
      const messages = arrived;
      arrived = [];
      for (const message of messages) await sort(message);
      if (waiting.first.length + waiting.others.length > 0) port.postMessage(runNext());
      else if (arrived.length === 0) break;
    }
    isWorking = false;
    if (!isClosing) return;
    sqlite.close();
    port.close();
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
  const findLeft = ({ askedAt }: Unit, now = threadsNow()) => busyTimeoutMs - (now - askedAt);
  return (units) => {
    const now = threadsNow();
    const left = Math.min(...units.map((unit) => findLeft(unit, now)));
    // Almost always nobody has waited yet, and nothing is to be set.
    const wanted = left > busyTimeoutMs * 0.9 ? busyTimeoutMs : Math.max(1, Math.round(left));
    if (wanted !== set) sqlite.pragma(`busy_timeout = ${wanted}`);
    set = wanted;
    return { isOver: (unit) => findLeft(unit) <= busyTimeoutMs * 0.1 };
  };
}

/** @returns answers for the first of the units, however many it ran; where the file is busy, for those who waited longest */
function openRunTogether(
  sqlite: Sqlite.Database,
  opened: ReadonlyMap<number, Units>,
  waitFor: WaitFor,
  noteCommit: (tookMs: number) => void,
): RunTogether {
  const runUnit = ({ id, module, name, input }: Unit): FromWriter => {
    const unit = opened.get(module)?.[name];
    if (!unit) throw new Error(`no unit ${name} in ${module}`);
    return { id, ok: true, output: unit(input) };
  };
  const settleEach = (units: readonly Unit[]): FromWriter[] => {
    const settled: FromWriter[] = [];
    for (const [place, unit] of units.entries()) {
      try {
        settled.push(sqlite.transaction(() => runUnit(unit)).immediate());
      } catch (error) {
        if (isBusy(error)) return [...settled, ...tellBusy(error, units.slice(place), waitFor(units.slice(place)))];
        settled.push(toFailure(unit.id, error));
      }
    }
    return settled;
  };
  /** Whoever has waited long enough is told; the others go on waiting, for what is left of their time. */
  const tellBusy = (error: unknown, some: readonly Unit[], { isOver }: ReturnType<WaitFor>): FromWriter[] => {
    const late = some.filter(isOver);
    // None: it was told at once, and would be again.
    const others = late.length === 0 ? [] : some.filter((unit) => !late.includes(unit));
    if (late.length === 0) late.push(...some);
    const told = late.map(({ id }) => toFailure(id, error));
    return others.length === 0 ? told : [...told, ...runTogether(others)];
  };
  const runTogether: RunTogether = (units, isEnough = () => false) => {
    const limit = waitFor(units);
    const answers: FromWriter[] = [];
    let begun = 0;
    let commitAt = 0;
    const runSome = () => {
      for (const unit of units) {
        if (begun > 0 && isEnough()) break;
        begun += 1;
        answers.push(runUnit(unit));
      }
      commitAt = threadsNow();
    };
    try {
      sqlite.transaction(runSome).immediate();
      noteCommit(threadsNow() - commitAt);
      return answers;
    } catch (error) {
      if (isBusy(error)) return tellBusy(error, units, limit);
      const [only] = units;
      if (begun <= 1 && only) return [toFailure(only.id, error)];
      return settleEach(units.slice(0, begun));
    }
  };
  return runTogether;
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
