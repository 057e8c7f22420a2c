/** The database goes away, or has no room, under the stores of the mail path; each time as it really happens. */

import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { migrate } from '../database/migrate.ts';
import { type Database, openDatabase } from '../database/open.ts';
import { DatabaseUnavailableError } from '../database/unavailable.ts';
import { acceptedMessage, attemptRecord, type MailPath, openMailPath, startedAt, verdict } from '../queue/test-data.ts';
import { openAcceptStore } from './accept.store.ts';

const submission = (bytes = 10) => ({
  messages: [acceptedMessage({ content: { bytes: Buffer.alloc(bytes, 'x'), parts: null, blobs: [] } })],
  idempotency: null,
});
const limits = new URL(
  `data:text/javascript,${encodeURIComponent(`
  export const openUnits = (sqlite) => ({
    limit: (hasRoom) => sqlite.pragma('max_page_count = ' + (hasRoom ? 1e9 : sqlite.pragma('page_count', { simple: true }))),
  });`)}`,
);

describe('a full disk under SQLite', () => {
  it('refuses what does not fit, whole, and accepts again when there is room', async () => {
    const database = await databases[0]?.open();
    if (database?.kind !== 'sqlite') throw new Error('SQLite comes first');
    const path = openMailPath(database);
    const { id } = await path.accept();
    const limit = database.writer.load<{ limit: (hasRoom: boolean) => unknown }>(limits);
    await limit('limit', false);
    const refused = await Promise.all([
      path.accepts.accept(submission(200_000)),
      path.accepts.accept(submission(200_000)),
    ]);
    expect(refused).toEqual(
      Array.from({ length: 2 }, () => ({ outcome: 'unavailable', problem: 'The disk is full.' })),
    );
    for (const table of ['message', 'recipient', 'content', 'queue', 'event'] as const)
      expect(await database.query.selectFrom(table).selectAll().execute()).toHaveLength(1);
    const [claim] = await path.claim();
    expect(claim?.id).toBe(id);
    await limit('limit', true);
    expect(await path.accepts.accept(submission(200_000))).toMatchObject({ outcome: 'accepted' });
    await database.close();
  });
});

/** Between Postern and its PostgreSQL: a line that can be cut. */
const openLine = async (host: string, port: number) => {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let isCutAtReply = false;
  const open = (onPort: number) =>
    new Promise<number>((resolve) => {
      const listening = createServer((near) => {
        const far = connect(port, host);
        for (const socket of [near, far]) {
          sockets.add(socket);
          socket.on('error', () => {});
          socket.on('close', () => {
            near.destroy();
            far.destroy();
          });
        }
        near.pipe(far);
        far.on('data', (data) => (isCutAtReply ? cut() : near.write(data)));
      });
      server = listening;
      listening.listen(onPort, '127.0.0.1', () => resolve((listening.address() as AddressInfo).port));
    });
  const cut = () => {
    server?.close();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    isCutAtReply = false;
  };
  const ownPort = await open(0);
  return {
    port: ownPort,
    cut,
    /** Once the server has done what it was asked, before anybody hears of it. */
    cutAtReply: () => {
      isCutAtReply = true;
    },
    mend: () => open(ownPort),
  };
};

const postgres = databases.find(({ kind }) => kind === 'postgres');
describe.runIf(postgres !== undefined)('PostgreSQL that goes away', () => {
  let line: Awaited<ReturnType<typeof openLine>>;
  let database: Database;
  let path: MailPath;
  let remove: () => Promise<void>;
  beforeEach(async () => {
    const empty = await postgres?.create();
    if (empty?.address.kind !== 'postgres') throw new Error('no PostgreSQL');
    remove = empty.remove;
    const url = new URL(empty.address.url);
    line = await openLine(url.hostname, Number(url.port));
    url.host = `127.0.0.1:${line.port}`;
    database = await openDatabase({ kind: 'postgres', url: url.href });
    await migrate(database);
    path = openMailPath(database);
  });
  afterEach(async () => {
    await database.close();
    line.cut();
    await remove();
  });
  const away = { outcome: 'unavailable', problem: 'The database cannot be reached.' };

  it('refuses submissions until it is back', async () => {
    await path.accept();
    line.cut();
    expect(await path.accepts.accept(submission())).toEqual(away);
    await line.mend();
    expect(await path.accepts.accept(submission())).toMatchObject({ outcome: 'accepted' });
    expect(await database.query.selectFrom('message').selectAll().execute()).toHaveLength(2);
  });

  it('finds by its key what was committed when nobody heard of it', async () => {
    const keyed = () => ({ ...submission(), idempotency: { keyHash: 'key', bodyHash: 'body' } });
    const first = keyed();
    await path.accept();
    line.cutAtReply();
    expect(await path.accepts.accept(first)).toEqual(away);
    await line.mend();
    expect(await path.accepts.accept(keyed())).toEqual({ outcome: 'repeated', ids: [first.messages[0]?.id] });
  });

  it('gives up what it was to hand over when nobody heard whether it was stored', async () => {
    const ends: string[] = [];
    const end = (how: string) => () => void ends.push(how);
    const reservation = {
      owner: 'node-1',
      leasedUntil: startedAt + 60_000,
      attempt: { id: 'try_1', settingsId: 'smtp_1', settingsName: 'Relay' },
      take: end('take'),
      drop: end('drop'),
      lose: end('lose'),
    };
    const accepts = openAcceptStore(database, { clock: path.clock, handOff: { reserve: () => reservation } });
    await path.accept();
    line.cutAtReply();
    expect(await accepts.accept(submission())).toEqual(away);
    expect(ends).toEqual(['lose']);
  });

  it('lets a worker record again what it could not, once', async () => {
    const { id } = await path.accept();
    const [claim] = await path.claim();
    if (!claim) throw new Error('nothing claimed');
    const attempt = await path.begin(claim);
    const record = attemptRecord(claim, attempt.id, [verdict(0, 'sent')]);
    line.cutAtReply();
    await expect(path.delivery.recordAttempt(record)).rejects.toBeInstanceOf(DatabaseUnavailableError);
    await expect(path.delivery.recordAttempt(record)).rejects.toBeInstanceOf(DatabaseUnavailableError);
    await expect(
      path.queue.claim({ settingsIds: [''], limit: 1, onlyUrgent: false, owner: 'n', now: startedAt }),
    ).rejects.toBeInstanceOf(DatabaseUnavailableError);
    await line.mend();
    expect(await path.delivery.recordAttempt(record)).toBe(true);
    expect(await path.messageState(id)).toBe('sent');
    expect(await path.events(id)).toEqual(['queued', 'sent 0']);
  });
});
