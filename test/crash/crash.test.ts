/**
 * The crash proof, small: `npm test`. Large, by `npm run test:nightly`: POSTERN_NIGHTLY=on. POSTERN_CRASH_SEED repeats a run.
 */
import { describe, expect, it } from 'vitest';
import { databases } from '../support/databases.ts';
import { killPoints } from './nemesis.ts';
import { type CrashReport, proveCrashSafety } from './prove-crash-safety.ts';

const isLarge = process.env.POSTERN_NIGHTLY === 'on';
const seed = Number(process.env.POSTERN_CRASH_SEED ?? (isLarge ? Math.floor(Math.random() * 1e6) : 4));
const size = isLarge ? { messages: 50_000, deaths: 200 } : { messages: 300, deaths: 8 };
const limitMs = isLarge ? 3 * 3_600_000 : 60_000;

for (const { kind, create } of databases) {
  describe(`a program that is killed again and again, on ${kind}`, { timeout: limitMs }, () => {
    it('loses nothing that it acknowledged, names every further copy, and calls sent only what was taken', async () => {
      const place = kind === 'postgres' ? await create() : null;
      try {
        const report = await proveCrashSafety({ ...size, seed, nodes: 1, database: place?.address ?? null });
        tell(`${kind}, seed ${seed}`, report);
        expectKept(report);
        expect(Object.keys(report.figures.deaths).sort()).toEqual([...killPoints, 'random', 'stop'].sort());
        expect(report.figures.missedPoints).toBeLessThan(size.deaths / 4);
      } finally {
        await place?.remove();
      }
    });
  });
}

describe('two programs on one PostgreSQL', { timeout: limitMs }, () => {
  const postgres = databases.find(({ kind }) => kind === 'postgres');
  it.runIf(postgres)('send everything once while one of them is killed and started again', async () => {
    const place = await postgres?.create();
    try {
      const plan = { messages: isLarge ? 10_000 : 300, deaths: isLarge ? 20 : 3, seed, nodes: 2 };
      const report = await proveCrashSafety({ ...plan, database: place?.address ?? null });
      tell(`two nodes, seed ${seed}`, report);
      expectKept(report);
    } finally {
      await place?.remove();
    }
  });
});

function expectKept({ faults, figures }: CrashReport): void {
  expect(faults).toEqual([]);
  expect(figures.taken).toBeGreaterThan(size.messages / 2);
  // Nothing is called uncertain but for a line that broke, or a death: ten lines are open at most.
  const killed = Object.values(figures.deaths).reduce((sum, deaths) => sum + deaths, 0) - (figures.deaths.stop ?? 0);
  expect(figures.uncertainAttempts).toBeLessThanOrEqual(figures.cuts + killed * 10);
  expect(figures.furtherCopies).toBeLessThanOrEqual(figures.uncertainAttempts);
}

function tell(what: string, { figures }: CrashReport): void {
  if (isLarge) console.log(`${what}: ${JSON.stringify(figures)}`);
}
