import { describe, expect, it } from 'vitest';
import { type KillPlan, type KillPoint, parseKillPlan, withKillPoints } from './kill-point.ts';

interface Store {
  write: (value: number) => Promise<number>;
  read: () => Promise<string>;
}

const points: KillPoint<Store>[] = [
  { point: 'before_write', method: 'write', when: 'before' },
  { point: 'after_write', method: 'write', when: 'after' },
];

const setUp = (plan: KillPlan | null) => {
  const happened: string[] = [];
  const store: Store = {
    write: async (value) => {
      happened.push(`write ${value}`);
      return value * 2;
    },
    read: async () => 'read',
  };
  const watched = withKillPoints(store, points, plan, () => happened.push('kill'));
  return { store, watched, happened };
};

describe('a kill point', () => {
  it('leaves an object alone without a plan, or with one for another point', () => {
    for (const plan of [null, { point: 'elsewhere', pass: 1, delayMs: 0 }]) {
      const { store, watched } = setUp(plan);
      expect(watched).toBe(store);
    }
  });

  it('kills as the method is called for the planned time, and at no other', async () => {
    const { watched, happened } = setUp({ point: 'before_write', pass: 2, delayMs: 0 });
    for (const value of [1, 2, 3]) expect(await watched.write(value)).toBe(value * 2);
    expect(await watched.read()).toBe('read');
    expect(happened).toEqual(['write 1', 'kill', 'write 2', 'write 3']);
  });

  it('kills once the method has answered, before the answer is handed on', async () => {
    const { watched, happened } = setUp({ point: 'after_write', pass: 1, delayMs: 0 });
    await watched.write(1).then(() => happened.push('handed on'));
    expect(happened).toEqual(['write 1', 'kill', 'handed on']);
  });

  it('lets things go on for as long as planned', async () => {
    let killed: () => void = () => {};
    const wait = new Promise<void>((resolve) => {
      killed = resolve;
    });
    const { store } = setUp(null);
    const happened: string[] = [];
    const watched = withKillPoints(store, points, { point: 'before_write', pass: 1, delayMs: 1 }, () => {
      happened.push('kill');
      killed();
    });
    await watched.write(1).then(() => happened.push('handed on'));
    await wait;
    expect(happened).toEqual(['handed on', 'kill']);
  });

  it('is written as a name, a number of passes and a delay', () => {
    expect(parseKillPlan('post_dot')).toEqual({ point: 'post_dot', pass: 1, delayMs: 0 });
    expect(parseKillPlan('post_dot:17')).toEqual({ point: 'post_dot', pass: 17, delayMs: 0 });
    expect(parseKillPlan('post_dot:17:3')).toEqual({ point: 'post_dot', pass: 17, delayMs: 3 });
    for (const wrong of ['', 'post dot', 'post_dot:0', 'post_dot:x', 'post_dot:1:-1'])
      expect(parseKillPlan(wrong)).toBe(null);
  });
});
