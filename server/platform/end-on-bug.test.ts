import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';

const canary = 'Kanarienvogel-7Yq9-gelb';
const place = (file: string) => JSON.stringify(path.join(import.meta.dirname, file));

it.each([
  ['throws', 'setTimeout(() => { throw error; }, 1)'],
  ['lets a promise fail', 'void Promise.reject(error)'],
])('a process that %s ends with 1 and a line in the log, and prints nothing that hung on the error', (_, bug) => {
  const script = `
    import { openLogger } from ${place('logger.ts')};
    import { endOnBug } from ${place('end-on-bug.ts')};
    endOnBug(openLogger('info', false));
    const cause = Object.assign(new Error('inner'), { parameters: ['${canary.replace('-', "' + '-' + '")}'] });
    const error = Object.assign(new Error('outer', { cause }), { detail: cause.parameters[0] });
    ${bug};
    setTimeout(() => process.exit(7), 5000);`;
  const run = spawnSync(process.execPath, ['--input-type=module-typescript', '--eval', script], { encoding: 'utf8' });
  expect(run.status).toBe(1);
  expect(JSON.parse(run.stdout)).toMatchObject({ level: 60, err: { message: 'outer', cause: { message: 'inner' } } });
  expect(run.stdout + run.stderr).not.toContain(canary);
});
