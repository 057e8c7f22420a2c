import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { newId } from '../platform/id.ts';
import { openQueueStore } from '../queue/queue.store.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { describeCount, mostCounted, openWaitingMail, type WaitingMail } from './waiting-mail.store.ts';

const now = Date.UTC(2026, 10, 22);
const clock = { now: () => now, monotonic: () => now };
const gone = 'smtp_00000000000000000000000001';
const other = 'smtp_00000000000000000000000002';
const message = (settingsId: string | null): AcceptedMessage => ({
  id: newId('msg'),
  lane: 'normal',
  settingsId,
  mailFrom: 'a@example.com',
  headerFrom: 'a@example.com',
  headerTo: 'b@example.com',
  subject: 'x',
  messageId: '<1@example.com>',
  sizeBytes: 1,
  attachmentCount: 0,
  tags: [],
  isSecret: false,
  holdsUncertain: false,
  resentFrom: null,
  submittedBy: 'x',
  createdAt: now - 1000,
  scheduledAt: null,
  expiresAt: now + 1e9,
  recipients: [
    { address: 'b@example.com', kind: 'to' },
    { address: 'c@example.com', kind: 'cc' },
    { address: 'd@example.com', kind: 'cc' },
  ],
  content: { bytes: Buffer.from('x'), parts: null, blobs: [] },
});

for (const { kind, open } of databases) {
  describe(`mail that waits for SMTP settings on ${kind}`, () => {
    let database: Database;
    let waiting: WaitingMail;
    const accept = async (...settings: (string | null)[]) => {
      const messages = settings.map(message);
      await openAcceptStore(database, { clock }).accept({ messages, idempotency: null });
      return messages.map(({ id }) => id);
    };
    const claim = (settingsId: string, limit: number) =>
      openQueueStore(database).claim({ settingsIds: [settingsId], limit, onlyUrgent: false, owner: 'w', now });
    const statesOf = async (id: string) => {
      const { query } = database;
      const { state } = await query
        .selectFrom('message')
        .select('state')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const recipients = await query
        .selectFrom('recipient')
        .select(['state', 'explanation'])
        .where('message_id', '=', id)
        .orderBy('position')
        .execute();
      const events = await query
        .selectFrom('event')
        .select(['type', 'position', 'at'])
        .where('message_id', '=', id)
        .where('type', '=', 'held')
        .orderBy('id')
        .execute();
      const queued = await query.selectFrom('queue').selectAll().where('message_id', '=', id).execute();
      return { state, recipients, events, isQueued: queued.length > 0 };
    };

    beforeEach(async () => {
      database = await open();
      waiting = openWaitingMail(database, clock);
    });
    afterEach(() => database.close());

    it('is counted by settings, what is being sent included', async () => {
      await accept(gone, gone, other, null, null, null);
      await claim(gone, 1);
      expect([await waiting.count(gone), await waiting.count(other), await waiting.count('')]).toEqual([2, 1, 3]);
    });

    it('is held when they are deleted, with the reason and an event, and nothing else is touched', async () => {
      const [held = '', kept = '', byDefault = ''] = await accept(gone, other, null);
      const set = (position: number, state: string) =>
        database.query
          .updateTable('recipient')
          .set({ state, explanation: 'before' })
          .where('message_id', '=', held)
          .where('position', '=', position)
          .execute();
      await set(1, 'sent');
      await set(2, 'uncertain');
      expect(await waiting.holdWithout(gone)).toBe(1);
      const states = await statesOf(held);
      expect(states).toMatchObject({ state: 'held', isQueued: false });
      expect(states.recipients.map(({ state }) => state)).toEqual(['held', 'sent', 'held']);
      expect(states.recipients[0]?.explanation).toContain('were deleted');
      expect(states.recipients[1]?.explanation).toBe('before');
      expect(states.recipients[2]?.explanation).toContain('may have delivered');
      expect(states.events).toEqual([
        { type: 'held', position: 0, at: now },
        { type: 'held', position: 2, at: now },
      ]);
      for (const id of [kept, byDefault])
        expect(await statesOf(id)).toMatchObject({ state: 'queued', isQueued: true, events: [] });
      expect(await waiting.holdWithout(gone)).toBe(0);
    });

    it('is left to its attempt where one is under way', async () => {
      const ids = await accept(gone, gone);
      const [claimed] = await claim(gone, 1);
      expect(await waiting.holdWithout(gone)).toBe(1);
      for (const id of ids) expect((await statesOf(id)).isQueued).toBe(id === claimed?.id);
    });

    it('is held in steps, however much it is', async () => {
      const ids = await accept(...Array.from({ length: 1201 }, () => gone));
      expect(await waiting.holdWithout(gone)).toBe(1201);
      expect(await statesOf(ids[1200]!)).toMatchObject({ state: 'held', isQueued: false });
    });

    it('is held at the start where a crash came before the end', async () => {
      const { query } = database;
      await query
        .insertInto('smtp_settings')
        .values({
          ...{
            id: other,
            name: 'o',
            name_key: 'o',
            search_text: '',
            starttls_only: 0,
            security: 'tls',
            host: 'h',
            port: 1,
          },
          ...{
            from_name: '',
            from_email: '',
            reply_to: '',
            username: '',
            password_sealed: null,
            password_set_at: null,
          },
          ...{ certificate_check: 'verify', certificate_fingerprint: '', ca_certificate: '', tls_minimum: '1.2' },
          ...{ auth_method: 'automatic', ehlo_name: '', connect_timeout_seconds: 1, reply_timeout_seconds: 1 },
          ...{
            managed_by: 'screen',
            last_tested_at: null,
            last_test_ok: null,
            last_test_problem: '',
            last_used_at: null,
          },
          ...{ created_at: now, updated_at: now, updated_by: '', version: 1 },
        })
        .execute();
      const third = 'smtp_00000000000000000000000003';
      const [a = '', b = '', c = '', d = ''] = await accept(gone, other, third, null);
      expect(await waiting.holdOrphans()).toBe(2);
      expect(await Promise.all([a, b, c, d].map(async (id) => (await statesOf(id)).state))).toEqual([
        'held',
        'queued',
        'held',
        'queued',
      ]);
    });
  });
}

it('says how many in words', () => {
  expect([1, 12, 9999, mostCounted + 1].map(describeCount)).toEqual([
    '1 waiting message',
    '12 waiting messages',
    '9,999 waiting messages',
    'more than 10,000 waiting messages',
  ]);
});
