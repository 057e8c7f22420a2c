/**
 * The crash proof, small in `npm test`, large in `npm run test:nightly` (POSTERN_NIGHTLY=on). POSTERN_CRASH_SEED has a run
 * again; without it the nightly ones draw their own.
 */
import { describe, expect, it } from 'vitest';
import { databases, type TestedDatabase } from '../support/databases.ts';
import { allDeaths } from './nemesis.ts';
import { type CrashPlan, type CrashReport, proveCrashSafety } from './prove-crash-safety.ts';

const isLarge = process.env.POSTERN_NIGHTLY === 'on';
const seed = Number(process.env.POSTERN_CRASH_SEED ?? (isLarge ? Math.floor(Math.random() * 1e6) : 4));
const limitMs = isLarge ? 3 * 3_600_000 : 90_000;
/** Of the deaths one in eight is an orderly stop: 232 have 200 kills among them. */
const sizes = isLarge
  ? {
      killed: { messages: 50_000, deaths: 232 },
      stopped: { messages: 5000, deaths: 100 },
      two: { messages: 10_000, deaths: 20 },
    }
  : { killed: { messages: 300, deaths: 8 }, stopped: { messages: 120, deaths: 3 }, two: { messages: 300, deaths: 3 } };

for (const tested of databases) {
  describe(`Postern on ${tested.kind}`, { timeout: limitMs }, () => {
    it('killed again and again: loses nothing acknowledged, names each copy, calls sent only what was taken', async () => {
      const { figures } = await prove(tested, { ...sizes.killed, seed, nodes: 1 });
      expect(Object.keys(figures.deaths).sort()).toEqual([...new Set(allDeaths)].sort());
      expect(figures.missedPoints).toBeLessThan(sizes.killed.deaths / 4);
      expect(figures.taken).toBeGreaterThan(sizes.killed.messages * 0.9);
      // Every kill may leave as many in doubt as there are connections, and no more; a stop none.
      const kills = sizes.killed.deaths - (figures.deaths.stop ?? 0);
      expect(figures.uncertainAttempts).toBeLessThanOrEqual(figures.cuts + kills * 10);
    });

    it('stopped again and again while it sends: everything leaves once, and nothing is in doubt', async () => {
      const plan: CrashPlan = { ...sizes.stopped, kinds: ['stop'], isServerWell: true, seed, nodes: 1 };
      const { figures } = await prove(tested, plan);
      expect(figures).toMatchObject({ furtherCopies: 0, uncertainAttempts: 0, released: 0 });
    });
  });
}

const postgres = databases.find(({ kind }) => kind === 'postgres');
describe.runIf(postgres)('two Posterns on one PostgreSQL', { timeout: limitMs }, () => {
  const itLarge = isLarge ? it : () => {};
  itLarge('take up what the other one had when it does not come back', async () => {
    const plan = { ...sizes.two, isServerWell: true, isTakenOver: true, seed, nodes: 2 };
    const { figures } = await prove(postgres as TestedDatabase, plan);
    expect(figures.uncertainAttempts).toBeLessThanOrEqual(sizes.two.deaths * 10);
  });

  it('send everything once while one of them is killed and started again', async () => {
    const { figures } = await prove(postgres as TestedDatabase, { ...sizes.two, isServerWell: true, seed, nodes: 2 });
    expect(figures.taken).toBeGreaterThan(sizes.two.messages * 0.9);
    expect(figures.uncertainAttempts).toBeLessThanOrEqual(sizes.two.deaths * 10);
  });
});

async function prove({ kind, create }: TestedDatabase, plan: CrashPlan): Promise<CrashReport> {
  const place = await create();
  try {
    const report = await proveCrashSafety(plan, place.address);
    if (isLarge) console.log(`${kind}, seed ${plan.seed}: ${JSON.stringify(report.figures)}`);
    const { faults, folder } = report;
    expect(faults.slice(0, 20), `${faults.length} faults, seed ${plan.seed}, everything in ${folder}`).toEqual([]);
    return report;
  } finally {
    await place.remove();
  }
}
