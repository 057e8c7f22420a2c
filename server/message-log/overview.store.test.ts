import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import { keptMs, openOverviewStore } from './overview.store.ts';
import { addAttempt, addSettings, dayMs, testMessage, testNow } from './test-data.ts';

const hourMs = 3_600_000;

for (const { kind, open } of databases) {
  describe(`the home page's figures on ${kind}`, () => {
    let database: Database;
    let uptime: number;
    const clock = { now: () => testNow, monotonic: () => uptime };
    beforeEach(async () => {
      uptime = 0;
      database = await open();
    });
    afterEach(() => database.close());

    const accept = async (change: Parameters<typeof testMessage>[0] = {}): Promise<string> => {
      const message = testMessage(change);
      await openAcceptStore(database, { clock }).accept({ messages: [message], idempotency: null });
      return message.id;
    };
    const end = async (type: string, at: number, explanation = '', change: Parameters<typeof accept>[0] = {}) => {
      const id = await accept({ ...change, createdAt: at });
      const { query } = database;
      await query.updateTable('recipient').set({ state: type, explanation }).where('message_id', '=', id).execute();
      await query.insertInto('event').values({ message_id: id, position: 0, type, at, data: '{}' }).execute();
      await query.deleteFrom('queue').where('message_id', '=', id).execute();
      await query.updateTable('message').set({ state: type }).where('id', '=', id).execute();
      return id;
    };
    const setQueue = (id: string, change: object) =>
      database.query.updateTable('queue').set(change).where('message_id', '=', id).execute();
    const setHealth = (id: string, change: object) =>
      database.query
        .insertInto('server_health')
        .values({ ...healthy, settings_id: id, ...change })
        .execute();
    const healthy = { state: 'ok', code: '', reason: '', since: testNow, next_probe_at: null, is_paused: 0 };

    const pause = (id: string) =>
      database.query
        .insertInto('sending_pause')
        .values({ settings_id: id, paused_by: 'ann@example.com', paused_at: testNow })
        .execute();

    it('is empty where nothing happened yet', async () => {
      const overview = await openOverviewStore(database, clock).read();
      expect(overview).toMatchObject({ waiting: [], failed: [], settings: [] });
      expect(overview.hours).toHaveLength(24);
      expect(overview.hours.every(({ sent, failed }) => sent === 0 && failed === 0)).toBe(true);
      expect(overview.hours.at(0)?.startsAt).toBe('2026-11-21T11:00:00.000Z');
      expect(overview.hours.at(-1)?.startsAt).toBe('2026-11-22T10:00:00.000Z');
    });

    it('counts recipients by the hour in which they ended, and leaves out what is older', async () => {
      await end('sent', testNow - 2 * dayMs);
      await end('sent', testNow - 25 * hourMs);
      await end('sent', testNow - 3 * hourMs);
      await end('bounced', testNow - 3 * hourMs);
      await end('sent', testNow - 1000);
      await end('sent', testNow - 999);
      await end('expired', testNow);
      const { hours } = await openOverviewStore(database, clock).read();
      const counted = hours.flatMap(({ sent, failed }, place) => (sent + failed > 0 ? [[place, sent, failed]] : []));
      expect(counted).toEqual([
        [20, 1, 1],
        [23, 2, 1],
      ]);
    });

    it('says why recipients failed, most first, with one to look at', async () => {
      await end('bounced', testNow - 2 * dayMs, 'Old.');
      await end('bounced', testNow - 3000, 'No such mailbox.');
      const last = await end('bounced', testNow - 2000, 'No such mailbox.');
      const expired = await end('expired', testNow, 'Its time ran out.');
      await end('sent', testNow);
      expect((await openOverviewStore(database, clock).read()).failed).toEqual([
        { reason: 'No such mailbox.', state: 'bounced', count: 2, exampleId: last },
        { reason: 'Its time ran out.', state: 'expired', count: 1, exampleId: expired },
      ]);
    });

    it('leaves out tests of settings that failed', async () => {
      const tags = [{ name: 'kind', value: 'test' }];
      await end('bounced', testNow, 'The test.', { subject: 'Postern test: Office works', tags });
      const mine = await end('bounced', testNow, 'No such mailbox.', { subject: 'Any other', tags });
      const { hours, failed } = await openOverviewStore(database, clock).read();
      expect(hours.at(-1)).toMatchObject({ sent: 0, failed: 1 });
      expect(failed).toEqual([{ reason: 'No such mailbox.', state: 'bounced', count: 1, exampleId: mine }]);
    });

    it('says what waits and for what', async () => {
      const office = await addSettings(database, 'Mail office', { isDefault: true });
      const spare = await addSettings(database, 'Spare');
      await setHealth(office, { state: 'blocked', reason: 'The password is refused.' });
      await setHealth(spare, { state: 'slow' });
      await accept();
      await setQueue(await accept({ settingsId: office }), { ready_at: testNow + hourMs, attempts: 2 });
      await accept({ settingsId: spare });
      await setQueue(await accept({ settingsId: spare }), { ready_at: testNow + hourMs, attempts: 1 });
      await setQueue(await accept({ settingsId: spare }), { leased_until: testNow + 1, leased_by: 'w' });
      await accept({ settingsId: office, scheduledAt: testNow + dayMs });
      await end('held', testNow);
      const overview = await openOverviewStore(database, clock).read();
      expect(overview.waiting).toEqual([
        { reason: 'held', count: 1, settings: null, detail: expect.any(String), nextAt: null, search: 'status:held' },
        {
          reason: 'server',
          count: 2,
          settings: { id: office, name: 'Mail office' },
          detail: 'The password is refused.',
          nextAt: null,
          search: 'status:waiting settings:"Mail office"',
        },
        expect.objectContaining({ reason: 'due', count: 1, nextAt: '2026-11-22T10:44:00.000Z' }),
        expect.objectContaining({ reason: 'sending', count: 1, nextAt: null }),
        expect.objectContaining({
          reason: 'retry',
          count: 1,
          nextAt: '2026-11-22T11:44:00.000Z',
          search: 'status:retry',
        }),
        expect.objectContaining({ reason: 'scheduled', count: 1, nextAt: '2026-11-23T10:44:00.000Z' }),
      ]);
      expect(overview.settings.map(({ name, waiting }) => [name, waiting])).toEqual([
        ['Mail office', 3],
        ['Spare', 3],
      ]);
    });

    it('says that mail waits for a person where all sending is paused', async () => {
      const office = await addSettings(database, 'Office', { isDefault: true });
      await accept();
      await pause('');
      const { waiting, settings } = await openOverviewStore(database, clock).read();
      expect(waiting).toMatchObject([
        { reason: 'server', count: 1, settings: { id: office }, detail: 'Paused by a person.' },
      ]);
      expect(settings).toMatchObject([{ id: office, isPaused: false }]);
    });

    it('says how each server fares', async () => {
      const office = await addSettings(database, 'Office', { isDefault: true });
      await addSettings(database, 'Spare');
      await setHealth(office, {
        state: 'unreachable',
        reason: 'Nobody answers.',
        next_probe_at: testNow + 60_000,
      });
      await pause(office);
      await addAttempt(database, 'msg_1', { settingsId: office, outcome: 'sent', startedAt: testNow - hourMs });
      await addAttempt(database, 'msg_1', { settingsId: office, outcome: 'deferred', startedAt: testNow - hourMs });
      await addAttempt(database, 'msg_1', { settingsId: office, outcome: 'sent', startedAt: testNow - 2 * dayMs });
      expect((await openOverviewStore(database, clock).read()).settings).toEqual([
        {
          id: office,
          name: 'Office',
          isDefault: true,
          isPaused: true,
          state: 'unreachable',
          reason: 'Nobody answers.',
          since: '2026-11-22T10:44:00.000Z',
          nextProbeAt: '2026-11-22T10:45:00.000Z',
          waiting: 0,
          attemptsSent: 1,
          attemptsNotSent: 1,
          lastTestOk: null,
        },
        expect.objectContaining({
          name: 'Spare',
          isDefault: false,
          isPaused: false,
          state: 'ok',
          reason: '',
          since: null,
        }),
      ]);
    });

    it('is read once for all who ask within five seconds', async () => {
      const store = openOverviewStore(database, clock);
      const sentNow = async () => (await store.read()).hours.at(-1)?.sent;
      expect(await sentNow()).toBe(0);
      await end('sent', testNow);
      expect(await sentNow()).toBe(0);
      uptime += keptMs;
      expect(await sentNow()).toBe(1);
    });

    it('reads what is over once, and what may still change anew', async () => {
      const settings = await addSettings(database, 'Office');
      await end('bounced', testNow - 3 * hourMs, 'No such mailbox.');
      await end('sent', testNow);
      await addAttempt(database, 'msg_1', { settingsId: settings, outcome: 'sent', startedAt: testNow - 3 * hourMs });
      const store = openOverviewStore(database, clock);
      const before = await store.read();
      await database.query.deleteFrom('attempt').execute();
      await database.query.updateTable('recipient').set({ explanation: 'Another.' }).execute();
      await end('sent', testNow);
      uptime += keptMs;
      const after = await store.read();
      expect(after).toMatchObject({ failed: before.failed, settings: before.settings });
      expect(after.settings[0]?.attemptsSent).toBe(1);
      expect(after.hours.at(-4)).toMatchObject({ sent: 0, failed: 1 });
      expect(after.hours.at(-1)).toMatchObject({ sent: 2, failed: 0 });
    });

    it('finds where hours begin among many events, some of them deleted', async () => {
      const events = Array.from({ length: 700 }, (_, at) => ({
        ...{ message_id: `msg_${at}`, position: 0, type: 'sent', data: '{}' },
        // Half of them in the third hour from the end, the others over 30 hours.
        at: at < 300 ? testNow - 30 * hourMs + at * 300_000 : testNow - 3 * hourMs + (at - 300) * 20_000,
      }));
      await database.query.insertInto('event').values(events).execute();
      await database.query.deleteFrom('event').where('id', '>', 100).where('id', '<', 260).execute();
      const kept = events.filter((_, at) => at < 100 || at >= 259);
      const hourOf = (at: number) => new Date(Math.floor(at / hourMs) * hourMs).toISOString();
      const { hours } = await openOverviewStore(database, clock).read();
      for (const { startsAt, sent } of hours)
        expect(sent, startsAt).toBe(kept.filter(({ at }) => hourOf(at) === startsAt).length);
      expect(hours.reduce((sum, { sent }) => sum + sent, 0)).toBeGreaterThan(400);
    });

    it('counts a long queue to its end', async () => {
      await accept();
      const [row] = await database.query.selectFrom('queue').selectAll().execute();
      const rows = Array.from({ length: 20_000 }, (_, at) => ({
        ...(row ?? expect.unreachable()),
        message_id: `msg_${String(at).padStart(26, '0')}`,
        ready_at: testNow - at,
        settings_id: at % 2 ? 'smtp_1' : '',
      }));
      for (let from = 0; from < rows.length; from += 2000)
        await database.query
          .insertInto('queue')
          .values(rows.slice(from, from + 2000))
          .execute();
      const { waiting } = await openOverviewStore(database, clock).read();
      expect(waiting).toMatchObject([{ reason: 'due', count: 20_001 }]);
    });
  });
}
