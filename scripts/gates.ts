/** What must hold before tests are worth running; each gate is a command, run one after the other. */
import { spawnSync } from 'node:child_process';

interface Gate {
  name: string;
  command: string[];
  /** What to do when it fails and its own words do not say it. */
  repair: string;
}

const gates: readonly Gate[] = [
  { name: 'types of contracts', command: ['tsc', '-p', 'contracts'], repair: '' },
  { name: 'types of the server', command: ['tsc', '-p', 'server'], repair: '' },
  { name: 'types of the pages', command: ['tsc', '-p', 'web'], repair: '' },
  { name: 'types of tests, scripts and bench', command: ['tsc', '-p', 'test'], repair: '' },
  {
    name: 'lint and format',
    command: ['biome', 'check', '--error-on-warnings'],
    repair: 'Most of it is repaired by: npx biome check --write',
  },
  { name: 'boundaries', command: ['node', 'scripts/check-boundaries.ts'], repair: '' },
  {
    name: 'documents',
    command: ['node', 'scripts/check-docs.ts'],
    repair: '',
  },
  {
    name: 'generated documents',
    command: ['node', 'scripts/generate-docs.ts', '--check'],
    repair: 'Write them anew: npm run generate',
  },
];

/** Runs every gate, also after one has failed. @returns how many passed and failed. */
export function runGates(): { passed: number; failed: number } {
  let failed = 0;
  for (const { name, command, repair } of gates) {
    const startedAt = performance.now();
    const [program = '', ...args] = command;
    const result = spawnSync(program, args, { encoding: 'utf8', env: { ...process.env, FORCE_COLOR: '0' } });
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const isGood = result.status === 0;
    console.log(`${isGood ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
    const words = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim();
    if (!isGood) console.log(`${words}\n${repair}`.trimEnd());
    else
      for (const line of words.split('\n').filter((text) => text.startsWith('warning:'))) console.log(`       ${line}`);
    if (!isGood) failed += 1;
  }
  return { passed: gates.length - failed, failed };
}
