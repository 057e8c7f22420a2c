/** What happens at one moment: an outcome is recorded, a person cancels, a lease runs out. One of them wins, whole. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openMessageActions } from '../message-log/message-actions.store.ts';
import { openQueueStore } from '../queue/queue.store.ts';
import { attemptRecord, type MailPath, openMailPath, startedAt, verdict } from '../queue/test-data.ts';

const count = 40;

for (const { kind, open } of databases) {
  describe(`at one moment on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
    });
    afterEach(() => database.close());
    const takeAll = async () => {
      await Promise.all(Array.from({ length: count }, () => path.accept()));
      const claims = await path.claim({ limit: count });
      const attempts = await Promise.all(claims.map((claim) => path.begin(claim)));
      return claims.map((claim, place) => ({ claim, attempt: attempts[place]?.id ?? '' }));
    };
    const record = ({ claim, attempt }: Awaited<ReturnType<typeof takeAll>>[number]) =>
      path.delivery.recordAttempt(attemptRecord(claim, attempt, [verdict(0, 'sent')]));
    const seen = async (id: string) => ({
      recipient: (await path.recipients(id))[0]?.state,
      message: await path.messageState(id),
      isWaiting: (await path.waiting(id)) !== undefined,
      events: await path.events(id),
    });

    it('a message is either sent or cancelled', async () => {
      const taken = await takeAll();
      const actions = openMessageActions(database, path.clock);
      const results = await Promise.all(
        taken.map(async (one, place) => {
          const cancel = () => actions.cancel(one.claim.id, 'ann');
          // Both orders of asking, so that both ends are seen.
          const [first, second] = place % 2 ? [cancel(), record(one)] : [record(one), cancel()];
          const [a, b] = await Promise.all([first, second]);
          return typeof a === 'boolean' ? { isSent: a, cancelled: b } : { isSent: b, cancelled: a };
        }),
      );
      for (const [place, { isSent, cancelled }] of results.entries()) {
        const state = await seen(taken[place]?.claim.id ?? '');
        const sent = { recipient: 'sent', message: 'sent', isWaiting: false, events: ['queued', 'sent 0'] };
        const gone = {
          recipient: 'cancelled',
          message: 'cancelled',
          isWaiting: false,
          events: ['queued', 'cancelled', 'late'],
        };
        expect(state).toEqual(isSent ? sent : gone);
        expect(cancelled).toMatchObject({ outcome: isSent ? 'unchanged' : 'done' });
      }
    });

    it('a message is either sent or queued again by two nodes that find its lease run out', async () => {
      const taken = await takeAll();
      const late = startedAt + 120_000;
      const other = openQueueStore(database);
      const [recorded, one, two] = await Promise.all([
        Promise.all(taken.map(record)),
        path.queue.recoverLost(late, null),
        other.recoverLost(late, null),
      ]);
      const kept = recorded.filter((isOurs) => isOurs).length;
      expect(kept + one.requeued + two.requeued).toBe(count);
      for (const [place, isOurs] of recorded.entries()) {
        const state = await seen(taken[place]?.claim.id ?? '');
        expect(state).toMatchObject(
          isOurs ? { recipient: 'sent', isWaiting: false } : { recipient: 'queued', isWaiting: true },
        );
      }
    });

    it('a dot mark is either written before the lease is lost, or refused', async () => {
      const taken = await takeAll();
      const late = startedAt + 120_000;
      const [marked, lost] = await Promise.all([
        Promise.all(taken.map(({ claim, attempt }) => path.mark(claim, attempt))),
        path.queue.recoverLost(late, null),
      ]);
      // Those that PostgreSQL has locked for a mark at this moment are left for the next look.
      const rest = await path.queue.recoverLost(late, null);
      expect(lost.uncertain + rest.uncertain).toBe(marked.filter((isOurs) => isOurs).length);
      expect(lost.requeued + rest.requeued).toBe(marked.filter((isOurs) => !isOurs).length);
    });
  });
}
