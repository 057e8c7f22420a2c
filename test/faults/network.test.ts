/** The line to the servers and their names, through the whole path from the queue to the log: N1–N17, O3 of docs/faults.md. */
import { createSocket } from 'node:dgram';
import { promises as dns } from 'node:dns';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  acceptMany,
  closeAll,
  relay,
  startDelivery,
  startServer,
  type TestedSettings,
} from '../../server/delivery/test-data.ts';
import { openSession } from '../../server/smtp/session.client.ts';
import { startSilentPort } from '../silent-port.ts';
import { databases } from '../support/databases.ts';
import { findFreePort } from '../support/free-port.ts';
import { tlsLab } from '../tls-lab.ts';
import { atEnd, closeAll as closeOthers } from './mail-program.ts';
import { type Meeting, meetFault } from './meet-fault.ts';

afterEach(closeAll);
afterEach(closeOthers);
const [{ open }] = databases as [(typeof databases)[0]];

type Row = [fault: string, meeting: Meeting, message: string, health: string | null, says: RegExp];
const reset = { end: 'reset' } as const;
const plain = { encryption: 'tls' as const };

describe('a line that', () => {
  const passing: Row[] = [
    [
      'N8 is reset at MAIL',
      { script: { replies: { MAIL: reset } } },
      'deferred 60 counts',
      'slow line-lost',
      /broke before/,
    ],
    [
      'N8 is reset at RCPT',
      { script: { replies: { RCPT: reset } } },
      'deferred 60 counts',
      'slow line-lost',
      /broke before/,
    ],
    [
      'N8 is reset at DATA',
      { script: { replies: { DATA: reset } } },
      'deferred 60 counts',
      'slow line-lost',
      /broke before/,
    ],
    [
      'N10 falls silent at EHLO',
      { script: { replies: { EHLO: '' } } },
      'deferred 5 free',
      null,
      /before mail was given/,
    ],
    [
      'N10 falls silent at MAIL',
      { script: { replies: { MAIL: '' } } },
      'deferred 60 counts',
      'slow line-lost',
      /broke before/,
    ],
    [
      'N10 falls silent at DATA',
      { script: { replies: { DATA: '' } } },
      'deferred 60 counts',
      'slow line-lost',
      /broke before/,
    ],
    [
      'N12 drips the greeting',
      { script: { replies: { greeting: { say: '220 fake.test ESMTP', dripMilliseconds: 100 } } } },
      'deferred 5 free',
      null,
      /before mail was given/,
    ],
    [
      'N13 takes nothing more of the body',
      {
        script: { stopsReadingAt: 'body' },
        target: {
          timeouts: { connect: 5000, tls: 5000, greeting: 5000, reply: 5000, dot: 9000, body: 900, deadline: 20_000 },
        },
        message: {
          sizeBytes: 8_000_000,
          content: { bytes: Buffer.alloc(8_000_000, 'long line\r\n'), parts: null, blobs: [] },
        },
      },
      'deferred 60 counts',
      'slow line-lost',
      /broke before/,
    ],
    [
      'N16 leads to a remote login',
      { script: { replies: { greeting: 'SSH-2.0-OpenSSH_9.2' } } },
      'deferred 5 free',
      'blocked not-smtp',
      /is not a mail server/,
    ],
    [
      'N17 speaks TLS from the start',
      { script: { tls: { mode: 'implicit', ...tlsLab().leaf('valid') } } },
      'deferred 5 free',
      'blocked encryption',
      /speaks TLS from the start, and was spoken to in plain text/,
    ],
    [
      'N17 does not speak TLS from the start',
      {
        script: {},
        next: { tls: { mode: 'implicit', ...tlsLab().leaf('valid') } },
        target: { ...plain, certificate: { check: 'ca', pem: tlsLab().ca } },
      },
      'deferred 5 free',
      'blocked encryption',
      /does not give the encryption/,
    ],
  ];
  it.each(passing)('%s: the mail waits and leaves once, by itself', async (...row) => {
    const [, meeting, message, health, says] = row;
    const met = await meetFault(meeting);
    expect(`${met.state} ${met.waits} ${met.counts ? 'counts' : 'free'}`).toBe(message);
    expect(met.health).toBe(health);
    expect(met.says).toMatch(says);
    expect([met.end, met.copies, met.attempts]).toEqual(['sent', 1, ['deferred', 'sent']]);
  });

  it('is slow but goes on takes as long as it needs: time is counted by the block', async () => {
    const server = await startServer({ capabilities: ['SIZE 90000000'] });
    // About 8 MB a second.
    const slow = createServer((near) => {
      const far = connect(server.port, '127.0.0.1');
      far.pipe(near);
      near.on('data', (octets) => {
        far.write(octets);
        near.pause();
        setTimeout(() => near.resume(), octets.length / 8000);
      });
      for (const socket of [near, far]) socket.on('error', () => {});
      near.on('close', () => far.destroy());
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    atEnd(() => slow.close());
    const { port } = slow.address() as { port: number };
    const timeouts = { connect: 900, tls: 900, greeting: 900, reply: 5000, dot: 9000, body: 900, deadline: 60_000 };
    const delivery = await startDelivery(await open(), [relay(port, { timeouts })]);
    const bytes = Buffer.alloc(20_000_000, `${'x'.repeat(76)}\r\n`);
    const startedAt = performance.now();
    const { id } = await delivery.path.accept({ sizeBytes: bytes.length, content: { bytes, parts: null, blobs: [] } });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['sent']);
    expect(performance.now() - startedAt).toBeGreaterThan(2 * timeouts.body);
    expect(await delivery.health('smtp_1')).toBeUndefined();
  });
});

/** Asks a name server that never answers, or says that it cannot. */
async function openDeadResolver(rcode: number | null) {
  const socket = createSocket('udp4');
  socket.on('message', (query, peer) => {
    if (rcode === null) return;
    const answer = Buffer.from(query);
    answer.writeUInt16BE(0x8180 | rcode, 2);
    socket.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  atEnd(() => socket.close());
  return () => {
    const resolver = new dns.Resolver({ timeout: 100, tries: 1 });
    resolver.setServers([`127.0.0.1:${socket.address().port}`]);
    return resolver;
  };
}

describe('a server that nobody reaches', () => {
  it('N1 because it refuses connections: one message as a probe after 5, 15, 60 and 300 s, an alert at the third, no step of the schedule', async () => {
    const port = await findFreePort();
    const dials: number[] = [];
    const shown: (string | null)[] = [];
    const delivery = await startDelivery(await open(), [relay(port)], ({ clock }) => ({
      openSession: (target, options) => {
        dials.push(Math.round(clock.monotonic() / 1000));
        return openSession(target, options);
      },
    }));
    const [id] = (await acceptMany(delivery, 30)) as [string];
    await delivery.worker.start();
    for (let second = 0; second < 1100; second += 1) {
      await delivery.pass(1);
      const health = await delivery.health('smtp_1');
      const now = health === undefined ? null : `${health.state} ${health.code}`;
      if (shown.at(-1) !== now) shown.push(now);
    }
    // A tenth of jitter at most, looked at once a second.
    const waits = dials.slice(1).map((at, place) => at - (dials[place] as number));
    expect(waits.slice(0, 5)).toEqual([6, 16, 63, 315, 315]);
    expect(shown).toEqual([null, 'unreachable connection']);
    expect(await delivery.health('smtp_1')).toMatchObject({
      reason: expect.stringContaining(`localhost:${port} refuses connections.`),
    });
    expect(await delivery.count('sent')).toBe(0);
    expect((await delivery.path.waiting(id))?.attempts).toBe(0);
    const back = await startServer();
    delivery.settings[0] = { ...relay(back.port), version: 2 };
    await delivery.pass(3);
    expect(await delivery.count('sent')).toBe(30);
  });

  const nameless: [fault: string, rcode: number | null, host: string, health: string, reason: RegExp][] = [
    ['N5 the name server does not answer', null, 'mail.example.com', 'unreachable dns', /could not be looked up/],
    ['N5 the name server cannot tell', 2, 'mail.example.com', 'unreachable dns', /could not be looked up/],
    ['N6 the name does not exist', 3, 'mail.example.invalid', 'blocked dns-not-found', /does not exist/],
  ];
  it.each(nameless)('because %s: it alone waits, no step of the schedule is lost', async (...row) => {
    const [, rcode, host, health, reason] = row;
    const openResolver = await openDeadResolver(rcode);
    const good = await startServer();
    const lost = { ...relay(25, { host }), host, id: 'smtp_2', name: 'Lost', isDefault: false };
    const delivery = await startDelivery(await open(), [relay(good.port), lost], () => ({
      openSession: (target, options) => openSession(target, { ...options, resolver: openResolver() }),
    }));
    const [waits] = (await acceptMany(delivery, 20, () => ({ settingsId: 'smtp_2' }))) as [string];
    await acceptMany(delivery, 20);
    await delivery.worker.start();
    await delivery.pass(1);
    expect([await delivery.count('sent'), await delivery.count('bounced')]).toEqual([20, 0]);
    // One failure may be a hiccup; the third one is not.
    expect(await delivery.health('smtp_2')).toBeUndefined();
    for (let second = 0; second < 40; second += 2) await delivery.pass(2);
    const shown = await delivery.health('smtp_2');
    expect([`${shown?.state} ${shown?.code}`, shown?.reason]).toEqual([health, expect.stringMatching(reason)]);
    expect((await delivery.path.waiting(waits))?.attempts).toBe(0);
    expect(await delivery.health('smtp_1')).not.toMatchObject({ state: 'unreachable' });
  });
});

describe('five servers', () => {
  it('O3 N2 of which four are dead in their own ways: the fifth gets all of its mail at once', async () => {
    await using silent = await startSilentPort();
    const servers = [
      await startServer(),
      await startServer({ replies: { greeting: '' } }),
      await startServer({ replies: { EHLO: { say: '250 fake.test', dripMilliseconds: 700 } } }),
      await startServer({ replies: { greeting: '421 4.3.2 busy' } }),
    ];
    const timeouts = { connect: 5000, tls: 5000, greeting: 5000, reply: 5000, dot: 5000, body: 5000, deadline: 5000 };
    const settings: TestedSettings[] = [...servers.map(({ port }) => port), silent.port].map((port, place) => ({
      ...relay(port, { timeouts }),
      id: `smtp_${place}`,
      name: `Server ${place}`,
      isDefault: place === 0,
    }));
    const delivery = await startDelivery(await open(), settings);
    await acceptMany(delivery, 400, (place) => ({ settingsId: `smtp_${place % 5}` }));
    const startedAt = performance.now();
    await delivery.worker.start();
    while ((await delivery.count('sent')) < 80) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(performance.now() - startedAt).toBeLessThan(4000);
    await delivery.worker.idle();
    expect(await delivery.count('queued')).toBeGreaterThan(300);
    expect(await delivery.health('smtp_3')).toMatchObject({ state: 'slow', code: 'busy' });
  });
});
