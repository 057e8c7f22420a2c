/** What is said to a server while earlier attempts are being written down, hang, or belong to a lease that may be lost. */
import { afterEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { openMessageLogStore } from '../message-log/message-log.store.ts';
import { connectionLimits } from './server-circuit.ts';
import { acceptMany, closeAll, relay, startDelivery, startServer, type TestedDelivery } from './test-data.ts';

afterEach(closeAll);
const immediate = () => new Promise((resolve) => setImmediate(resolve));
/** Whatever was asked of the database and the server has long been answered. */
const takeTurns = async ({ path }: TestedDelivery) => {
  for (let turn = 0; turn < 40; turn += 1) await path.queue.renewLeases('nobody', 0).then(immediate);
};

describe.each(databases)('attempts in flight on $kind', ({ open }) => {
  it('free their place when the server has answered, and never are more than 96 unrecorded', async () => {
    let dots = 0;
    const server = await startServer({ replies: { '.': () => `250 ok ${++dots}` } });
    const gate = Promise.withResolvers<void>();
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ store }) => ({
      store: {
        ...store,
        recordAttempt: async (record) => {
          await gate.promise;
          return store.recordAttempt(record);
        },
      },
    }));
    await acceptMany(delivery, 200);
    await delivery.worker.start();
    while (dots < 96) await immediate();
    await takeTurns(delivery);
    expect(dots).toBe(96);
    gate.resolve();
    while ((await delivery.count('sent')) < 200) await delivery.pass(1);
    expect(dots).toBe(200);
  });

  it('are begun by none while one cannot be recorded', async () => {
    let dots = 0;
    let isFull = false;
    const server = await startServer({
      replies: {
        '.': () => {
          if (++dots === 10) isFull = true;
          return '250 ok';
        },
      },
    });
    const delivery = await startDelivery(await open(), [relay(server.port)], ({ store }) => ({
      store: {
        ...store,
        recordAttempt: (record) => (isFull ? Promise.reject(new Error('full')) : store.recordAttempt(record)),
      },
    }));
    await acceptMany(delivery, 100);
    await delivery.worker.start();
    while (delivery.faults.length === 0) await immediate();
    await takeTurns(delivery);
    // Those that had their place when the tenth could not be recorded.
    expect(dots).toBeLessThan(10 + connectionLimits.start + 5);
    isFull = false;
    // Those that could not be recorded are tried again. A clock that ran ahead of the database would take leases away.
    delivery.clock.advance(1000);
    while ((await delivery.count('sent')) < 100) await delivery.pass(1);
    expect(dots).toBe(100);
  });

  it('are noted as begun when they take longer than a second, and seen in the log', async () => {
    const gate = Promise.withResolvers<void>();
    const server = await startServer({ replies: { RCPT: () => ({ after: gate.promise, say: '250 ok' }) } });
    const database = await open();
    const delivery = await startDelivery(database, [relay(server.port)]);
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    while (server.connections[0]?.lines.some((line) => line.startsWith('RCPT')) !== true) await immediate();
    const before = await delivery.path.waiting(id);
    expect(before).toMatchObject({ attempt_settings_name: 'Relay', attempt_started_at: null });
    const log = openMessageLogStore(database);
    expect((await log.read(id))?.attempts).toEqual([]);
    delivery.clock.advance(1000);
    while ((await delivery.path.waiting(id))?.attempt_started_at === null) await immediate();
    expect((await log.read(id))?.attempts).toMatchObject([
      { id: before?.attempt_id, number: 1, outcome: 'sending', ended_at: null, phase: 'connect' },
    ]);
    gate.resolve();
    await delivery.worker.idle();
    expect(await delivery.path.attempts(id)).toMatchObject([{ id: before?.attempt_id, number: 1, outcome: 'sent' }]);
  });

  it('are not begun for a lease that ran out while the process stood still', async () => {
    const gate = Promise.withResolvers<void>();
    const server = await startServer({ replies: { '.': () => ({ after: gate.promise, say: '250 ok' }) } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const [first, second] = (await acceptMany(delivery, 2)) as [string, string];
    await delivery.worker.start();
    while (server.connections[0]?.messages.length !== 1) await immediate();
    delivery.clock.jump(70_000);
    await delivery.path.queue.recoverLost(delivery.clock.now(), null);
    const [other] = await delivery.path.claim({ now: delivery.clock.now(), owner: 'node-2' });
    const waits = [first, second].filter((id) => id === other?.id);
    expect(waits).toHaveLength(1);
    gate.resolve();
    await delivery.worker.idle();
    const mails = server.connections.flatMap(({ lines }) => lines.filter((line) => line.startsWith('MAIL')));
    expect(mails).toHaveLength(1);
    expect(await delivery.path.attempts(other?.id ?? '')).toMatchObject([{ number: 1, outcome: 'queued', reply: '' }]);
  });
});
