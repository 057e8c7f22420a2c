/** Names against a DNS server of the test's own, on loopback. */
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Attempt } from './attempt.ts';
import { findInHosts, resolveHost } from './resolve-host.client.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** Addresses to answer with, an RCODE (2 SERVFAIL, 3 NXDOMAIN), or null for silence. */
type Zone = (name: string, type: 'A' | 'AAAA') => string[] | number | null;

async function startDns(zone: Zone, timeoutMilliseconds = 200) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    let end = 12;
    const labels: string[] = [];
    for (; query[end] !== 0; end += 1 + (query[end] ?? 0))
      labels.push(query.toString('latin1', end + 1, end + 1 + (query[end] ?? 0)));
    const type = query.readUInt16BE(end + 1) === 28 ? 'AAAA' : 'A';
    asked.push(`${labels.join('.')} ${type}`);
    const answer = zone(labels.join('.'), type);
    if (answer === null) return;
    const addresses = Array.isArray(answer) ? answer : [];
    const header = Buffer.from(query.subarray(0, 12));
    header.writeUInt16BE(0x8180 | (typeof answer === 'number' ? answer : 0), 2);
    header.writeUInt16BE(addresses.length, 6);
    header.fill(0, 8);
    const records = addresses.map((address) => {
      const data =
        type === 'A' ? Buffer.from(address.split('.').map(Number)) : Buffer.from(address.replaceAll(':', ''), 'hex');
      return Buffer.concat([
        Buffer.from([0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, data.length]),
        data,
      ]);
    });
    socket.send(Buffer.concat([header, query.subarray(12, end + 5), ...records]), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const resolver = new dns.Resolver({ timeout: timeoutMilliseconds, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  closers.push(() => socket.close());
  return { resolver, asked };
}

const six = '2001:0db8:0000:0000:0000:0000:0000:0001';
const resolve = async (host: string, zone: Zone, signal?: AbortSignal, deadlineMilliseconds = 5000) => {
  const { resolver, asked } = await startDns(zone);
  return { ...(await resolveHost(host, new Attempt({}, deadlineMilliseconds), signal, resolver)), asked };
};

describe('resolveHost', () => {
  it('asks for both families', async () => {
    const answer = await resolve('mail.example', (_, type) => (type === 'A' ? ['192.0.2.1', '192.0.2.2'] : [six]));
    expect(answer).toMatchObject({ ok: true, addresses: ['2001:db8::1', '192.0.2.1', '192.0.2.2'] });
  });

  it('does not wait long for one family when it has the other', async () => {
    const { resolver } = await startDns((_, type) => (type === 'A' ? ['192.0.2.1'] : null), 4000);
    const before = performance.now();
    const answer = await resolveHost('mail.example', new Attempt({}, 9000), undefined, resolver);
    expect(answer).toMatchObject({ ok: true, addresses: ['192.0.2.1'] });
    expect(performance.now() - before).toBeLessThan(2000);
  });

  it.each([
    ['dns-not-found', 'NXDOMAIN', 3],
    ['dns-not-found', 'no addresses', []],
    ['dns-failed', 'SERVFAIL', 2],
    ['dns-timeout', 'silence', null],
  ] as const)('says %s for %s', async (kind, _, answer) => {
    const result = await resolve('postern-nowhere.example', () => answer as number | string[] | null);
    expect(result).toMatchObject({ ok: false, failure: { kind, phase: 'dns' } });
  });

  it('says nothing definite when one family has no address and the other does not answer', async () => {
    const answer = await resolve('mail.example', (_, type) => (type === 'A' ? null : []));
    expect(answer).toMatchObject({ ok: false, failure: { kind: 'dns-timeout' } });
  });

  it('asks nobody about addresses, localhost and names that cannot exist', async () => {
    const never: Zone = () => ['192.0.2.66'];
    expect(await resolve('192.0.2.1', never)).toMatchObject({ addresses: ['192.0.2.1'], asked: [] });
    expect(await resolve('::1', never)).toMatchObject({ addresses: ['::1'], asked: [] });
    expect(await resolve('localhost', never)).toMatchObject({ ok: true, asked: [] });
    expect(await resolve('smtp.localhost', never)).toMatchObject({ addresses: ['127.0.0.1', '::1'], asked: [] });
    expect(await resolve('mail.invalid', never)).toMatchObject({
      ok: false,
      failure: { kind: 'dns-not-found' },
      asked: [],
    });
  });

  it('ends with the attempt and when it is cancelled', async () => {
    expect(await resolve('mail.example', () => null, undefined, 100)).toMatchObject({
      ok: false,
      failure: { kind: 'deadline' },
    });
    const cancel = new AbortController();
    setImmediate(() => cancel.abort());
    expect(await resolve('mail.example', () => null, cancel.signal)).toMatchObject({
      ok: false,
      failure: { kind: 'cancelled' },
    });
  });

  it('needs no thread of the pool while DNS is silent', async () => {
    const { resolver } = await startDns(() => null, 4000);
    const cancel = new AbortController();
    const waiting = Array.from({ length: 20 }, (_, i) =>
      resolveHost(`m${i}.example`, new Attempt({}, 9000), cancel.signal, resolver),
    );
    const before = performance.now();
    await Promise.all(Array.from({ length: 8 }, () => readFile('/etc/hosts')));
    expect(performance.now() - before).toBeLessThan(2000);
    cancel.abort();
    expect(await Promise.all(waiting)).toMatchObject(
      waiting.map(() => ({ ok: false, failure: { kind: 'cancelled' } })),
    );
  });
});

describe('findInHosts', () => {
  it('reads every name of a line, without comments', () => {
    const text =
      '127.0.0.1 localhost\n# 192.0.2.9 mail\n192.0.2.1\tmail.example  MAIL # the relay\n::1 mail\nnonsense mail\n';
    expect(findInHosts(text, 'mail')).toEqual(['192.0.2.1', '::1']);
    expect(findInHosts(text, 'relay')).toEqual([]);
  });
});
