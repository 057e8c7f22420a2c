import { afterEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { openMessageActions } from '../message-log/message-actions.store.ts';
import type { ClaimedMessage } from '../queue/queue.ts';
import { startedAt, threeRecipients } from '../queue/test-data.ts';
import { acceptMany, closeAll, relay, startDelivery, startServer } from './test-data.ts';

afterEach(closeAll);
const minute = 60;
const immediate = () => new Promise((resolve) => setImmediate(resolve));

describe.each(databases)('delivery on $kind', ({ open }) => {
  it('sends what is accepted, and records recipient, attempt with its conversation, event', async () => {
    const server = await startServer();
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept({ recipients: threeRecipients.slice(0, 2) });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(server.connections[0]?.messages).toEqual(['Subject: x\r\n']);
    expect(await delivery.path.recipients(id)).toMatchObject([
      { state: 'sent', reply: '250 2.0.0 queued as FAKE1' },
      { state: 'sent', reply: '250 2.0.0 queued as FAKE1' },
    ]);
    const [attempt] = await delivery.path.attempts(id);
    expect(attempt).toMatchObject({ number: 1, outcome: 'sent', phase: 'dot', settings_name: 'Relay' });
    const lines = JSON.parse(attempt?.transcript ?? '[]') as { from: string; text: string }[];
    expect(lines.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['MAIL FROM:<hub@example.com> SIZE=12', '250 2.0.0 queued as FAKE1']),
    );
    expect(await delivery.path.waiting(id)).toBeUndefined();
    expect(await delivery.path.events(id)).toEqual(['queued', 'sent 0', 'sent 1']);
    expect(delivery.faults).toEqual([]);
  });

  it('keeps to each message its own conversation where many share a connection, and of secret mail none', async () => {
    let ahead = 0;
    const dot = (_: string, { wire }: { wire: string }) => {
      if (!wire.endsWith('\r\n.\r\n')) ahead += 1;
      return '250 ok';
    };
    const server = await startServer({ capabilities: ['PIPELINING'], replies: { '.': dot } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const isSecret = (place: number) => place % 5 === 0;
    const ids = await acceptMany(delivery, 120, (place) => ({
      recipients: [{ address: `${isSecret(place) ? 'secret' : 'open'}-${place}@example.com`, kind: 'to' }],
      isSecret: isSecret(place),
    }));
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.count('sent')).toBe(120);
    // Else nothing was shared.
    expect(ahead).toBeGreaterThan(20);
    for (const [place, id] of ids.entries()) {
      const [attempt] = await delivery.path.attempts(id);
      if (isSecret(place)) {
        expect(attempt?.transcript).toBeNull();
        continue;
      }
      const lines = JSON.parse(attempt?.transcript ?? '[]') as { text: string }[];
      const said = lines.map(({ text }) => text);
      expect(said.filter((line) => /^(MAIL|RCPT|DATA)/.test(line))).toEqual([
        'MAIL FROM:<hub@example.com>',
        `RCPT TO:<open-${place}@example.com>`,
        'DATA',
      ]);
      expect(said.at(-1)).toBe('250 ok');
      expect(said.join('\n')).not.toContain('secret');
    }
  });

  it('parks 500 messages behind a wrong password with two sign-ins and one alert; corrected, all leave', async () => {
    const login = { username: 'hub', password: 'right' };
    const server = await startServer({ login, capabilities: ['PIPELINING', 'AUTH PLAIN'] });
    const wrong = relay(server.port, { credentials: { username: 'hub', password: 'wrong' } });
    const states: string[] = [];
    const delivery = await startDelivery(await open(), [wrong], ({ store }) => ({
      store: {
        ...store,
        setHealth: (health) => {
          states.push(`${health.state} ${health.code} ${health.since}`);
          return store.setHealth(health);
        },
      },
    }));
    await acceptMany(delivery, 500);
    await delivery.worker.start();
    for (let second = 0; second < 15 * minute; second += 5) await delivery.pass(5);
    const signIns = () => server.connections.flatMap(({ lines }) => lines.filter((line) => line.startsWith('AUTH')));
    expect(signIns()).toHaveLength(2);
    expect(new Set(states).size).toBe(1);
    expect(await delivery.health('smtp_1')).toMatchObject({
      state: 'blocked',
      code: 'sign-in',
      reason: expect.stringContaining(`localhost:${server.port} refused the sign-in.`),
    });
    expect(await delivery.count('sent')).toBe(0);
    Object.assign(wrong, relay(server.port, { credentials: login }), { version: 2 });
    await delivery.pass(5);
    expect(await delivery.count('sent')).toBe(500);
    expect(await delivery.health('smtp_1')).toMatchObject({ state: 'ok' });
    const attempts = await Promise.all([1, 2].map(() => delivery.count('deferred')));
    expect(attempts).toEqual([0, 0]);
    expect(delivery.faults).toEqual([]);
  });

  it('lets an urgent message overtake a thousand in bulk', async () => {
    const gate = Promise.withResolvers<void>();
    let seen = 0;
    const order: string[] = [];
    const server = await startServer({
      replies: {
        MAIL: (line) => {
          order.push(line.includes('urgent') ? 'urgent' : 'bulk');
          return '250 ok';
        },
        '.': () => (++seen > 1 ? { after: gate.promise, say: '250 ok' } : '250 ok'),
      },
    });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    await acceptMany(delivery, 1000, () => ({ lane: 'bulk', mailFrom: 'bulk@example.com' }));
    await delivery.worker.start();
    while (seen < 4) await immediate();
    const { id } = await delivery.path.accept({ lane: 'urgent', mailFrom: 'urgent@example.com' });
    delivery.worker.wake();
    while (!order.includes('urgent')) await immediate();
    // One had proven the server; the connections that are not reserved hang.
    expect(order).toEqual(['bulk', 'bulk', 'bulk', 'bulk', 'urgent']);
    gate.resolve();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['sent']);
    expect(await delivery.count('sent')).toBe(1001);
  });

  it('gives back everything when it stops: before the dot at once, after it with the verdict', async () => {
    const gate = Promise.withResolvers<void>();
    const atDot = Promise.withResolvers<void>();
    const atMail = Promise.withResolvers<void>();
    let mails = 0;
    let dots = 0;
    const server = await startServer({
      replies: {
        // The second message is answered only at the end; those after it not even their sender.
        MAIL: () => {
          mails++;
          if (mails > 3) atMail.resolve();
          return mails > 2 ? { after: new Promise(() => {}), say: '' } : '250 ok';
        },
        '.': () => {
          dots++;
          if (dots === 1) return '250 ok';
          atDot.resolve();
          return { after: gate.promise, say: '250 late' };
        },
      },
    });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const first = await delivery.path.accept({ mailFrom: 'first@example.com' });
    await delivery.worker.start();
    await delivery.worker.idle();
    await acceptMany(delivery, 200);
    delivery.worker.wake();
    await Promise.all([atDot.promise, atMail.promise]);
    const stopped = delivery.worker.stop();
    gate.resolve();
    await stopped;
    expect(await delivery.states(first.id)).toEqual(['sent']);
    expect(await delivery.count('sent')).toBe(2);
    expect(await delivery.count('queued')).toBe(199);
    const claims = await delivery.path.claim({ limit: 500, owner: 'node-2' });
    expect(claims).toHaveLength(199);
    expect(claims.every(({ attempts }: ClaimedMessage) => attempts === 0)).toBe(true);
    expect(delivery.faults).toEqual([]);
  });
});

describe('two workers on one PostgreSQL', () => {
  it.runIf(databases.some(({ kind }) => kind === 'postgres'))('send each message once', async () => {
    const server = await startServer({ capabilities: ['PIPELINING'] });
    const database = await (databases.find(({ kind }) => kind === 'postgres') as (typeof databases)[0]).open();
    const first = await startDelivery(database, [relay(server.port)]);
    const again = { ...database, close: async () => {} };
    const second = await startDelivery(again, [relay(server.port)], () => ({ owner: 'node-2' }), first.clock);
    await acceptMany(first, 600, (place) => ({ mailFrom: `m${place}@example.com` }));
    await Promise.all([first.worker.start(), second.worker.start()]);
    while ((await first.count('sent')) < 600) {
      await Promise.all([first.worker.idle(), second.worker.idle()]);
      first.clock.advance(1000);
    }
    const senders = server.connections.flatMap(({ lines }) => lines.filter((line) => line.startsWith('MAIL')));
    expect(senders).toHaveLength(600);
    expect(new Set(senders).size).toBe(600);
  });
});

const [{ open }] = databases as [(typeof databases)[0]];

describe('a server that', () => {
  it('greylists gets the same mail again after five to six minutes', async () => {
    let tries = 0;
    const server = await startServer({
      replies: { RCPT: () => (++tries === 1 ? '450 4.2.0 Greylisted, try again later' : '250 ok') },
    });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.path.recipients(id)).toMatchObject([
      {
        state: 'deferred',
        reply: '450 4.2.0 Greylisted, try again later',
        explanation: expect.stringContaining('greylists'),
      },
    ]);
    for (let second = 0; second < 5 * minute; second += 10) await delivery.pass(10);
    expect(tries).toBe(1);
    await delivery.pass(minute);
    expect(tries).toBe(2);
    expect(await delivery.states(id)).toEqual(['sent']);
    expect(await delivery.path.attempts(id)).toHaveLength(2);
    expect(await delivery.health('smtp_1')).toBeUndefined();
  });

  it('is dead is probed with one message, alerts after the third time, and gets everything when it is back', async () => {
    const server = await startServer();
    const { port } = server;
    await server.close();
    const delivery = await startDelivery(await open(), [relay(port)]);
    await acceptMany(delivery, 50);
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.health('smtp_1')).toBeUndefined();
    for (let second = 0; second < 30; second += 1) await delivery.pass(1);
    expect(await delivery.health('smtp_1')).toMatchObject({
      state: 'unreachable',
      code: 'connection',
      reason: expect.stringContaining(`localhost:${port} refuses connections.`),
    });
    const attempts = await delivery.path.delivery.readHealth();
    expect(attempts).toHaveLength(1);
    const back = await startServer();
    delivery.settings[0] = { ...relay(back.port), version: 2 };
    await delivery.pass(2);
    expect(await delivery.count('sent')).toBe(50);
    expect(await delivery.health('smtp_1')).toMatchObject({ state: 'ok', nextProbeAt: null });
  });

  it('is dead for a day leaves few attempts of that day, and those of the last one whole', async () => {
    const server = await startServer();
    const { port } = server;
    await server.close();
    const delivery = await startDelivery(await open(), [relay(port)]);
    const { id } = await delivery.path.accept({ expiresAt: delivery.clock.now() + 10 * 24 * 3_600_000 });
    await delivery.worker.start();
    await delivery.worker.idle();
    const probe = async (times: number) => {
      for (let time = 0; time < times; time += 1) {
        delivery.worker.probe('smtp_1');
        await delivery.pass(6);
      }
    };
    await probe(30);
    expect((await delivery.path.attempts(id)).length).toBeGreaterThan(30);
    delivery.clock.jump(26 * 3_600_000);
    await probe(30);
    const attempts = await delivery.path.attempts(id);
    expect(attempts.length).toBeLessThan(40);
    expect(attempts.reduce((sum, { repeats }) => sum + 1 + repeats, 0)).toBeGreaterThan(60);
    expect(delivery.faults).toEqual([]);
  });

  it('refuses one of three recipients: each has its own end, and the mail arrives at the others', async () => {
    const server = await startServer({
      replies: { RCPT: (line) => (line.includes('bob') ? '550 5.1.1 No such user here' : '250 ok') },
    });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept({ recipients: threeRecipients });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.path.recipients(id)).toMatchObject([
      { state: 'sent' },
      {
        state: 'bounced',
        reply: '550 5.1.1 No such user here',
        explanation: expect.stringContaining('no such address'),
      },
      { state: 'sent' },
    ]);
    expect(server.connections[0]?.messages).toHaveLength(1);
    expect(await delivery.path.waiting(id)).toBeUndefined();
  });

  it('hangs up after the dot leaves the message uncertain, and gets the same bytes again after five minutes', async () => {
    const server = await startServer([{ replies: { '.': { end: 'reset' } } }, {}]);
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['uncertain']);
    for (let second = 0; second < 5 * minute - 10; second += 10) await delivery.pass(10);
    expect(server.connections).toHaveLength(1);
    await delivery.pass(2 * minute);
    expect(await delivery.states(id)).toEqual(['sent']);
    const [first, second] = server.connections.flatMap(({ messages }) => messages);
    expect(second).toBe(first);
    expect((await delivery.path.attempts(id)).map(({ outcome }) => outcome)).toEqual(['uncertain', 'sent']);
  });

  it('hangs up after the dot of a message that asks for it leaves it held', async () => {
    const server = await startServer({ replies: { '.': { end: 'reset' } } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept({ holdsUncertain: true });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['held']);
    expect(await delivery.path.waiting(id)).toBeUndefined();
  });

  it('takes two recipients at a time gets the others at once in transactions of their own', async () => {
    const server = await startServer({
      replies: {
        RCPT: (_line, { lines }) => {
          const before = lines.slice(lines.findLastIndex((one) => one.startsWith('MAIL')) + 1);
          return before.length > 2 ? '452 4.5.3 Too many recipients' : '250 ok';
        },
      },
    });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const recipients = ['a', 'b', 'c', 'd', 'e'].map((name) => ({
      address: `${name}@example.com`,
      kind: 'to' as const,
    }));
    const { id } = await delivery.path.accept({ recipients });
    await delivery.worker.start();
    await delivery.pass(1);
    await delivery.pass(1);
    expect(await delivery.states(id)).toEqual(['sent', 'sent', 'sent', 'sent', 'sent']);
    const asked = server.connections.flatMap(({ lines }) => lines.filter((line) => line.startsWith('RCPT')));
    // All five once, and then never more than it was seen to take.
    expect(asked).toHaveLength(8);
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(3);
  });
});

describe('delivery', () => {
  it('never dials for a message whose time has run out', async () => {
    const server = await startServer();
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept({ expiresAt: startedAt - 1 });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['expired']);
    expect(server.connections).toEqual([]);
  });

  it('lets mail expire that waits for a server that is parked', async () => {
    const server = await startServer({ replies: { greeting: '554 5.7.1 go away' } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const ids = await acceptMany(delivery, 5, () => ({ expiresAt: startedAt + 60_000 }));
    await delivery.worker.start();
    for (let second = 0; second < 80; second += 5) await delivery.pass(5);
    for (const id of ids) expect(await delivery.states(id)).toEqual(['expired']);
  });

  it.each([
    ['retry', 0],
    ['hold', 1],
  ] as const)(
    'leaves uncertain what an unanswered dot may have delivered, and whose time then runs out (%s)',
    async (_, hold) => {
      const server = await startServer([
        { replies: { '.': { end: 'close' } } },
        { replies: { RCPT: '450 4.1.1 later' } },
      ]);
      const delivery = await startDelivery(await open(), [relay(server.port)]);
      const expiresAt = startedAt + 3600_000;
      const { id } = await delivery.path.accept({ expiresAt, holdsUncertain: hold === 1 });
      await delivery.worker.start();
      await delivery.worker.idle();
      if (hold === 1) {
        expect(await delivery.states(id)).toEqual(['held']);
        await openMessageActions(delivery.database, delivery.clock).release(id, 'ann');
      }
      for (let minutes = 0; minutes < 30; minutes += 5) await delivery.pass(5 * minute);
      expect(await delivery.states(id)).toEqual(['deferred']);
      for (let minutes = 0; minutes < 40; minutes += 5) await delivery.pass(5 * minute);
      expect(await delivery.path.recipients(id)).toMatchObject([
        { state: 'uncertain', explanation: expect.stringMatching(/time ran out.*may have been delivered/) },
      ]);
      expect(await delivery.path.messageState(id)).toBe('uncertain');
      expect(await delivery.path.waiting(id)).toBeUndefined();
    },
  );

  it('gives back what it could not close because the database went away meanwhile, and closes it later', async () => {
    let begun = 0;
    const delivery = await startDelivery(await open(), [relay(1)], ({ store }) => ({
      store: {
        ...store,
        beginAttempt: (claim, attempt) =>
          ++begun === 2 ? Promise.reject(new Error('the database is away')) : store.beginAttempt(claim, attempt),
      },
    }));
    await acceptMany(delivery, 3, () => ({ settingsId: 'smtp_gone', expiresAt: startedAt - 1 }));
    await delivery.worker.start();
    for (let seconds = 0; seconds < 30; seconds += 5) await delivery.pass(5);
    expect(await delivery.count('expired')).toBe(3);
  });

  it('lets no jump of the clock end a message’s life or hurry its retries', async () => {
    let tries = 0;
    const server = await startServer({ replies: { RCPT: () => (++tries < 3 ? '450 4.1.1 later' : '250 ok') } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    await delivery.worker.idle();
    delivery.clock.jump(365 * 86_400_000);
    await delivery.pass(minute);
    expect([tries, await delivery.states(id)]).toEqual([2, ['deferred']]);
    await delivery.pass(minute);
    expect(tries).toBe(2);
    await delivery.pass(20 * minute);
    expect(await delivery.states(id)).toEqual(['sent']);
  });

  it('counts anew what waits when the clock was set back, and goes on sending while it cannot', async () => {
    let asked = 0;
    const server = await startServer();
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ queue }) => ({
      queue: {
        ...queue,
        countAnew: async (now, back) => {
          if (++asked === 1) throw new Error('it takes too long');
          await queue.countAnew?.(now, back);
        },
      },
    }));
    await delivery.worker.start();
    await delivery.worker.idle();
    const { id: late } = await delivery.path.accept({ createdAt: startedAt + 30_000 });
    delivery.clock.jump(-60 * minute * 1000);
    const { id: due } = await delivery.path.accept({ createdAt: startedAt - 120 * minute * 1000 });
    await delivery.pass(1);
    expect([await delivery.states(due), await delivery.states(late)]).toEqual([['sent'], ['queued']]);
    await delivery.pass(30);
    await delivery.pass(1);
    expect([asked, await delivery.states(late)]).toEqual([2, ['sent']]);
  });

  it('does not take its own leases for lost ones after a jump of the clock', async () => {
    const gate = Promise.withResolvers<void>();
    const server = await startServer({ replies: { '.': { after: gate.promise, say: '250 ok' } } });
    let recovered = 0;
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ queue }) => ({
      queue: {
        ...queue,
        recoverLost: async (now, owner) => {
          const lost = await queue.recoverLost(now, owner);
          recovered++;
          return lost;
        },
      },
    }));
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    while (server.connections.every(({ messages }) => messages.length === 0)) await immediate();
    delivery.clock.advance(25_000);
    await delivery.path.waiting(id);
    const before = recovered;
    delivery.clock.jump(365 * 86_400_000);
    delivery.clock.advance(9_000);
    while (recovered === before) await immediate();
    gate.resolve();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['sent']);
    expect(await delivery.path.attempts(id)).toMatchObject([{ outcome: 'sent' }]);
  });

  it('keeps no conversation of secret mail', async () => {
    const server = await startServer();
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept({ isSecret: true });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.path.attempts(id)).toMatchObject([{ outcome: 'sent', transcript: null }]);
  });

  it('says nothing to a server whose password is locked, loses nothing, and sends when it can be opened', async () => {
    const server = await startServer();
    const locked = { ...relay(server.port), target: { problem: 'password-locked' as const } };
    const delivery = await startDelivery(await open(), [locked]);
    const [id] = await acceptMany(delivery, 10);
    await delivery.worker.start();
    for (let second = 0; second < minute; second += 5) await delivery.pass(5);
    expect(server.connections).toEqual([]);
    expect(await delivery.health('smtp_1')).toMatchObject({ state: 'blocked', code: 'password-locked' });
    expect(await delivery.path.attempts(id as string)).toEqual([]);
    delivery.settings[0] = relay(server.port);
    await delivery.pass(6);
    expect(await delivery.count('sent')).toBe(10);
    expect(await delivery.health('smtp_1')).toMatchObject({ state: 'ok' });
  });

  it('rests while paused, for one server or for all, and goes on afterwards', async () => {
    const servers = [await startServer(), await startServer()] as const;
    const second = { ...relay(servers[1].port), id: 'smtp_2', name: 'Second', isDefault: false };
    const delivery = await startDelivery(await open(), [relay(servers[0].port), second]);
    await delivery.worker.start();
    await delivery.worker.pause('smtp_2');
    await acceptMany(delivery, 4, (place) => ({ settingsId: place % 2 === 0 ? null : 'smtp_2' }));
    await delivery.pass(5);
    expect([await delivery.count('sent'), await delivery.count('queued')]).toEqual([2, 2]);
    await delivery.worker.pause('');
    await delivery.worker.resume('smtp_2');
    await delivery.pass(5);
    expect(await delivery.count('sent')).toBe(2);
    await delivery.worker.resume('');
    await delivery.pass(1);
    expect(await delivery.count('sent')).toBe(4);
  });

  it('holds mail whose settings are deleted under way', async () => {
    const server = await startServer({ replies: { '.': '451 4.3.0 later' } });
    const delivery = await startDelivery(await open(), [{ ...relay(server.port), isDefault: false }]);
    const { id } = await delivery.path.accept({ settingsId: 'smtp_1' });
    await delivery.worker.start();
    await delivery.worker.idle();
    delivery.settings.pop();
    await delivery.pass(10 * minute);
    await delivery.pass(1);
    expect(await delivery.path.recipients(id)).toMatchObject([
      { state: 'held', explanation: expect.stringContaining('deleted') },
    ]);
  });

  it('keeps a result that cannot be recorded, claims nothing meanwhile, and records it when it can', async () => {
    const server = await startServer();
    let isFull = false;
    let rounds = 0;
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ store, settings }) => ({
      settings: {
        ...settings,
        list: () => {
          rounds++;
          return settings.list();
        },
      },
      store: {
        ...store,
        recordAttempt: (record) => (isFull ? Promise.reject(new Error('disk full')) : store.recordAttempt(record)),
      },
    }));
    await delivery.path.accept();
    await delivery.worker.start();
    await delivery.worker.idle();
    isFull = true;
    const first = await delivery.path.accept();
    delivery.worker.wake();
    while (delivery.faults.length === 0) await immediate();
    const second = await delivery.path.accept();
    delivery.worker.wake();
    for (const seen = rounds; rounds < seen + 3; ) {
      delivery.clock.advance(2000);
      await immediate();
    }
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(2);
    expect(await delivery.path.waiting(second.id)).toMatchObject({ leased_by: null, token: 0 });
    expect(await delivery.path.waiting(first.id)).toMatchObject({ dot_at: expect.any(Number) });
    expect(await delivery.path.attempts(first.id)).toEqual([]);
    isFull = false;
    delivery.clock.advance(1000);
    await delivery.pass(1);
    expect(await delivery.states(first.id)).toEqual(['sent']);
    expect(await delivery.states(second.id)).toEqual(['sent']);
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(3);
  });

  it('sends nothing for a claim that another worker has taken over', async () => {
    const server = await startServer();
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ store, queue, clock }) => ({
      store: {
        ...store,
        markDot: async (claim, attempt) => {
          await queue.recoverLost(clock.now() + 120_000, null);
          return store.markDot(claim, attempt);
        },
      },
    }));
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    while ((await delivery.path.attempts(id)).length === 0) await immediate();
    await delivery.worker.pause('');
    await delivery.worker.idle();
    expect(server.connections.flatMap(({ messages }) => messages)).toEqual([]);
    expect(await delivery.states(id)).toEqual(['queued']);
  });

  it('that breaks on our side is a line in the message’s own timeline, and is tried again', async () => {
    const server = await startServer();
    let isBroken = true;
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ queue }) => ({
      queue: {
        ...queue,
        readContent: (id) => (isBroken ? Promise.reject(new Error('no such page')) : queue.readContent(id)),
      },
    }));
    const { id } = await delivery.path.accept({ sizeBytes: 40_000 });
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(await delivery.path.recipients(id)).toMatchObject([
      { state: 'deferred', explanation: expect.stringContaining('inside Postern') },
    ]);
    expect(delivery.faults).toHaveLength(1);
    isBroken = false;
    await delivery.pass(2 * minute);
    expect(await delivery.states(id)).toEqual(['sent']);
  });
});
