/** The set-up in a folder of its own, with an npm and a Node that write down what they were asked. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

let root: string;
const at = (...parts: string[]) => path.join(root, ...parts);
const write = (name: string, text: string, mode = 0o644) => {
  mkdirSync(path.dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  chmodSync(at(name), mode);
};

const lockOf = (packages: Record<string, object>) => JSON.stringify({ lockfileVersion: 3, packages });
const react = { version: '19.0.0', integrity: 'sha512-a' };

/** Installs what the lockfile says but packages of other platforms; `rebuild` brings the Node. */
const npm = `#!/bin/sh
echo "npm $*" >> calls
case "$1" in
  ci) [ -e npm-fails ] && { echo "npm error network"; exit 1; }
      mkdir -p node_modules/.bin; sed 's/"node_modules\\/for-others":{[^}]*},//' package-lock.json > node_modules/.package-lock.json ;;
  rebuild) mkdir -p node_modules/.bin; cp fake-node node_modules/.bin/node; chmod 755 node_modules/.bin/node ;;
esac
`;
/** Builds the web part and fills the compile cache, whatever it is told. */
const fakeNode = `#!/bin/sh
echo "node $*" >> calls
case "$1" in
  --import) mkdir -p node_modules/.cache/compile ;;
  *) mkdir -p web/dist; echo built > web/dist/index.html ;;
esac
`;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'postern-setup-'));
  mkdirSync(at('scripts'));
  copyFileSync(path.join(import.meta.dirname, 'setup.mjs'), at('scripts/setup.mjs'));
  write('machine/npm', npm, 0o755);
  write('fake-node', fakeNode);
  write('web/main.ts', 'one');
  write('contracts/a.ts', 'one');
  write(
    'package-lock.json',
    lockOf({
      '': {},
      'node_modules/for-others': { version: '1.0.0', optional: true, os: ['other'] },
      'node_modules/react': react,
    }),
  );
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const setUp = (...args: string[]) =>
  new Promise<{ code: number | null; words: string }>((resolve) => {
    const env = { PATH: `${at('machine')}:/usr/bin:/bin` };
    const child = spawn(process.execPath, ['scripts/setup.mjs', ...args], { cwd: root, env });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (words += text));
    child.once('close', (code) => resolve({ code, words }));
  });

/** What was asked since the last time. */
const takeCalls = () => {
  const calls = existsSync(at('calls')) ? readFileSync(at('calls'), 'utf8').trim().split('\n') : [];
  rmSync(at('calls'), { force: true });
  return calls.map((call) => call.split(' ').slice(0, 3).join(' ').replace(`${root}/`, ''));
};

const build = 'node node_modules/vite/bin/vite.js build';
const warm = 'node --import ./scripts/compile-cache.mjs';
const everything = ['npm ci --ignore-scripts', 'npm rebuild node', build, warm];

describe('the set-up', () => {
  it('installs, fetches Node and builds in an empty clone, and then has nothing to say or do', async () => {
    const first = await setUp();
    expect(first.code).toBe(0);
    expect(first.words).toMatch(/Installing packages.*\n.*done[\s\S]*Fetching the Node[\s\S]*Building the web part/);
    expect(takeCalls()).toEqual(everything);
    expect(await setUp()).toEqual({ code: 0, words: '' });
    expect(takeCalls()).toEqual([]);
    expect(existsSync(at('.cache/setup.lock'))).toBe(false);
  });

  it('installs again when the lockfile names another version', async () => {
    await setUp();
    takeCalls();
    write('package-lock.json', lockOf({ '': {}, 'node_modules/react': { ...react, version: '19.0.1' } }));
    expect((await setUp('--no-build')).words).toContain('out of date: react');
    expect(takeCalls()).toEqual(['npm ci --ignore-scripts']);
  });

  it('fetches only the Node when only that is missing', async () => {
    await setUp();
    takeCalls();
    rmSync(at('node_modules/.bin/node'));
    expect((await setUp()).code).toBe(0);
    expect(takeCalls()).toEqual(['npm rebuild node']);
  });

  it('builds again when a source of the web part changed, but not for a test', async () => {
    await setUp();
    takeCalls();
    write('web/main.test.ts', 'new');
    expect((await setUp()).words).toBe('');
    write('contracts/a.ts', 'two');
    await setUp();
    expect(takeCalls()).toEqual([build]);
    write('web/main.ts', 'two');
    expect(await setUp('--no-build')).toEqual({ code: 0, words: '' });
  });

  it('says why it failed and what to do, and does not go on', async () => {
    write('npm-fails', '');
    const failed = await setUp();
    expect(failed.code).toBe(1);
    expect(failed.words).toMatch(/npm error network[\s\S]*failed\. Is the machine online.*same command again/);
    expect(takeCalls()).toEqual(['npm ci --ignore-scripts']);
    rmSync(at('npm-fails'));
    expect((await setUp()).code).toBe(0);
  });

  it('runs once when it is started twice at the same time', async () => {
    const both = await Promise.all([setUp(), setUp()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    expect(takeCalls()).toEqual(everything);
  });

  it('takes over from a set-up that was killed', async () => {
    write('.cache/setup.lock', '999999999');
    expect((await setUp()).code).toBe(0);
    expect(takeCalls()).toEqual(everything);
  });
});
