import { afterEach, describe, expect, it } from 'vitest';
import {
  type FakeSmarthost,
  loopbackTarget,
  type SmarthostScript,
  startFakeSmarthost,
} from '../../test/fake-smarthost.ts';
import { createPool, type SmtpPool } from './pool.client.ts';

const open: { server: FakeSmarthost; pool: SmtpPool }[] = [];
afterEach(async () => {
  for (const { server, pool } of open.splice(0)) {
    await pool.close();
    await server.close();
  }
});
async function start(script: SmarthostScript) {
  const server = await startFakeSmarthost(script);
  const pool = createPool(loopbackTarget(server.port), { maxConnections: 1 });
  open.push({ server, pool });
  const mail = (name: string, beforeDot?: () => Promise<boolean>, body = 'hi') => ({
    mailFrom: 'a@example.com',
    recipients: ['b@example.com'],
    data: Buffer.from(`Subject: ${name}\r\n\r\n${body}\r\n`),
    ...(beforeDot === undefined ? {} : { beforeDot }),
  });
  const send = async (...given: Parameters<typeof mail>) => (await pool.send(mail(...given))).outcome;
  const count = () => server.connections.reduce((sum, { messages }) => sum + messages.length, 0);
  return { server, send, count };
}

const ways: [way: string, script: SmarthostScript, body: string][] = [
  ['one command at a time', {}, 'hi'],
  ['the envelope in one flight', { capabilities: ['PIPELINING'] }, 'hi'],
  ['BDAT', { capabilities: ['PIPELINING', 'CHUNKING'] }, 'hi'],
  ['a body in blocks', { capabilities: ['PIPELINING'] }, 'x'.repeat(70).concat('\r\n').repeat(3000)],
];

describe.each(ways)('the question before the dot, with %s', (_way, script, body) => {
  it('comes before the message is at the server, once for each message', async () => {
    const { send, count } = await start(script);
    const seen: number[] = [];
    for (const name of ['one', 'two', 'three']) {
      const outcome = await send(name, async () => seen.push(count()) > 0, body);
      expect(outcome.sent).toBe(true);
    }
    expect(seen).toEqual([0, 1, 2]);
    expect(count()).toBe(3);
  });

  it('answered with no leaves nothing at the server, and the next message goes', async () => {
    const { send, count } = await start(script);
    for (const name of ['one', 'two']) {
      expect(await send(name, async () => false, body)).toMatchObject({ sent: false, failure: { kind: 'cancelled' } });
      expect(await send(name, undefined, body)).toMatchObject({ sent: true });
    }
    expect(count()).toBe(2);
  });

  it('that throws is passed on, sends nothing, and the next message goes', async () => {
    const { send, count } = await start(script);
    await expect(send('one', () => Promise.reject(new Error('no database')), body)).rejects.toThrow('no database');
    expect(count()).toBe(0);
    expect(await send('two', undefined, body)).toMatchObject({ sent: true });
  });
});

it('a connection that breaks while the question is open is certain: nothing was sent', async () => {
  const asked = Promise.withResolvers<void>();
  const { server, send } = await start({
    replies: { DATA: { say: '354 go ahead', later: { after: asked.promise, say: '421 4.3.2 going down' } } },
  });
  const never = new Promise<boolean>(() => {});
  const outcome = await send('one', () => {
    asked.resolve();
    return never;
  });
  expect(outcome).toMatchObject({ sent: false, failure: { kind: 'refused', reply: { code: 421 } } });
  expect(server.connections[0]?.messages).toEqual([]);
});
