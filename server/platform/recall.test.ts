import { expect, it } from 'vitest';
import { freshMilliseconds, openRecall } from './recall.ts';

const open = () => {
  let time = 0;
  let reads = 0;
  const { recall, forget } = openRecall<string>({ monotonic: () => time });
  const ask = (value: string | null | Error = 'a') =>
    recall('key', async () => {
      reads += 1;
      if (value instanceof Error) throw value;
      return value;
    });
  return { ask, forget, pass: (ms: number) => (time += ms), count: () => reads };
};

it('reads once for callers at the same time, and again after a moment', async () => {
  const { ask, pass, count } = open();
  expect(await Promise.all([ask(), ask(), ask()])).toEqual(['a', 'a', 'a']);
  pass(freshMilliseconds - 1);
  await ask();
  expect(count()).toBe(1);
  pass(1);
  expect(await ask('b')).toBe('b');
  expect(count()).toBe(2);
});

it('reads again at once when something was saved', async () => {
  const { ask, forget } = open();
  await ask('before');
  forget();
  expect(await ask('after')).toBe('after');
});

it('remembers neither that there is nothing nor a failure', async () => {
  const { ask } = open();
  expect(await ask(null)).toBeNull();
  await expect(ask(new Error('away'))).rejects.toThrow('away');
  expect(await ask('a')).toBe('a');
});
