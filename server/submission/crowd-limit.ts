/**
 * How many emails may be on their way into the store at once. While the disk or the database is slow, more of them would
 * only fill the memory and wait too long: the caller is told to come again.
 */
import type { SubmitOutcome } from './submit-message.ts';

/** What a second of a fast machine takes; a caller behind so many still waits no longer than that. */
const mostUnderWay = 5000;

export type CrowdLimit = (count: number, submit: () => Promise<SubmitOutcome>) => Promise<SubmitOutcome>;

/** A batch that finds nobody before it is let in, however large it is. */
export const openCrowdLimit = (most: number = mostUnderWay): CrowdLimit => {
  let underWay = 0;
  return async (count, submit) => {
    if (underWay > 0 && underWay + count > most) {
      return { outcome: 'unavailable', problem: 'More is coming in than can be stored at the moment.' };
    }
    underWay += count;
    try {
      return await submit();
    } finally {
      underWay -= count;
    }
  };
};
