import { createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { startSilentPort } from '../../test/silent-port.ts';
import { Attempt } from './attempt.ts';
import { connectToAny } from './connect.client.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function listen(host: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => {}));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  return (server.address() as { port: number }).port;
}

const connect = (
  addresses: string[],
  port: number,
  more: { timeoutMilliseconds?: number; refused?: string[]; signal?: AbortSignal } = {},
) =>
  connectToAny({
    addresses,
    port,
    timeoutMilliseconds: more.timeoutMilliseconds ?? 2000,
    isAddressAllowed: (address) => !(more.refused ?? []).includes(address),
    attempt: new Attempt({}, 5000),
    signal: more.signal,
  });

describe('connectToAny', () => {
  it('goes on to the next address at once when one refuses, without the head start', async () => {
    const port = await listen('127.0.0.1');
    const before = performance.now();
    const connected = await connect(
      [2, 3, 4, 5, 6, 7, 8, 1].map((last) => `127.0.0.${last}`),
      port,
    );
    expect(connected).toMatchObject({ ok: true, address: '127.0.0.1' });
    expect(performance.now() - before).toBeLessThan(1000);
    if (connected.ok) connected.socket.destroy();
  });

  it('tries the next address beside one that does not answer', async () => {
    await using silent = await startSilentPort();
    await listen('127.0.0.2', silent.port);
    const before = performance.now();
    const connected = await connect(['127.0.0.1', '127.0.0.2'], silent.port);
    expect(connected).toMatchObject({ ok: true, address: '127.0.0.2' });
    expect(performance.now() - before).toBeLessThan(1000);
    if (connected.ok) connected.socket.destroy();
  });

  it('gives up an address that never answers after its time-out', async () => {
    await using silent = await startSilentPort();
    const connected = await connect(['127.0.0.1'], silent.port, { timeoutMilliseconds: 150 });
    expect(connected).toMatchObject({ ok: false, failure: { kind: 'connection-timeout', phase: 'connect' } });
  });

  it('never tries a refused address, and says so when no other is left', async () => {
    const port = await listen('127.0.0.1');
    const some = await connect(['127.0.0.1', '127.0.0.2'], port, { refused: ['127.0.0.1'] });
    expect(some).toMatchObject({ ok: false, failure: { kind: 'connection-refused' } });
    const none = await connect(['127.0.0.1'], port, { refused: ['127.0.0.1'] });
    expect(none).toMatchObject({ ok: false, failure: { kind: 'address-refused' } });
  });

  it('tells of several failures the one that says most', async () => {
    const port = await listen('127.0.0.1');
    // 2001:db8::/32 has no route anywhere; a machine without IPv6 says the same in other words.
    const connected = await connect(['2001:db8::1', '127.0.0.2'], port, { timeoutMilliseconds: 500 });
    expect(connected).toMatchObject({ ok: false, failure: { kind: 'connection-refused' } });
    expect(connected.ok ? '' : connected.failure.detail).toContain('2001:db8::1');
  });

  it('ends when it is cancelled', async () => {
    await using silent = await startSilentPort();
    const cancel = new AbortController();
    const connecting = connect(['127.0.0.1'], silent.port, { signal: cancel.signal });
    cancel.abort();
    expect(await connecting).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
  });

  it('lets the families take turns: a name with a dozen dead IPv6 addresses is still reached by its IPv4 one', async () => {
    const port = await listen('127.0.0.1');
    const dead = Array.from({ length: 12 }, (_, at) => `100::${at + 1}`);
    expect(await connect([...dead, '127.0.0.1'], port)).toMatchObject({ ok: true, address: '127.0.0.1' });
  });
});
