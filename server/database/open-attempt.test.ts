/** What an update finds in a database that was written while attempts under way had rows of their own. */
import { readdir, readFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { migrate } from './migrate.ts';
import { type Database, openDatabase } from './open.ts';

const folder = new URL('./migrations/', import.meta.url);
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Everything before the one that is tested, as it was applied at the time. */
async function migrateBefore(database: Database, name: string): Promise<void> {
  const scripts = (await readdir(folder)).filter((one) => one.endsWith(`.${database.kind}.sql`) && one < name).sort();
  await database.runScript('CREATE TABLE migration (name text PRIMARY KEY, applied_at bigint NOT NULL);');
  for (const script of scripts) {
    const applied = script.slice(0, -`.${database.kind}.sql`.length);
    const text = await readFile(new URL(script, folder), 'utf8');
    await database.runScript(`${text}\nINSERT INTO migration (name, applied_at) VALUES ('${applied}', 1);`);
  }
}

describe.each(databases)('an update on $kind', ({ create }) => {
  it('moves attempts under way into the queue, and leaves those that have ended', async () => {
    const { address, remove } = await create();
    closers.push(remove);
    const database = await openDatabase(address);
    closers.push(database.close);
    await migrateBefore(database, '0005');
    const addQueued = (id: string, leasedUntil: number | null) =>
      sql`
      insert into queue (message_id, lane, settings_id, ready_at, expires_at, attempts, crashes, token, leased_until, leased_by)
      values (${id}, 1, '', 1, 9, 0, 0, 1, ${leasedUntil}, ${leasedUntil === null ? null : 'w'})`.execute(
        database.query,
      );
    const addAttempt = (id: string, message: string, number: number, endedAt: number | null, outcome: string) =>
      sql`
      insert into attempt (id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply,
        explanation, transcript)
      values (${id}, ${message}, ${number}, 'smtp_1', 'Relay', ${number}, ${endedAt}, ${outcome}, 'connect', '', '', null)`.execute(
        database.query,
      );
    await addQueued('at-dot', 5);
    await addAttempt('try_1', 'at-dot', 1, 4, 'deferred');
    await addAttempt('try_2', 'at-dot', 2, null, 'dot');
    await addQueued('begun', 5);
    await addAttempt('try_3', 'begun', 1, null, 'begun');
    await addQueued('waits', null);
    await addAttempt('try_4', 'waits', 1, 4, 'deferred');
    expect(await migrate(database)).toContain('0005-open-attempt');
    const open = { attempt_settings_id: 'smtp_1', attempt_settings_name: 'Relay' };
    expect(await database.query.selectFrom('queue').selectAll().orderBy('message_id').execute()).toMatchObject([
      { message_id: 'at-dot', ...open, attempt_id: 'try_2', attempt_started_at: 2, dot_at: 2 },
      { message_id: 'begun', ...open, attempt_id: 'try_3', attempt_started_at: 1, dot_at: null },
      { message_id: 'waits', attempt_id: null, attempt_started_at: null, dot_at: null },
    ]);
    const left = await database.query.selectFrom('attempt').select('id').orderBy('id').execute();
    expect(left.map(({ id }) => id)).toEqual(['try_1', 'try_4']);
  });
});
