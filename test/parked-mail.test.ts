/** Mail that waits for a person, behind a wrong password or paused, until all of it has left: the whole program. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendingState } from '../contracts/sending.ts';
import type { SmtpSettings } from '../contracts/smtp-settings.ts';
import { acceptMany, closeAll, relay, startDelivery, startServer } from '../server/delivery/test-data.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { databases } from './support/databases.ts';
import { administrator, administratorEnv, startProgram } from './support/program.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const count = 5000;
const perBatch = 1000;

/** A server of another make that wants a password. */
async function startRelay(password: string) {
  const seen = { signIns: [] as string[], messageIds: [] as string[] };
  let wanted = { count: Number.POSITIVE_INFINITY, resolve: () => {} };
  const server = new SMTPServer({
    allowInsecureAuth: true,
    authMethods: ['PLAIN', 'LOGIN'],
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onAuth: (auth, _session, done) => {
      const isRight = auth.password === password;
      seen.signIns.push(isRight ? 'right' : 'wrong');
      if (isRight) done(null, { user: auth.username });
      else done(Object.assign(new Error('5.7.8 Authentication credentials invalid'), { responseCode: 535 }));
    },
    onData: (stream, _session, done) => {
      let text = '';
      stream.setEncoding('latin1').on('data', (some: string) => {
        text += some;
      });
      stream.once('end', () => {
        seen.messageIds.push(/^Message-ID: (.+)$/im.exec(text)?.[1] ?? '');
        done();
        if (seen.messageIds.length >= wanted.count) wanted.resolve();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  return {
    seen,
    port: typeof address === 'object' && address !== null ? address.port : 0,
    waitFor: (messages: number) =>
      new Promise<void>((resolve) => {
        wanted = { count: messages, resolve };
        if (seen.messageIds.length >= messages) resolve();
      }),
  };
}

const submit = async (client: ApiClient, from: number): Promise<void> => {
  const emails = Array.from({ length: perBatch }, (_, place) => ({
    to: `user${from + place}@example.com`,
    subject: `Invoice ${from + place}`,
    text: 'It is attached.',
  }));
  const answer = await client.call('POST', '/api/v1/emails/batch', emails);
  expect(answer.status).toBe(200);
};

describe.each(databases)('mail that waits on $kind', ({ create, open }) => {
  it('behind a wrong password: 5,000 messages with one alert and at most two sign-ins; corrected, all leave, once each', async () => {
    const server = await startRelay('right');
    const { address, remove } = await create();
    cleanUps.push(remove);
    const program = await startProgram({ env: administratorEnv, database: address });
    cleanUps.push(async () => {
      expect(await program.stop()).toBe(0);
      program.remove();
    });
    const client = await signIn(program.url);
    const added = await client.call<SmtpSettings>('POST', '/api/v1/smtp-settings', {
      name: 'Relay',
      host: '127.0.0.1',
      port: server.port,
      security: 'none',
      fromEmail: 'hub@example.com',
      username: 'hub',
      password: 'wrong',
    });
    expect(added.status).toBe(201);
    for (let from = 0; from < count; from += perBatch) await submit(client, from);

    const readSending = async () => (await client.call<SendingState>('GET', '/api/v1/sending')).body;
    await expect.poll(async () => (await readSending()).alerts[0]?.waiting, { timeout: 10_000 }).toBe(count);
    const { alerts } = await readSending();
    expect(alerts).toHaveLength(1);
    expect(alerts[0]).toMatchObject({ code: 'sign-in', state: 'blocked', smtp_settings: { id: added.body.id } });
    expect(alerts[0]?.reason).toContain(`127.0.0.1:${server.port} refused the sign-in.`);
    expect(alerts[0]?.next_probe_at).not.toBeNull();
    expect(server.seen.signIns.length).toBeLessThanOrEqual(2);

    const changed = await client.call('PATCH', `/api/v1/smtp-settings/${added.body.id}`, { password: 'right' });
    expect(changed.status).toBe(200);
    await server.waitFor(count);
    // Over connections that stay open, so the right one is not said often either.
    expect(server.seen.signIns.filter((one) => one === 'wrong').length).toBeLessThanOrEqual(2);
    expect(new Set(server.seen.messageIds).size).toBe(count);
    expect(server.seen.messageIds).toHaveLength(count);
    await expect.poll(async () => (await readSending()).alerts, { timeout: 10_000 }).toEqual([]);
    const waiting = await client.call<{ data: unknown[] }>('GET', '/api/v1/emails?q=status:waiting&limit=1');
    expect(waiting.body.data).toEqual([]);
  });

  it('behind a wrong password: two sign-ins in fifteen minutes, by a clock that the test turns', async () => {
    cleanUps.push(closeAll);
    const server = await startServer({
      login: { username: 'hub', password: 'right' },
      capabilities: ['PIPELINING', 'AUTH PLAIN'],
    });
    const wrong = relay(server.port, { credentials: { username: 'hub', password: 'wrong' } });
    const delivery = await startDelivery(await open(), [wrong]);
    await acceptMany(delivery, count);
    await delivery.worker.start();
    for (let second = 0; second < 15 * 60; second += 15) await delivery.pass(15);
    const signIns = server.connections.flatMap(({ lines }) => lines.filter((line) => line.startsWith('AUTH')));
    expect(signIns).toHaveLength(2);
    expect(await delivery.count('sent')).toBe(0);
    expect(await delivery.health('smtp_1')).toMatchObject({ state: 'blocked', code: 'sign-in' });
  });

  it('paused: stays so over a restart, and mail is accepted meanwhile; resumed, it leaves at once', async () => {
    const server = await startRelay('right');
    const { address, remove } = await create();
    cleanUps.push(remove);
    const dataFolder = mkdtempSync(path.join(os.tmpdir(), 'postern-paused-'));
    cleanUps.push(() => rmSync(dataFolder, { recursive: true, force: true }));
    const start = () => startProgram({ env: administratorEnv, database: address, dataFolder });
    const before = await start();
    const first = await signIn(before.url);
    const { port } = server;
    const fields = { name: 'Relay', host: '127.0.0.1', port, security: 'none', fromEmail: 'hub@example.com' };
    await first.call('POST', '/api/v1/smtp-settings', { ...fields, username: 'hub', password: 'right' });
    expect((await first.call('POST', '/api/v1/sending/pause')).status).toBe(200);
    expect(await before.stop()).toBe(0);

    const program = await start();
    cleanUps.push(async () => expect(await program.stop()).toBe(0));
    const client = await signIn(program.url);
    const email = { to: 'ann@example.com', subject: 'Hello', text: 'Hello.' };
    expect((await client.call('POST', '/api/v1/emails', email)).status).toBe(200);
    const { body } = await client.call<SendingState>('GET', '/api/v1/sending');
    expect(body).toMatchObject({ is_paused: true, paused_by: administrator.email, alerts: [] });
    expect(server.seen.messageIds).toEqual([]);
    const resumed = await client.call<SendingState>('POST', '/api/v1/sending/resume');
    expect(resumed.body).toMatchObject({ is_paused: false, paused_by: null, paused_at: null });
    await server.waitFor(1);
  });
});
