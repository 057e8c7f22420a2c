import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { findWorstState } from '../delivery/message-state.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { assembleContent } from './message-content.ts';
import { type MessageLogStore, openMessageLogStore } from './message-log.store.ts';
import { parseSearch } from './search-query.ts';
import { addAttempt, addSettings, beginAttempt, dayMs, testMessage, testNow } from './test-data.ts';

for (const { kind, open } of databases) {
  describe(`the message log on ${kind}`, () => {
    let database: Database;
    let store: MessageLogStore;
    const clock = { now: () => testNow, monotonic: () => 0 };
    beforeEach(async () => {
      database = await open();
      store = openMessageLogStore(database);
    });
    afterEach(() => database.close());

    const accept = async (...messages: AcceptedMessage[]) => {
      const outcome = await openAcceptStore(database, { clock }).accept({ messages, idempotency: null });
      expect(outcome).toMatchObject({ outcome: 'accepted' });
      return messages;
    };
    const setState = (id: string, state: string) =>
      database.query.updateTable('message').set({ state }).where('id', '=', id).execute();
    const list = async (text = '', page: { cursor?: string; limit?: number } = {}) => {
      const search = parseSearch(text, testNow);
      if (!search.ok) return expect.unreachable(search.problems[0]?.message);
      return store.list({ terms: search.terms, cursor: page.cursor, limit: page.limit ?? 50 });
    };
    const subjects = async (text: string) => (await list(text)).data.map(({ subject }) => subject);

    it('lists the newest first, page by page, while newer ones arrive', async () => {
      await accept(...[1, 2, 3, 4].map((n) => testMessage({ subject: `${n}`, createdAt: testNow + n })));
      const first = await list('', { limit: 2 });
      await accept(testMessage({ subject: 'new', createdAt: testNow + 10 }));
      const second = await list('', { limit: 2, cursor: first.next ?? '' });
      expect([first, second].map(({ data }) => data.map(({ subject }) => subject))).toEqual([
        ['4', '3'],
        ['2', '1'],
      ]);
      expect(second.next).toBeNull();
    });

    it('says of a message what a list shows', async () => {
      const [message] = await accept(
        testMessage({
          lane: 'urgent',
          tags: [{ name: 'kind', value: 'invoice' }],
          headerTo: 'Lovelace, Ada <ada@example.com>, bob@example.com',
          scheduledAt: testNow + 60_000,
        }),
      );
      expect((await list()).data).toEqual([
        {
          id: message?.id,
          from: 'Billing <billing@example.com>',
          to: ['Lovelace, Ada <ada@example.com>', 'bob@example.com'],
          subject: 'Hello',
          state: 'queued',
          lane: 'urgent',
          tags: [{ name: 'kind', value: 'invoice' }],
          smtp_settings: null,
          size_bytes: message?.sizeBytes,
          attachment_count: 0,
          is_secret: false,
          attempt_count: 0,
          next_attempt_at: '2026-11-22T10:45:00.000Z',
          created_at: '2026-11-22T10:44:00.000Z',
          scheduled_at: '2026-11-22T10:45:00.000Z',
          expires_at: '2026-11-27T10:44:00.000Z',
        },
      ]);
    });

    it('says that a message is being sent while a worker holds it', async () => {
      const [held, free] = await accept(testMessage({ subject: 'held' }), testMessage({ subject: 'free' }));
      await database.query
        .updateTable('queue')
        .set({ leased_until: testNow + 1, leased_by: 'w' })
        .where('message_id', '=', held?.id ?? '')
        .execute();
      expect(await store.readSummary(held?.id ?? '')).toMatchObject({ state: 'sending', next_attempt_at: null });
      expect(await subjects('status:sending')).toEqual(['held']);
      expect(await subjects('status:queued')).toEqual(['free']);
      expect((await subjects('status:waiting')).sort()).toEqual(['free', 'held']);
      await setState(free?.id ?? '', 'bounced');
      // The others of its recipients still wait.
      expect((await store.readSummary(free?.id ?? ''))?.next_attempt_at).toBe('2026-11-22T10:44:00.000Z');
      expect(await subjects('status:failed')).toEqual(['free']);
    });

    it('finds a message by the state of any of its recipients', async () => {
      const recipients = ['a', 'b', 'c'].map((name) => ({ address: `${name}@example.com`, kind: 'to' as const }));
      const [mixed, waiting] = await accept(
        testMessage({ subject: 'mixed', recipients }),
        testMessage({ subject: 'waiting', recipients: recipients.slice(0, 2) }),
        testMessage({ subject: 'other' }),
      );
      const setStates = async (message: AcceptedMessage | undefined, ...states: string[]) => {
        const id = message?.id ?? '';
        await setState(id, findWorstState(states));
        for (const [position, state] of states.entries())
          await database.query
            .updateTable('recipient')
            .set({ state })
            .where('message_id', '=', id)
            .where('position', '=', position)
            .execute();
      };
      await setStates(mixed, 'sent', 'held', 'cancelled');
      await setStates(waiting, 'bounced', 'deferred');
      const found = async (state: string) => (await subjects(`status:${state}`)).sort();
      for (const state of ['sent', 'held', 'cancelled']) expect(await found(state), state).toEqual(['mixed']);
      for (const state of ['bounced', 'failed', 'deferred']) expect(await found(state), state).toEqual(['waiting']);
      expect(await found('queued')).toEqual(['other']);
      expect(await found('waiting')).toEqual(['other', 'waiting']);
      for (const state of ['expired', 'uncertain', 'sending']) expect(await found(state), state).toEqual([]);
      await database.query
        .updateTable('queue')
        .set({ leased_until: testNow + 1, leased_by: 'w' })
        .where('message_id', '=', waiting?.id ?? '')
        .execute();
      expect(await found('sending')).toEqual(['waiting']);
      expect(await found('bounced')).toEqual(['waiting']);
      expect(await found('deferred')).toEqual([]);
      expect(await found('waiting')).toEqual(['other', 'waiting']);
    });

    it('finds recipients by whole address, by part and by asterisk, Bcc too', async () => {
      await accept(
        testMessage({
          subject: 'one',
          recipients: [
            { address: 'Ann@example.com', kind: 'to' },
            { address: 'secret@acme.com', kind: 'bcc' },
          ],
        }),
        testMessage({ subject: 'two', recipients: [{ address: 'joann@example.com', kind: 'to' }] }),
        testMessage({ subject: 'three', recipients: [{ address: 'a_n%@example.org', kind: 'to' }] }),
      );
      expect(await subjects('to:ANN@example.com')).toEqual(['one']);
      expect((await subjects('to:ann')).sort()).toEqual(['one', 'two']);
      expect(await subjects('to:*@acme.com')).toEqual(['one']);
      expect(await subjects('to:ann*')).toEqual(['one']);
      expect(await subjects('to:a_n%')).toEqual(['three']);
    });

    it('finds by sender, subject, tag, attachment and time, all at once', async () => {
      await accept(
        testMessage({
          subject: 'Märchen 100%',
          attachment: 'a.html',
          tags: [{ name: 'kind', value: 'in"voice' }],
          createdAt: testNow - 3 * dayMs,
        }),
        testMessage({ subject: 'Reset', headerFrom: 'Desk <desk@example.com>', mailFrom: 'bounce@example.net' }),
      );
      expect(await subjects('from:desk')).toEqual(['Reset']);
      expect(await subjects('from:bounce@example.net')).toEqual(['Reset']);
      expect(await subjects('subject:MÄRCHEN')).toEqual(['Märchen 100%']);
      expect(await subjects('subject:0%')).toEqual(['Märchen 100%']);
      expect(await subjects('subject:M_rchen')).toEqual([]);
      expect(await subjects('subject:res*')).toEqual(['Reset']);
      expect(await subjects('tag:kind')).toEqual(['Märchen 100%']);
      expect(await subjects(`tag:kind=in"voice`)).toEqual(['Märchen 100%']);
      expect(await subjects('tag:kind=invoice')).toEqual([]);
      expect(await subjects('has:attachment')).toEqual(['Märchen 100%']);
      expect(await subjects('after:2d')).toEqual(['Reset']);
      expect(await subjects('before:2026-11-20')).toEqual(['Märchen 100%']);
      expect(await subjects('after:2026-11-19 before:2026-11-19T10:45Z')).toEqual(['Märchen 100%']);
      expect(await subjects('has:attachment from:desk')).toEqual([]);
    });

    it('finds words in subject, sender and recipients, and ids', async () => {
      const [one] = await accept(
        testMessage({ subject: 'INV-1042 is due', recipients: [{ address: 'hidden@example.org', kind: 'bcc' }] }),
        testMessage({ subject: 'other' }),
      );
      expect(await subjects('inv-1042')).toEqual(['INV-1042 is due']);
      expect(await subjects('"1042 is"')).toEqual(['INV-1042 is due']);
      expect(await subjects('"is 1042"')).toEqual([]);
      expect(await subjects('hidden@example.org')).toEqual(['INV-1042 is due']);
      expect((await subjects('billing')).length).toBe(2);
      expect(await subjects(one?.id ?? '')).toEqual(['INV-1042 is due']);
      expect(await subjects(one?.messageId ?? '')).toEqual(['INV-1042 is due']);
    });

    it('finds by the settings that a message names, went by, or will go by', async () => {
      const office = await addSettings(database, 'Office');
      const spare = await addSettings(database, 'Spare room', { isDefault: true });
      const [, , went] = await accept(
        testMessage({ subject: 'named', settingsId: office }),
        testMessage({ subject: 'default' }),
        testMessage({ subject: 'went' }),
        testMessage({ subject: 'gone', settingsId: 'smtp_gone' }),
      );
      await addAttempt(database, went?.id ?? '', { settingsId: office, settingsName: 'Office' });
      expect((await subjects('settings:office')).sort()).toEqual(['named', 'went']);
      expect(await subjects('settings:"spare room"')).toEqual(['default']);
      expect(await subjects(`settings:${spare}`)).toEqual(['default']);
      const names = Object.fromEntries((await list()).data.map((each) => [each.subject, each.smtp_settings?.name]));
      expect(names).toEqual({ named: 'Office', default: undefined, went: 'Office', gone: 'deleted settings' });
    });

    it('tells everything that happened to a message', async () => {
      const [message] = await accept(testMessage({ resentFrom: 'msg_01234567890123456789012345' }));
      const id = message?.id ?? '';
      const transcript = [{ at: 1, from: 'server', text: '451 later' }] as const;
      await addAttempt(database, id, { outcome: 'deferred', reply: '451 4.7.1 later', transcript });
      await beginAttempt(database, id, { dotAt: testNow });
      await database.query
        .updateTable('recipient')
        .set({ state: 'deferred', reply: '451 4.7.1 later', explanation: 'Greylisted.' })
        .execute();
      const record = await store.read(id);
      expect(record).toMatchObject({
        message_id: message?.messageId,
        resent_from: 'msg_01234567890123456789012345',
        attempt_count: 2,
        recipients: [
          {
            address: 'ann@example.com',
            kind: 'to',
            state: 'deferred',
            reply: '451 4.7.1 later',
            explanation: 'Greylisted.',
          },
        ],
        attempts: [
          { number: 1, outcome: 'deferred', reply: '451 4.7.1 later', transcript },
          { number: 2, outcome: 'sending', phase: 'dot', ended_at: null, transcript: [] },
        ],
      });
      expect(await store.read('msg_00000000000000000000000000')).toBeNull();
    });

    it('gives the bytes back as they were composed, from their pieces', async () => {
      const whole = Buffer.from('Subject: x\r\n\r\nhead BLOB tail');
      const blob = Buffer.from('BLOB');
      const hash = createHash('sha256').update(blob).digest('hex');
      const bytes = Buffer.concat([whole.subarray(0, 19), whole.subarray(23)]);
      const parts: AcceptedMessage['content']['parts'] = [[0, 19], hash, [19, bytes.length]];
      const [message] = await accept(testMessage({ content: { bytes, parts, blobs: [{ hash, bytes: blob }] } }));
      const content = await store.readContent(message?.id ?? '');
      if (content === null) return expect.unreachable();
      expect(Buffer.from(assembleContent(content)).toString()).toBe(whole.toString());
      const { content: _, ...rest } = message ?? expect.unreachable();
      expect(await store.readAccepted(rest.id)).toMatchObject(rest);
      await database.query.deleteFrom('content').execute();
      expect(await store.readContent(rest.id)).toBeNull();
      expect(await store.readAccepted(rest.id)).toBe('no-content');
    });
  });
}
