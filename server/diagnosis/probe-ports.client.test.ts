import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { closedPort, closeServers, keep, listen, quickProbe } from '../../test/climb-settings.ts';
import { type SmarthostScript, startFakeSmarthost } from '../../test/fake-smarthost.ts';
import { startSilentPort } from '../../test/silent-port.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import { type ProbeRequest, probeLimits, probePortsWithin } from './probe-ports.client.ts';

afterEach(closeServers);

const start = async (script: SmarthostScript) => keep(await startFakeSmarthost(script));
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
    quickProbe,
  );
const resultOf = async (port: number) => (await probe([port]))[0]?.result;

describe('a probe of ports', () => {
  it('tells TLS from the start, STARTTLS, plain, other services, closed and silent apart, side by side', async () => {
    const leaf = tlsLab().leaf('self-signed');
    const silent = keep(await startSilentPort());
    const ports = [
      (await start({ tls: { mode: 'implicit', ...leaf } })).port,
      (await start({ tls: { mode: 'starttls', ...leaf } })).port,
      (await start({})).port,
      await listen(createHttpServer()),
      await listen(createHttpsServer(leaf)),
      (await start({ replies: { greeting: 'SSH-2.0-OpenSSH_9.2' } })).port,
      await closedPort(),
      silent.port,
    ];
    const startedAt = performance.now();
    const probes = await probe(ports);
    expect(performance.now() - startedAt).toBeLessThan(2500);
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
    const server = await start({
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
    expect(await resultOf((await start({ replies: { greeting: '554 not you' } })).port)).toBe('plain');
  });

  it('calls a server silent that accepts and never speaks, and one that drips', async () => {
    expect(await resultOf((await start({ replies: { greeting: '' } })).port)).toBe('silent');
    const drip = await start({ replies: { greeting: { say: '220 fake.test', dripMilliseconds: 150 } } });
    expect(await resultOf(drip.port)).toBe('silent');
  });

  it('asks no address that may not be connected to', async () => {
    const server = await start({});
    expect(await probe([server.port], { isAddressAllowed: () => false })).toEqual([]);
    expect(server.connections).toEqual([]);
  });

  it('connects to nobody when it is called off before it begins', async () => {
    const server = await start({});
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
