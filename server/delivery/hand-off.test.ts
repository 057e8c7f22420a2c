/** Accepted mail that goes to its server without being claimed, and when it does not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { Reservation } from '../queue/hand-off.ts';
import { acceptedMessage, startedAt } from '../queue/test-data.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { closeAll, relay, startDelivery, startServer, type TestedDelivery } from './test-data.ts';

afterEach(closeAll);
const immediate = () => new Promise((resolve) => setImmediate(resolve));

describe.each(databases)('a message that is accepted on $kind', ({ open }) => {
  let database: Database;
  let delivery: TestedDelivery;
  /** Ids that claims brought. */
  let claimed: string[];
  /** Answers to the dot wait for it, from the second on. */
  let gate: PromiseWithResolvers<void>;
  let dots: number;
  beforeEach(async () => {
    claimed = [];
    gate = Promise.withResolvers<void>();
    dots = 0;
    const server = await startServer({
      replies: { '.': () => (++dots > 1 ? { after: gate.promise, say: '250 ok' } : '250 ok') },
    });
    database = await open();
    delivery = await startDelivery(database, [relay(server.port)], ({ queue }) => ({
      queue: {
        ...queue,
        claim: async (request) => {
          const claims = await queue.claim(request);
          claimed.push(...claims.map(({ id }) => id));
          return claims;
        },
      },
    }));
    const proof = await delivery.path.accept();
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(claimed).toEqual([proof.id]);
    claimed = [];
    // A round that finds nothing more.
    await delivery.pass(1);
  });
  const now = () => delivery.clock.now();
  const reserve = (change: Partial<AcceptedMessage> = {}) =>
    delivery.worker.handOff.reserve(acceptedMessage({ createdAt: now(), ...change }));
  const accept = async (change: Partial<AcceptedMessage> = {}) => {
    const { worker, clock } = delivery;
    const store = openAcceptStore(database, { clock, handOff: worker.handOff, onReady: () => worker.wake() });
    const message = acceptedMessage({ createdAt: now(), ...change });
    await store.accept({ messages: [message], idempotency: null });
    return message.id;
  };

  it('is sent without a claim by a server that has room, with the attempt that was registered with it', async () => {
    const id = await accept({ recipients: [{ address: 'ann@example.com', kind: 'to' }] });
    const row = await delivery.path.waiting(id);
    expect(row).toMatchObject({ token: 1, leased_by: 'node-1', attempt_settings_id: 'smtp_1', attempts: 0 });
    gate.resolve();
    await delivery.worker.idle();
    expect(claimed).toEqual([]);
    expect(await delivery.states(id)).toEqual(['sent']);
    expect(await delivery.path.attempts(id)).toMatchObject([{ id: row?.attempt_id, number: 1, outcome: 'sent' }]);
    expect(await delivery.path.events(id)).toEqual(['queued', 'sent 0']);
    expect(await delivery.path.waiting(id)).toBeUndefined();
  });

  it('is not handed over before its time, after it, for other settings, or while the server is paused', async () => {
    expect(reserve({ scheduledAt: now() + 1 })).toBeNull();
    expect(reserve({ expiresAt: now() })).toBeNull();
    expect(reserve({ settingsId: 'smtp_2' })).toBeNull();
    await delivery.worker.pause('smtp_1');
    expect(reserve()).toBeNull();
    await delivery.worker.resume('smtp_1');
    await delivery.worker.idle();
    const again = reserve({ scheduledAt: now() });
    expect(again).toMatchObject({ owner: 'node-1', leasedUntil: now() + 60_000 });
    again?.drop();
  });

  it('goes through the database once memory is full, with all that follow until a claim has brought the last', async () => {
    const held: Reservation[] = [];
    for (let one = reserve(); one !== null; one = reserve()) held.push(one);
    expect(held).toHaveLength(500);
    for (const one of held) one.drop();
    expect(reserve()).toBeNull();
    await delivery.pass(1);
    const small = reserve({ sizeBytes: 1 });
    expect(small).not.toBeNull();
    expect(reserve({ sizeBytes: 8 * 1024 * 1024 })).toBeNull();
    small?.drop();
  });

  describe('in a batch', () => {
    const batchOf = (count: number, change: Partial<AcceptedMessage> = {}) =>
      Array.from({ length: count }, () => acceptedMessage({ createdAt: now(), ...change }));
    /** Resolves with how many messages of the batch were reserved; null: it need not wait. */
    const pace = (batch: AcceptedMessage[]) => {
      const held: Reservation[] = [];
      const { handOff } = delivery.worker;
      const pause = handOff.pace?.(batch, () => {
        for (const message of batch) {
          const one = handOff.reserve(message);
          if (one !== null) held.push(one);
        }
      });
      return pause ? pause.then(() => held.splice(0)) : null;
    };
    const dropAll = (held: (Reservation | null)[]) => {
      for (const one of held) one?.drop();
    };
    const fill = (count: number) => Array.from({ length: count }, () => reserve());

    it('waits for room in memory, and has it as soon as others have been sent', async () => {
      expect(pace(batchOf(100))).toBeNull();
      const accepting = Promise.all(Array.from({ length: 150 }, () => accept()));
      await accepting;
      const held = fill(100);
      const waits = pace(batchOf(10));
      const behind = pace(batchOf(1000));
      expect([waits, behind]).toEqual([expect.any(Promise), null]);
      gate.resolve();
      const reserved = (await waits) as Reservation[];
      expect(reserved).toHaveLength(10);
      dropAll([...held, ...reserved]);
      await delivery.worker.idle();
      expect(claimed).toEqual([]);
    });

    it('waits no longer than a moment, then goes through the database', async () => {
      const held = fill(500);
      const waits = pace(batchOf(10));
      delivery.clock.advance(150);
      expect(await waits).toEqual([]);
      dropAll(held);
    });

    it('waits longer where its server was fast until a moment ago', async () => {
      for (let count = 0; count < 6; count += 1) expect(pace(batchOf(100))).toBeNull();
      const held = fill(500);
      let isOver = false;
      const waits = pace(batchOf(10))?.finally(() => {
        isOver = true;
      });
      delivery.clock.advance(450);
      await immediate();
      expect(isOver).toBe(false);
      delivery.clock.advance(150);
      expect(await waits).toEqual([]);
      dropAll(held);
    });

    it('does not wait when its server is paused, and not in a crowd', async () => {
      const held = fill(500);
      const waits = Array.from({ length: 20 }, () => pace(batchOf(100)));
      expect(waits.every((one) => one !== null)).toBe(true);
      expect(pace(batchOf(2))).toBeNull();
      await delivery.worker.pause('smtp_1');
      expect(await Promise.all(waits)).toEqual(waits.map(() => []));
      expect(pace(batchOf(2))).toBeNull();
      dropAll(held);
    });

    it('does not wait with urgent mail, mail for later, or mail for several servers', () => {
      const held = fill(500);
      const [one, other] = [batchOf(2), batchOf(2, { settingsId: 'smtp_1' })];
      for (const batch of [batchOf(2, { lane: 'urgent' }), batchOf(2, { scheduledAt: now() + 1 }), [...one, ...other]])
        expect(pace(batch)).toBeNull();
      expect(pace(batchOf(1))).toBeNull();
      dropAll(held);
    });
  });

  it('has room of its own where it is urgent', async () => {
    const held: Reservation[] = [];
    for (let count = 0; count < 500; count += 1) held.push(reserve() as Reservation);
    const urgent = reserve({ lane: 'urgent' });
    expect(urgent).not.toBeNull();
    for (const one of [...held, urgent]) one?.drop();
  });

  it('goes through the database where nobody has looked for older ones of late', async () => {
    await Promise.all(Array.from({ length: 150 }, () => accept()));
    expect(claimed).toEqual([]);
    const one = reserve();
    expect(one).not.toBeNull();
    one?.drop();
    // So many wait in memory that nothing is claimed.
    delivery.clock.advance(2000);
    expect(reserve()).toBeNull();
    gate.resolve();
    await delivery.pass(1);
    expect(await delivery.count('sent')).toBe(151);
  });

  it('is given back as if never claimed, when its server is paused before its turn has come', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => accept()));
    while (dots < 4) await immediate();
    await delivery.worker.pause('smtp_1');
    gate.resolve();
    await delivery.worker.idle();
    const rows = await Promise.all(ids.map((id) => delivery.path.waiting(id)));
    const waiting = rows.filter((row) => row !== undefined);
    expect(waiting.length).toBeGreaterThan(10);
    for (const row of waiting)
      expect(row).toMatchObject({ leased_by: null, attempt_id: null, attempts: 0, crashes: 0 });
    expect(await delivery.count('sent')).toBe(21 - waiting.length);
  });

  it('whose fate is unknown is renewed by nobody: its lease runs out, and it is claimed; others are renewed', async () => {
    const message = acceptedMessage({ createdAt: now() });
    const reservation = delivery.worker.handOff.reserve(message) as Reservation;
    const store = openAcceptStore(database, { clock: delivery.clock, handOff: { reserve: () => reservation } });
    const take = reservation.take;
    reservation.take = () => reservation.lose();
    await store.accept({ messages: [message], idempotency: null });
    expect(take).toBeTypeOf('function');
    const other = await accept();
    for (let second = 0; second < 100; second += 1) {
      delivery.clock.advance(1000);
      await delivery.path.queue.renewLeases('nobody', 0).then(immediate);
    }
    while (claimed.length === 0) await immediate();
    expect((await delivery.path.waiting(other))?.leased_until).toBeGreaterThan(now());
    gate.resolve();
    await delivery.worker.idle();
    expect(await delivery.states(message.id)).toEqual(['sent']);
    expect(claimed).toEqual([message.id]);
    // Nothing said that its first attempt had begun; nothing said that it had not.
    expect(await delivery.path.attempts(message.id)).toMatchObject([
      { number: 1, outcome: 'queued', explanation: expect.stringContaining('or before it began') },
      { number: 2, outcome: 'sent' },
    ]);
  });

  it('is waited for by whoever stops: it ends in the queue', async () => {
    const message = acceptedMessage({ createdAt: now() });
    const reservation = delivery.worker.handOff.reserve(message) as Reservation;
    const store = openAcceptStore(database, { clock: delivery.clock, handOff: { reserve: () => reservation } });
    const stopped = delivery.worker.stop();
    expect(reserve()).toBeNull();
    await store.accept({ messages: [message], idempotency: null });
    await stopped;
    expect(await delivery.path.waiting(message.id)).toMatchObject({ leased_by: null, attempt_id: null });
    expect(await delivery.states(message.id)).toEqual(['queued']);
  });
});

describe('a server that has not shown that it is well', () => {
  const [{ open }] = databases as [(typeof databases)[0]];
  it('is handed nothing', async () => {
    const server = await startServer();
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    await delivery.worker.start();
    await delivery.worker.idle();
    expect(delivery.worker.handOff.reserve(acceptedMessage({ createdAt: startedAt }))).toBeNull();
  });
});
