/**
 * Keeps what attempts came to until it is stored. A delivery that nobody knows of is worse than a late one, so whoever
 * claims asks `isWaiting` first. On the way out it tries a few times more; then the dot mark has to speak.
 */
import type { AttemptRecord, DeliveryStore } from './verdict.ts';

const againMilliseconds = 1000;
const lastTries = 3;

export interface RecordKeeper {
  record: DeliveryStore['recordAttempt'];
  readonly isWaiting: boolean;
}

export interface RecordKeeperParts {
  store: DeliveryStore['recordAttempt'];
  after: (milliseconds: number, run: () => void) => unknown;
  isStopping: () => boolean;
  onFault: (error: unknown, messageId: string) => void;
  /** Everything is stored again. */
  onCaughtUp: () => void;
}

export function keepRecords({ store, after, isStopping, onFault, onCaughtUp }: RecordKeeperParts): RecordKeeper {
  let waiting = 0;
  const keepTrying = async (done: AttemptRecord): Promise<boolean> => {
    for (let tries = 1; ; tries++) {
      await new Promise<void>((resolve) => void after(againMilliseconds, resolve));
      try {
        return await store(done);
      } catch (error) {
        if (isStopping() && tries >= lastTries) throw error;
      }
    }
  };
  return {
    get isWaiting() {
      return waiting > 0;
    },
    record: async (done) => {
      try {
        return await store(done);
      } catch (error) {
        onFault(error, done.messageId);
      }
      waiting++;
      try {
        return await keepTrying(done);
      } finally {
        waiting--;
        if (waiting === 0) onCaughtUp();
      }
    },
  };
}
