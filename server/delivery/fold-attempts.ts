/**
 * A message behind a server that is away for days is tried hundreds of times, and each time comes to the same. What is
 * older than the home page looks back is told by the first and the last of such a run, and a count.
 *
 * from: the attempts of one message · to: attempt-history.store.ts. Pure. Policy: only what was put off before its dot is
 * folded, by the same settings, in the same phase, with the same words; numbers and names in a server's words may differ.
 */

export interface PastAttempt {
  id: string;
  settingsId: string;
  outcome: string;
  phase: string;
  reply: string;
  explanation: string;
  /** Milliseconds since 1970. */
  startedAt: number;
}

/** The attempts of `away` are counted with `into`, the one that followed them. */
export interface Fold {
  into: string;
  away: string[];
}

/** The home page counts the attempts of 24 hours, the one that has begun among them. */
export const keptWholeMs = 25 * 60 * 60 * 1000;
/** So many more tries, and a message's history is looked through again. */
export const triesBetween = 20;
/** More than wait for long at most installations; a bound. */
const mostCounted = 10_000;

/** @param attempts of one message, in their order @param before of attempts that began later, none is folded */
export const findFolds = (attempts: readonly PastAttempt[], before: number): Fold[] => {
  const folds: Fold[] = [];
  let run: PastAttempt[] = [];
  const end = () => {
    const into = run.at(-1);
    if (into && run.length > 2) folds.push({ into: into.id, away: run.slice(1, -1).map(({ id }) => id) });
    run = [];
  };
  for (const attempt of attempts) {
    if (attempt.startedAt >= before) break;
    const [first] = run;
    if (first && !isSame(first, attempt)) end();
    if (isFoldable(attempt)) run.push(attempt);
    else end();
  }
  end();
  return folds;
};

const isFoldable = ({ outcome, phase }: PastAttempt): boolean =>
  (outcome === 'deferred' || outcome === 'queued') && phase !== 'dot';

const isSame = (a: PastAttempt, b: PastAttempt): boolean =>
  a.settingsId === b.settingsId &&
  a.outcome === b.outcome &&
  a.phase === b.phase &&
  a.explanation === b.explanation &&
  withoutNumbers(a.reply) === withoutNumbers(b.reply);

/** `451 4.7.1 Try again in 42 s (id 7f3a)` → `451 4.7.1 Try again in # s (id #)`: times and ids are new each time. */
const withoutNumbers = (reply: string): string => {
  const [codes = ''] = /^\d{3}( \d\.\d{1,3}\.\d{1,3})?/.exec(reply) ?? [];
  return codes + reply.slice(codes.length).replaceAll(/[\w-]*\d[\w-]*/g, '#');
};

/** Whether it is time to look through a message's history; asked after each try that has put it off. */
export const countTries = (): ((messageId: string) => boolean) => {
  const tries = new Map<string, number>();
  return (messageId) => {
    const count = (tries.get(messageId) ?? 0) + 1;
    tries.delete(messageId);
    if (count >= triesBetween) return true;
    tries.set(messageId, count);
    if (tries.size > mostCounted) tries.delete(tries.keys().next().value as string);
    return false;
  };
};
