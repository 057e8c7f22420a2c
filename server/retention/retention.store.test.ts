import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { firstIdAt, newId } from '../platform/id.ts';
import { attemptRecord, type MailPath, openMailPath, startedAt, threeRecipients, verdict } from '../queue/test-data.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { redateAfterMs } from '../submission/blob-age.ts';
import { openRetentionStore, perStep, type RetentionStore } from './retention.store.ts';
import { dayMs, defaultRetention, findBlobCutoff } from './retention.ts';

const hash = (place: number) => String(place).repeat(64);
const withBlob = (place: number): Partial<AcceptedMessage> => ({
  attachmentCount: 1,
  content: {
    bytes: Buffer.from('Subject: x\r\n'),
    parts: [[0, 12], hash(place)],
    blobs: [{ hash: hash(place), bytes: Buffer.from(`attachment ${place}`) }],
  },
});

for (const { kind, open } of databases) {
  describe(`retention on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    let store: RetentionStore;
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
      store = openRetentionStore(database);
    });
    afterEach(() => database.close());

    const now = startedAt;
    /** A message of so many days ago. */
    const aged = (days: number, change: Partial<AcceptedMessage> = {}) => {
      const createdAt = now - days * dayMs;
      return { id: newId('msg', createdAt), createdAt, ...change };
    };
    /** Accepted and attempted; nobody waits any more unless a state says so. */
    const finish = async (
      change: Partial<AcceptedMessage>,
      state: 'sent' | 'bounced' | 'expired' | 'held' | 'deferred' = 'sent',
    ) => {
      const message = await path.accept(change);
      const [claim] = await path.claim({ now: now + 400 * dayMs });
      if (claim?.id !== message.id) throw new Error('another message was claimed');
      const { id } = await path.begin(claim);
      const verdicts = message.recipients.map((_, place) => verdict(place, place === 0 ? state : 'sent'));
      // Far ahead, so that the next claim does not meet it.
      const retryAfterSeconds = state === 'deferred' ? 1000 * 86_400 : null;
      await path.delivery.recordAttempt(attemptRecord(claim, id, verdicts, { retryAfterSeconds }));
      return message.id;
    };
    const deleteAll = async (kindOf: 'body' | 'message' | 'secret', days: number) => {
      const olderThan = kindOf === 'secret' ? Number.MAX_SAFE_INTEGER : now - days * dayMs;
      const before = kindOf === 'secret' ? '~' : firstIdAt('msg', olderThan);
      let deleted = 0;
      for (let after: string | null = ''; after !== null; ) {
        const step: Awaited<ReturnType<RetentionStore['deleteOld']>> = await store.deleteOld({
          kind: kindOf,
          after,
          before,
          olderThan,
          now,
        });
        deleted += step.deleted;
        after = step.last;
      }
      return deleted;
    };
    const ids = async (table: 'message' | 'content' | 'recipient' | 'attempt' | 'event' | 'queue') => {
      const column = table === 'message' ? 'id' : 'message_id';
      const rows = await database.query
        .selectFrom(table as 'message')
        .select(column as 'id')
        .execute();
      return new Set(rows.map((row) => (row as Record<string, string>)[column]));
    };

    it('keeps bodies 30 days and messages a year until somebody chooses otherwise', async () => {
      expect(await store.read()).toEqual(defaultRetention);
      await store.write({ body_days: null, message_days: 7 });
      await store.write({ body_days: 3, message_days: null });
      expect(await store.read()).toEqual({ body_days: 3, message_days: null });
    });

    it('deletes old bodies and leaves the rest of the message, with the time it was done', async () => {
      const old = await finish(aged(31));
      const young = await finish(aged(29));
      expect(await deleteAll('body', 30)).toBe(1);
      expect(await ids('content')).toEqual(new Set([young]));
      expect(await ids('message')).toEqual(new Set([old, young]));
      const rows = await database.query.selectFrom('message').select(['id', 'body_deleted_at']).orderBy('id').execute();
      expect(rows).toEqual([
        { id: old, body_deleted_at: now },
        { id: young, body_deleted_at: null },
      ]);
      expect(await deleteAll('body', 30)).toBe(0);
    });

    it('deletes old messages with attempts, events, recipients and body', async () => {
      await finish(aged(400, { recipients: threeRecipients }));
      await finish(aged(399), 'bounced');
      const young = await finish(aged(364));
      expect(await deleteAll('message', 365)).toBe(2);
      for (const table of ['message', 'content', 'recipient', 'attempt', 'event'] as const)
        expect(await ids(table), table).toEqual(new Set([young]));
    });

    it('never touches what waits: queued, deferred, held by itself or among others, scheduled for later', async () => {
      const deferred = await finish(aged(400), 'deferred');
      const held = await finish(aged(400), 'held');
      const heldInPart = await finish(aged(400, { recipients: threeRecipients }), 'held');
      const recent = await finish(aged(400, { scheduledAt: now - dayMs, expiresAt: now + dayMs }));
      const queued = (await path.accept(aged(400))).id;
      for (const what of ['body', 'message', 'secret'] as const) expect(await deleteAll(what, 30)).toBe(0);
      const all = new Set([deferred, held, heldInPart, recent, queued]);
      expect(await ids('message')).toEqual(all);
      expect(await ids('content')).toEqual(all);
      // Released, it waits again.
      await database.query.updateTable('recipient').set({ state: 'sent' }).where('message_id', '=', held).execute();
      expect(await deleteAll('message', 365)).toBe(1);
    });

    it('deletes what secret mail said as soon as nobody waits for it, and of no other mail', async () => {
      const secret = { isSecret: true, content: { bytes: Buffer.from('canary-8c1d'), parts: null, blobs: [] } };
      const sent = await finish({ ...aged(0), ...secret });
      const bounced = await finish({ ...aged(0), ...secret }, 'bounced');
      const held = await finish({ ...aged(0), ...secret }, 'held');
      const deferred = await finish({ ...aged(0), ...secret }, 'deferred');
      const open = await finish(aged(0));
      expect(await deleteAll('secret', 0)).toBe(2);
      expect(await ids('content')).toEqual(new Set([held, deferred, open]));
      expect(await ids('message')).toEqual(new Set([sent, bounced, held, deferred, open]));
      expect(await deleteAll('secret', 0)).toBe(0);
    });

    it('goes through very many in steps, from where the last one ended', async () => {
      const count = perStep * 2 + 7;
      const messages = Array.from({ length: count }, (_, place) => ({
        id: newId('msg', now - 400 * dayMs + place),
        lane: 1,
        state: 'sent',
        settings_id: null,
        mail_from: '',
        header_from: '',
        header_to: '',
        subject: '',
        message_id: '',
        size_bytes: 1,
        attachment_count: 0,
        tags: '[]',
        is_secret: 0,
        holds_uncertain: 0,
        resent_from: null,
        submitted_by: '',
        created_at: now - 400 * dayMs,
        scheduled_at: null,
        expires_at: 0,
      }));
      await database.query.insertInto('message').values(messages).execute();
      const request = { kind: 'message', after: '', before: '~', olderThan: now, now } as const;
      const first = await store.deleteOld(request);
      expect(first.deleted).toBeGreaterThan(0);
      expect(first.deleted).toBeLessThanOrEqual(perStep);
      expect(first.last).toBe(messages[first.deleted - 1]?.id);
      expect(await deleteAll('message', 0)).toBe(count - first.deleted);
      expect(await ids('message')).toEqual(new Set());
    });

    it('deletes expired Idempotency-Keys only', async () => {
      const add = (key: string, createdAt: number) =>
        database.query
          .insertInto('idempotency')
          .values({ key_hash: key, body_hash: '', message_ids: '[]', created_at: createdAt })
          .execute();
      await add('old', now - dayMs);
      await add('young', now - dayMs + 1);
      expect(await store.deleteRepeats(now - dayMs)).toBe(1);
      expect(await store.deleteRepeats(now - dayMs)).toBe(0);
      expect((await database.query.selectFrom('idempotency').select('key_hash').execute())[0]?.key_hash).toBe('young');
    });

    it('knows the attachments that messages name and those that are old', async () => {
      await finish(aged(2));
      await finish(aged(3, withBlob(1)));
      await finish(aged(2, withBlob(2)));
      expect(await store.readUsedBlobs('')).toEqual({ hashes: [hash(1), hash(2)], last: null });
      expect(await store.readOldBlobs('', findBlobCutoff(now))).toEqual([hash(1), hash(2)]);
      expect(await store.readOldBlobs(hash(1), findBlobCutoff(now))).toEqual([hash(2)]);
      expect(await store.readOldBlobs('', now - 4 * dayMs)).toEqual([]);
    });

    it('does not delete an attachment that was counted on after it was found unused', async () => {
      const old = aged(2, withBlob(1));
      const { id } = await path.accept(old);
      await database.query.deleteFrom('content').where('message_id', '=', id).execute();
      const cutoff = findBlobCutoff(now);
      const unused = await store.readOldBlobs('', cutoff);
      expect(unused).toEqual([hash(1)]);
      // Accepted at this very moment, with the same attachment.
      path.clock.at = now;
      const { id: later } = await path.accept({ ...aged(0, withBlob(1)), createdAt: now });
      expect(await store.deleteBlobs(unused, cutoff)).toBe(1);
      expect((await path.queue.readContent(later)).blobs).toHaveLength(1);
      expect(redateAfterMs).toBeLessThan(dayMs / 2);
      await database.query.updateTable('blob').set({ created_at: 0 }).execute();
      await store.deleteBlobs(unused, cutoff);
      await expect(path.queue.readContent(later)).rejects.toThrow(/attachment/);
    });

    if (kind !== 'sqlite') return;
    it('leaves nothing in the file of what secret mail said', async () => {
      if (database.kind !== 'sqlite') return;
      const { sqlite } = database;
      const canary = 'reset-token-4f7a91';
      // On a page of its own kind each: beside its row, and behind it.
      for (const length of [1, 20_000]) {
        const bytes = Buffer.from(canary.repeat(length).slice(0, Math.max(canary.length, length)));
        await finish({ ...aged(0), isSecret: true, content: { bytes, parts: null, blobs: [] } });
      }
      const read = () => {
        sqlite.pragma('wal_checkpoint(TRUNCATE)');
        return readFileSync(sqlite.name, 'latin1');
      };
      expect(read()).toContain(canary);
      expect(await deleteAll('secret', 0)).toBe(2);
      expect(read()).not.toContain(canary);
    });
  });
}
