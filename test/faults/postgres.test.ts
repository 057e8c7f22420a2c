/** PostgreSQL under the whole program: restarted, out of connections, silent. P14, P15 of docs/faults.md. */
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openApiClient } from '../support/api-client.ts';
import { findPostgres } from '../support/installed.ts';
import { type PostgresCluster, startPostgres } from '../support/postgres.ts';
import { atEnd, closeAll, startMailProgram, until } from './mail-program.ts';
import { openSilenceableLine } from './silenceable-line.ts';

afterEach(closeAll);

describe.runIf(findPostgres())('PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeEach(async () => {
    cluster = await startPostgres({ isDurable: true, maxConnections: 40 });
    atEnd(() => cluster.stop());
  });

  it('that is restarted at once while mail goes: nothing acknowledged is lost, no result is lost, nothing goes twice', async () => {
    const gate = Promise.withResolvers<void>();
    let dots = 0;
    // The fifth message stands at its dot while the database goes away.
    const replies = { '.': () => (++dots === 5 ? { after: gate.promise, say: '250 ok' } : '250 ok') };
    const mail = await startMailProgram({ replies }, { database: { kind: 'postgres', url: cluster.url } });
    const acknowledged: string[] = [];
    let isRunning = true;
    const answers = new Map<string, number>();
    const submitAll = async () => {
      for (let place = 0; isRunning; place += 1) {
        const { status, headers } = await mail.submit(`m${place}`);
        answers.set(`${status} ${headers.get('retry-after')}`, place);
        if (status === 200) acknowledged.push(`m${place}`);
      }
    };
    const submitting = submitAll();
    await until(() => dots >= 5);
    await cluster.restart();
    gate.resolve();
    const count = acknowledged.length;
    await until(() => acknowledged.length > count + 5);
    isRunning = false;
    await submitting;
    expect([...answers.keys()].filter((answer) => answer !== '200 null')).toEqual(
      [...answers.keys()].filter((answer) => answer === '503 5'),
    );
    const client = new pg.Client({ connectionString: cluster.url });
    await client.connect();
    atEnd(() => client.end());
    const read = async () =>
      (await client.query<{ subject: string; state: string }>('SELECT subject, state FROM message')).rows;
    // What the restart cut off between claim and answer is taken up once its lease of a minute has run out: not waited for here.
    await until(async () => (await read()).filter(({ state }) => state === 'sent').length >= acknowledged.length - 40);
    const states = new Map((await read()).map(({ subject, state }) => [subject, state]));
    for (const subject of acknowledged) expect(states.has(subject), subject).toBe(true);
    const arrived = mail.arrived();
    expect(new Set(arrived).size).toBe(arrived.length);
    // What the server took is known as sent: also what was at its dot meanwhile.
    await until(async () => {
      const now = new Map((await read()).map(({ subject, state }) => [subject, state]));
      return mail.arrived().every((subject) => now.get(subject) === 'sent');
    });
    expect(await mail.program.stop()).toBe(0);
  });

  it('that takes no more connections: submissions are told to come again, and nobody has to restart anything', async () => {
    const mail = await startMailProgram({}, { database: { kind: 'postgres', url: cluster.url } });
    expect((await mail.submit('before')).status).toBe(200);
    // Somebody else takes all that there are; ours are closed, as PostgreSQL does with idle ones that it wants back.
    const greedy: pg.Client[] = [];
    const hold = async () => {
      const client = new pg.Client({ connectionString: cluster.url, application_name: 'greedy' });
      client.on('error', () => {});
      await client.connect();
      greedy.push(client);
      return client;
    };
    const first = await hold();
    atEnd(() => Promise.all(greedy.map((client) => client.end().catch(() => {}))));
    const closeOurs = () =>
      first.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name <> 'greedy' AND backend_type = 'client backend' AND pid <> pg_backend_pid()",
      );
    await closeOurs();
    let isFull = false;
    while (!isFull)
      isFull = await hold()
        .then(closeOurs)
        .then(
          () => false,
          () => true,
        );
    await until(async () => (await mail.submit('refused')).status === 503);
    for (const client of greedy) await client.end();
    await until(async () => (await mail.submit('after')).status === 200);
    await until(() => mail.arrived().includes('after'));
  });

  // Half a minute: at night.
  it.runIf(process.env.POSTERN_NIGHTLY === 'on')(
    'that falls silent: who submits is told to come again, and mail goes on when the line is back',
    async () => {
      const line = await openSilenceableLine(cluster.url);
      const mail = await startMailProgram({}, { database: { kind: 'postgres', url: line.url } });
      expect((await mail.submit('before')).status).toBe(200);
      await until(() => mail.arrived().length === 1);
      line.setSilent(true);
      const startedAt = performance.now();
      const statuses = await Promise.all(
        [mail.submit('one'), mail.submit('two')].map(async (one) => (await one).status),
      );
      expect(statuses).toEqual([503, 503]);
      expect(performance.now() - startedAt).toBeLessThan(30_000);
      expect((await openApiClient(mail.program.url).call('GET', '/healthz')).status).toBe(200);
      line.setSilent(false);
      await until(async () => (await mail.submit('after')).status === 200);
      await until(() => mail.arrived().includes('after'));
      expect(mail.arrived().filter((subject) => subject === 'before')).toHaveLength(1);
    },
  );
});
