import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { type MessageActions, openMessageActions } from './message-actions.store.ts';
import { addAttempt, addSettings, beginAttempt, dayMs, testMessage, testNow } from './test-data.ts';

const three: AcceptedMessage['recipients'] = [
  { address: 'a@example.com', kind: 'to' },
  { address: 'b@example.com', kind: 'to' },
  { address: 'c@example.com', kind: 'bcc' },
];

for (const { kind, open } of databases) {
  describe(`what a person does to a message on ${kind}`, () => {
    let database: Database;
    let actions: MessageActions;
    let now: number;
    let woken: number;
    const clock = { now: () => now, monotonic: () => 0 };
    beforeEach(async () => {
      now = testNow + 1000;
      woken = 0;
      database = await open();
      actions = openMessageActions(database, clock, () => {
        woken += 1;
      });
    });
    afterEach(() => database.close());

    const accept = async (change: Parameters<typeof testMessage>[0] = {}): Promise<string> => {
      const message = testMessage(change);
      await openAcceptStore(database, { clock }).accept({ messages: [message], idempotency: null });
      return message.id;
    };
    const setRecipients = async (id: string, ...states: string[]) => {
      for (const [position, state] of states.entries()) {
        const update = database.query.updateTable('recipient').set({ state, explanation: 'x', reply: 'r' });
        await update.where('message_id', '=', id).where('position', '=', position).execute();
      }
    };
    const setQueue = (id: string, change: object) =>
      database.query.updateTable('queue').set(change).where('message_id', '=', id).execute();
    const leave = (id: string) => database.query.deleteFrom('queue').where('message_id', '=', id).execute();
    const look = async (id: string) => {
      const { query } = database;
      const message = await query.selectFrom('message').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
      const recipients = await query
        .selectFrom('recipient')
        .selectAll()
        .where('message_id', '=', id)
        .orderBy('position')
        .execute();
      const queue = await query.selectFrom('queue').selectAll().where('message_id', '=', id).executeTakeFirst();
      const events = await query.selectFrom('event').selectAll().where('message_id', '=', id).orderBy('id').execute();
      return {
        state: message.state,
        settings: message.settings_id,
        recipients: recipients.map(({ state }) => state),
        explanations: recipients.map(({ explanation }) => explanation),
        queue,
        events: events.map(({ type, data }) => [type, (JSON.parse(data) as { by?: string }).by]),
      };
    };

    it('cancels for those who do not have it yet, and for nobody else', async () => {
      const id = await accept({ recipients: three });
      await setRecipients(id, 'sent', 'deferred', 'uncertain');
      expect(await actions.cancel(id, 'ann@example.com')).toEqual({ outcome: 'done' });
      expect(await look(id)).toEqual({
        state: 'cancelled',
        settings: null,
        recipients: ['sent', 'cancelled', 'cancelled'],
        explanations: [
          'x',
          'Cancelled by ann@example.com.',
          'Cancelled by ann@example.com. An earlier attempt may have delivered it all the same.',
        ],
        queue: undefined,
        events: [
          ['queued', undefined],
          ['cancelled', 'ann@example.com'],
        ],
      });
    });

    it('cancels under the hands of a worker, whose token is then worth nothing, and ends the attempt', async () => {
      const id = await accept();
      await addAttempt(database, id);
      await beginAttempt(database, id);
      expect(await actions.cancel(id, 'ann')).toEqual({ outcome: 'done' });
      expect((await look(id)).queue).toBeUndefined();
      const attempts = await database.query.selectFrom('attempt').selectAll().orderBy('number').execute();
      expect(attempts).toMatchObject([
        { number: 1, outcome: 'deferred' },
        { number: 2, settings_name: 'Office', ended_at: now, outcome: 'cancelled' },
      ]);
    });

    it('cancels nothing once the server has all but the final dot, and changes nothing then', async () => {
      const id = await accept();
      await beginAttempt(database, id, { dotAt: now });
      const before = await look(id);
      expect(await actions.cancel(id, 'ann')).toEqual({
        outcome: 'unchanged',
        why: 'The server is taking it at this moment; it can no longer be cancelled.',
      });
      expect(await look(id)).toEqual(before);
    });

    it('finds nothing to cancel in a message that is done, and none that does not exist', async () => {
      const id = await accept();
      await setRecipients(id, 'sent');
      await leave(id);
      expect(await actions.cancel(id, 'ann')).toMatchObject({ outcome: 'unchanged' });
      expect((await look(id)).recipients).toEqual(['sent']);
      for (const action of [actions.cancel, actions.retry, actions.release, actions.markSent])
        expect(await action('msg_00000000000000000000000000', 'ann')).toEqual({ outcome: 'not-found' });
      expect(woken).toBe(0);
    });

    it('tries again now, and wakes the workers', async () => {
      const id = await accept();
      await setRecipients(id, 'deferred');
      await setQueue(id, { ready_at: now + dayMs, attempts: 3 });
      expect(await actions.retry(id, 'ann')).toEqual({ outcome: 'done' });
      expect(await look(id)).toMatchObject({
        state: 'deferred',
        queue: { ready_at: now, attempts: 3 },
        events: [
          ['queued', undefined],
          ['retried', 'ann'],
        ],
      });
      expect(woken).toBe(1);
    });

    it.each([
      ['is being sent', 'It is being sent at this moment.', 'deferred', { leased_until: 1 }, 0],
      ['is held', 'It is held; release it to let it go.', 'held', null, 0],
      ['is done', 'Nothing of this message waits any more. Send it again as a new message.', 'bounced', null, 0],
      ['has run out of time', /^Its time ran out/, 'deferred', { ready_at: 1 }, 5 * dayMs],
    ])('tries nothing again that %s', async (_, why, state, queue, later) => {
      const id = await accept();
      await setRecipients(id, state);
      if (queue) await setQueue(id, queue);
      else await leave(id);
      now += later;
      const before = await look(id);
      const outcome = await actions.retry(id, 'ann');
      expect(outcome).toEqual({
        outcome: 'unchanged',
        why: typeof why === 'string' ? why : expect.stringMatching(why),
      });
      const { queue: after, ...rest } = await look(id);
      expect({ ...after, token: 0 }).toEqual({ ...before.queue, token: 0 });
      expect(rest.events).toEqual(before.events);
      expect(woken).toBe(0);
    });

    it.each([true, false])(
      'lets a held message go, whether it kept its place in the queue or not: %s',
      async (hasPlace) => {
        const settings = await addSettings(database, 'Office');
        const id = await accept({ recipients: three, settingsId: settings, lane: 'bulk' });
        await setRecipients(id, 'sent', 'held', 'bounced');
        if (hasPlace) await setQueue(id, { crashes: 3, attempts: 4, ready_at: now + dayMs });
        else await leave(id);
        expect(await actions.release(id, 'ann')).toEqual({ outcome: 'done' });
        const after = await look(id);
        expect(after).toMatchObject({
          state: 'bounced',
          recipients: ['sent', 'queued', 'bounced'],
          explanations: ['x', 'Released by ann.', 'x'],
          queue: { settings_id: settings, lane: 2, ready_at: now, attempts: 0, crashes: 0, leased_until: null },
          events: [
            ['queued', undefined],
            ['released', 'ann'],
          ],
        });
        expect(woken).toBe(1);
      },
    );

    it('lets a message of deleted settings go by the default ones, and says so', async () => {
      const id = await accept({ settingsId: 'smtp_gone' });
      await setRecipients(id, 'held');
      await leave(id);
      await actions.release(id, 'ann');
      expect(await look(id)).toMatchObject({
        settings: null,
        queue: { settings_id: '' },
        explanations: ['Released by ann. The settings it was to go by are gone; it goes by the default settings.'],
      });
    });

    it('releases nothing that is not held or has run out of time', async () => {
      const id = await accept();
      expect(await actions.release(id, 'ann')).toEqual({ outcome: 'unchanged', why: 'This message is not held.' });
      await setRecipients(id, 'held');
      now += 6 * dayMs;
      expect(await actions.release(id, 'ann')).toMatchObject({ why: expect.stringMatching(/^Its time ran out/) });
      expect((await look(id)).recipients).toEqual(['held']);
      expect(woken).toBe(0);
    });

    it('marks as sent for those who wait, are uncertain or held, by whose word, and nothing more is sent', async () => {
      const id = await accept({ recipients: three });
      await setRecipients(id, 'bounced', 'uncertain', 'held');
      expect(await actions.markSent(id, 'ann')).toEqual({ outcome: 'done' });
      const marked = 'Marked as sent by ann: no server confirmed it.';
      expect(await look(id)).toEqual({
        state: 'bounced',
        settings: null,
        recipients: ['bounced', 'sent', 'sent'],
        explanations: ['x', marked, marked],
        queue: undefined,
        events: [
          ['queued', undefined],
          ['marked-sent', 'ann'],
        ],
      });
      expect(await actions.markSent(id, 'ann')).toEqual({
        outcome: 'unchanged',
        why: 'Nothing of this message waits or is uncertain, so there is nothing to mark.',
      });
    });

    it('marks as sent under the hands of a worker before the dot, and not at it', async () => {
      const id = await accept();
      await beginAttempt(database, id, { dotAt: now });
      const before = await look(id);
      expect(await actions.markSent(id, 'ann')).toMatchObject({
        outcome: 'unchanged',
        why: expect.stringContaining('taking it at this moment'),
      });
      expect(await look(id)).toEqual(before);
      await setQueue(id, { dot_at: null });
      expect(await actions.markSent(id, 'ann')).toEqual({ outcome: 'done' });
      expect(await look(id)).toMatchObject({ state: 'sent', queue: undefined });
      const attempt = await database.query.selectFrom('attempt').selectAll().executeTakeFirstOrThrow();
      expect(attempt).toMatchObject({ ended_at: now, outcome: 'cancelled' });
    });

    const readDate = async (id: string) => {
      const { query } = database;
      const { bytes } = await query
        .selectFrom('content')
        .select('bytes')
        .where('message_id', '=', id)
        .executeTakeFirstOrThrow();
      const { size_bytes } = await query
        .selectFrom('message')
        .select('size_bytes')
        .where('id', '=', id)
        .executeTakeFirstOrThrow();
      const text = Buffer.from(bytes).toString();
      return { date: Date.parse(/^Date: (.*)$/m.exec(text)?.[1] ?? ''), isWhole: size_bytes === text.length };
    };

    it('gives another time to a message that has not begun, which is then its Date too', async () => {
      const id = await accept({ scheduledAt: now + 3_600_000 });
      const at = now + dayMs;
      expect(await actions.reschedule(id, at, 'ann')).toEqual({ outcome: 'done' });
      const after = await look(id);
      expect(after).toMatchObject({ state: 'queued', queue: { ready_at: at, attempts: 0, leased_until: null } });
      expect(after.events.at(-1)).toEqual(['rescheduled', 'ann']);
      expect(await readDate(id)).toEqual({ date: at, isWhole: true });
      expect(await actions.reschedule(id, null, 'ann')).toEqual({ outcome: 'done' });
      expect((await look(id)).queue).toMatchObject({ ready_at: now });
      expect(await readDate(id)).toEqual({ date: now, isWhole: true });
      const message = await database.query.selectFrom('message').selectAll().executeTakeFirstOrThrow();
      expect(message.scheduled_at).toBeNull();
      expect(woken).toBe(2);
    });

    it.each([
      ['is being sent', 'It is being sent at this moment.', 'queued', { leased_until: 1 }, 0],
      ['was refused for now', /^It was tried already/, 'deferred', {}, 0],
      ['is held', 'It is held; release it to let it go.', 'held', null, 0],
      ['is done', /^Nothing of this message waits any more/, 'sent', null, 0],
      ['would expire first', /^It expires at 2\d{3}-.*, before that time/, 'queued', {}, 4 * dayMs],
      ['has run out of time', /^Its time ran out/, 'queued', {}, 6 * dayMs],
    ])('gives no other time to what %s', async (_, why, state, queue, later) => {
      const id = await accept();
      await setRecipients(id, state);
      if (queue === null) await leave(id);
      else if ('leased_until' in queue) await setQueue(id, queue);
      now += later;
      const before = await look(id);
      expect(await actions.reschedule(id, now + dayMs, 'ann')).toEqual({
        outcome: 'unchanged',
        why: typeof why === 'string' ? why : expect.stringMatching(why),
      });
      expect(await look(id)).toEqual(before);
      expect(woken).toBe(0);
    });

    it('gives no other time after an attempt that a crash cut off, though all wait again', async () => {
      const id = await accept();
      await addAttempt(database, id, { outcome: 'queued' });
      expect(await actions.reschedule(id, now + dayMs, 'ann')).toMatchObject({
        why: expect.stringMatching(/^It was tried already/),
      });
    });
  });
}
