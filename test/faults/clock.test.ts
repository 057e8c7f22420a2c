/** The clock of the machine jumps while mail waits and while mail is sent: P17 of docs/faults.md. */
import { afterEach, describe, expect, it } from 'vitest';
import { acceptMany, closeAll, relay, startDelivery, startServer } from '../../server/delivery/test-data.ts';
import { databases } from '../support/databases.ts';

afterEach(closeAll);
const [{ open }] = databases as [(typeof databases)[0]];
const hour = 3_600_000;
const immediate = () => new Promise((resolve) => setImmediate(resolve));

const jumps: [name: string, milliseconds: number][] = [
  ['an hour ahead', hour],
  ['a day ahead', 24 * hour],
  ['a year ahead', 365 * 24 * hour],
  ['an hour back', -hour],
  ['a year back', -365 * 24 * hour],
];

describe.each(jumps)('a clock that jumps %s', (_, jump) => {
  it('ends no message’s life and costs none more than one try', async () => {
    let isAway = true;
    const server = await startServer({ replies: { RCPT: () => (isAway ? '450 4.1.1 later' : '250 ok') } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const ids = await acceptMany(delivery, 20);
    await delivery.worker.start();
    await delivery.worker.idle();
    const before = await Promise.all(ids.map((id) => delivery.path.attempts(id)));
    delivery.clock.jump(jump);
    await delivery.pass(1);
    expect(await delivery.count('expired')).toBe(0);
    const after = await Promise.all(ids.map((id) => delivery.path.attempts(id)));
    for (const [place, attempts] of after.entries())
      expect(attempts.length - (before[place]?.length ?? 0)).toBeLessThanOrEqual(1);
    isAway = false;
    // Five minutes, a quarter of an hour, half an hour: the longest that anything waits for by now.
    for (let minute = 0; minute < 40; minute += 1) await delivery.pass(60);
    expect([await delivery.count('sent'), await delivery.count('expired')]).toEqual([20, 0]);
  });

  it('takes no lease of the living', async () => {
    const gate = Promise.withResolvers<void>();
    const server = await startServer({ replies: { '.': { after: gate.promise, say: '250 ok' } } });
    const delivery = await startDelivery(await open(), [relay(server.port)]);
    const { id } = await delivery.path.accept();
    await delivery.worker.start();
    while (server.connections.every(({ messages }) => messages.length === 0)) await immediate();
    delivery.clock.jump(jump);
    for (let second = 0; second < 120; second += 1) {
      delivery.clock.advance(1000);
      await delivery.path.waiting(id);
    }
    gate.resolve();
    await delivery.worker.idle();
    expect(await delivery.states(id)).toEqual(['sent']);
    expect(await delivery.path.attempts(id)).toMatchObject([{ outcome: 'sent' }]);
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(1);
  });
});
