/** Two programs on one PostgreSQL: what one of them accepts or is told, the other heeds at once. */
import { randomBytes } from 'node:crypto';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendingState } from '../contracts/sending.ts';
import { type ApiClient, signIn } from './support/api-client.ts';
import { databases } from './support/databases.ts';
import { administrator, administratorEnv, startProgram } from './support/program.ts';

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function startSink() {
  const arrivals = new Map<string, number>();
  let tell = () => {};
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    onData: (stream, { envelope }, done) => {
      stream.resume().once('end', () => {
        arrivals.set(envelope.rcptTo[0]?.address ?? '', performance.now());
        done();
        tell();
      });
    },
  });
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanUps.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const address = server.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    arrivals,
    /** @returns when it came, by the monotonic clock. */
    waitFor: async (to: string): Promise<number> => {
      for (;;) {
        const at = arrivals.get(to);
        if (at !== undefined) return at;
        await new Promise<void>((resolve) => {
          tell = resolve;
        });
      }
    },
  };
}

const submit = async (client: ApiClient, to: string): Promise<{ id: string; at: number }> => {
  const answer = await client.call<{ id: string }>('POST', '/api/v1/emails', { to, subject: 'Hello', text: 'Hello.' });
  expect(answer.status).toBe(200);
  return { id: answer.body.id, at: performance.now() };
};
const isStillAway = (arrival: Promise<unknown>, milliseconds: number): Promise<boolean> =>
  Promise.race([
    arrival.then(() => false),
    new Promise<boolean>((resolve) => setTimeout(() => resolve(true), milliseconds)),
  ]);
const readSending = async (client: ApiClient) => (await client.call<SendingState>('GET', '/api/v1/sending')).body;

describe.each(databases.filter(({ kind }) => kind === 'postgres'))('two nodes on $kind', ({ create }) => {
  const startNode = async (address: Parameters<typeof startProgram>[0], env: Record<string, string>) => {
    const program = await startProgram({ ...address, env: { ...administratorEnv, ...env } });
    cleanUps.push(async () => {
      expect(await program.stop()).toBe(0);
      program.remove();
    });
    return signIn(program.url);
  };
  /** @param more for the first node */
  const start = async (more: Record<string, string> = {}) => {
    const sink = await startSink();
    const { address, remove } = await create();
    cleanUps.push(remove);
    const env = { POSTERN_SECRET_KEY: randomBytes(32).toString('hex') };
    const first = await startNode({ database: address }, { ...env, ...more });
    const second = await startNode({ database: address }, env);
    const added = await first.call<{ id: string }>('POST', '/api/v1/smtp-settings', {
      name: 'Sink',
      host: '127.0.0.1',
      port: sink.port,
      security: 'none',
      fromEmail: 'hub@example.com',
    });
    expect(added.status).toBe(201);
    return { sink, first, second, settingsId: added.body.id };
  };

  it('sends on one node what the other has accepted, in a fifth of a second', async () => {
    // The first may not dial this machine: what it accepts, only the second can send.
    const { sink, first } = await start({ POSTERN_DENY_PRIVATE_HOSTS: 'on' });
    // It tries itself, fails, and leaves its server alone for a while.
    const { id } = await submit(first, 'first@example.com');
    const readAttempts = async () =>
      (await first.call<{ attempts: unknown[] }>('GET', `/api/v1/emails/${id}`)).body.attempts;
    await expect.poll(async () => (await readAttempts()).length, { interval: 20 }).toBeGreaterThan(0);
    const took: number[] = [];
    for (let place = 0; place < 7; place += 1) {
      const to = `user${place}@example.com`;
      const { at } = await submit(first, to);
      took.push((await sink.waitFor(to)) - at);
    }
    // By its own look the other would find each after up to a second; half of them within half of one.
    took.sort((a, b) => a - b);
    expect(took[3]).toBeLessThan(200);
  });

  it('pauses and resumes all sending on both, whichever is told', async () => {
    const { sink, first, second } = await start();
    expect((await first.call('POST', '/api/v1/sending/pause')).status).toBe(200);
    const pausedAt = performance.now();
    // What it had begun to send before it heard of the pause still leaves.
    let waits = '';
    for (let place = 0; waits === ''; place += 1) {
      const to = `user${place}@example.com`;
      await submit(second, to);
      if (await isStillAway(sink.waitFor(to), 300)) waits = to;
    }
    expect(performance.now() - pausedAt).toBeLessThan(2300);
    expect(await readSending(second)).toMatchObject({ is_paused: true, paused_by: administrator.email });
    expect((await first.call('POST', '/api/v1/sending/resume')).status).toBe(200);
    const resumedAt = performance.now();
    expect((await sink.waitFor(waits)) - resumedAt).toBeLessThan(2000);
    expect(await readSending(second)).toMatchObject({ is_paused: false, paused_by: null });
  });
});
