import { afterEach, describe, expect, it } from 'vitest';
import {
  type FakeSmarthost,
  loopbackTarget,
  type SmarthostScript,
  startFakeSmarthost,
} from '../../test/fake-smarthost.ts';
import { tlsLab } from '../../test/tls-lab.ts';
import type { OutgoingMail } from './envelope.ts';
import { createPool, type PoolOptions, type SmtpPool } from './pool.client.ts';
import type { SmtpTarget } from './target.ts';

const open: { server: FakeSmarthost; pool: SmtpPool }[] = [];
afterEach(async () => {
  for (const { server, pool } of open.splice(0)) {
    await pool.close();
    await server.close();
  }
});

async function start(
  script: SmarthostScript | SmarthostScript[],
  options: PoolOptions = {},
  target: Partial<SmtpTarget> = {},
) {
  const server = await startFakeSmarthost(script);
  const pool = createPool(loopbackTarget(server.port, target), options);
  open.push({ server, pool });
  return { server, pool };
}
const mail = (name: string): OutgoingMail => ({
  mailFrom: 'a@example.com',
  recipients: [`${name}@example.com`],
  data: Buffer.from(`Subject: ${name}\r\n\r\nhi\r\n`),
});
const names = (count: number) => Array.from({ length: count }, (_, place) => `m${place}`);
const sendAll = async (pool: SmtpPool, count: number) =>
  (await Promise.all(names(count).map((name) => pool.send(mail(name))))).map(({ outcome }) => outcome);
const pipelining = { capabilities: ['PIPELINING'] };
/** Whether commands came with each dot, in the same piece. */
const noteAhead = () => {
  const ahead: boolean[] = [];
  const dot = (_: string, { wire }: { wire: string }) => {
    ahead.push(!wire.endsWith('\r\n.\r\n'));
    return `250 queued ${ahead.length - 1}`;
  };
  return { ahead, script: { ...pipelining, replies: { '.': dot } } };
};
/** Subjects of all messages, in the order in which the connections were made. */
const arrived = ({ connections }: FakeSmarthost) =>
  connections.map(({ messages }) => messages.map((text) => /Subject: (\w+)/.exec(text)?.[1]));

describe('a pool', () => {
  it('uses a connection again, and as many at a time as it may', async () => {
    const { server, pool } = await start({}, { maxConnections: 2 });
    expect((await sendAll(pool, 6)).every(({ sent }) => sent)).toBe(true);
    for (const name of names(3)) expect((await pool.send(mail(name))).outcome.sent).toBe(true);
    expect(server.connections).toHaveLength(2);
    expect(arrived(server).flat()).toHaveLength(9);
  });

  it('queues ahead on a line that pipelines, in order', async () => {
    const { server, pool } = await start(pipelining, { maxConnections: 1 });
    expect((await sendAll(pool, 10)).every(({ sent }) => sent)).toBe(true);
    expect(arrived(server)).toEqual([names(10)]);
  });

  it('opens no more connections than messages wait', async () => {
    const { server, pool } = await start({}, { maxConnections: 5 });
    await sendAll(pool, 2);
    expect(server.connections).toHaveLength(2);
  });

  it('closes a connection after so many messages, with goodbye', async () => {
    const { server, pool } = await start(pipelining, { maxConnections: 1, maxMessagesPerConnection: 3 });
    await sendAll(pool, 7);
    expect(arrived(server).map((list) => list.length)).toEqual([3, 3, 1]);
    expect(server.connections[0]?.lines.at(-1)).toBe('QUIT');
  });

  it('keeps to the number of messages that the server announces', async () => {
    const { server, pool } = await start({ capabilities: ['LIMITS MAILMAX=2'] }, { maxConnections: 1 });
    await sendAll(pool, 4);
    expect(arrived(server).map((list) => list.length)).toEqual([2, 2]);
  });

  it('closes what has been idle', async () => {
    const { server, pool } = await start({}, { idleMilliseconds: 20 });
    await sendAll(pool, 1);
    await expect.poll(() => pool.connections).toBe(0);
    await expect.poll(() => server.connections[0]?.lines.at(-1)).toBe('QUIT');
  });

  it.each([
    ['says that it was enough', { MAIL: ['250 ok', '421 4.7.0 one is enough'] }],
    ['closes without a word', { MAIL: ['250 ok', { say: '', end: 'close' }] }],
    ['resets at the recipient', { RCPT: ['250 ok', { say: '', end: 'reset' }] }],
    ['closes at DATA', { DATA: ['354 go', { say: '', end: 'close' }] }],
  ] as [string, NonNullable<SmarthostScript['replies']>][])(
    'tells nobody when a reused connection %s, and tries again on a new one',
    async (_, replies) => {
      for (const capabilities of [['PIPELINING'], ['SIZE']]) {
        const { server, pool } = await start([{ replies, capabilities }, {}], { maxConnections: 1 });
        for (const name of names(3)) expect((await pool.send(mail(name))).outcome).toMatchObject({ sent: true });
        expect(arrived(server)).toEqual([['m0'], ['m1', 'm2']]);
      }
    },
  );

  it('carries over all that were queued ahead when the server drops the line after each message', async () => {
    const { server, pool } = await start(
      { ...pipelining, replies: { '.': { say: '250 ok', end: 'close' } } },
      { maxConnections: 1 },
    );
    const outcomes = await sendAll(pool, 3);
    // A second try that fails as well is told.
    expect(outcomes.filter(({ sent }) => sent).length).toBeGreaterThanOrEqual(2);
    expect(arrived(server).flat().length).toBe(outcomes.filter(({ sent }) => sent).length);
  });

  it('does not try again what a new connection fails with, nor what may have been accepted', async () => {
    const { server, pool } = await start({ replies: { MAIL: '421 4.7.0 go away' } });
    expect((await pool.send(mail('x'))).outcome).toMatchObject({ sent: false, failure: { reply: { code: 421 } } });
    expect(server.connections).toHaveLength(1);
    const other = await start({ replies: { '.': ['250 ok', { say: '', end: 'close' }] } }, { maxConnections: 1 });
    await other.pool.send(mail('one'));
    expect((await other.pool.send(mail('two'))).outcome).toMatchObject({ sent: false, failure: { kind: 'uncertain' } });
    expect(other.server.connections).toHaveLength(1);
  });

  it('gives each message its own failure when no connection can be opened', async () => {
    const { pool } = await start({ replies: { greeting: '554 5.7.1 no' } }, { maxConnections: 2 });
    const outcomes = await sendAll(pool, 3);
    expect(outcomes.map((outcome) => (outcome.sent ? null : outcome.failure.phase))).toEqual([
      'greeting',
      'greeting',
      'greeting',
    ]);
    expect(pool.connections).toBe(0);
  });

  it('reads the capabilities of each connection, and remembers that flights are not understood', async () => {
    const broken = { ...pipelining, replies: { RCPT: { raw: '250 ok\r\n250 ok\r\n' } } };
    const { server, pool } = await start([broken, pipelining, { capabilities: ['SIZE'] }], {
      maxConnections: 1,
      maxMessagesPerConnection: 1,
    });
    expect((await pool.send(mail('x'))).outcome).toMatchObject({ failure: { kind: 'desync' } });
    expect(pool.habits.hasBrokenPipelining).toBe(true);
    await pool.send(mail('y'));
    await pool.send(mail('z'));
    expect(server.connections[2]?.lines).toContain('MAIL FROM:<a@example.com> SIZE=18');
  });

  it('shows each observer its own message, whole and in order, and nobody one that has none', async () => {
    const { script, ahead } = noteAhead();
    const replies = { ...script.replies, RCPT: (line: string) => `250 ${line.slice(8)} ok` };
    const { pool } = await start({ ...script, replies }, { maxConnections: 1 });
    await sendAll(pool, 1);
    const shown = new Map<string, string[]>();
    const watched = (name: string): OutgoingMail => {
      const lines: string[] = [];
      shown.set(name, lines);
      return { ...mail(name), observer: { onLine: (from, text) => void lines.push(`${from}: ${text}`) } };
    };
    const mails = [watched('a'), mail('secret'), watched('b'), watched('c'), mail('hidden')];
    const outcomes = await Promise.all(mails.map((one) => pool.send(one)));
    expect(outcomes.every(({ outcome }) => outcome.sent)).toBe(true);
    // Else nothing was behind another.
    expect(ahead).toEqual([false, true, true, true, true, false]);
    for (const [place, name] of [
      [1, 'a'],
      [3, 'b'],
      [4, 'c'],
    ] as const) {
      expect(shown.get(name)).toEqual([
        'client: MAIL FROM:<a@example.com>',
        `client: RCPT TO:<${name}@example.com>`,
        'client: DATA',
        'server: 250 2.1.0 sender ok',
        `server: 250 <${name}@example.com> ok`,
        'server: 354 go ahead',
        'note: message, 18 bytes',
        `server: 250 queued ${place}`,
      ]);
    }
  });

  it('tells how a connection was opened to the message that uses it first, and to no other', async () => {
    const { server, pool } = await start({ ...pipelining, replies: { greeting: '220 hello' } }, { maxConnections: 3 });
    const shown = names(30).map((): string[] => []);
    await Promise.all(
      shown.map((lines, place) =>
        pool.send({ ...mail(`m${place}`), observer: { onLine: (from, text) => void lines.push(`${from}: ${text}`) } }),
      ),
    );
    await pool.drain();
    for (const lines of shown) {
      const [first] = lines;
      const isFirst = first?.startsWith('note: connected to') === true;
      const opening = [
        'server: 220 hello',
        'client: EHLO client.test',
        'server: 250-fake.test',
        'server: 250 PIPELINING',
      ];
      expect(lines.slice(isFirst ? 1 : 0, isFirst ? 5 : 0)).toEqual(isFirst ? opening : []);
      expect(lines.slice(isFirst ? 5 : 0).join('\n')).toMatch(
        /^client: MAIL(?!.*(220|EHLO|connected)).*server: 250 [^\n]*$/s,
      );
    }
    const openings = shown.flat().filter((line) => line === 'server: 220 hello');
    expect(openings.length).toBe(server.connections.length);
  });

  it('tells each message once why the line broke', async () => {
    const { pool } = await start(
      [
        { ...pipelining, replies: { '.': ['250 ok', '250 ok', { say: '', end: 'close' }] } },
        { replies: { greeting: '421 no' } },
      ],
      { maxConnections: 1 },
    );
    await sendAll(pool, 1);
    const shown: string[][] = [[], [], []];
    await Promise.all(
      shown.map((lines, place) =>
        pool.send({ ...mail(`m${place}`), observer: { onLine: (from, text) => void lines.push(`${from}: ${text}`) } }),
      ),
    );
    const notes = shown.map((lines) => lines.filter((line) => line.includes('connection-lost')));
    expect(notes).toEqual([
      [],
      ['note: uncertain: connection-lost: the server closed the connection'],
      ['note: connection-lost: the connection ended with the message before this one'],
    ]);
  });

  it('puts nothing behind a message where the server takes long', async () => {
    const { script, ahead } = noteAhead();
    const { pool } = await start(script, { maxConnections: 1, quickMilliseconds: 0 });
    expect((await sendAll(pool, 5)).every(({ sent }) => sent)).toBe(true);
    expect(pool.messagesPerConnection).toBe(1);
    expect(ahead).toEqual([false, false, false, false, false]);
  });

  it('says that two on a connection are worth while once a server has taken one quickly', async () => {
    const { pool } = await start(pipelining, { maxConnections: 1 });
    expect(pool.messagesPerConnection).toBe(1);
    await sendAll(pool, 1);
    expect(pool.messagesPerConnection).toBe(2);
    const { pool: plain } = await start({}, { maxConnections: 1 });
    await sendAll(plain, 1);
    expect(plain.messagesPerConnection).toBe(1);
  });

  it('moves what is behind a message that does not end to another connection, and sends it once', async () => {
    const gate = Promise.withResolvers<void>();
    const stuck = { ...pipelining, replies: { '.': ['250 ok', { after: gate.promise, say: '250 late' }] } };
    const { server, pool } = await start([stuck, pipelining], { maxConnections: 2, stuckMilliseconds: 40 });
    await sendAll(pool, 1);
    pool.maxConnections = 1;
    const first = pool.send(mail('first'));
    const shown: string[] = [];
    const observer: OutgoingMail['observer'] = { onLine: (from, text) => void shown.push(`${from}: ${text}`) };
    const second = pool.send({ ...mail('second'), observer });
    await expect
      .poll(() => server.connections[0]?.wire)
      .toContain('\r\n.\r\nMAIL FROM:<a@example.com>\r\nRCPT TO:<second');
    pool.maxConnections = 2;
    expect((await second).outcome).toMatchObject({ sent: true });
    gate.resolve();
    expect((await first).outcome).toMatchObject({ sent: true, reply: { lines: ['late'] } });
    await expect.poll(() => server.connections[0]?.isClosed).toBe(true);
    expect(arrived(server)).toEqual([['m0', 'first'], ['second']]);
    expect(pool.connections).toBe(1);
    // What the first server still answers to its envelope is not about this try.
    const envelope = ['client: MAIL FROM:<a@example.com>', 'client: RCPT TO:<second@example.com>', 'client: DATA'];
    const moved = 'note: the message before it takes long: on to another connection';
    expect(shown.slice(0, 4)).toEqual([...envelope, moved]);
    expect(shown.filter((line) => line === 'server: 354 go ahead')).toHaveLength(1);
  });

  it('keeps connections for urgent messages, which go before the others', async () => {
    const gate = Promise.withResolvers<void>();
    const held = { replies: { '.': { after: gate.promise, say: '250 ok' } } };
    const { server, pool } = await start([held, held, {}], { maxConnections: 3, reservedConnections: 1 });
    const others = names(4).map((name) => pool.send(mail(name)));
    await expect.poll(() => server.connections.map(({ messages }) => messages.length)).toEqual([1, 1]);
    expect((await pool.send(mail('urgent'), { isUrgent: true })).outcome.sent).toBe(true);
    expect(arrived(server)[2]).toEqual(['urgent']);
    gate.resolve();
    for (const one of others) expect((await one).outcome.sent).toBe(true);
    expect(arrived(server)[2]).toEqual(['urgent']);
  });

  it('remembers a server that forgets what stands behind the dot', async () => {
    const forgetful = { ...pipelining, replies: { MAIL: ['250 ok', '250 ok', ''] } };
    const { server, pool } = await start([forgetful, pipelining], { maxConnections: 1, stuckMilliseconds: 40 });
    expect((await sendAll(pool, 1)).concat(await sendAll(pool, 4)).every(({ sent }) => sent)).toBe(true);
    expect(pool.habits.hasBrokenPipelining).toBe(true);
    expect(pool.messagesPerConnection).toBe(1);
    expect(arrived(server).flat().sort()).toEqual(['m0', ...names(4)].sort());
  });

  it('lets nothing that was put back keep an urgent message waiting', async () => {
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const stuck = { ...pipelining, replies: { '.': ['250 ok', { after: gates[0].promise, say: '250 ok' }] } };
    const held = { replies: { '.': [{ after: gates[1].promise, say: '250 ok' }, '250 ok'] } };
    const options = { maxConnections: 2, reservedConnections: 1, stuckMilliseconds: 300 };
    const { server, pool } = await start([stuck, held], options);
    await sendAll(pool, 1);
    const others = [pool.send(mail('first')), pool.send(mail('second'))];
    await expect.poll(() => server.connections[0]?.wire).toContain('RCPT TO:<second');
    const urgent = [pool.send(mail('u1'), { isUrgent: true }), pool.send(mail('u2'), { isUrgent: true })];
    await expect.poll(() => server.connections[0]?.messages.length).toBe(2);
    // By then the second has been put back.
    const { pool: clock } = await start({}, { idleMilliseconds: 600 });
    await sendAll(clock, 1);
    await expect.poll(() => clock.connections).toBe(0);
    gates[1].resolve();
    for (const one of urgent) expect((await one).outcome.sent).toBe(true);
    expect(arrived(server)[1]).toEqual(['u1', 'u2']);
    gates[0].resolve();
    for (const one of others) expect((await one).outcome.sent).toBe(true);
  });

  it('puts nothing behind an urgent message that is not urgent itself', async () => {
    const gate = Promise.withResolvers<void>();
    const isHeld = (message = '') => /Subject: (normal|urgent)/.test(message);
    const dot = (_: string, { messages }: { messages: string[] }) =>
      isHeld(messages.at(-1)) ? { after: gate.promise, say: '250 ok' } : '250 ok';
    const options = { maxConnections: 2, reservedConnections: 1 };
    const { server, pool } = await start({ ...pipelining, replies: { '.': dot } }, options);
    await Promise.all(names(2).map((name) => pool.send(mail(name), { isUrgent: true })));
    const held = [pool.send(mail('normal')), pool.send(mail('urgent'), { isUrgent: true })];
    const others = names(3).map((name) => pool.send(mail(name)));
    await expect
      .poll(() => server.connections.map(({ messages }) => isHeld(messages.at(-1))), { timeout: 5000 })
      .toEqual([true, true]);
    const urgent = server.connections.find(({ messages }) => messages.at(-1)?.includes('urgent'));
    expect(urgent?.wire.endsWith('\r\n.\r\n')).toBe(true);
    gate.resolve();
    for (const one of [...held, ...others]) expect((await one).outcome.sent).toBe(true);
  });

  it('keeps a refusal that comes early, and a no of the caller, from the message behind', async () => {
    const gate = Promise.withResolvers<void>();
    const early = { say: '354 go', later: { after: gate.promise, say: '554 5.7.1 not this one' } };
    const first = { ...pipelining, replies: { DATA: ['354 go', early] } };
    const { server, pool } = await start([first, pipelining], { maxConnections: 1 });
    await sendAll(pool, 1);
    const refused = pool.send({
      ...mail('refused'),
      beforeDot: () => {
        gate.resolve();
        return new Promise(() => {});
      },
    });
    const behind = pool.send(mail('behind'));
    expect((await refused).outcome).toMatchObject({ sent: false, failure: { kind: 'refused', reply: { code: 554 } } });
    expect((await behind).outcome.sent).toBe(true);
    const calledBack = pool.send({ ...mail('called-back'), beforeDot: async () => false });
    const next = pool.send(mail('next'));
    expect((await calledBack).outcome).toMatchObject({ sent: false, failure: { kind: 'cancelled' } });
    expect((await next).outcome.sent).toBe(true);
    expect(arrived(server).flat()).toEqual(['m0', 'behind', 'next']);
  });

  it.each([
    ['an answer that is none', { RCPT: ['250 ok', '250 ok', 'what <secret@example.com>?'] }, 'a', 'secret'],
    ['a surplus answer', { RCPT: ['250 ok', '250 ok', '250 ok\n250 a\n250 <secret@example.com>'] }, 'a', 'secret'],
    [
      'a doubled verdict',
      {
        '.': ['250 ok', '250 ok\n554 http://secret.example'],
        MAIL: ['250 ok', '250 ok', { say: '250 ok', dripMilliseconds: 5 }],
      },
      'secret',
      'a',
    ],
  ] satisfies [string, NonNullable<SmarthostScript['replies']>, string, string][])(
    'shows nothing of a message to the one beside it where the server gives %s',
    async (_, replies, first, second) => {
      const order = [first, second];
      const { pool } = await start([{ ...pipelining, replies }, { replies: { greeting: '554 no' } }], {
        maxConnections: 1,
      });
      await sendAll(pool, 1);
      const shown: string[] = [];
      const observer: OutgoingMail['observer'] = { onLine: (from, text) => void shown.push(`${from}: ${text}`) };
      const outcomes = await Promise.all(
        order.map((name) => pool.send({ ...mail(name), ...(name === 'a' ? { observer } : {}) })),
      );
      const own = outcomes[order.indexOf('a')]?.outcome;
      expect(own?.sent).toBe(false);
      expect(shown).toContain('client: RCPT TO:<a@example.com>');
      expect(JSON.stringify([shown, own])).not.toContain('secret');
    },
  );

  it('uses no more connections than it may at the moment', async () => {
    const { server, pool } = await start({}, { maxConnections: 3 });
    await sendAll(pool, 3);
    await expect.poll(() => server.connections.length).toBe(3);
    pool.maxConnections = 1;
    let [now, most] = [0, 0];
    const counted = names(6).map((name) =>
      pool
        .send({
          ...mail(name),
          beforeDot: async () => {
            most = Math.max(most, ++now);
            return true;
          },
        })
        .finally(() => now--),
    );
    await Promise.all(counted);
    expect(most).toBe(1);
  });

  it('passes on what reading the message throws', async () => {
    const { pool } = await start({});
    const data = (async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('Subject: x\r\n');
      throw new Error('disk');
    })();
    await expect(pool.send({ ...mail('x'), data })).rejects.toThrow('disk');
    expect((await pool.send(mail('y'))).outcome.sent).toBe(true);
  });

  it('resumes the TLS session of the connection before', async () => {
    for (const minVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const tls = { mode: 'starttls', ...tlsLab().leaf('valid'), minVersion, maxVersion: minVersion } as const;
      const target = { encryption: 'starttls', certificate: { check: 'ca', pem: tlsLab().ca } } as const;
      const { pool } = await start({ tls }, { maxConnections: 1, maxMessagesPerConnection: 1 }, target);
      const shown: string[] = [];
      const observer = { onLine: (_: string, text: string) => void shown.push(text) };
      for (const name of names(3)) expect((await pool.send({ ...mail(name), observer })).outcome.sent).toBe(true);
      expect(
        shown.filter((line) => line.includes('resumed')),
        minVersion,
      ).toHaveLength(2);
    }
  });
});

describe('ending', () => {
  it('drain waits for everything and says goodbye', async () => {
    const { server, pool } = await start(pipelining, { maxConnections: 1 });
    const outcomes = sendAll(pool, 5);
    await pool.drain();
    expect((await outcomes).every(({ sent }) => sent)).toBe(true);
    expect(server.connections[0]?.lines.at(-1)).toBe('QUIT');
    expect((await pool.send(mail('late'))).outcome).toMatchObject({ failure: { kind: 'cancelled' } });
  });

  it('close sends nothing of what is behind a message that does not end', async () => {
    const gate = Promise.withResolvers<void>();
    const stuck = { ...pipelining, replies: { '.': ['250 ok', { after: gate.promise, say: '250 late' }] } };
    const { server, pool } = await start([stuck, {}], { maxConnections: 1, stuckMilliseconds: 100 });
    await sendAll(pool, 1);
    const outcomes = sendAll(pool, 2);
    await expect.poll(() => server.connections[0]?.wire).toContain('\r\n.\r\nMAIL');
    const closed = pool.close();
    // Long enough for another pool to have looked for what stands still.
    const { pool: clock } = await start({}, { idleMilliseconds: 300 });
    await sendAll(clock, 1);
    await expect.poll(() => clock.connections).toBe(0);
    gate.resolve();
    await closed;
    expect((await outcomes).map((outcome) => (outcome.sent ? 'sent' : outcome.failure.kind))).toEqual([
      'sent',
      'cancelled',
    ]);
    expect(server.connections).toHaveLength(1);
  });

  it('drain sends what is behind a message that does not end on another connection', async () => {
    const gate = Promise.withResolvers<void>();
    const stuck = { ...pipelining, replies: { '.': ['250 ok', { after: gate.promise, say: '250 late' }] } };
    const { server, pool } = await start([stuck, pipelining], { maxConnections: 1, stuckMilliseconds: 10 });
    await sendAll(pool, 1);
    const outcomes = sendAll(pool, 2);
    await expect.poll(() => server.connections[0]?.wire).toContain('\r\n.\r\nMAIL');
    const drained = pool.drain();
    pool.maxConnections = 2;
    await expect.poll(() => arrived(server)[1]).toEqual(['m1']);
    gate.resolve();
    await drained;
    expect((await outcomes).every(({ sent }) => sent)).toBe(true);
  });

  it('close keeps no verdict back that has come, when the message behind it is not answered', async () => {
    const { server, pool } = await start(
      { ...pipelining, replies: { MAIL: ['250 ok', '250 ok', ''] } },
      { maxConnections: 1 },
      { timeouts: { ...loopbackTarget(1).timeouts, reply: 60_000, deadline: 60_000 } },
    );
    await sendAll(pool, 1);
    const outcomes = sendAll(pool, 2);
    await expect.poll(() => server.connections[0]?.lines.filter((line) => line.startsWith('MAIL')).length).toBe(3);
    await pool.close();
    expect((await outcomes).map((outcome) => (outcome.sent ? 'sent' : outcome.failure.kind))).toEqual([
      'sent',
      'cancelled',
    ]);
  });

  it('close waits for the verdict of what is after its dot, and cancels the rest', async () => {
    for (const capabilities of [['PIPELINING'], []]) {
      const gate = Promise.withResolvers<void>();
      const reached = Promise.withResolvers<void>();
      const dot = () => {
        reached.resolve();
        return { after: gate.promise, say: '250 queued' };
      };
      const { pool, server } = await start({ capabilities, replies: { '.': dot } }, { maxConnections: 1 });
      const outcomes = sendAll(pool, 4);
      await reached.promise;
      const closed = pool.close();
      gate.resolve();
      await closed;
      expect((await outcomes).map((outcome) => (outcome.sent ? 'sent' : outcome.failure.kind))).toEqual([
        'sent',
        'cancelled',
        'cancelled',
        'cancelled',
      ]);
      expect(server.connections[0]?.messages).toHaveLength(1);
    }
  });
});
