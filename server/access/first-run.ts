/**
 * The first administrator, where no variables name one: whoever can read the console may create it, nobody else.
 *
 * Policy: one token of 256 bits, made at each start while there is no administrator, valid for 30 minutes and for one use, kept only
 * as a hash in memory. It stands behind the # of the link, which browsers send to no server and no log.
 * Invariant: `take` and `giveBack` do not wait, so of two requests at the same moment one gets the token. Two processes on
 * one database are told apart by the store.
 */
import type { Clock } from '../platform/clock.ts';
import { isSameHash } from './api-key.ts';
import { hashToken, makeSessionToken } from './session-rules.ts';

const firstRunTokenMs = 30 * 60 * 1000;

export interface FirstRun {
  /** The path that opens it, for the console only. */
  path: string;
  /** Uses the token up when it is the right one. */
  take: (token: string) => 'taken' | 'wrong' | 'expired';
  /** What it was taken for did not come about; it is valid again, for what is left of its time. */
  giveBack: () => void;
}

export const openFirstRun = (clock: Pick<Clock, 'monotonic'>): FirstRun => {
  const token = makeSessionToken();
  const hash = hashToken(token);
  const startedAt = clock.monotonic();
  let isTaken = false;
  return {
    path: `/first-run#${token}`,
    take: (given) => {
      if (!isSameHash(hashToken(given), hash) || isTaken) return 'wrong';
      if (clock.monotonic() - startedAt > firstRunTokenMs) return 'expired';
      isTaken = true;
      return 'taken';
    },
    giveBack: () => {
      isTaken = false;
    },
  };
};
