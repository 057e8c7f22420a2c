import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import { openMessageLogStore } from '../message-log/message-log.store.ts';
import type { ClaimedMessage } from '../queue/queue.ts';
import { attemptRecord, openMailPath, startedAt, verdict } from '../queue/test-data.ts';
import { type FoldHistory, openAttemptHistory } from './attempt-history.store.ts';

const minute = 60_000;

for (const { kind, open } of databases) {
  describe(`the history of a message on ${kind}`, () => {
    let database: Database;
    let path: ReturnType<typeof openMailPath>;
    let fold: FoldHistory;
    let now: number;
    beforeEach(async () => {
      now = startedAt;
      database = await open();
      path = openMailPath(database);
      fold = openAttemptHistory(database, openRunTogether(database));
    });
    afterEach(() => database.close());

    const tryOnce = async (words: string, state: 'deferred' | 'sent' = 'deferred') => {
      now += 5 * minute;
      const senders = [{ name: '', settingsId: 'smtp_1', settingsName: 'Relay' }];
      const [claim] = (await path.claim({ senders, now })) as [ClaimedMessage];
      const retryAfterSeconds = state === 'sent' ? null : 1;
      const given = { ...verdict(0, state), reply: words };
      const record = attemptRecord(claim, claim.attempt!.id, [given], { retryAfterSeconds, endedAt: now });
      const phase = state === 'sent' ? 'dot' : 'rcpt';
      expect(await path.delivery.recordAttempt({ ...record, startedAt: now, phase, reply: words })).toBe(true);
    };
    const shown = async (id: string) => {
      const message = (await openMessageLogStore(database).read(id))!;
      const attempts = message.attempts.map(({ number, repeats, reply }) => [number, repeats, reply]);
      return { attempts, count: message.attempt_count, events: await path.events(id) };
    };

    it('is folded and counted on, and tells the same numbers as before', async () => {
      const { id } = await path.accept();
      const other = await path.accept({ scheduledAt: startedAt + 365 * 24 * 60 * minute });
      for (let at = 1; at <= 30; at += 1) await tryOnce(`450 4.1.1 busy ${at}`);
      await fold(id, startedAt);
      expect((await shown(id)).attempts).toHaveLength(30);
      await fold(id, now - 9 * 5 * minute);
      const some = await shown(id);
      expect(some.count).toBe(30);
      expect(some.attempts.slice(0, 3)).toEqual([
        [1, 0, '450 4.1.1 busy 1'],
        [20, 18, '450 4.1.1 busy 20'],
        [21, 0, '450 4.1.1 busy 21'],
      ]);
      expect(some.attempts).toHaveLength(12);
      // Who was told of those that are gone is told by those that stay.
      expect(some.events).toEqual(['queued', ...Array.from({ length: 12 }, () => 'deferred 0')]);

      await fold(id, now + 1);
      expect((await shown(id)).attempts).toEqual([
        [1, 0, '450 4.1.1 busy 1'],
        [30, 28, '450 4.1.1 busy 30'],
      ]);
      await tryOnce('250 ok', 'sent');
      await fold(id, now + 1);
      const done = await shown(id);
      expect([done.attempts.at(-1), done.count]).toEqual([[31, 0, '250 ok'], 31]);
      expect(await path.messageState(id)).toBe('sent');
      expect((await shown(other.id)).events).toEqual(['queued']);
    });

    it('is counted once, whoever folds it at the same moment', async () => {
      const { id } = await path.accept();
      for (let at = 1; at <= 8; at += 1) await tryOnce('450 4.1.1 busy');
      await Promise.all(Array.from({ length: 4 }, () => fold(id, now + 1)));
      expect((await shown(id)).attempts.map(([number, repeats]) => [number, repeats])).toEqual([
        [1, 0],
        [8, 6],
      ]);
    });
  });
}
