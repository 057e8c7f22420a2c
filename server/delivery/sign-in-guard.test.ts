import { afterEach, describe, expect, it } from 'vitest';
import { loopbackTarget, type SmarthostScript, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { closeServers, servers } from '../../test/run-session.ts';
import { createPool } from '../smtp/pool.client.ts';
import { openSession } from '../smtp/session.client.ts';
import { guardSignIn, signInLimit } from './sign-in-guard.ts';

afterEach(closeServers);

const login = { username: 'hub', password: 'right' };
async function start(script: SmarthostScript, password: string | null) {
  const server = await startFakeSmarthost(script);
  servers.push(server);
  let now = 0;
  const credentials = password === null ? null : { username: 'hub', password };
  const open = guardSignIn(openSession, () => now);
  const pool = createPool(loopbackTarget(server.port, { credentials }), { maxConnections: 10, open });
  const send = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        pool.send({ mailFrom: 'a@example.com', recipients: ['b@example.com'], data: Buffer.from('x\r\n') }),
      ),
    );
  return {
    send,
    pool,
    pass: (milliseconds: number) => {
      now += milliseconds;
    },
    signIns: () => server.connections.flatMap(({ lines }) => lines.filter((line) => line.startsWith('AUTH'))).length,
    connections: () => server.connections.length,
  };
}

describe('ten connections at once', () => {
  it('with a wrong password try it twice; the others are called back without a word', async () => {
    const { send, signIns, connections, pass, pool } = await start({ login }, 'wrong');
    const kinds = (await send(10)).map(({ outcome }) => (outcome.sent ? 'sent' : outcome.failure.kind));
    expect(kinds.filter((kind) => kind === 'refused')).toHaveLength(2);
    expect(kinds.filter((kind) => kind === 'cancelled')).toHaveLength(8);
    expect([signIns(), connections()]).toEqual([2, 2]);
    pass(signInLimit.milliseconds - 1);
    await send(3);
    expect(signIns()).toBe(2);
    pass(1);
    await send(3);
    expect(signIns()).toBe(4);
    await pool.close();
  });

  it('with the right one are all opened', async () => {
    const { send, signIns, pool } = await start({ login }, 'right');
    expect((await send(10)).every(({ outcome }) => outcome.sent)).toBe(true);
    expect(signIns()).toBeGreaterThan(1);
    await pool.close();
  });

  it('do not wait for each other where nobody signs in', async () => {
    const all = Promise.withResolvers<void>();
    let greeted = 0;
    const greeting = () => {
      if (++greeted === 10) all.resolve();
      return { after: all.promise, say: '220 hi' };
    };
    const { send, pool } = await start({ replies: { greeting } }, null);
    expect((await send(10)).every(({ outcome }) => outcome.sent)).toBe(true);
    await pool.close();
  });

  it('are not held back by a server that cannot check the sign-in for now', async () => {
    const { send, pool, signIns } = await start({ login, replies: { AUTH: '454 4.7.0 later' } }, 'right');
    const outcomes = await send(4);
    expect(outcomes.every(({ outcome }) => !outcome.sent && outcome.failure.kind === 'refused')).toBe(true);
    expect(signIns()).toBe(4);
    await pool.close();
  });
});
