import { expect, it } from 'vitest';
import { retrySteps } from '../../../server/queue/retry-schedule.ts';
import { retryMinutes, retryWords } from './retry-words.ts';

it('the schedule on the page is the one by which mail is tried again', () => {
  expect(retryMinutes).toEqual(retrySteps.slice(1).map((seconds) => seconds / 60));
  expect(retryWords()).toBe('after about 5 min, 15 min, 30 min, 1 h, 2 h, and then every 4 h');
});
