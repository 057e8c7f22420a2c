import { expect, it } from 'vitest';
import { openCrowdLimit } from './crowd-limit.ts';
import type { SubmitOutcome } from './submit-message.ts';

it('turns away what would be too much at once, and lets the next in when something is done', async () => {
  const limit = openCrowdLimit(10);
  const ends: (() => void)[] = [];
  const submit = () =>
    new Promise<SubmitOutcome>((resolve) => {
      ends.push(() => resolve({ outcome: 'accepted', ids: [] }));
    });
  const first = limit(6, submit);
  const second = limit(4, submit);
  expect(await limit(1, submit)).toMatchObject({ outcome: 'unavailable' });
  expect(ends).toHaveLength(2);
  ends[0]?.();
  await first;
  const third = limit(6, submit);
  for (const end of ends) end();
  expect((await Promise.all([second, third])).map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
});

it('lets a large batch in alone, and forgets one that failed', async () => {
  const limit = openCrowdLimit(10);
  await expect(limit(50, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
  expect(await limit(50, async () => ({ outcome: 'accepted', ids: [] }))).toMatchObject({ outcome: 'accepted' });
});
