/** Migrations that are cut off, and databases of another age. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { dumpSchema } from '../../scripts/dump-schema.ts';
import { databases } from '../../test/support/databases.ts';
import { migrate, NewerDatabaseError } from './migrate.ts';
import { type Database, type DatabaseAddress, openDatabase } from './open.ts';

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
const openPlace = async (address: DatabaseAddress): Promise<Database> => {
  const database = await openDatabase(address);
  cleanUps.push(() => database.close());
  return database;
};

const folder = path.join(import.meta.dirname, 'migrations');
const countStatements = (file: string) =>
  readFileSync(path.join(folder, file), 'utf8')
    .split('\n')
    .filter((line) => /;\s*$/.test(line)).length;

/** The real thing in a process of its own, which dies (or whose connection does) after so many lines that end a statement. */
const program = `
  import { openDatabase } from ${JSON.stringify(path.join(import.meta.dirname, 'open.ts'))};
  import { migrate } from ${JSON.stringify(path.join(import.meta.dirname, 'migrate.ts'))};
  const { address, name, after } = JSON.parse(process.argv[1]);
  const database = await openDatabase(address);
  if (database.kind === 'sqlite') database.sqlite.function('die', () => process.kill(process.pid, 'SIGKILL'));
  const die = database.kind === 'sqlite' ? 'SELECT die();' : 'SELECT pg_terminate_backend(pg_backend_pid());';
  let scripts = 0;
  const runScript = (sql) => {
    // The first one makes the table of migrations.
    if (scripts++ !== name + 1) return database.runScript(sql);
    let ends = 0;
    const lines = sql.split('\\n').map((line) => (/;\\s*$/.test(line) && ++ends === after ? line + die : line));
    return database.runScript(lines.join('\\n'));
  };
  await migrate({ ...database, runScript });
`;

describe.each(databases)('migrations on $kind', ({ kind, create, open }) => {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith(`.${kind}.sql`))
    .sort();

  it.each(names.map((file, name) => ({ file, name })))(
    '$file: cut off after any of its statements leaves nothing of it, and goes through the next time',
    async ({ file, name }) => {
      const reference = await open();
      cleanUps.push(reference.close);
      const wanted = await dumpSchema(reference);
      const statements = countStatements(file);
      for (const after of new Set([Math.ceil(statements / 2), statements])) {
        const place = await create();
        cleanUps.push(place.remove);
        const args = [
          '--input-type=module',
          '--eval',
          program,
          JSON.stringify({ address: place.address, name, after }),
        ];
        const child = spawn(process.execPath, args, { stdio: 'ignore' });
        const ended = await new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
        expect(ended).toBe(kind === 'sqlite' ? 'SIGKILL' : 1);
        const database = await openPlace(place.address);
        expect(await migrate(database)).toEqual(names.slice(name).map((one) => one.replace(`.${kind}.sql`, '')));
        expect(await dumpSchema(database)).toBe(wanted);
      }
    },
  );

  it('refuses a database of a newer Postern, and changes nothing in it', async () => {
    const database = await open();
    cleanUps.push(database.close);
    await database.runScript("INSERT INTO migration (name, applied_at) VALUES ('9999-later', 1); DROP TABLE event;");
    const before = await dumpSchema(database);
    await expect(migrate(database)).rejects.toThrow(NewerDatabaseError);
    await expect(migrate(database)).rejects.toThrow(/newer Postern \(it has 9999-later\).*restore a backup/);
    expect(await dumpSchema(database)).toBe(before);
  });
});
