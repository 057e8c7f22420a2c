import { describe, expect, it } from 'vitest';
import type { BatchLine } from '../../contracts/submission.ts';
import type { Line } from './split-lines.ts';
import { submitLines } from './submit-lines.ts';

const lineOf = (text: string): Line => ({ fault: null, text });
const resultOf = (index: number): BatchLine => ({ index, id: `msg_${index}` });
async function* linesOf(texts: Iterable<string>) {
  for (const text of texts) yield lineOf(text);
}
const collect = async (results: AsyncIterable<BatchLine>) => {
  const all: number[] = [];
  for await (const { index } of results) all.push(index);
  return all;
};

describe('lines under way', () => {
  it('are answered in their order, whichever is accepted first', async () => {
    const ends: (() => void)[] = [];
    const submit = (_: Line, index: number) =>
      new Promise<BatchLine>((end) => {
        ends.push(() => end(resultOf(index)));
        if (ends.length === 5) for (const one of ends.toReversed()) one();
      });
    expect(await collect(submitLines(linesOf('abcde'), submit))).toEqual([0, 1, 2, 3, 4]);
  });

  it('are answered while more are still to come, for a caller who waits for each', async () => {
    let give = (_: string | null) => {};
    async function* slowly() {
      for (;;) {
        const text = await new Promise<string | null>((resolve) => {
          give = resolve;
        });
        if (text === null) return;
        yield lineOf(text);
      }
    }
    const results = submitLines(slowly(), async (_, index) => resultOf(index));
    for (const index of [0, 1, 2]) {
      const next = results.next();
      await Promise.resolve();
      give('x');
      expect((await next).value).toEqual(resultOf(index));
    }
    const end = results.next();
    give(null);
    expect((await end).done).toBe(true);
  });

  it('are bounded in number and in bytes, and by how fast results are taken', async () => {
    let underWay = 0;
    let most = 0;
    let read = 0;
    const submit = async (_: Line, index: number) => {
      underWay += 1;
      most = Math.max(most, underWay);
      await new Promise(setImmediate);
      underWay -= 1;
      return resultOf(index);
    };
    async function* counted(count: number, text: string) {
      for (; read < count; ) {
        read += 1;
        yield lineOf(text);
      }
    }
    expect(await collect(submitLines(counted(1000, 'x'), submit))).toHaveLength(1000);
    expect(most).toBe(128);
    most = 0;
    read = 0;
    expect(await collect(submitLines(counted(20, 'x'.repeat(20 * 1024 * 1024)), submit))).toHaveLength(20);
    expect(most).toBe(1);
    read = 0;
    const untaken = submitLines(counted(1000, 'x'), submit);
    await untaken.next();
    await new Promise(setImmediate);
    expect(read).toBeLessThanOrEqual(128);
    await untaken.return(undefined);
  });

  it('end with the body: when reading fails, so does answering, and nothing is left that could end the process', async () => {
    async function* broken() {
      yield lineOf('x');
      throw new Error('gone');
    }
    const results = submitLines(broken(), async (_, index) => resultOf(index));
    await expect(collect(results)).rejects.toThrow('gone');
    let fail = (_: Error) => {};
    async function* waits() {
      yield lineOf('x');
      await new Promise((_, reject) => {
        fail = reject;
      });
    }
    const left = submitLines(waits(), async (_, index) => resultOf(index));
    expect((await left.next()).value).toEqual(resultOf(0));
    const over = left.return(undefined);
    fail(new Error('gone'));
    await expect(over).resolves.toMatchObject({ done: true });
  });
});
