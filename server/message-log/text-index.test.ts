import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { composeMessage } from '../mime/compose.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { openMessageSearch } from './message-search.store.ts';
import { parseSearch } from './search-query.ts';
import { addAttempt, addSettings, dayMs, testMessage, testNow } from './test-data.ts';
import { openTextIndexStore, type TextIndexStore } from './text-index.store.ts';
import { openTextIndexWorker } from './text-index.worker.ts';

const hourMs = 3_600_000;

for (const { kind, open } of databases) {
  describe(`the text index on ${kind}`, () => {
    let database: Database;
    let index: TextIndexStore;
    let now: number;
    const clock = { now: () => now, monotonic: () => 0 };
    beforeEach(async () => {
      now = testNow;
      database = await open();
      index = openTextIndexStore(database);
    });
    afterEach(() => database.close());

    const saying = (text: string, change: Partial<AcceptedMessage> = {}) => {
      const address = { address: 'billing@example.com' };
      const subject = change.subject ?? 'Hello';
      const mail = {
        from: address,
        to: [address],
        subject,
        text,
        date: new Date(testNow),
        messageId: '<1@example.com>',
      };
      return testMessage({ ...change, content: { bytes: composeMessage(mail), parts: null, blobs: [] } });
    };
    const accept = async (...messages: AcceptedMessage[]) => {
      await openAcceptStore(database, { clock }).accept({ messages, idempotency: null });
      return messages.map(({ id }) => id);
    };
    const throwIt = (error: unknown) => {
      throw error;
    };
    const openWorker = () => openTextIndexWorker({ store: index, clock, onError: throwIt, segmentSize: 8 });
    let steps = 0;
    /** Until nothing is left to do, and once around all segments. */
    const fill = async (worker = openWorker(), laterMs = 0) => {
      now += laterMs;
      const segments = (await index.readSegments()).length;
      for (let idle = 0; idle <= segments; ) {
        steps += 1;
        idle = (await worker.step()) ? 0 : idle + 1;
      }
    };
    const find = async (text: string, order: 'newest' | 'oldest' = 'newest', using = index, limit = 100) => {
      const search = parseSearch(text, now);
      if (!search.ok) return expect.unreachable(search.problems[0]?.message);
      const found: string[] = [];
      let after: string | null = null;
      do {
        const page = await openMessageSearch(database, () => 0, using).find({
          terms: search.terms,
          after,
          order,
          limit,
        });
        expect(page.ids.length).toBeLessThanOrEqual(limit);
        found.push(...page.ids);
        after = page.next;
      } while (after !== null);
      return found;
    };
    const asked: number[] = [];
    /** In how many segments messages were looked at one by one: to spare that is what the index is for. */
    const countLooks = async (text: string) => {
      asked.length = 0;
      const readIds = (number: number) => {
        asked.push(number);
        return index.readIds(number);
      };
      await find(text, 'newest', { ...index, readIds });
      return asked.length;
    };
    const mixed = async (count: number) => {
      const ids: string[] = [];
      for (let at = 0; at < count; at += 1) {
        const change = {
          createdAt: testNow + at * 7,
          subject: at % 3 === 0 ? `Invoice INV-${1000 + at}` : 'Märchen',
          tags: [{ name: 'customer', value: String(at % 5) }],
          isSecret: at % 7 === 0,
          attachmentCount: at % 4 === 0 ? 1 : 0,
          recipients: [
            { address: `ann${at}@example.com`, kind: 'to' as const },
            { address: `bob@a${at % 6}.example`, kind: 'bcc' as const },
          ],
        };
        ids.push(...(await accept(saying(`Zoë, number ${at} is ${at % 2 ? 'past due' : 'paid'} since May`, change))));
      }
      now = testNow + dayMs;
      return ids;
    };

    it('changes nothing about what is found, whatever is asked, in both directions, page by page', async () => {
      await mixed(45);
      const without = { ...index, readSegments: async () => [] };
      const searches = [
        ...[
          '',
          'zoe',
          '"past due"',
          '"due past"',
          'inv-1021',
          'INV',
          'subject:marchen',
          'subject:inv-10*',
          'to:ann1',
          'to:*@a3.example',
        ],
        ...[
          'to:ann44@example.com',
          'tag:customer=3',
          'tag:customer',
          'tag:customer=4 paid',
          'has:attachment',
          'from:billing',
          'from:nobody',
        ],
        ...[
          'status:queued',
          'status:sent',
          'status:queued tag:customer=1 has:attachment',
          'number "past due" INV',
          'nothing',
          'ma',
          'before:1m',
          'after:25h zoe',
        ],
      ];
      const before = new Map<string, string[]>();
      for (const search of searches) before.set(search, await find(search, 'newest', without));
      expect(before.get('zoe')?.length).toBe(38);
      expect(before.get('tag:customer=4 paid')?.length).toBe(4);
      await fill();
      expect(await index.readSegments()).toHaveLength(5);
      for (const [search, ids] of before) {
        expect(ids).toEqual([...ids].sort().reverse());
        expect(await find(search), search).toEqual(ids);
        expect(await find(search, 'newest', index, 4), search).toEqual(ids);
        expect(await find(search, 'oldest'), search).toEqual([...ids].reverse());
        expect(await find(search, 'oldest', index, 4), search).toEqual([...ids].reverse());
      }
    });

    it('leaves out the segments that have nothing of what is looked for', async () => {
      await mixed(40);
      await fill();
      expect(await countLooks('number')).toBe(5);
      expect(await countLooks('inv-1021')).toBe(1);
      expect(await countLooks('"past paid"')).toBe(0);
      expect(await countLooks('from:nobody')).toBe(0);
    });

    it('waits until enough messages have come to rest, and finds the newest meanwhile', async () => {
      await mixed(7);
      await fill();
      expect(await index.readSegments()).toEqual([]);
      const [last] = await accept(saying('one more', { createdAt: testNow + 1000 }));
      now = testNow + 60_000;
      await fill();
      expect(await index.readSegments()).toEqual([]);
      expect(await find('"one more"')).toEqual([last]);
      now = testNow + 62_000;
      await fill();
      expect(await index.readSegments()).toMatchObject([{ afterId: '', lastId: last, messageCount: 8, textCount: 7 }]);
      expect(await find('"one more"')).toEqual([last]);
    });

    it('knows the subject of secret mail, and nothing of its text', async () => {
      const [secret] = await accept(saying('your code is opensesame', { subject: 'Reset it', isSecret: true }));
      expect(await find('opensesame')).toEqual([]);
      await mixed(10);
      await fill();
      expect(await find('subject:"reset it"')).toEqual([secret]);
      expect(await find('opensesame')).toEqual([]);
      expect(await countLooks('opensesame')).toBe(0);
    });

    it('takes in what was accepted late, and what was accepted by a clock that goes wrong, however much', async () => {
      await mixed(16);
      const worker = openWorker();
      await fill(worker);
      const late = await accept(saying('latecomer', { createdAt: testNow + 3 }));
      await fill(worker);
      expect(await find('latecomer')).toEqual([]);
      await fill(worker, hourMs);
      expect(await find('latecomer')).toEqual(late);
      const many = Array.from({ length: 5000 }, () => testMessage({ createdAt: testNow + 4, subject: 'latecomers' }));
      await accept(...many);
      await fill(worker, hourMs);
      expect(await find('subject:latecomers')).toEqual(
        many
          .map(({ id }) => id)
          .sort()
          .reverse(),
      );
      const segments = await index.readSegments();
      expect(segments.reduce((sum, { messageCount }) => sum + messageCount, 0)).toBe(5017);
      expect(segments.slice(1).map(({ afterId }) => afterId)).toEqual(
        segments.slice(0, -1).map(({ lastId }) => lastId),
      );
    });

    it('forgets the text of what retention took, and at last the messages', async () => {
      const ids = await mixed(16);
      const worker = openWorker();
      await fill(worker);
      expect(await find('"number 1"')).toHaveLength(1);
      await database.query.deleteFrom('content').execute();
      expect(await find('"number 1"')).toEqual([]);
      await fill(worker, hourMs);
      expect((await index.readSegments()).map(({ textCount }) => textCount)).toEqual([0, 0]);
      expect(await countLooks('number')).toBe(0);
      expect(await find('inv-1003')).toEqual([ids[3]]);
      await database.query
        .deleteFrom('message')
        .where('id', '<=', ids[7] as string)
        .execute();
      await fill(worker, hourMs);
      expect((await index.readSegments()).map(({ messageCount }) => messageCount)).toEqual([8]);
      const pages = await database.query.selectFrom('search_page').select('place').execute();
      expect(pages.every(({ place }) => place >= 256)).toBe(true);
    });

    it('tells by which settings messages go or went, though some still wait', async () => {
      const office = await addSettings(database, 'Office');
      const main = await addSettings(database, 'Main', { isDefault: true });
      const ids = await mixed(24);
      const settle = (at: number) =>
        database.query
          .deleteFrom('queue')
          .where('message_id', '=', ids[at] as string)
          .execute();
      const nameOffice = database.query.updateTable('message').set({ settings_id: office });
      await nameOffice.where('id', '=', ids[1] as string).execute();
      await addAttempt(database, ids[2] as string, { settingsId: office });
      for (let at = 0; at < 16; at += 1) await settle(at);
      await fill();
      await addAttempt(database, ids[20] as string, { settingsId: office });
      const byOffice = [20, 2, 1].map((at) => ids[at]);
      expect(await find('settings:office')).toEqual(byOffice);
      expect(await find('settings:main')).toEqual([...ids].reverse().filter((id) => !byOffice.includes(id)));
      expect(await find(`settings:${main} inv-1003`)).toEqual([ids[3]]);
      expect(await find('settings:nowhere')).toEqual([]);
      expect(await countLooks('settings:office')).toBe(2);
    });

    it('is narrowed by a state that many are in, and not all', async () => {
      const held = Array.from({ length: 2100 }, (_, at) =>
        testMessage({ createdAt: testNow + at, subject: at % 700 === 0 ? 'odd one' : 'even' }),
      );
      await accept(...held);
      await database.query.updateTable('message').set({ state: 'held' }).execute();
      const sent = testMessage({ createdAt: testNow + 5000, subject: 'odd one' });
      await accept(...Array.from({ length: 8 }, (_, at) => testMessage({ createdAt: testNow + 4000 + at })), sent);
      now = testNow + dayMs;
      await fill(openTextIndexWorker({ store: index, clock, onError: throwIt, segmentSize: 300 }));
      expect(await find('subject:odd')).toHaveLength(4);
      const heldOnes = [1400, 700, 0].map((at) => held[at]?.id);
      expect(await find('status:held subject:odd')).toEqual(heldOnes);
      expect(await find('status:held')).toHaveLength(2100);
      expect(await find('status:queued subject:odd')).toEqual([sent.id, ...heldOnes]);
    });

    it('is built once where two build it, and goes on after a stop', async () => {
      await mixed(16);
      const [one, other] = [openWorker(), openWorker()];
      for (let more = true; more; ) more = [await one.step(), await other.step()].includes(true);
      expect((await index.readSegments()).map(({ number, messageCount }) => [number, messageCount])).toEqual([
        [0, 8],
        [1, 8],
      ]);
      steps = 0;
      await fill(openWorker());
      expect(steps).toBe(3);
    });

    it('ends a page when its time has run out, says how far it got, and goes on from there', async () => {
      await mixed(150);
      const search = parseSearch('ma status:queued', now);
      let elapsed = 0;
      const slow = openMessageSearch(database, () => (elapsed += 400), index);
      const pages: (readonly [string[], boolean])[] = [];
      let after: string | null = null;
      do {
        const page: Awaited<ReturnType<typeof slow.find>> = await slow.find({
          terms: search.ok ? search.terms : [],
          after,
          order: 'newest',
          limit: 1000,
        });
        pages.push([page.ids, page.isCut]);
        after = page.next;
      } while (after !== null);
      expect(pages.length).toBeGreaterThan(2);
      expect(pages.slice(0, -1).every(([, isCut]) => isCut)).toBe(true);
      expect(pages.at(-1)?.[1]).toBe(false);
      expect(pages.flatMap(([found]) => found)).toEqual(await find('ma status:queued'));
    });
  });
}
