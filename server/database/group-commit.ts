/**
 * Group commit for PostgreSQL: while one statement is on its way, what else is asked for gathers, and goes as one
 * statement when it is back. One bad unit fails alone: where a group fails, its units run again one by one, unless the
 * database is away.
 */
import { findUnavailability } from './unavailable.ts';

export interface GroupCommit<In, Out> {
  /** Answers in the order of the units; a unit's own failure may be an Error in its place. */
  run: (units: In[]) => Promise<Out[]>;
  /** Octets of a unit that count against `maxBytes`. */
  weigh?: (unit: In) => number;
  maxUnits: number;
  maxBytes?: number;
  /** Groups on their way at once. */
  inFlight?: number;
}

interface Waiting<In, Out> {
  unit: In;
  bytes: number;
  resolve: (output: Out) => void;
  reject: (error: unknown) => void;
}

/** Two transactions took the same rows in another order; the loser was rolled back and may try again at once. */
const isCollision = (error: unknown) => ['40P01', '40001'].includes(String((error as { code?: unknown }).code));
const collisionTries = 5;

export const openGroupCommit = <In, Out>(options: GroupCommit<In, Out>): ((unit: In) => Promise<Out>) => {
  const { run, weigh = () => 0, maxUnits, maxBytes = Number.POSITIVE_INFINITY, inFlight = 1 } = options;
  const waiting: Waiting<In, Out>[] = [];
  let underWay = 0;
  let isScheduled = false;

  const schedule = () => {
    if (isScheduled || waiting.length === 0 || underWay >= inFlight) return;
    isScheduled = true;
    // One group for all that this turn of the event loop asks for.
    setImmediate(() => {
      isScheduled = false;
      underWay += 1;
      const group = takeGroup();
      void settle(group).then(() => {
        underWay -= 1;
        schedule();
      });
      schedule();
    });
  };

  const takeGroup = () => {
    let bytes = 0;
    let count = 0;
    for (const one of waiting) {
      if (count > 0 && (count >= maxUnits || bytes + one.bytes > maxBytes)) break;
      bytes += one.bytes;
      count += 1;
    }
    return waiting.splice(0, count);
  };

  const settle = async (group: Waiting<In, Out>[]): Promise<void> => {
    try {
      const outputs = await tryAgainAfterCollision(() => run(group.map(({ unit }) => unit)));
      for (const [place, { resolve }] of group.entries()) resolve(outputs[place] as Out);
    } catch (error) {
      if (group.length === 1 || findUnavailability(error) !== null) for (const { reject } of group) reject(error);
      else for (const one of group) await settle([one]);
    }
  };

  return (unit) =>
    new Promise((resolve, reject) => {
      waiting.push({ unit, bytes: weigh(unit), resolve, reject });
      schedule();
    });
};

async function tryAgainAfterCollision<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isCollision(error) || tries >= collisionTries) throw error;
    }
  }
}
