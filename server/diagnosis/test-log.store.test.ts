import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { RecipientVerdict } from '../delivery/verdict.ts';
import { openMessageActions } from '../message-log/message-actions.store.ts';
import { acceptedMessage, type MailPath, openMailPath } from '../queue/test-data.ts';
import { testLifetimeMs } from './judge-test.ts';
import { openTestLog, type TestLog } from './test-log.store.ts';

const yearMs = 365 * 86_400_000;

for (const { kind, open } of databases) {
  describe(`tests of SMTP settings in the message log on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    let log: TestLog;
    const message = acceptedMessage({ lane: 'urgent' });
    const { id, createdAt } = message;
    const attempt = { id: 'try_1', settingsId: '', settingsName: 'Draft (not saved)', startedAt: createdAt };
    const verdict = (state: RecipientVerdict['state']) => ({
      recipients: [{ position: 0, state, reply: '250 ok', explanation: 'so' }],
      server: null,
      countsAsAttempt: true,
      retryAfterSeconds: null,
    });
    const record = (state: RecipientVerdict['state']) =>
      log.record({
        ...attempt,
        messageId: id,
        endedAt: createdAt + 100,
        phase: 'dot',
        failure: null,
        reply: '250 ok',
        transcript: [],
        verdict: verdict(state),
      });
    const look = async () => ({
      message: await path.messageState(id),
      recipients: (await path.recipients(id)).map(({ state }) => state),
      isWaiting: (await path.waiting(id)) !== undefined,
      attempts: (await path.attempts(id)).map(({ outcome, settings_name }) => [outcome, settings_name]),
      events: await path.events(id),
    });
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
      log = openTestLog(database, path.delivery, path.clock);
      await log.begin(message, attempt);
    });
    afterEach(() => database.close());

    it('are claimed by no worker, however late, and taken by none for lost', async () => {
      for (const now of [createdAt, createdAt + 10 * yearMs]) {
        expect(await path.claim({ now })).toEqual([]);
        expect(await path.queue.claimOverdue({ owner: 'node-1', now, limit: 10 })).toEqual([]);
        const none = { requeued: 0, uncertain: 0, held: 0 };
        expect(await path.queue.recoverLost(now, 'node-1')).toEqual(none);
      }
      expect(await look()).toMatchObject({ recipients: ['queued'], isWaiting: true, events: ['queued'] });
      expect((await path.queue.readContent(id)).bytes).toEqual(message.content.bytes);
    });

    it.each(['sent', 'bounced', 'uncertain', 'cancelled'] as const)('end %s, and nothing waits', async (state) => {
      expect(await log.markDot(id, attempt)).toBe(true);
      await record(state);
      expect(await look()).toEqual({
        message: state,
        recipients: [state],
        isWaiting: false,
        attempts: [[state, 'Draft (not saved)']],
        events: ['queued', `${state} 0`],
      });
      path.clock.at = createdAt + yearMs;
      expect(await log.endLost()).toBe(0);
    });

    it('are not sent once a person has cancelled them', async () => {
      const actions = openMessageActions(database, path.clock);
      expect(await actions.cancel(id, 'ann')).toEqual({ outcome: 'done' });
      expect(await log.markDot(id, attempt)).toBe(false);
      await record('cancelled');
      expect(await look()).toMatchObject({ message: 'cancelled', isWaiting: false });
    });

    it.each([
      [true, 'uncertain'],
      [false, 'expired'],
    ])('that a crash cut off are ended when their life is over; marked for the dot: %s', async (isMarked, state) => {
      if (isMarked) await log.markDot(id, attempt);
      path.clock.at = createdAt + testLifetimeMs - 1;
      expect(await log.endLost()).toBe(0);
      path.clock.at = createdAt + testLifetimeMs;
      expect(await log.endLost()).toBe(1);
      expect(await look()).toMatchObject({
        message: state,
        recipients: [state],
        isWaiting: false,
        attempts: [[state, 'Draft (not saved)']],
      });
      expect(await log.endLost()).toBe(0);
      // Whoever comes back after all says what happened, and changes nothing.
      await record('sent');
      expect(await look()).toMatchObject({ message: state, events: ['queued', `${state} 0`, 'late'] });
    });

    it('leave the leases of workers alone', async () => {
      const other = await path.accept();
      await path.begin((await path.claim())[0]!);
      path.clock.at = createdAt + testLifetimeMs;
      expect(await log.endLost()).toBe(1);
      expect(await path.waiting(other.id)).toMatchObject({ leased_by: 'node-1' });
    });
  });
}
