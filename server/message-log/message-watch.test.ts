import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import {
  type ChangeReader,
  type MessageChange,
  type MessageWatch,
  namedAtOnce,
  openChangeReader,
  openMessageWatch,
} from './message-watch.worker.ts';

const fail = (error: unknown) => {
  throw error;
};

for (const { kind, open } of databases) {
  describe(`watching the message log on ${kind}`, () => {
    let database: Database;
    let watch: MessageWatch;
    let changes: MessageChange[];
    let stop: () => void;
    beforeEach(async () => {
      database = await open();
      await happen('old');
      watch = openMessageWatch(openChangeReader(database), fail);
      changes = [];
      stop = watch.watch((change) => changes.push(change));
      await watch.look();
    });
    afterEach(async () => {
      stop();
      await watch.look();
      await database.close();
    });
    const happen = async (...ids: string[]) => {
      const rows = ids.map((id) => ({ message_id: id, position: null, type: 'sent', at: 1, data: '{}' }));
      await database.query.insertInto('event').values(rows).execute();
    };

    it('names each message once, whatever happened to it, and only what is new', async () => {
      await happen('a', 'b', 'a');
      await watch.look();
      await watch.look();
      await happen('b');
      await watch.look();
      expect(changes).toEqual([{ ids: ['a', 'b'] }, { ids: ['b'] }]);
    });

    it('names none where there are too many', async () => {
      await happen(...Array.from({ length: namedAtOnce + 1 }, (_, place) => `m${place}`));
      await watch.look();
      await happen(...Array.from({ length: 5000 }, () => 'm'));
      await watch.look();
      await happen('last');
      await watch.look();
      expect(changes).toEqual([{ ids: null }, { ids: null }, { ids: ['last'] }]);
    });

    it('tells nobody who has stopped watching', async () => {
      stop();
      await happen('a');
      await watch.look();
      expect(changes).toEqual([]);
    });
  });
}

describe('watching while several nodes write', () => {
  it('sees an event that becomes visible after one with a higher id', async () => {
    let rows = [1, 2, 4];
    const reader: ChangeReader = {
      readLast: async () => rows.at(-1) ?? 0,
      readAfter: async (id) => rows.filter((each) => each > id).map((each) => ({ id: each, message_id: `m${each}` })),
    };
    const watch = openMessageWatch(reader, fail);
    const changes: MessageChange[] = [];
    const stop = watch.watch((change) => changes.push(change));
    await watch.look();
    rows = [1, 2, 3, 4];
    await watch.look();
    rows = [1, 2, 3, 4, 5];
    await watch.look();
    stop();
    expect(changes).toEqual([{ ids: ['m3'] }, { ids: ['m5'] }]);
  });
});
