import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openSqliteWriter, type SqliteWriter } from './sqlite-writer.ts';

/** Units as a room would have them. */
const module = new URL(
  `data:text/javascript,${encodeURIComponent(`
  export const openUnits = (sqlite) => {
    const add = sqlite.prepare('INSERT INTO note (id, text) VALUES (?, ?)');
    const insert = ({ id, text }) => add.run(id, text).changes;
    return {
      insert,
      insertTwo: ([a, b]) => insert(a) + insert(b),
      insertSlowly: (note) => {
        for (const until = performance.now() + 3; performance.now() < until; );
        return insert(note);
      },
      fill: ({ id, bytes }) => add.run(id, 'x'.repeat(bytes)).changes,
      limitPages: (pages) => sqlite.pragma('max_page_count = ' + (pages ?? 1e9), { simple: true }),
      pages: () => sqlite.pragma('page_count', { simple: true }),
      exit: () => process.exit(1),
      failSync: (code) => { throw Object.assign(new Error('disk I/O error'), { code }); },
    };
  };`)}`,
);
type NoteUnits = {
  insert: (note: { id: number; text: string }) => number;
  insertTwo: (notes: { id: number; text: string }[]) => number;
  insertSlowly: (note: { id: number; text: string }) => number;
  fill: (note: { id: number; bytes: number }) => number;
  limitPages: (pages: number | null) => number;
  pages: (_: null) => number;
  exit: (_: null) => never;
  failSync: (code: string) => never;
};

describe('the writer of SQLite', () => {
  let folder: string;
  let file: string;
  let reader: Sqlite.Database;
  let writer: SqliteWriter;
  let run: ReturnType<typeof writer.load<NoteUnits>>;
  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'postern-writer-'));
    file = path.join(folder, 'notes.db');
    reader = new Sqlite(file);
    reader.pragma('journal_mode = WAL');
    reader.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)');
    writer = openSqliteWriter(file, 300);
    run = writer.load<NoteUnits>(module);
  });
  afterEach(async () => {
    await writer.close();
    reader.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const ids = () => reader.prepare('SELECT id FROM note ORDER BY id').pluck().all();

  it('has committed what it has answered', async () => {
    expect(await run('insert', { id: 1, text: 'one' })).toBe(1);
    expect(ids()).toEqual([1]);
  });

  it('commits together what comes together', async () => {
    await Promise.all(Array.from({ length: 200 }, (_, id) => run('insert', { id, text: 'x' })));
    expect(ids()).toHaveLength(200);
    // Each commit writes the page it changed anew; these are a few commits, not two hundred.
    const [log] = reader.pragma('wal_checkpoint(PASSIVE)') as { log: number }[];
    expect(log?.log).toBeLessThan(30);
  });

  it('lets what goes first wait for one of the others, not for all of them', async () => {
    const goFirst = writer.load<NoteUnits>(new URL(`${module}//first`), { goesFirst: true });
    await Promise.all([run('insert', { id: 1, text: 'x' }), goFirst('insert', { id: 2, text: 'x' })]);
    let answered = 0;
    const others = Array.from({ length: 200 }, (_, place) =>
      run('insertSlowly', { id: 100 + place, text: 'x' }).then(() => {
        answered += 1;
      }),
    );
    await goFirst('insert', { id: 3, text: 'x' });
    expect(answered).toBeLessThan(150);
    await Promise.all(others);
  });

  it('takes the others by turns with what goes first, however much of that there is', async () => {
    const goFirst = writer.load<NoteUnits>(new URL(`${module}//first`), { goesFirst: true });
    let isOver = false;
    let next = 1000;
    const keepBusy = async () => {
      for (let id = next++; !isOver && id < 3000; id = next++) await goFirst('insertSlowly', { id, text: 'x' });
    };
    const busy = [keepBusy(), keepBusy(), keepBusy()];
    for (let id = 1; id <= 20; id += 1) await run('insert', { id, text: 'x' });
    isOver = true;
    await Promise.all(busy);
    expect(next).toBeLessThan(1200);
  });

  it('lets all share a commit where commits are slow', async () => {
    const countCommits = async (from: number) => {
      reader.pragma('wal_checkpoint(TRUNCATE)');
      await Promise.all(Array.from({ length: 12 }, (_, place) => run('insertSlowly', { id: from + place, text: 'x' })));
      return (reader.pragma('wal_checkpoint(PASSIVE)') as { log: number }[])[0]?.log ?? 0;
    };
    let quick = 0;
    // A disk that others use too is slow at times.
    for (let time = 1; quick <= 8 && time < 10; time += 1) {
      await writer.close();
      writer = openSqliteWriter(file, 300);
      run = writer.load<NoteUnits>(module);
      await run('insert', { id: time, text: 'x' });
      quick = Math.max(quick, await countCommits(time * 100));
    }
    for (let time = 0; time < 16; time += 1) await run('fill', { id: -1 - time, bytes: 8_000_000 });
    const slow = await countCommits(2000);
    expect(quick).toBeGreaterThan(8);
    expect(slow).toBeLessThan(quick / 2);
  });

  it('lets one unit fail alone, whole, and says why', async () => {
    await run('insert', { id: 1, text: 'one' });
    const note = (id: number) => ({ id, text: 'x' });
    const settled = await Promise.allSettled([
      run('insert', note(2)),
      run('insertTwo', [note(3), note(1)]),
      run('insert', note(4)),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((settled[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'SQLITE_CONSTRAINT_PRIMARYKEY' });
    expect(ids()).toEqual([1, 2, 4]);
  });

  it('says that the disk is full, takes what still fits, and goes on when there is room', async () => {
    await run('fill', { id: 1, bytes: 20_000 });
    await run('limitPages', await run('pages', null));
    const settled = await Promise.allSettled([
      run('fill', { id: 2, bytes: 100_000 }),
      run('insert', { id: 3, text: 'x' }),
      run('fill', { id: 4, bytes: 100_000 }),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected']);
    expect((settled[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'SQLITE_FULL' });
    expect(ids()).toEqual([1, 3]);
    await run('limitPages', null);
    expect(await run('fill', { id: 2, bytes: 100_000 })).toBe(1);
    expect(reader.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('waits for another program without stopping the event loop, then says that it is busy', async () => {
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const count = setInterval(() => {
      turns += 1;
    }, 10);
    const waiting = [run('insert', { id: 1, text: 'x' }), run('insert', { id: 2, text: 'x' })];
    const startedAt = performance.now();
    const settled = await Promise.allSettled(waiting);
    clearInterval(count);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((settled[1] as PromiseRejectedResult).reason).toMatchObject({ code: 'SQLITE_BUSY' });
    expect(turns).toBeGreaterThan(5);
    // Once for both, not one after the other.
    expect(performance.now() - startedAt).toBeLessThan(590);
    other.exec('ROLLBACK');
    other.close();
    expect(await run('insert', { id: 1, text: 'x' })).toBe(1);
  });

  it('answers each once where the file is busy, commits are slow and some have waited longer than those before them', async () => {
    const patient = openSqliteWriter(file, 900);
    const [runOthers, goFirst] = [
      patient.load<NoteUnits>(module),
      patient.load<NoteUnits>(new URL(`${module}//first`), { goesFirst: true }),
    ];
    await Promise.all([runOthers('insert', { id: 1, text: 'x' }), goFirst('insert', { id: 2, text: 'x' })]);
    for (let time = 0; time < 16; time += 1) await runOthers('fill', { id: -1 - time, bytes: 8_000_000 });
    const other = new Sqlite(file);
    other.exec('BEGIN IMMEDIATE');
    const asked = [runOthers('insert', { id: 10, text: 'x' })];
    await pass(300);
    asked.push(runOthers('insert', { id: 11, text: 'waits longest' }));
    await pass(300);
    asked.push(goFirst('insert', { id: 1, text: 'is there' }), goFirst('insert', { id: 12, text: 'x' }));
    const settled = Promise.allSettled(asked);
    await pass(700);
    other.exec('ROLLBACK');
    other.close();
    const unanswered = pass(1000, 'unanswered' as const);
    const answers = await Promise.race([settled, unanswered]);
    const done = answers === 'unanswered' ? answers : answers.map(({ status }) => status === 'fulfilled');
    expect(done).toEqual([false, expect.any(Boolean), false, true]);
    await goFirst('insert', { id: 13, text: 'x' });
    // Whoever was told that it failed is not written after all.
    expect(ids().filter((id) => Number(id) > 9)).toEqual(done[1] ? [11, 12, 13] : [12, 13]);
    await patient.close();
  });

  it('writes nothing more once the disk has failed, and tells whoever can end the process', async () => {
    let isBroken = false;
    void writer.whenBroken.then(() => {
      isBroken = true;
    });
    for (const code of ['SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE', 'SQLITE_BUSY', 'SQLITE_CONSTRAINT'])
      await expect(run('failSync', code)).rejects.toMatchObject({ code });
    expect(await run('insert', { id: 1, text: 'x' })).toBe(1);
    expect(isBroken).toBe(false);
    await expect(run('failSync', 'SQLITE_IOERR_FSYNC')).rejects.toMatchObject({ code: 'SQLITE_IOERR_FSYNC' });
    expect(await writer.whenBroken).toMatchObject({ code: 'SQLITE_IOERR_FSYNC' });
    await expect(run('insert', { id: 2, text: 'x' })).rejects.toMatchObject({ code: 'SQLITE_IOERR_FSYNC' });
    expect(ids()).toEqual([1]);
  });

  it('tells all who wait when its thread ends, and starts another', async () => {
    const settled = await Promise.allSettled([run('exit', null), run('insert', { id: 1, text: 'x' })]);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect((settled[0] as PromiseRejectedResult).reason).toMatchObject({ code: 'SQLITE_WRITER_ENDED' });
    expect(await run('insert', { id: 2, text: 'x' })).toBe(1);
    expect(ids()).toEqual([2]);
  });

  it('finishes at its close what was asked for before, and takes nothing after', async () => {
    const asked = run('insert', { id: 1, text: 'x' });
    const closed = writer.close();
    await expect(run('insert', { id: 2, text: 'x' })).rejects.toMatchObject({ code: 'SQLITE_WRITER_ENDED' });
    await closed;
    expect(await asked).toBe(1);
    expect(ids()).toEqual([1]);
  });
});
