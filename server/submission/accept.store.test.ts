import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import type { HandOff } from '../queue/hand-off.ts';
import { acceptedMessage, type MailPath, openMailPath, startedAt } from '../queue/test-data.ts';
import { type BecameReady, openAcceptStore } from './accept.store.ts';
import type { AcceptedMessage as A } from './accepted-message.ts';

for (const { kind, open } of databases) {
  describe(`accepting on ${kind}`, () => {
    let database: Database;
    let path: MailPath;
    beforeEach(async () => {
      database = await open();
      path = openMailPath(database);
    });
    afterEach(() => database.close());
    const count = async (table: 'message' | 'recipient' | 'content' | 'blob' | 'queue' | 'event' | 'idempotency') => {
      const row = await database.query
        .selectFrom(table)
        .select((eb) => eb.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow();
      return Number(row.count);
    };
    const keyed = (keyHash: string, bodyHash: string, messages = [acceptedMessage()]) => ({
      messages,
      idempotency: { keyHash, bodyHash },
    });

    it('stores message, recipients, content, queue row and event of what it accepts', async () => {
      const message = acceptedMessage({
        lane: 'urgent',
        settingsId: 'smtp_1',
        isSecret: true,
        holdsUncertain: true,
        resentFrom: 'msg_old',
        attachmentCount: 2,
        recipients: [
          { address: 'ann@example.com', kind: 'to' },
          { address: 'bob@example.com', kind: 'bcc' },
        ],
      });
      expect(await path.accepts.accept({ messages: [message], idempotency: null })).toEqual({
        outcome: 'accepted',
        ids: [message.id],
      });
      expect(await database.query.selectFrom('message').selectAll().execute()).toEqual([
        {
          id: message.id,
          lane: 0,
          state: 'queued',
          settings_id: 'smtp_1',
          mail_from: 'hub@example.com',
          header_from: 'Hub <hub@example.com>',
          header_to: 'Ann <ann@example.com>',
          subject: 'Grüße "quoted" \\ 100%',
          message_id: '<1@example.com>',
          size_bytes: 11,
          attachment_count: 2,
          tags: '[{"name":"kind","value":"invoice"}]',
          is_secret: 1,
          holds_uncertain: 1,
          resent_from: 'msg_old',
          submitted_by: 'ann@example.com',
          created_at: startedAt,
          scheduled_at: null,
          expires_at: message.expiresAt,
          body_deleted_at: null,
        },
      ]);
      const row = { message_id: message.id, state: 'queued', reply: '', explanation: '', updated_at: startedAt };
      expect(await database.query.selectFrom('recipient').selectAll().orderBy('position').execute()).toEqual([
        { ...row, position: 0, address: 'ann@example.com', kind: 'to' },
        { ...row, position: 1, address: 'bob@example.com', kind: 'bcc' },
      ]);
      expect(await path.waiting(message.id)).toEqual({
        message_id: message.id,
        lane: 0,
        settings_id: 'smtp_1',
        ready_at: startedAt,
        expires_at: message.expiresAt,
        attempts: 0,
        crashes: 0,
        token: 0,
        leased_until: null,
        leased_by: null,
        attempt_id: null,
        attempt_settings_id: null,
        attempt_settings_name: null,
        attempt_started_at: null,
        dot_at: null,
      });
      expect(await path.events(message.id)).toEqual(['queued']);
    });

    /** Remembers what became of each reservation. */
    const openHandOff = (grants: (id: string) => boolean = () => true) => {
      const ends: string[] = [];
      const handOff: HandOff = {
        reserve: ({ id }) =>
          grants(id)
            ? {
                owner: 'node-1',
                leasedUntil: startedAt + 60_000,
                attempt: { id: `try of ${id}`, settingsId: 'smtp_1', settingsName: 'Relay' },
                take: ({ bytes }) => ends.push(`take ${id} ${bytes.length}`),
                drop: () => ends.push(`drop ${id}`),
                lose: () => ends.push(`lose ${id}`),
              }
            : null,
      };
      const ready: BecameReady[] = [];
      const store = openAcceptStore(database, { clock: path.clock, handOff, onReady: (more) => ready.push(...more) });
      return { ends, ready, store };
    };

    it('inserts what is handed over as leased, with its attempt, and wakes nobody for it', async () => {
      const [taken, left] = [acceptedMessage(), acceptedMessage({ settingsId: 'smtp_2' })];
      const { ends, ready, store } = openHandOff((id) => id === taken.id);
      await store.accept({ messages: [taken, left], idempotency: null });
      expect(ends).toEqual([`take ${taken.id} 12`]);
      expect(ready).toEqual([{ settingsId: 'smtp_2', readyAt: startedAt }]);
      expect(await path.waiting(taken.id)).toMatchObject({
        token: 1,
        leased_until: startedAt + 60_000,
        leased_by: 'node-1',
        attempt_id: `try of ${taken.id}`,
        attempt_settings_id: 'smtp_1',
        attempt_settings_name: 'Relay',
        attempt_started_at: null,
        dot_at: null,
      });
      expect(await path.waiting(left.id)).toMatchObject({ token: 0, leased_until: null, attempt_id: null });
      const [claim, ...more] = await path.claim({ settingsIds: ['', 'smtp_2'] });
      expect([claim?.id, more]).toEqual([left.id, []]);
    });

    it('hands nothing over before it is stored', async () => {
      const { ends, store } = openHandOff();
      const accepting = store.accept({ messages: [acceptedMessage()], idempotency: null });
      expect(ends).toEqual([]);
      await accepting;
      expect(ends).toHaveLength(1);
    });

    it('hands over none of a repeat, of a conflict, or of what failed', async () => {
      const [first, repeat, conflict, bad] = [1, 2, 3, 4].map(() => acceptedMessage()) as [A, A, A, A];
      const { ends, store } = openHandOff();
      await store.accept(keyed('key', 'body', [first]));
      await store.accept(keyed('key', 'body', [repeat]));
      await store.accept(keyed('key', 'other body', [conflict]));
      const twice = { ...bad, id: first.id };
      await expect(store.accept({ messages: [bad, twice], idempotency: null })).rejects.toThrow();
      expect(ends).toEqual([
        `take ${first.id} 12`,
        `drop ${repeat.id}`,
        `drop ${conflict.id}`,
        `drop ${bad.id}`,
        `drop ${first.id}`,
      ]);
      expect(await path.waiting(bad.id)).toBeUndefined();
    });

    it('hands over the rest of a group in which one fails', async () => {
      const [first, good] = [acceptedMessage(), acceptedMessage()];
      const { ends, store } = openHandOff();
      await store.accept({ messages: [first], idempotency: null });
      const both = [first, good].map((message) => store.accept({ messages: [message], idempotency: null }));
      const outcomes = await Promise.allSettled(both);
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
      expect(ends.slice(1).sort()).toEqual([`drop ${first.id}`, `take ${good.id} 12`].sort());
    });

    it('gives content back byte for byte, with attachments in their places', async () => {
      const bytes = Buffer.from(Array.from({ length: 1000 }, (_, place) => place % 256));
      const blobs = [
        { hash: 'a'.repeat(64), bytes: Buffer.from('AAAA\r\n\0ÿ') },
        { hash: 'b'.repeat(64), bytes: Buffer.from('BBBB\r\n') },
      ];
      const [a, b] = blobs.map(({ hash }) => hash) as [string, string];
      const content = { bytes, parts: [[0, 10] as [number, number], a, [10, 1000] as [number, number], b, a], blobs };
      const { id } = await path.accept({ content });
      const plain = await path.accept();
      const read = await path.queue.readContent(id);
      expect(Buffer.from(read.bytes).equals(bytes)).toBe(true);
      expect(read.parts).toEqual(content.parts);
      const found = new Map(read.blobs.map((blob) => [blob.hash, Buffer.from(blob.bytes).toString('latin1')]));
      expect(found).toEqual(new Map(blobs.map((blob) => [blob.hash, blob.bytes.toString('latin1')])));
      expect((await path.queue.readContent(plain.id)).parts).toBeNull();
      expect(Buffer.from((await path.queue.readContent(plain.id)).bytes).toString()).toBe('Subject: x\r\n');
    });

    it('stores an attachment once, whether it comes again at once, together or later', async () => {
      const blob = { hash: 'a'.repeat(64), bytes: Buffer.from('AAAA\r\n') };
      const content = { bytes: Buffer.from('x'), parts: [blob.hash], blobs: [blob] };
      await Promise.all([path.accept({ content }), path.accept({ content })]);
      await path.accept({ content });
      expect(await count('blob')).toBe(1);
      const late = startedAt + 2 * 3_600_000;
      path.clock.at = late;
      const { id } = await path.accept({ content, createdAt: late });
      const rows = await database.query.selectFrom('blob').select(['created_at', 'size_bytes']).execute();
      expect(rows).toEqual([{ created_at: late, size_bytes: 6 }]);
      expect((await path.queue.readContent(id)).blobs).toHaveLength(1);
    });

    it('answers a repeated key with the first ids, and stores nothing', async () => {
      const first = keyed('key', 'body', [acceptedMessage(), acceptedMessage()]);
      const ids = first.messages.map(({ id }) => id);
      expect(await path.accepts.accept(first)).toEqual({ outcome: 'accepted', ids });
      expect(await path.accepts.accept(keyed('key', 'body'))).toEqual({ outcome: 'repeated', ids });
      expect(await path.accepts.findRepeat('key')).toEqual({ bodyHash: 'body', ids });
      expect(await path.accepts.findRepeat('another')).toBeNull();
      expect(await count('message')).toBe(2);
      expect(await count('queue')).toBe(2);
    });

    it('refuses the same key with another body, and stores nothing', async () => {
      await path.accepts.accept(keyed('key', 'body'));
      expect(await path.accepts.accept(keyed('key', 'changed'))).toEqual({ outcome: 'conflict' });
      expect(await count('message')).toBe(1);
      expect(await count('content')).toBe(1);
    });

    it('forgets a key after 24 hours', async () => {
      await path.accepts.accept(keyed('key', 'body'));
      path.clock.at += 24 * 3_600_000;
      expect(await path.accepts.findRepeat('key')).toBeNull();
      const again = keyed('key', 'changed');
      expect(await path.accepts.accept(again)).toMatchObject({ outcome: 'accepted' });
      expect(await path.accepts.findRepeat('key')).toEqual({ bodyHash: 'changed', ids: [again.messages[0]?.id] });
    });

    it('accepts one of many that come at once with one key', async () => {
      const others = openAcceptStore(database, { clock: path.clock });
      const outcomes = await Promise.all(
        Array.from({ length: 40 }, (_, place) => {
          const submission = keyed('key', place % 10 === 9 ? 'changed' : 'body');
          return (place % 2 ? others : path.accepts).accept(submission);
        }),
      );
      const by = Object.groupBy(outcomes, ({ outcome }) => outcome);
      expect(by.accepted).toHaveLength(1);
      expect((by.repeated?.length ?? 0) + (by.conflict?.length ?? 0)).toBe(39);
      const answered = outcomes.flatMap((one) => ('ids' in one ? one.ids : []));
      expect(new Set(answered).size).toBe(1);
      expect(await count('message')).toBe(1);
      expect(await count('event')).toBe(1);
    });

    it('lets one bad submission fail alone among those of its commit', async () => {
      const { id } = await path.accept();
      const bad = { messages: [acceptedMessage(), acceptedMessage({ id })], idempotency: null };
      const settled = await Promise.allSettled([path.accept(), path.accepts.accept(bad), path.accept()]);
      expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect(await count('message')).toBe(3);
      expect(await count('recipient')).toBe(3);
      expect(await count('queue')).toBe(3);
    });

    it('accepts a thousand messages of one submission, all with their own content', async () => {
      const messages = Array.from({ length: 1000 }, (_, place) =>
        acceptedMessage({ content: { bytes: Buffer.from(`message ${place}`), parts: null, blobs: [] } }),
      );
      expect(await path.accepts.accept({ messages, idempotency: null })).toMatchObject({ outcome: 'accepted' });
      const read = await path.queue.readContent(messages[777]?.id ?? '');
      expect(Buffer.from(read.bytes).toString()).toBe('message 777');
      expect(await count('queue')).toBe(1000);
    });

    it('tells what became ready once it is durable, and nothing of a repeat', async () => {
      const told: unknown[] = [];
      const store = openAcceptStore(database, { clock: path.clock, onReady: (ready) => told.push(...ready) });
      const scheduledAt = startedAt + 60_000;
      await store.accept(
        keyed('key', 'body', [acceptedMessage(), acceptedMessage({ settingsId: 'smtp_1', scheduledAt })]),
      );
      await store.accept(keyed('key', 'body'));
      expect(told).toEqual([
        { settingsId: '', readyAt: startedAt },
        { settingsId: 'smtp_1', readyAt: scheduledAt },
      ]);
    });
  });
}
