/** The program as a supervisor and an administrator's shell meet it. */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openApiClient, signIn } from './support/api-client.ts';
import { databases } from './support/databases.ts';
import { administratorEnv, type Program, runToEnd, startProgram } from './support/program.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const start = async (options: Parameters<typeof startProgram>[0] = {}): Promise<Program> => {
  const program = await startProgram(options);
  cleanUps.push(async () => {
    await program.stop();
    program.remove();
  });
  return program;
};

const makeFolder = () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'postern-program-'));
  cleanUps.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

describe('bad configuration', () => {
  const bad: [name: string, env: Record<string, string>, faults: string[]][] = [
    ['one variable', { POSTERN_PORT: 'http' }, ['POSTERN_PORT']],
    [
      'several at once',
      { POSTERN_PORT: '70000', POSTERN_LOG_LEVEL: 'loud', POSTERN_DATABASE_URL: 'mysql://u:hunter2@h/d' },
      ['POSTERN_PORT', 'POSTERN_DATABASE_URL', 'POSTERN_LOG_LEVEL'],
    ],
    ['half an administrator', { POSTERN_ADMIN_EMAIL: 'a@example.com' }, ['POSTERN_ADMIN_PASSWORD']],
    ['a key that is too short', { POSTERN_SECRET_KEY: 'abc' }, ['POSTERN_SECRET_KEY']],
    ['a file that is not there', { POSTERN_SECRET_KEY_FILE: '/nowhere/key' }, ['POSTERN_SECRET_KEY_FILE']],
  ];
  it.each(bad)('stops the start with one line a fault: %s', async (_name, env, faults) => {
    const folder = makeFolder();
    const result = await runToEnd(['server/main.ts'], { POSTERN_DATA_DIR: folder, ...env });
    expect(result.code).toBe(1);
    expect(result.stdout).toBe('');
    const lines = result.stderr.trim().split('\n');
    expect(lines.map((line) => /^postern: (\w+):/.exec(line)?.[1])).toEqual(faults);
    expect(result.stderr).not.toContain('hunter2');
    expect(() => statSync(path.join(folder, 'postern.db'))).toThrow();
  });

  it('names a variable that does not exist, and starts', async () => {
    const program = await start({ env: { POSTERN_PROT: '1' } });
    expect(program.readOutput()).toMatch(/POSTERN_PROT: there is no such variable/);
  });

  it('says which port is taken and what to do', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    cleanUps.push(() => taken.close());
    const { port } = taken.address() as { port: number };
    const env = { POSTERN_DATA_DIR: makeFolder(), POSTERN_PORT: String(port), POSTERN_SANDBOX_PORT: 'off' };
    const result = await runToEnd(['server/main.ts'], env);
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(new RegExp(`^postern: .*127\\.0\\.0\\.1:${port}.*POSTERN_PORT`));
  });

  it('says that the database cannot be reached, without the password', async () => {
    const url = 'postgres://postern:hunter2@127.0.0.1:1/postern';
    const result = await runToEnd(['server/main.ts'], { POSTERN_DATA_DIR: makeFolder(), POSTERN_DATABASE_URL: url });
    expect(result.code).toBe(1);
    expect(result.stderr).toMatch(/^postern: .*POSTERN_DATABASE_URL/);
    expect(result.stderr + result.stdout).not.toContain('hunter2');
  });
});

describe.each(databases)('the program on $kind', ({ kind, create }) => {
  const startHere = async (options: Parameters<typeof startProgram>[0] = {}) => {
    const place = await create();
    cleanUps.push(place.remove);
    return start({ ...options, ...(kind === 'postgres' && { database: place.address }) });
  };

  it('answers its probes, counts itself, and ends with 0 on SIGTERM', async () => {
    const program = await startHere();
    const health = await fetch(`${program.url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await fetch(`${program.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
    const metrics = await (await fetch(`${program.url}/metrics`)).text();
    expect(metrics).toMatch(/^postern_process_resident_memory_bytes \d+/m);
    expect(metrics).toMatch(/^postern_sending_closed 0$/m);
    expect(await program.stop()).toBe(0);
    await expect(fetch(`${program.url}/healthz`)).rejects.toThrow();
  });

  it('keeps everything over a kill', async () => {
    const place = await create();
    cleanUps.push(place.remove);
    const dataFolder = makeFolder();
    const options = { dataFolder, env: administratorEnv, ...(kind === 'postgres' && { database: place.address }) };
    const first = await startProgram(options);
    const client = await signIn(first.url);
    const input = {
      name: 'Kept',
      host: 'mail.example.com',
      port: 587,
      fromEmail: 'a@example.com',
      username: 'u',
      password: 'p w',
    };
    expect((await client.call('POST', '/api/v1/smtp-settings', input)).status).toBe(201);
    await first.kill();

    const second = await start(options);
    const list = await (await signIn(second.url)).call('GET', '/api/v1/smtp-settings');
    expect(list.body).toMatchObject({ data: [{ name: 'Kept', hasPassword: true }] });
  });

  it('serves the command line while it runs: a key it makes works at once', async () => {
    const program = await startHere({ env: administratorEnv });
    const cli = (...args: string[]) => runToEnd(['server/cli/postern.ts', ...args], program.env);
    const made = await cli('api-key', 'create', '--name', 'billing', '--scopes', 'smtp-settings');
    expect([made.code, made.stderr]).toEqual([0, '']);
    expect(made.stdout).toMatch(/^pst_\S+\n$/);
    const client = openApiClient(program.url, { authorization: `Bearer ${made.stdout.trim()}` });
    const input = { name: 'By key', host: '127.0.0.1', port: 1, security: 'none', fromEmail: 'a@example.com' };
    expect((await client.call('POST', '/api/v1/smtp-settings', input)).status).toBe(201);

    const listed = await cli('smtp-settings', 'list');
    expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining('By key')]);
    const tested = await cli('smtp-settings', 'test', 'By key', '--to', 'b@example.com');
    expect(tested.code).toBe(1);
    expect(tested.stdout + tested.stderr).toMatch(/refused/i);
  });
});

describe('the data folder', () => {
  it('belongs to one process: the second is refused, and the first goes on', async () => {
    const first = await start();
    const second = await runToEnd(['server/main.ts'], first.env);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(first.dataFolder);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  });

  it('holds a key file that only its owner can read', async () => {
    const program = await start();
    const key = statSync(path.join(program.dataFolder, 'secret.key'));
    expect(key.mode & 0o777).toBe(0o600);
  });

  it('is not needed for the key when a file gives it', async () => {
    const file = path.join(makeFolder(), 'key');
    writeFileSync(file, `${'ab'.repeat(32)}\n`);
    const program = await start({ env: { POSTERN_SECRET_KEY_FILE: file } });
    expect(() => statSync(path.join(program.dataFolder, 'secret.key'))).toThrow();
  });
});

describe('the first run', () => {
  it('is opened once by the link that the console prints', async () => {
    const program = await start();
    expect(program.firstRunPath).toMatch(/^\/first-run#\S{40,}$/);
    const token = program.firstRunPath?.split('#')[1];
    const person = { token, name: 'Ada', email: 'ada@example.com', password: 'correct battery staple' };
    const client = openApiClient(program.url);
    const ours = { 'x-postern': '1' };
    expect(
      (await client.call('POST', '/api/v1/first-run', { ...person, token: 'x'.repeat(43) }, ours)).status,
    ).not.toBe(201);
    expect((await client.call('POST', '/api/v1/first-run', person, ours)).status).toBe(201);
    expect((await client.call('GET', '/api/v1/first-run')).body).toEqual({ isOpen: false });
    expect((await client.call('POST', '/api/v1/first-run', person, ours)).status).not.toBe(201);
    expect(await signIn(program.url, person)).toBeTruthy();
  });
});
