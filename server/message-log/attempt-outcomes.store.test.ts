import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { ClaimedMessage } from '../queue/queue.ts';
import { attemptRecord, type MailPath, openMailPath, startedAt, threeRecipients, verdict } from '../queue/test-data.ts';
import { readAttemptOutcomes } from './attempt-outcomes.store.ts';
import { openMessageLogStore } from './message-log.store.ts';

for (const { kind, open } of databases) {
  describe(`how attempts ended for each recipient on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
    });
    afterEach(() => database.close());
    const attempt = async (now: number, verdicts: ReturnType<typeof verdict>[], retryAfterSeconds: number | null) => {
      const [claim] = (await path.claim({ now })) as [ClaimedMessage];
      const { id } = await path.begin(claim);
      await path.delivery.recordAttempt(attemptRecord(claim, id, verdicts, { retryAfterSeconds, endedAt: now + 1 }));
      return id;
    };

    it('is counted attempt by attempt, worst first', async () => {
      const { id } = await path.accept({ recipients: threeRecipients });
      const mixed = [verdict(0, 'bounced'), verdict(1, 'uncertain'), verdict(2, 'deferred')];
      const first = await attempt(startedAt, mixed, 1);
      const second = await attempt(startedAt + 60_000, [verdict(1, 'sent'), verdict(2, 'sent')], null);
      expect(Object.fromEntries(await readAttemptOutcomes(database.query, id))).toEqual({
        [first]: [
          { state: 'uncertain', count: 1 },
          { state: 'bounced', count: 1 },
          { state: 'deferred', count: 1 },
        ],
        [second]: [{ state: 'sent', count: 2 }],
      });
      const message = await openMessageLogStore(database).read(id);
      expect(message?.attempts.map(({ outcome, outcome_counts }) => [outcome, outcome_counts.length])).toEqual([
        ['uncertain', 3],
        ['sent', 1],
      ]);
    });

    it('is nothing yet while an attempt is under way, and counts what a crash made uncertain', async () => {
      const { id } = await path.accept({ recipients: threeRecipients });
      const [claim] = (await path.claim()) as [ClaimedMessage];
      const begun = await path.begin(claim);
      expect(await readAttemptOutcomes(database.query, id)).toEqual(new Map());
      await path.delivery.markDot(claim, { id: begun.id, startedAt, dotAt: startedAt });
      await path.queue.recoverLost(startedAt, 'node-1');
      expect([...(await readAttemptOutcomes(database.query, id)).values()]).toEqual([
        [{ state: 'uncertain', count: 3 }],
      ]);
    });
  });
}
