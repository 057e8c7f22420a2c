import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { ClaimedMessage } from './queue.ts';
import { attemptRecord, type MailPath, openMailPath, startedAt, threeRecipients, verdict } from './test-data.ts';

const ids = (claims: ClaimedMessage[]) => claims.map(({ id }) => id);
const minute = 60_000;

for (const { kind, open } of databases) {
  describe(`the queue on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
    });
    afterEach(() => database.close());

    it('hands out what a worker needs to send', async () => {
      const { id, expiresAt } = await path.accept({
        settingsId: 'smtp_1',
        lane: 'bulk',
        isSecret: true,
        holdsUncertain: true,
        recipients: threeRecipients,
      });
      expect(await path.claim({ settingsIds: ['smtp_1'] })).toEqual([
        {
          id,
          token: 1,
          attempts: 0,
          lane: 'bulk',
          settingsId: 'smtp_1',
          mailFrom: 'hub@example.com',
          messageId: '<1@example.com>',
          sizeBytes: 11,
          isSecret: true,
          holdsUncertain: true,
          expiresAt,
          createdAt: startedAt,
          recipients: threeRecipients.map(({ address }, position) => ({ position, address })),
          attempt: null,
          content: null,
        },
      ]);
    });

    it('registers with the claim the attempts of those who will send, and brings small content along', async () => {
      const named = await path.accept({ settingsId: 'smtp_1' });
      const large = { bytes: Buffer.alloc(40_000, 'x'), parts: null, blobs: [] };
      const byDefault = await path.accept({ content: large, sizeBytes: 40_000, createdAt: startedAt + 1 });
      const other = await path.accept({ settingsId: 'smtp_2', createdAt: startedAt + 2 });
      const senders = [
        { name: '', settingsId: 'smtp_1', settingsName: 'Relay' },
        { name: 'smtp_1', settingsId: 'smtp_1', settingsName: 'Relay' },
      ];
      const settingsIds = ['', 'smtp_1', 'smtp_2'];
      const claims = await path.claim({ settingsIds, senders, now: startedAt + 2 });
      expect(ids(claims)).toEqual([named.id, byDefault.id, other.id]);
      const [first, second, third] = claims;
      expect([first, second].map((one) => one?.attempt)).toEqual([
        { id: expect.stringMatching(/^try_.{26}$/), settingsId: 'smtp_1', settingsName: 'Relay' },
        { id: expect.stringMatching(/^try_.{26}$/), settingsId: 'smtp_1', settingsName: 'Relay' },
      ]);
      expect(first?.attempt?.id).not.toBe(second?.attempt?.id);
      expect(third).toMatchObject({ attempt: null, content: null });
      expect(Buffer.from(first?.content?.bytes ?? []).toString()).toBe('Subject: x\r\n');
      expect(second?.content).toBeNull();
      expect(await path.waiting(named.id)).toMatchObject({
        attempt_id: first?.attempt?.id,
        attempt_settings_id: 'smtp_1',
        attempt_settings_name: 'Relay',
        attempt_started_at: null,
        dot_at: null,
      });
      expect(await path.mark(first as ClaimedMessage, first?.attempt?.id ?? '')).toBe(true);
      expect(await path.waiting(named.id)).toMatchObject({ attempt_started_at: startedAt, dot_at: startedAt + 500 });
    });

    it('gives a second message of one second another attempt id than the first', async () => {
      const senders = [{ name: '', settingsId: 'smtp_1', settingsName: 'Relay' }];
      for (let count = 0; count < 30; count += 1) await path.accept();
      const claims = [...(await path.claim({ senders, limit: 12 })), ...(await path.claim({ senders, limit: 18 }))];
      expect(new Set(claims.map(({ attempt }) => attempt?.id)).size).toBe(30);
    });

    it('brings no content along that has attachments of its own', async () => {
      const content = {
        bytes: Buffer.from('x'),
        parts: ['c'.repeat(64)],
        blobs: [{ hash: 'c'.repeat(64), bytes: Buffer.from('y') }],
      };
      await path.accept({ content });
      const [claim] = await path.claim({ senders: [{ name: '', settingsId: 'smtp_1', settingsName: 'Relay' }] });
      expect(claim).toMatchObject({ content: null, attempt: { settingsId: 'smtp_1' } });
    });

    it('registers no attempt of a message that a crash has hit: it is begun by a note of its own', async () => {
      const senders = [{ name: '', settingsId: 'smtp_1', settingsName: 'Relay' }];
      const { id } = await path.accept();
      await path.claim({ senders });
      expect(await path.queue.recoverLost(startedAt + 1, 'node-1')).toEqual({ requeued: 1, uncertain: 0, held: 0 });
      expect(await path.attempts(id)).toHaveLength(1);
      expect(await path.waiting(id)).toMatchObject({ crashes: 1, attempt_id: null, ready_at: startedAt + 1 });
      const [again] = (await path.claim({ senders, now: startedAt + 1 })) as [ClaimedMessage];
      expect(again).toMatchObject({ attempt: null, content: null });
      await path.queue.recoverLost(startedAt + 2, 'node-1');
      expect(await path.waiting(id)).toMatchObject({ crashes: 1 });
      expect(await path.attempts(id)).toHaveLength(1);
    });

    it('shows the attempt that a crash cut off before anything else was written down, and that nothing was sent', async () => {
      const { id } = await path.accept();
      const claimedAt = startedAt + 10 * minute;
      const senders = [{ name: '', settingsId: 'smtp_1', settingsName: 'Relay' }];
      const [claim] = (await path.claim({ senders, now: claimedAt })) as [ClaimedMessage];
      const now = claimedAt + 300;
      await path.queue.recoverLost(now, 'node-1');
      expect(await path.attempts(id)).toMatchObject([
        {
          ...{ id: claim.attempt?.id, number: 1, settings_id: 'smtp_1', settings_name: 'Relay' },
          ...{ started_at: claimedAt, ended_at: now, outcome: 'queued', phase: 'connect', reply: '' },
          explanation: expect.stringMatching(/first second.*was not sent/),
        },
      ]);
      // Nobody was told anything, and nothing of it counts but the crash.
      expect([await path.events(id), await path.messageState(id)]).toEqual([['queued'], 'queued']);
      expect(await path.waiting(id)).toMatchObject({ ready_at: now, attempts: 0, crashes: 1 });
      // Who was only cut off, and reports after all, adds to the same attempt.
      const record = attemptRecord(claim, claim.attempt?.id ?? '', [verdict(0, 'sent')]);
      expect(await path.delivery.recordAttempt(record)).toBe(false);
      expect(await path.attempts(id)).toMatchObject([{ outcome: 'queued', reply: '250 2.0.0 queued as 1' }]);
      expect(await path.events(id)).toEqual(['queued', 'late']);
    });

    it('gives the urgent first, then those that are due longest, whatever settings they wait for', async () => {
      const at = (seconds: number) => startedAt - seconds * 1000;
      const bulk = await path.accept({ lane: 'bulk', createdAt: at(900) });
      const late = await path.accept({ createdAt: at(10) });
      const early = await path.accept({ createdAt: at(30) });
      const other = await path.accept({ createdAt: at(20), settingsId: 'smtp_1' });
      const urgent = await path.accept({ lane: 'urgent', createdAt: at(0), settingsId: 'smtp_1' });
      const urgentBefore = await path.accept({ lane: 'urgent', createdAt: at(1) });
      const settingsIds = ['', 'smtp_1'];
      expect(ids(await path.claim({ settingsIds, limit: 4 }))).toEqual(
        [urgentBefore, urgent, early, other].map(({ id }) => id),
      );
      expect(ids(await path.claim({ settingsIds, limit: 4 }))).toEqual([late.id, bulk.id]);
    });

    it('keeps a scheduled message until its time', async () => {
      const { id } = await path.accept({ scheduledAt: startedAt + minute });
      expect(await path.claim({ now: startedAt + minute - 1 })).toEqual([]);
      expect(await path.queue.nextReadyAt([''])).toBe(startedAt + minute);
      expect(ids(await path.claim({ now: startedAt + minute }))).toEqual([id]);
      expect(await path.queue.nextReadyAt([''])).toBeNull();
    });

    it('claims nothing for settings that are not named, and knows when those named are due', async () => {
      await path.accept({ settingsId: 'smtp_1', createdAt: startedAt - minute });
      const bulk = await path.accept({ settingsId: 'smtp_2', lane: 'bulk' });
      expect(await path.claim({ settingsIds: [''] })).toEqual([]);
      expect(await path.claim({ settingsIds: [] })).toEqual([]);
      expect(await path.queue.nextReadyAt([])).toBeNull();
      expect(await path.queue.nextReadyAt(['', 'smtp_2'])).toBe(startedAt);
      expect(ids(await path.claim({ settingsIds: ['', 'smtp_2'] }))).toEqual([bulk.id]);
    });

    it('finds what is overdue, whatever settings it waits for and however long it would', async () => {
      const expiresAt = startedAt + minute;
      const late = await path.accept({ settingsId: 'smtp_1', expiresAt, scheduledAt: startedAt + 10 * minute });
      await path.accept({ expiresAt: expiresAt + 1 });
      const leased = await path.accept({ expiresAt, settingsId: 'smtp_2' });
      await path.claim({ settingsIds: ['smtp_2'] });
      const overdue = { owner: 'node-2', now: expiresAt, limit: 10 };
      expect(await path.queue.claimOverdue({ ...overdue, now: expiresAt - 1 })).toEqual([]);
      expect(ids(await path.queue.claimOverdue(overdue))).toEqual([late.id]);
      expect(await path.waiting(late.id)).toMatchObject({ leased_by: 'node-2', token: 1 });
      expect(await path.queue.claimOverdue(overdue)).toEqual([]);
      expect(await path.waiting(leased.id)).toMatchObject({ leased_by: 'node-1', token: 1 });
    });

    it('claims only urgent ones where only those have room', async () => {
      await path.accept();
      const { id } = await path.accept({ lane: 'urgent' });
      expect(ids(await path.claim({ onlyUrgent: true }))).toEqual([id]);
      expect(await path.claim({ onlyUrgent: true })).toEqual([]);
    });

    it('never gives a message to two at once', async () => {
      for (let count = 0; count < 60; count += 1) await path.accept();
      const workers = ['node-1', 'node-2', 'node-3', 'node-4'];
      const claims = await Promise.all(
        Array.from({ length: 20 }, (_, place) => path.claim({ limit: 5, owner: workers[place % 4] as string })),
      );
      while ((await path.queue.nextReadyAt([''])) !== null) claims.push(await path.claim());
      const claimed = claims.flatMap(ids);
      expect(claimed).toHaveLength(60);
      expect(new Set(claimed).size).toBe(60);
    });

    it('counts the token up with every claim', async () => {
      await path.accept();
      const [first] = await path.claim();
      await path.queue.giveBack([first as ClaimedMessage], startedAt);
      const [second] = await path.claim();
      expect([first?.token, second?.token]).toEqual([1, 2]);
    });

    it('offers only recipients that still want it, and drops what nobody wants', async () => {
      const { id } = await path.accept({ recipients: threeRecipients });
      const set = (position: number, state: string) =>
        database.query
          .updateTable('recipient')
          .set({ state })
          .where('message_id', '=', id)
          .where('position', '=', position)
          .execute();
      await set(0, 'cancelled');
      await set(1, 'deferred');
      const [claim] = await path.claim();
      expect(claim?.recipients).toEqual([
        { position: 1, address: 'bob@example.com' },
        { position: 2, address: 'eve@example.com' },
      ]);
      await path.queue.giveBack([claim as ClaimedMessage], startedAt);
      await set(1, 'bounced');
      await set(2, 'sent');
      expect(await path.claim()).toEqual([]);
      expect(await path.waiting(id)).toBeUndefined();
    });

    it('keeps a lease that is renewed, and only those of that worker', async () => {
      await path.accept();
      const kept = await path.claim({ limit: 1 });
      await path.accept();
      const lost = await path.claim({ limit: 1, owner: 'node-2' });
      await path.queue.renewLeases('node-1', startedAt + 50_000);
      const late = startedAt + minute + 1;
      expect(await path.queue.recoverLost(late, null)).toEqual({ requeued: 1, uncertain: 0, held: 0 });
      expect(ids(await path.claim({ now: late }))).toEqual(ids(lost));
      expect((await path.begin(kept[0] as ClaimedMessage)).isHeld).toBe(true);
    });

    it('leaves a lease alone until it has run out', async () => {
      await path.accept();
      await path.claim();
      expect(await path.queue.recoverLost(startedAt + minute, null)).toMatchObject({ requeued: 0 });
    });

    it('takes back at start what this worker had, whose lease still runs, and nobody else’s', async () => {
      const mine = await path.accept();
      await path.claim({ limit: 1 });
      await path.accept();
      await path.claim({ limit: 1, owner: 'node-2' });
      expect(await path.queue.recoverLost(startedAt + 1, 'node-1')).toEqual({ requeued: 1, uncertain: 0, held: 0 });
      expect(ids(await path.claim({ now: startedAt + 1 }))).toEqual([mine.id]);
    });

    it('gives back as if never claimed, and refuses who gave it back', async () => {
      const { id } = await path.accept();
      const [claim] = (await path.claim()) as [ClaimedMessage];
      await path.begin(claim);
      await path.queue.giveBack([claim], startedAt + 5);
      expect(await path.waiting(id)).toMatchObject({
        ready_at: startedAt + 5,
        attempts: 0,
        crashes: 0,
        leased_by: null,
        attempt_id: null,
        attempt_started_at: null,
      });
      expect(await path.attempts(id)).toEqual([]);
      expect((await path.begin(claim)).isHeld).toBe(false);
      await path.queue.giveBack([claim], startedAt + 99);
      expect(await path.waiting(id)).toMatchObject({ ready_at: startedAt + 5 });
    });

    it('does not give back for a worker that lost the message what another has now', async () => {
      const { id } = await path.accept();
      const [lost] = (await path.claim()) as [ClaimedMessage];
      await path.queue.giveBack([lost], startedAt);
      const [claim] = (await path.claim({ owner: 'node-2' })) as [ClaimedMessage];
      const attempt = await path.begin(claim);
      await path.queue.giveBack([lost], startedAt + 5);
      expect(await path.waiting(id)).toMatchObject({ leased_by: 'node-2', ready_at: startedAt });
      expect(await path.mark(claim, attempt.id)).toBe(true);
    });

    it('does not give back what is at the dot', async () => {
      const { id } = await path.accept();
      const [claim] = (await path.claim()) as [ClaimedMessage];
      const attempt = await path.begin(claim);
      await path.mark(claim, attempt.id);
      await path.queue.giveBack([claim], startedAt);
      expect(await path.waiting(id)).toMatchObject({ leased_by: 'node-1', attempt_id: attempt.id });
    });

    it('queues at once what a crash cut off before the dot: it was not sent', async () => {
      const { id } = await path.accept();
      const [claim] = (await path.claim()) as [ClaimedMessage];
      await path.begin(claim);
      const late = startedAt + 2 * minute;
      expect(await path.queue.recoverLost(late, null)).toEqual({ requeued: 1, uncertain: 0, held: 0 });
      expect(await path.recipients(id)).toMatchObject([{ state: 'queued' }]);
      expect(await path.attempts(id)).toMatchObject([
        { ended_at: late, outcome: 'queued', explanation: expect.stringContaining('was not sent') },
      ]);
      expect(await path.waiting(id)).toMatchObject({ ready_at: late, crashes: 1, attempts: 0, leased_until: null });
      expect(await path.events(id)).toEqual(['queued']);
      expect(await path.mark(claim, (await path.attempts(id))[0]?.id ?? '')).toBe(false);
    });

    it('names what a crash cut off after the dot uncertain, and waits five minutes', async () => {
      const { id } = await path.accept({ recipients: threeRecipients });
      const [claim] = (await path.claim()) as [ClaimedMessage];
      const attempt = await path.begin(claim);
      expect(await path.mark(claim, attempt.id)).toBe(true);
      const late = startedAt + 2 * minute;
      expect(await path.queue.recoverLost(late, null)).toEqual({ requeued: 0, uncertain: 1, held: 0 });
      expect((await path.recipients(id)).map(({ state }) => state)).toEqual(['uncertain', 'uncertain', 'uncertain']);
      expect(await path.messageState(id)).toBe('uncertain');
      expect(await path.attempts(id)).toMatchObject([{ ended_at: late, outcome: 'uncertain', phase: 'dot' }]);
      expect(await path.events(id)).toEqual(['queued', 'uncertain 0', 'uncertain 1', 'uncertain 2']);
      expect(await path.claim({ now: late + 5 * minute - 1 })).toEqual([]);
      expect(ids(await path.claim({ now: late + 5 * minute }))).toEqual([id]);
    });

    it('holds what may have been accepted, where the message asks for that', async () => {
      const { id } = await path.accept({ holdsUncertain: true });
      const [claim] = (await path.claim()) as [ClaimedMessage];
      await path.mark(claim, (await path.begin(claim)).id);
      expect(await path.queue.recoverLost(startedAt + 2 * minute, null)).toEqual({
        requeued: 0,
        uncertain: 0,
        held: 1,
      });
      expect(await path.recipients(id)).toMatchObject([
        { state: 'held', explanation: expect.stringContaining('may have it') },
      ]);
      expect(await path.messageState(id)).toBe('held');
      expect(await path.attempts(id)).toMatchObject([{ outcome: 'uncertain' }]);
      expect(await path.waiting(id)).toBeUndefined();
    });

    it('holds a message that was being sent in three crashes in a row', async () => {
      const { id } = await path.accept();
      for (const crash of [1, 2, 3]) {
        const now = startedAt + crash * 10 * minute;
        const [claim] = (await path.claim({ now })) as [ClaimedMessage];
        await path.begin(claim);
        expect(await path.queue.recoverLost(now + 1, 'node-1')).toMatchObject(
          crash < 3 ? { requeued: 1 } : { held: 1 },
        );
      }
      expect(await path.recipients(id)).toMatchObject([
        { state: 'held', explanation: expect.stringContaining('third stop in a row') },
      ]);
      expect(await path.messageState(id)).toBe('held');
      expect(await path.events(id)).toEqual(['queued', 'held 0']);
      expect(await path.waiting(id)).toBeUndefined();
    });

    it('counts no crash for what was only claimed, and forgets crashes after an attempt that ended', async () => {
      const { id } = await path.accept();
      let now = startedAt;
      const crash = async (hasBegun: boolean) => {
        now += 10 * minute;
        const [claim] = (await path.claim({ now })) as [ClaimedMessage];
        if (hasBegun) await path.begin(claim);
        await path.queue.recoverLost(now, 'node-1');
      };
      await crash(false);
      await crash(true);
      await crash(true);
      expect(await path.waiting(id)).toMatchObject({ crashes: 2 });
      now += 10 * minute;
      const [claim] = (await path.claim({ now })) as [ClaimedMessage];
      const { id: attempt } = await path.begin(claim);
      await path.delivery.recordAttempt(
        attemptRecord(claim, attempt, [verdict(0, 'deferred')], { retryAfterSeconds: 1, endedAt: now }),
      );
      expect(await path.waiting(id)).toMatchObject({ crashes: 0, attempts: 1 });
    });

    it('counts anew what waits for another try when the clock was set back, and nothing else', async () => {
      const at = (minutes: number) => startedAt + minutes * minute;
      const back = 60;
      const putOff = async (minutes: number, state: 'deferred' | 'uncertain' = 'deferred') => {
        const { id } = await path.accept();
        const [claim] = (await path.claim()) as [ClaimedMessage];
        const { id: attempt } = await path.begin(claim);
        const retryAfterSeconds = minutes * 60 - 1;
        await path.delivery.recordAttempt(
          attemptRecord(claim, attempt, [verdict(0, state)], { retryAfterSeconds, endedAt: startedAt + 1000 }),
        );
        expect(await path.waiting(id)).toMatchObject({ ready_at: at(minutes) });
        return id;
      };
      const [late, unsure, soon] = [await putOff(5), await putOff(5, 'uncertain'), await putOff(-59.5)];
      const { id: planned } = await path.accept({ scheduledAt: at(10) });
      const { id: leased } = await path.accept({ createdAt: at(-90) });
      await path.claim({ now: at(-90), limit: 1 });
      await path.queue.countAnew(at(-back), back * minute);
      const readyAt = async (id: string) => ((await path.waiting(id))!.ready_at - startedAt) / minute;
      expect(await Promise.all([late, soon, unsure, planned, leased].map(readyAt))).toEqual([
        5 - back,
        -back,
        5,
        10,
        -90,
      ]);
    });

    it('throws where content is gone, and where an attachment is', async () => {
      await expect(path.queue.readContent('msg_none')).rejects.toThrow('not there');
      const content = { bytes: Buffer.from('x'), parts: ['c'.repeat(64)], blobs: [] };
      const { id } = await path.accept({ content });
      await expect(path.queue.readContent(id)).rejects.toThrow('attachment');
    });
  });
}
