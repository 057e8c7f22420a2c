import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type SmarthostScript, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { startSilentPort } from '../../test/silent-port.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import { type ProbeLimits, type ProbeRequest, probeLimits, probePortsWithin } from './probe-ports.client.ts';

const quick: ProbeLimits = { connect: 300, greeting: 150, answer: 100, tlsAfter: 20 };

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one[Symbol.asyncDispose]();
});
const keep = <T extends AsyncDisposable>(one: T): T => {
  open.push(one);
  return one;
};
const smarthost = async (script: SmarthostScript) => keep(await startFakeSmarthost(script));
const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  keep({ [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) });
  return (server.address() as AddressInfo).port;
};
const probe = (ports: number[], request: Partial<ProbeRequest> = {}) =>
  probePortsWithin(
    {
      host: 'localhost',
      addresses: () => ['127.0.0.1'],
      ports,
      ehloName: 'postern.example.com',
      isAddressAllowed: () => true,
      afterMilliseconds: 0,
      signal: new AbortController().signal,
      ...request,
    },
    quick,
  );
const resultOf = async (port: number) => (await probe([port]))[0]?.result;

describe('a probe of ports', () => {
  it('tells TLS from the start, STARTTLS, plain, other services, closed and silent apart, side by side', async () => {
    const leaf = tlsLab().leaf('self-signed');
    const closed = createTcpServer();
    const closedPort = await listen(closed);
    open.pop();
    await new Promise((resolve) => closed.close(resolve));
    const silent = keep(await startSilentPort());
    const ports = [
      (await smarthost({ tls: { mode: 'implicit', ...leaf } })).port,
      (await smarthost({ tls: { mode: 'starttls', ...leaf } })).port,
      (await smarthost({})).port,
      await listen(createHttpServer()),
      await listen(createHttpsServer(leaf)),
      (await smarthost({ replies: { greeting: 'SSH-2.0-OpenSSH_9.2' } })).port,
      closedPort,
      silent.port,
    ];
    const startedAt = performance.now();
    const probes = await probe(ports);
    expect(performance.now() - startedAt).toBeLessThan(1500);
    expect(probes.map(({ port }) => port)).toEqual(ports);
    expect(probes.map(({ result }) => result)).toEqual([
      'tls',
      'starttls',
      'plain',
      'not-smtp',
      'not-smtp',
      'not-smtp',
      'refused',
      'silent',
    ]);
  });

  it('says nothing but EHLO and QUIT', async () => {
    const server = await smarthost({
      tls: { mode: 'starttls', ...tlsLab().leaf('valid') },
      login: { username: 'a', password: 'b' },
    });
    await probe([server.port]);
    await expect.poll(() => server.connections.every((connection) => connection.isClosed)).toBe(true);
    const lines = server.connections.flatMap((connection) => connection.lines);
    expect(lines).toContain('EHLO postern.example.com');
    expect(lines.every((line) => /^(EHLO postern\.example\.com|QUIT)$/.test(line))).toBe(true);
  });

  it('takes a server that turns us away at the door for a mail server', async () => {
    expect(await resultOf((await smarthost({ replies: { greeting: '554 not you' } })).port)).toBe('plain');
  });

  it('calls a server silent that accepts and never speaks, and one that drips', async () => {
    expect(await resultOf((await smarthost({ replies: { greeting: '' } })).port)).toBe('silent');
    const drip = await smarthost({ replies: { greeting: { say: '220 fake.test', dripMilliseconds: 60 } } });
    expect(await resultOf(drip.port)).toBe('silent');
  });

  it('asks no address that may not be connected to', async () => {
    const server = await smarthost({});
    expect(await probe([server.port], { isAddressAllowed: () => false })).toEqual([]);
    expect(server.connections).toEqual([]);
  });

  it('connects to nobody when it is called off before it begins', async () => {
    const server = await smarthost({});
    const controller = new AbortController();
    const probes = probe([server.port], { afterMilliseconds: 60_000, signal: controller.signal });
    controller.abort();
    expect(await probes).toEqual([]);
    expect(server.connections).toEqual([]);
  });

  it('ends within five seconds by its limits', () => {
    const { connect, greeting, answer, tlsAfter } = probeLimits;
    expect(tlsAfter + connect + greeting + answer).toBeLessThanOrEqual(5000);
  });
});
