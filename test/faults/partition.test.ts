/** One of two nodes loses its PostgreSQL while a server takes its message: P15 of docs/faults.md. */
import { afterEach, describe, expect, it } from 'vitest';
import { migrate } from '../../server/database/migrate.ts';
import { openDatabase } from '../../server/database/open.ts';
import { closeAll, relay, startDelivery, startServer } from '../../server/delivery/test-data.ts';
import { databases } from '../support/databases.ts';
import { atEnd, closeAll as closeOthers, until } from './mail-program.ts';
import { openSilenceableLine } from './silenceable-line.ts';

afterEach(closeAll);
afterEach(closeOthers);

const postgres = databases.find(({ kind }) => kind === 'postgres');
describe.runIf(postgres)('a node that is cut off from PostgreSQL', () => {
  const limits = { mailMs: 400, pageMs: 400 };
  const openTwo = async () => {
    const place = await postgres?.create();
    if (place?.address.kind !== 'postgres') throw new Error('no PostgreSQL');
    atEnd(place.remove);
    const line = await openSilenceableLine(place.address.url);
    const near = await openDatabase(place.address);
    await migrate(near);
    return { line, near, far: await openDatabase({ kind: 'postgres', url: line.url }, limits) };
  };

  /** What it keeps is written down in a second of its clock, once it can be. */
  const settle = async ({ worker, clock }: Awaited<ReturnType<typeof startDelivery>>) => {
    let isIdle = false;
    void worker.idle().then(() => {
      isIdle = true;
    });
    await until(() => {
      clock.advance(1000);
      return isIdle;
    });
  };

  it('after the dot: the other node names the message uncertain and sends it again; the late result changes nothing', async () => {
    const { line, near, far } = await openTwo();
    const gate = Promise.withResolvers<void>();
    const held = { replies: { '.': { after: gate.promise, say: '250 2.0.0 late' } } };
    const server = await startServer([held, {}]);
    const cutOff = await startDelivery(far, [relay(server.port)]);
    const { id } = await cutOff.path.accept();
    await cutOff.worker.start();
    await until(() => server.connections.flatMap(({ messages }) => messages).length === 1);
    line.setSilent(true);
    const other = await startDelivery(near, [relay(server.port)], () => ({ owner: 'node-2' }), cutOff.clock);
    for (let second = 0; second < 90; second += 1) cutOff.clock.advance(1000);
    await other.worker.start();
    await other.worker.idle();
    expect(await other.states(id)).toEqual(['uncertain']);

    gate.resolve();
    await until(() => cutOff.faults.length > 0);
    line.setSilent(false);
    await until(async () => {
      cutOff.clock.advance(1000);
      return (await other.path.attempts(id)).some(({ transcript }) => transcript?.includes('250 2.0.0 late'));
    });
    expect(await other.path.attempts(id)).toMatchObject([{ outcome: 'uncertain' }]);
    for (let second = 0; second < 420; second += 10) await other.pass(10);
    expect(await other.states(id)).toEqual(['sent']);
    expect((await other.path.attempts(id)).map(({ outcome }) => outcome)).toEqual(['uncertain', 'sent']);
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(2);
    await settle(cutOff);
  });

  it('before the dot: it sends nothing for a lease that has run out, and the other node sends once', async () => {
    const { line, near, far } = await openTwo();
    const gate = Promise.withResolvers<void>();
    const server = await startServer([{ replies: { DATA: { after: gate.promise, say: '354 go' } } }, {}]);
    const cutOff = await startDelivery(far, [relay(server.port)]);
    const { id } = await cutOff.path.accept();
    await cutOff.worker.start();
    await until(() => server.connections[0]?.lines.some((one) => one.startsWith('RCPT')) ?? false);
    line.setSilent(true);
    const other = await startDelivery(near, [relay(server.port)], () => ({ owner: 'node-2' }), cutOff.clock);
    for (let second = 0; second < 90; second += 1) cutOff.clock.advance(1000);
    await other.worker.start();
    await other.worker.idle();
    expect(await other.states(id)).toEqual(['sent']);
    gate.resolve();
    await until(() => server.connections[0]?.isClosed ?? false);
    line.setSilent(false);
    await until(async () => {
      cutOff.clock.advance(1000);
      return (await other.path.attempts(id)).every(({ ended_at }) => ended_at !== null);
    });
    expect(await other.states(id)).toEqual(['sent']);
    expect(server.connections.flatMap(({ messages }) => messages)).toHaveLength(1);
    await settle(cutOff);
  });
});
