import os from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{contracts,server,web,test,scripts,bench}/**/*.test.{ts,tsx}'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // Most of them wait: for pages, for programs that start, for the disk. One worker leaves half of a small machine idle.
    maxWorkers: Math.max(2, os.availableParallelism() - 1),
    // Against hanging, not a promise of speed: a busy machine takes its time, and a nightly run has more to do.
    testTimeout: process.env.POSTERN_TEST_RUNS ? 1_800_000 : 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    reporters: ['default'],
  },
});
