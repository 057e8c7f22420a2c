import { describe, expect, it } from 'vitest';
import { openGroupCommit } from './group-commit.ts';
import { DatabaseUnavailableError } from './unavailable.ts';

/** Groups as they come, each held until it is let go. */
const openGate = () => {
  const groups: { units: number[]; pass: () => void; fail: (error: Error) => void }[] = [];
  let arrived = () => {};
  const run = (units: number[]) =>
    new Promise<number[]>((resolve, reject) => {
      groups.push({ units, pass: () => resolve(units.map((unit) => unit * 10)), fail: reject });
      arrived();
    });
  const until = async (count: number) => {
    while (groups.length < count)
      await new Promise<void>((resolve) => {
        arrived = resolve;
      });
    return groups[count - 1] as (typeof groups)[number];
  };
  return { run, until, groups };
};
const turn = () => new Promise((resolve) => setImmediate(resolve));
const code = (value: string) => Object.assign(new Error('no'), { code: value });

describe('group commit', () => {
  it('sends together what is asked for while a group is on its way, and answers each', async () => {
    const gate = openGate();
    const commit = openGroupCommit({ run: gate.run, maxUnits: 10 });
    const first = commit(1);
    (await gate.until(1)).units satisfies number[];
    const others = [commit(2), commit(3), commit(4)];
    await turn();
    expect(gate.groups.map(({ units }) => units)).toEqual([[1]]);
    gate.groups[0]?.pass();
    expect(await first).toBe(10);
    const second = await gate.until(2);
    expect(second.units).toEqual([2, 3, 4]);
    second.pass();
    expect(await Promise.all(others)).toEqual([20, 30, 40]);
  });

  it('keeps to its limits of units and octets, but lets a unit that is too large go alone', async () => {
    const groups: number[][] = [];
    const run = async (units: number[]) => {
      groups.push(units);
      return units;
    };
    const commit = openGroupCommit({ run, maxUnits: 3, maxBytes: 100, weigh: (unit) => unit });
    await Promise.all([1, 2, 3, 60, 30, 20, 500, 1].map(commit));
    expect(groups).toEqual([[1, 2, 3], [60, 30], [20], [500], [1]]);
  });

  it('has no more groups on their way than it may', async () => {
    const gate = openGate();
    const commit = openGroupCommit({ run: gate.run, maxUnits: 1, inFlight: 2 });
    const all = [1, 2, 3].map(commit);
    await gate.until(2);
    await turn();
    await turn();
    expect(gate.groups).toHaveLength(2);
    gate.groups[1]?.pass();
    (await gate.until(3)).pass();
    gate.groups[0]?.pass();
    expect(await Promise.all(all)).toEqual([10, 20, 30]);
  });

  it('lets a bad unit fail alone', async () => {
    const run = async (units: number[]) => {
      if (units.includes(2)) throw code('23505');
      return units;
    };
    const commit = openGroupCommit({ run, maxUnits: 10 });
    const settled = await Promise.allSettled([1, 2, 3].map(commit));
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('asks a database that is away once, not for each', async () => {
    let asked = 0;
    const run = async (): Promise<number[]> => {
      asked += 1;
      throw new DatabaseUnavailableError('away', 'ECONNREFUSED');
    };
    const commit = openGroupCommit({ run, maxUnits: 10 });
    const settled = await Promise.allSettled([1, 2, 3].map(commit));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(asked).toBe(1);
  });

  it('tries again after a deadlock, a few times', async () => {
    let asked = 0;
    const run = async (units: number[]) => {
      asked += 1;
      if (asked < 4) throw code('40P01');
      return units;
    };
    expect(await openGroupCommit({ run, maxUnits: 10 })(7)).toBe(7);
    asked = Number.NEGATIVE_INFINITY;
    await expect(openGroupCommit({ run, maxUnits: 10 })(7)).rejects.toMatchObject({ code: '40P01' });
  });
});
