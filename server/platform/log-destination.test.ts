import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const module = path.join(import.meta.dirname, 'log-destination.ts');
const runScript = async (script: string, stdout: 'pipe' | number = 'pipe') => {
  const source = `import { openLogDestination } from ${JSON.stringify(module)};\nconst log = openLogDestination(1);\n${script}`;
  const args = ['--input-type=module-typescript', '--eval', source];
  const child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'pipe'] });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  let wrong = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    wrong += text;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, lines: said.split('\n').slice(0, -1), wrong };
};

describe('a log', () => {
  it('has every line once and in order, also those just before the process ends', async () => {
    const { code, lines, wrong } = await runScript(`
      for (let line = 0; line < 1000; line += 1) log.write(line + '\\n');
      setTimeout(() => {
        for (let line = 1000; line < 20_000; line += 1) log.write(line + '\\n');
        process.exit(3);
      }, 30);`);
    expect([code, wrong]).toEqual([3, '']);
    expect(lines).toEqual(Array.from({ length: 20_000 }, (_, line) => String(line)));
  });

  it.runIf(process.platform === 'linux')('that cannot be written neither ends the process nor keeps it', async () => {
    const full = openSync('/dev/full', 'w');
    const { code, wrong } = await runScript(
      `log.write('one\\n'); setTimeout(() => { log.write('two\\n'); process.exit(4); }, 30);`,
      full,
    );
    closeSync(full);
    expect([code, wrong]).toEqual([4, '']);
  });
});
