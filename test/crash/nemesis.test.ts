import { describe, expect, it } from 'vitest';
import { parseKillPlan } from '../../server/platform/kill-point.ts';
import { allDeaths, describeDeath, planDeaths } from './nemesis.ts';

describe('the plan of deaths', () => {
  it('is the same for the same seed, another one for another', () => {
    expect(planDeaths(4, allDeaths, 40, 30)).toEqual(planDeaths(4, allDeaths, 40, 30));
    expect(planDeaths(4, allDeaths, 40, 30)).not.toEqual(planDeaths(5, allDeaths, 40, 30));
  });

  it('brings every kind within one round, and only those that are asked for', () => {
    const kinds = planDeaths(1, allDeaths, allDeaths.length, 30).map(describeDeath);
    expect(new Set(kinds)).toEqual(new Set(allDeaths));
    expect(new Set(planDeaths(1, ['stop'], 9, 30).map(describeDeath))).toEqual(new Set(['stop']));
  });

  it('names points in the way that the program reads, within reach of what comes in', () => {
    for (const death of planDeaths(2, allDeaths, 200, 30)) {
      if (death.kind !== 'point') continue;
      const { point, pass, delayMs } = death;
      expect(parseKillPlan(`${point}:${pass}:${delayMs}`)).toEqual({ point, pass, delayMs });
      expect(pass).toBeLessThanOrEqual(15);
    }
  });
});
