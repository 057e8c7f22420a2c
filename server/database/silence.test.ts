/** PostgreSQL that falls silent without hanging up. */
import { afterEach, describe, expect, it } from 'vitest';
import { atEnd, closeAll } from '../../test/faults/mail-program.ts';
import { openSilenceableLine } from '../../test/faults/silenceable-line.ts';
import { databases } from '../../test/support/databases.ts';
import { openDatabase } from './open.ts';
import { findUnavailability } from './unavailable.ts';

afterEach(closeAll);
const postgres = databases.find(({ kind }) => kind === 'postgres');

describe.runIf(postgres)('PostgreSQL that falls silent', () => {
  it('is given up in time, told as away, and asked again over other lines once it is back', async () => {
    const place = await postgres?.create();
    if (place?.address.kind !== 'postgres') throw new Error('no PostgreSQL');
    atEnd(place.remove);
    const line = await openSilenceableLine(place.address.url);
    const address = { kind: 'postgres' as const, url: line.url };
    const database = await openDatabase(address, { mailMs: 300, pageMs: 300 });
    if (database.kind !== 'postgres') throw new Error('not PostgreSQL');
    atEnd(() => database.close());
    const askMail = () => database.mailPool.query('SELECT 1 AS one');
    const askPages = () => database.query.selectNoFrom((one) => one.val(1).as('one')).execute();
    for (const ask of [askMail, askPages]) expect(await ask()).toBeTruthy();
    line.setSilent(true);
    const startedAt = performance.now();
    const settled = await Promise.allSettled([askMail(), askMail(), askPages(), askPages()]);
    expect(performance.now() - startedAt).toBeLessThan(3000);
    for (const one of settled)
      expect(one.status === 'rejected' && findUnavailability(one.reason)).toBe('The database cannot be reached.');
    line.setSilent(false);
    for (const ask of [askMail, askPages]) expect(await ask()).toBeTruthy();
    // A script takes as long as it needs.
    await database.runScript('SELECT pg_sleep(0.6)');
  });
});
