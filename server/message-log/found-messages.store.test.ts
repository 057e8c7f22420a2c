import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import { openFoundMessages, searchStepMs } from './found-messages.store.ts';
import { parseSearch, type SearchTerm } from './search-query.ts';
import { testMessage, testNow } from './test-data.ts';

for (const { kind, open } of databases) {
  describe(`all that a search finds on ${kind}`, () => {
    let database: Database;
    let elapsed: number;
    const clock = { now: () => testNow, monotonic: () => 0 };
    const terms = (text: string): SearchTerm[] => {
      const parsed = parseSearch(text, testNow);
      if (!parsed.ok) throw new Error(text);
      return parsed.terms;
    };
    /** Subjects `n 0`, `n 1`, … a millisecond apart. */
    const accept = async (count: number): Promise<string[]> => {
      const messages = Array.from({ length: count }, (_, at) =>
        testMessage({ subject: `n ${at}`, createdAt: testNow + at }),
      );
      await openAcceptStore(database, { clock }).accept({ messages, idempotency: null });
      return messages.map(({ id }) => id);
    };
    beforeEach(async () => {
      elapsed = 0;
      database = await open();
    });
    afterEach(() => database.close());

    it('comes oldest first in steps, each once, and what came after the question stays out', async () => {
      const ids = await accept(25);
      const found = openFoundMessages(database, () => elapsed);
      const upTo: SearchTerm[] = [{ operator: 'before', at: testNow + 23, text: '' }];
      const steps: string[][] = [];
      let after: string | null = null;
      do {
        const step: Awaited<ReturnType<typeof found.step>> = await found.step({ terms: upTo, after, limit: 10 });
        steps.push(step.ids);
        after = step.next;
      } while (after !== null);
      expect(steps).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20, 23)]);
    });

    it('goes on as long as it takes, and stops after a few when the time has run out', async () => {
      const ids = await accept(10_001);
      const found = openFoundMessages(database, () => elapsed);
      const last = terms('subject:"n 10000"');
      expect(await found.step({ terms: last, after: null, limit: 5 })).toEqual({ ids: [ids[10_000]], next: null });
      const slow = openFoundMessages(database, () => (elapsed += searchStepMs));
      expect(await slow.step({ terms: last, after: null, limit: 5 })).toEqual({ ids: [], next: ids[63] });
      expect(await slow.count({ terms: terms('subject:"n 0"'), limit: 5 })).toEqual({ count: 0, isMore: true });
      const { ids: lastOnes, next } = await slow.step({ terms: last, after: ids[9999] ?? '', limit: 5 });
      expect(lastOnes).toEqual([ids[10_000]]);
      expect(await slow.step({ terms: last, after: next, limit: 5 })).toEqual({ ids: [], next: null });
    });

    it('is counted no further than the limit', async () => {
      await accept(12);
      const found = openFoundMessages(database, () => elapsed);
      expect(await found.count({ terms: [], limit: 12 })).toEqual({ count: 12, isMore: false });
      expect(await found.count({ terms: [], limit: 11 })).toEqual({ count: 11, isMore: true });
      expect(await found.count({ terms: terms('subject:"n 1"'), limit: 11 })).toEqual({ count: 3, isMore: false });
      expect(await found.count({ terms: terms('status:bounced'), limit: 11 })).toEqual({ count: 0, isMore: false });
    });
  });
}
