import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { databases } from './databases.ts';

describe.each(databases)('a test database on $kind', ({ kind, open }) => {
  it('is migrated, empty and apart from every other', async () => {
    const [one, other] = await Promise.all([open(), open()]);
    try {
      expect(one.kind).toBe(kind);
      const migrations = await sql<{ name: string }>`select name from migration`.execute(one.query);
      expect(migrations.rows.length).toBeGreaterThan(0);
      await one.runScript('CREATE TABLE only_here (id bigint)');
      await expect(sql`select id from only_here`.execute(one.query)).resolves.toMatchObject({ rows: [] });
      await expect(sql`select id from only_here`.execute(other.query)).rejects.toThrow(/only_here/);
    } finally {
      await one.close();
      await other.close();
    }
  });
});
