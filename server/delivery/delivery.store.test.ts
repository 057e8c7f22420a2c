import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { ClaimedMessage } from '../queue/queue.ts';
import { attemptRecord, type MailPath, openMailPath, startedAt, threeRecipients, verdict } from '../queue/test-data.ts';

const endedAt = startedAt + 1000;

for (const { kind, open } of databases) {
  describe(`attempts on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
    });
    afterEach(() => database.close());
    /** A message that a worker has, with an attempt under way. */
    const take = async (recipients = threeRecipients.slice(0, 1)) => {
      const { id } = await path.accept({ recipients });
      return { id, ...(await takeAgain(startedAt)) };
    };
    const takeAgain = async (now: number) => {
      const [claim] = (await path.claim({ now, limit: 1 })) as [ClaimedMessage];
      return { claim, attempt: (await path.begin(claim)).id };
    };
    const states = async (id: string) => (await path.recipients(id)).map(({ state }) => state);

    it('registers an attempt before anything is sent, then its dot mark', async () => {
      const { id, claim, attempt } = await take();
      expect(await path.waiting(id)).toMatchObject({
        attempt_id: attempt,
        attempt_settings_id: 'smtp_1',
        attempt_settings_name: 'Relay',
        attempt_started_at: startedAt,
        dot_at: null,
      });
      expect(await path.attempts(id)).toEqual([]);
      expect(await path.mark({ id, token: claim.token + 1 }, attempt)).toBe(false);
      expect(await path.mark(claim, 'try_other')).toBe(false);
      expect(await path.mark(claim, attempt)).toBe(true);
      expect(await path.waiting(id)).toMatchObject({ attempt_started_at: startedAt, dot_at: startedAt + 500 });
    });

    it('records what was sent: recipient, message, attempt, event; nothing waits any more', async () => {
      const { id, claim, attempt } = await take();
      expect(await path.delivery.recordAttempt(attemptRecord(claim, attempt, [verdict(0, 'sent')]))).toBe(true);
      expect(await path.recipients(id)).toEqual([
        { position: 0, state: 'sent', reply: 'reply for 0', explanation: 'sent, because' },
      ]);
      expect(await path.messageState(id)).toBe('sent');
      expect(await path.attempts(id)).toMatchObject([
        {
          number: 1,
          ended_at: endedAt,
          outcome: 'sent',
          phase: 'dot',
          reply: '250 2.0.0 queued as 1',
          explanation: 'sent, because',
          transcript: JSON.stringify([{ at: startedAt, from: 'server', text: '250 2.0.0 queued as 1' }]),
        },
      ]);
      expect(await path.events(id)).toEqual(['queued', 'sent 0']);
      expect(await path.waiting(id)).toBeUndefined();
    });

    it('gives each recipient its own end, and waits for the one that was deferred', async () => {
      const { id, claim, attempt } = await take(threeRecipients);
      const verdicts = [verdict(0, 'sent'), verdict(1, 'deferred'), verdict(2, 'bounced')];
      expect(
        await path.delivery.recordAttempt(attemptRecord(claim, attempt, verdicts, { retryAfterSeconds: 300 })),
      ).toBe(true);
      expect(await states(id)).toEqual(['sent', 'deferred', 'bounced']);
      expect(await path.messageState(id)).toBe('bounced');
      expect(await path.attempts(id)).toMatchObject([{ outcome: 'bounced' }]);
      expect(await path.events(id)).toEqual(['queued', 'sent 0', 'deferred 1', 'bounced 2']);
      const readyAt = endedAt + 300_000;
      expect(await path.waiting(id)).toMatchObject({
        ready_at: readyAt,
        attempts: 1,
        leased_until: null,
        leased_by: null,
      });

      const second = await takeAgain(readyAt);
      expect(second.claim).toMatchObject({ attempts: 1, recipients: [{ position: 1, address: 'bob@example.com' }] });
      const sent = attemptRecord(second.claim, second.attempt, [verdict(1, 'sent')], { endedAt: readyAt + 1 });
      expect(await path.delivery.recordAttempt(sent)).toBe(true);
      expect(await states(id)).toEqual(['sent', 'sent', 'bounced']);
      expect(await path.messageState(id)).toBe('bounced');
      expect((await path.attempts(id)).map(({ number, outcome }) => [number, outcome])).toEqual([
        [1, 'bounced'],
        [2, 'sent'],
      ]);
      expect(await path.waiting(id)).toBeUndefined();
    });

    it('costs a message no attempt where the fault was the server’s, and tells no event for going back', async () => {
      const { id, claim, attempt } = await take();
      const record = attemptRecord(claim, attempt, [verdict(0, 'queued')], {
        retryAfterSeconds: 5,
        countsAsAttempt: false,
      });
      expect(await path.delivery.recordAttempt(record)).toBe(true);
      expect(await path.waiting(id)).toMatchObject({ attempts: 0, ready_at: endedAt + 5000 });
      expect(await path.recipients(id)).toMatchObject([{ state: 'queued', explanation: 'queued, because' }]);
      expect(await path.events(id)).toEqual(['queued']);
    });

    it('keeps in the queue whom the verdict does not name', async () => {
      const { id, claim, attempt } = await take(threeRecipients);
      await path.delivery.recordAttempt(attemptRecord(claim, attempt, [verdict(0, 'sent')]));
      expect(await states(id)).toEqual(['sent', 'queued', 'queued']);
      expect(await path.messageState(id)).toBe('queued');
      expect(await path.waiting(id)).toMatchObject({ ready_at: endedAt + 60_000, leased_until: null });
    });

    it.each(['held', 'expired', 'uncertain'] as const)('takes what ends as %s out of the queue', async (state) => {
      const { id, claim, attempt } = await take();
      await path.delivery.recordAttempt(attemptRecord(claim, attempt, [verdict(0, state)]));
      expect(await path.messageState(id)).toBe(state);
      expect(await path.events(id)).toEqual(['queued', `${state} 0`]);
      expect(await path.waiting(id)).toBeUndefined();
    });

    it('leaves alone a recipient that somebody has cancelled meanwhile', async () => {
      const { id, claim, attempt } = await take(threeRecipients.slice(0, 2));
      const { query } = database;
      await query.updateTable('recipient').set({ state: 'cancelled' }).where('position', '=', 1).execute();
      const verdicts = [verdict(0, 'sent'), verdict(1, 'sent')];
      await path.delivery.recordAttempt(attemptRecord(claim, attempt, verdicts));
      expect(await states(id)).toEqual(['sent', 'cancelled']);
      expect(await path.messageState(id)).toBe('cancelled');
      expect(await path.events(id)).toEqual(['queued', 'sent 0']);
    });

    it('answers a record that is repeated as the first time, and writes nothing twice', async () => {
      const { id, claim, attempt } = await take();
      const record = attemptRecord(claim, attempt, [verdict(0, 'sent')]);
      expect(await path.delivery.recordAttempt(record)).toBe(true);
      expect(await path.delivery.recordAttempt(record)).toBe(true);
      expect(await path.events(id)).toEqual(['queued', 'sent 0']);
      expect(await path.attempts(id)).toHaveLength(1);
    });

    it('records an attempt that was never begun, as when a message expired in the queue', async () => {
      const { id } = await path.accept();
      const [claim] = (await path.claim()) as [ClaimedMessage];
      expect(await path.delivery.recordAttempt(attemptRecord(claim, 'try_1', [verdict(0, 'expired')]))).toBe(true);
      expect(await path.attempts(id)).toMatchObject([
        { id: 'try_1', number: 1, outcome: 'expired', ended_at: endedAt },
      ]);
    });

    it('refuses who lost the lease at every step, and keeps what it saw as evidence', async () => {
      const { id, claim, attempt } = await take();
      await path.mark(claim, attempt);
      const recoveredAt = startedAt + 120_000;
      await path.queue.recoverLost(recoveredAt, null);
      const second = await takeAgain(recoveredAt + 300_000);
      expect(second.claim.id).toBe(id);

      expect((await path.begin(claim)).isHeld).toBe(false);
      expect(await path.mark(claim, attempt)).toBe(false);
      const late = attemptRecord(claim, attempt, [verdict(0, 'sent')]);
      expect(await path.delivery.recordAttempt(late)).toBe(false);
      expect(await states(id)).toEqual(['uncertain']);
      expect(await path.waiting(id)).toMatchObject({ token: second.claim.token, leased_by: 'node-1' });
      expect(await path.attempts(id)).toMatchObject([
        { number: 1, outcome: 'uncertain', ended_at: recoveredAt, reply: '250 2.0.0 queued as 1' },
      ]);
      expect(await path.events(id)).toEqual(['queued', 'uncertain 0', 'late']);
      expect(await path.delivery.recordAttempt(attemptRecord(second.claim, second.attempt, [verdict(0, 'sent')]))).toBe(
        true,
      );
    });

    it('refuses a worker whose message somebody took out of the queue', async () => {
      const { id, claim, attempt } = await take();
      await database.query.deleteFrom('queue').execute();
      expect(await path.mark(claim, attempt)).toBe(false);
      expect(await path.delivery.recordAttempt(attemptRecord(claim, attempt, [verdict(0, 'sent')]))).toBe(false);
      expect(await states(id)).toEqual(['queued']);
      expect(await path.attempts(id)).toMatchObject([{ outcome: 'sent', ended_at: endedAt }]);
    });

    it('takes what a server said with octets that no database stores', async () => {
      const { id, claim, attempt } = await take();
      const record = attemptRecord(claim, attempt, [{ ...verdict(0, 'bounced'), reply: '550 \u0000 \ud800 no' }]);
      record.reply = '550 \u0000';
      record.transcript = [{ at: startedAt, from: 'server', text: '550 \u0000 \ud800' }];
      expect(await path.delivery.recordAttempt(record)).toBe(true);
      expect(await path.recipients(id)).toMatchObject([{ reply: '550 � � no' }]);
      expect(JSON.parse((await path.attempts(id))[0]?.transcript ?? '')).toHaveLength(1);
    });

    it('records many attempts at once, each with its own outcome', async () => {
      for (let count = 0; count < 100; count += 1) await path.accept();
      const claims = await path.claim({ limit: 100 });
      const attempts = await Promise.all(claims.map((claim) => path.begin(claim)));
      const marks = claims.map((claim, place) => path.mark(claim, attempts[place]?.id ?? ''));
      expect(await Promise.all(marks)).toEqual(claims.map(() => true));
      const records = claims.map((claim, place) =>
        attemptRecord(claim, attempts[place]?.id ?? '', [verdict(0, place % 2 ? 'sent' : 'deferred')], {
          retryAfterSeconds: place % 2 ? null : 60,
        }),
      );
      const stale = attemptRecord({ id: claims[0]?.id ?? '', token: 0 }, 'try_stale', [verdict(0, 'bounced')]);
      const recorded = await Promise.all([...records, stale].map((record) => path.delivery.recordAttempt(record)));
      expect(recorded).toEqual([...claims.map(() => true), false]);
      const rows = await database.query.selectFrom('message').select('state').execute();
      expect(rows.filter(({ state }) => state === 'sent')).toHaveLength(50);
      expect(rows.filter(({ state }) => state === 'deferred')).toHaveLength(50);
    });

    it('keeps the health of servers', async () => {
      const health = {
        settingsId: 'smtp_1',
        state: 'blocked',
        code: 'sign-in',
        reason: 'The server refused the password.',
        since: startedAt,
        nextProbeAt: startedAt + 1,
        isPaused: false,
      } as const;
      await path.delivery.setHealth(health);
      expect(await path.delivery.readHealth()).toEqual([health]);
      const better = { ...health, state: 'ok', code: '', reason: '', nextProbeAt: null, isPaused: true } as const;
      await path.delivery.setHealth(better);
      await path.delivery.setHealth({ ...health, settingsId: 'smtp_0' });
      expect(await path.delivery.readHealth()).toEqual([{ ...health, settingsId: 'smtp_0' }, better]);
    });
  });
}
