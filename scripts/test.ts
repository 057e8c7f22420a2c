/**
 * `npm test`: brings what the tests need, runs the gates (types, lint, boundaries, generated documents) and then every
 * test. `npm test -- PATH` runs only the tests of that path. The last line is the count: `N passed, N failed`.
 * What cannot run on this machine is named with the reason, and counts as failed when CI is set, unless its kernel forbids it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isCi } from '../test/support/installed.ts';
import { runGates } from './gates.ts';
import { provide } from './provision.ts';

interface Report {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  testResults: { name: string; status: string; assertionResults: { status: string }[] }[];
}

const args = process.argv.slice(2);
const missing = provide();
const gates = args.length === 0 ? runGates() : { passed: 0, failed: 0 };
const tests = runTests();

for (const { what, why, tests: names } of missing) {
  console.log(`\nMISSING ${what}: ${why}.\n        Not run without it: ${names}.`);
}
const failed = gates.failed + tests.failed + (isCi ? missing.filter(({ isForbidden }) => !isForbidden).length : 0);
if (tests.leftOut > 0) console.log(`\n${tests.leftOut} left out`);
console.log(`\n${gates.passed + tests.passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Counts come from Vitest's own report; a file that could not be loaded, or a run that broke off, counts as a failure. */
function runTests(): { passed: number; failed: number; leftOut: number } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-report-'));
  const file = path.join(folder, 'report.json');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
  try {
    const run = spawnSync('vitest', ['run', ...reporters, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    const notLoaded = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed'),
    ).length;
    const counted = report.numFailedTests + notLoaded;
    return {
      passed: report.numPassedTests,
      // Errors outside any test leave all tests green and the run red.
      failed: run.status === 0 ? counted : Math.max(1, counted),
      leftOut: report.numPendingTests,
    };
  } catch (error) {
    console.log(`The tests could not be run: ${(error as Error).message}`);
    return { passed: 0, failed: 1, leftOut: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
