import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { databases } from '../test/support/databases.ts';
import { dumpSchema } from './dump-schema.ts';

describe.each(databases)('the schema on $kind', ({ kind, open }) => {
  it('is what the file beside the migrations shows (`npm run generate` writes it)', async () => {
    const database = await open();
    try {
      expect(readFileSync(`server/database/schema.${kind}.sql`, 'utf8')).toBe(await dumpSchema(database));
    } finally {
      await database.close();
    }
  });
});
