import { expect, it } from 'vitest';
import { type BulkProgress, type BulkStep, runBulk } from './bulk-run.ts';

const held = 'This message is not held.';
const steps: BulkStep[] = [
  { changed: 2, unchanged: 1, reasons: [{ why: held, count: 1 }] },
  {
    changed: 0,
    unchanged: 4,
    reasons: [
      { why: 'Gone.', count: 3 },
      { why: held, count: 1 },
    ],
  },
  { changed: 5, unchanged: 0, reasons: [] },
];
async function* take(asked: BulkStep[]) {
  for (const step of steps) {
    asked.push(step);
    yield step;
  }
}

it('adds up what each step changed and why it did not, most frequent first', async () => {
  const seen: BulkProgress[] = [];
  await runBulk(
    take([]),
    (progress) => seen.push(progress),
    () => false,
  );
  expect(seen.map(({ changed, unchanged }) => [changed, unchanged])).toEqual([
    [2, 1],
    [2, 5],
    [7, 5],
  ]);
  expect(seen.at(-1)?.reasons).toEqual([
    { why: 'Gone.', count: 3 },
    { why: held, count: 2 },
  ]);
});

it('takes no further step once it is stopped', async () => {
  const asked: BulkStep[] = [];
  await runBulk(
    take(asked),
    () => {},
    () => true,
  );
  expect(asked).toEqual(steps.slice(0, 1));
});
