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
      for (const action of [actions.cancel, actions.retry, actions.release])
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
  });
}
