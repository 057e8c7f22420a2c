/** The process itself: out of memory, paused, without a log, without file descriptors. P7, P18, P21, P22 of docs/faults.md. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { connect, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { letTimePass, withDatabase } from '../crash/read-ledger.ts';
import { startFakeSmarthost } from '../fake-smarthost.ts';
import { openApiClient, signIn } from '../support/api-client.ts';
import { databases } from '../support/databases.ts';
import { findFreePort } from '../support/free-port.ts';
import { findProgram } from '../support/installed.ts';
import { administratorEnv, startProgram } from '../support/program.ts';
import { atEnd, closeAll, readStates, startMailProgram, subjectOf, until } from './mail-program.ts';

afterEach(closeAll);

describe('a program that runs out of memory', () => {
  it('loses nothing that it acknowledged, and sends the rest when it is started again', async () => {
    const gate = Promise.withResolvers<void>();
    const script = { replies: { MAIL: () => ({ after: gate.promise, say: '250 ok' }) } };
    const mail = await startMailProgram(script, { env: { NODE_OPTIONS: '--max-old-space-size=64' } });
    const small = Array.from({ length: 20 }, (_, place) => `small ${place}`);
    for (const subject of small) expect((await mail.submit(subject)).status).toBe(200);
    // Nothing weighs more in a heap for its octets than many small objects.
    const tags = Array.from({ length: 600_000 }, () => ({ name: 'a', value: 'b' }));
    let hasEnded = false;
    void mail.program.ended.then(() => {
      hasEnded = true;
    });
    while (!hasEnded) expect((await mail.submit('large', { tags }).catch(() => ({ status: 0 }))).status).not.toBe(200);
    expect(await mail.program.ended).not.toBe(0);
    expect(mail.program.readOutput()).toContain('heap');

    gate.resolve();
    const { env: _, ...again } = mail.again;
    const second = await startProgram({ ...again, env: administratorEnv });
    atEnd(() => second.stop());
    await until(() => Object.values(readStates(second.dataFolder).states).every((state) => state === 'sent'));
    const { states, integrity } = readStates(second.dataFolder);
    expect([Object.keys(states).sort(), integrity]).toEqual([small.sort(), 'ok']);
    expect(mail.arrived().sort()).toEqual(small);
  });
});

const postgres = databases.find(({ kind }) => kind === 'postgres');
describe.runIf(postgres)('a program that was stopped longer than its leases last', () => {
  it('sends nothing that another one has sent meanwhile, and goes on', async () => {
    const place = await postgres?.create();
    if (!place) throw new Error('no PostgreSQL');
    atEnd(place.remove);
    const gate = Promise.withResolvers<void>();
    const secretKey = 'ab'.repeat(32);
    const env = { POSTERN_SECRET_KEY: secretKey };
    // The first connection stands still before the dot; the others are at once.
    const held = { replies: { DATA: { after: gate.promise, say: '354 go' } } };
    const mail = await startMailProgram([held, {}], { database: place.address, env });
    const { id } = (await mail.submit('paused')).body;
    await until(() => mail.server.connections[0]?.lines.some((line) => line.startsWith('RCPT')) ?? false);
    process.kill(mail.program.pid, 'SIGSTOP');
    await withDatabase(place.address, letTimePass);

    const second = await startProgram({ database: place.address, env: { ...administratorEnv, ...env } });
    atEnd(async () => {
      await second.stop();
      second.remove();
    });
    await until(() => mail.arrived().length === 1);
    const api = openApiClient(second.url, { authorization: mail.authorization });
    await until(async () => (await api.call(`GET`, `/api/v1/emails/${id}`)).body.state === 'sent');
    process.kill(mail.program.pid, 'SIGCONT');
    gate.resolve();
    await until(() => mail.server.connections[0]?.isClosed ?? false);
    expect(mail.arrived()).toEqual(['paused']);
    const { attempts } = (await api.call<{ attempts: object[] }>('GET', `/api/v1/emails/${id}`)).body;
    expect(attempts).toMatchObject([{ outcome: 'queued' }, { outcome: 'sent' }]);
    expect((await mail.submit('after')).status).toBe(200);
    await until(() => mail.arrived().includes('after'));
  });
});

describe('a log that cannot be written', () => {
  const withLog = async (open: () => { stdout: number | 'pipe'; afterStart: (child: ChildProcess) => void }) => {
    const server = await startFakeSmarthost();
    atEnd(() => server.close());
    const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-log-'));
    atEnd(() => rmSync(dataFolder, { recursive: true, force: true }));
    const port = await findFreePort();
    const { stdout, afterStart } = open();
    const env = {
      PATH: process.env.PATH ?? '',
      POSTERN_DATA_DIR: dataFolder,
      POSTERN_PORT: String(port),
      POSTERN_SANDBOX_PORT: 'off',
      POSTERN_LOG_LEVEL: 'trace',
      ...administratorEnv,
    };
    const child = spawn(process.execPath, ['server/main.ts'], {
      cwd: path.resolve(import.meta.dirname, '../..'),
      env,
      stdio: ['ignore', stdout, stdout],
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    atEnd(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    const url = `http://127.0.0.1:${port}`;
    await until(() =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
    afterStart(child);
    const client = await signIn(url);
    const settings = { name: 'Relay', host: '127.0.0.1', port: server.port, security: 'none', fromEmail: 'a@b.test' };
    expect((await client.call('POST', '/api/v1/smtp-settings', settings)).status).toBe(201);
    for (const subject of ['one', 'two']) {
      const email = { to: 'ann@example.com', subject, text: 'hi' };
      const key = await client.call<{ key: string }>('POST', '/api/v1/api-keys', { name: subject, scopes: ['send'] });
      const api = openApiClient(url, { authorization: `Bearer ${key.body.key}` });
      expect((await api.call('POST', '/api/v1/emails', email)).status).toBe(200);
    }
    await until(() => server.connections.flatMap(({ messages }) => messages).length === 2);
    expect(server.connections.flatMap(({ messages }) => messages.map(subjectOf)).sort()).toEqual(['one', 'two']);
    child.kill('SIGTERM');
    expect(await ended).toBe(0);
  };

  it.runIf(process.platform === 'linux')('because its disk is full stops no mail', async () => {
    await withLog(() => {
      const stdout = openSync('/dev/full', 'w');
      return { stdout, afterStart: () => closeSync(stdout) };
    });
  });

  it('because its reader has gone stops no mail', async () => {
    await withLog(() => ({
      stdout: 'pipe',
      afterStart: (child) => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      },
    }));
  });
});

describe.runIf(findProgram('prlimit'))('a program without file descriptors', () => {
  it('lives through it, loses nothing, and sends when there are some again', async () => {
    const mail = await startMailProgram();
    expect((await mail.submit('first')).status).toBe(200);
    await until(() => mail.arrived().length === 1);
    const probe = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (at: string) =>
      new Promise<number>((resolve, reject) => {
        get(`${mail.program.url}${at}`, { agent: probe }, (response) => {
          response.resume();
          response.once('end', () => resolve(response.statusCode ?? 0));
        }).once('error', reject);
      });
    expect(await ask('/healthz')).toBe(200);
    const limit = spawnSync('prlimit', ['--pid', String(mail.program.pid), '--nofile=64:4096']);
    expect(limit.status).toBe(0);
    const { hostname, port } = new URL(mail.program.url);
    const callers: Socket[] = [];
    atEnd(() => {
      for (const socket of callers) socket.destroy();
    });
    for (let count = 0; count < 120; count += 1) callers.push(connect(Number(port), hostname).on('error', () => {}));
    // Whom it cannot take it turns away, or leaves waiting.
    const isOut = () => readdirSync(`/proc/${mail.program.pid}/fd`).length >= 62;
    await until(() => isOut() || callers.some(({ destroyed }) => destroyed));
    // Over the connection that it has already.
    expect(await ask('/healthz')).toBe(200);
    await until(async () => (await ask('/readyz')) === 503);

    for (const socket of callers.splice(0)) socket.destroy();
    await until(async () => (await mail.submit('second').catch(() => ({ status: 0 }))).status === 200);
    await until(() => mail.arrived().includes('second'));
    expect(await ask('/readyz')).toBe(200);
    expect(mail.arrived().filter((subject) => subject === 'first')).toHaveLength(1);
    expect(await mail.program.stop()).toBe(0);
  });
});
