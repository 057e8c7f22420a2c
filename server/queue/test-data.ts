/** Messages for tests of the stores, and a look at what the database holds of them. */

import type { Database } from '../database/open.ts';
import { openDeliveryStore } from '../delivery/delivery.store.ts';
import type { AttemptRecord, RecipientVerdict } from '../delivery/verdict.ts';
import { newId } from '../platform/id.ts';
import { openAcceptStore } from '../submission/accept.store.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { openQueueStore } from './queue.store.ts';
import type { ClaimRequest } from './queue.ts';

export const startedAt = Date.parse('2026-11-22T12:00:00Z');

export const acceptedMessage = (change: Partial<AcceptedMessage> = {}): AcceptedMessage => ({
  id: newId('msg', startedAt),
  lane: 'normal',
  settingsId: null,
  mailFrom: 'hub@example.com',
  headerFrom: 'Hub <hub@example.com>',
  headerTo: 'Ann <ann@example.com>',
  subject: 'Grüße "quoted" \\ 100%',
  messageId: '<1@example.com>',
  sizeBytes: 11,
  attachmentCount: 0,
  tags: [{ name: 'kind', value: 'invoice' }],
  isSecret: false,
  holdsUncertain: false,
  resentFrom: null,
  submittedBy: 'ann@example.com',
  createdAt: startedAt,
  scheduledAt: null,
  expiresAt: startedAt + 5 * 86_400_000,
  recipients: [{ address: 'ann@example.com', kind: 'to' }],
  content: { bytes: Buffer.from('Subject: x\r\n'), parts: null, blobs: [] },
  ...change,
});

export const threeRecipients: AcceptedMessage['recipients'] = [
  { address: 'ann@example.com', kind: 'to' },
  { address: 'bob@example.com', kind: 'cc' },
  { address: 'eve@example.com', kind: 'bcc' },
];

/** All stores on one database, and shorthands around them. */
export const openMailPath = (database: Database) => {
  const clock = { at: startedAt, now: () => clock.at, monotonic: () => 0 };
  const accepts = openAcceptStore(database, { clock });
  const queue = openQueueStore(database);
  const delivery = openDeliveryStore(database);
  const { query } = database;
  const request = { settingsIds: [''], limit: 10, onlyUrgent: false, owner: 'node-1', now: startedAt };
  return {
    clock,
    accepts,
    queue,
    delivery,
    accept: async (change: Partial<AcceptedMessage> = {}) => {
      const message = acceptedMessage(change);
      const outcome = await accepts.accept({ messages: [message], idempotency: null });
      if (outcome.outcome !== 'accepted') throw new Error(outcome.outcome);
      return message;
    },
    claim: (change: Partial<ClaimRequest> = {}) => queue.claim({ ...request, ...change }),
    begin: async (claim: { id: string; token: number }) => {
      const id = newId('try');
      const attempt = { id, settingsId: 'smtp_1', settingsName: 'Relay', startedAt };
      return { id, isHeld: await delivery.beginAttempt(claim, attempt) };
    },
    mark: (claim: { id: string; token: number }, attemptId: string) =>
      delivery.markDot(claim, { id: attemptId, startedAt, dotAt: startedAt + 500 }),
    messageState: async (id: string) =>
      (await query.selectFrom('message').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state,
    recipients: (id: string) =>
      query
        .selectFrom('recipient')
        .select(['position', 'state', 'reply', 'explanation'])
        .where('message_id', '=', id)
        .orderBy('position')
        .execute(),
    attempts: (id: string) =>
      query.selectFrom('attempt').selectAll().where('message_id', '=', id).orderBy('number').execute(),
    events: async (id: string) => {
      const rows = await query.selectFrom('event').selectAll().where('message_id', '=', id).orderBy('id').execute();
      return rows.map(({ type, position }) => (position === null ? type : `${type} ${position}`));
    },
    waiting: (id: string) => query.selectFrom('queue').selectAll().where('message_id', '=', id).executeTakeFirst(),
  };
};
export type MailPath = ReturnType<typeof openMailPath>;

export const verdict = (position: number, state: RecipientVerdict['state']): RecipientVerdict => ({
  position,
  state,
  reply: `reply for ${position}`,
  explanation: `${state}, because`,
});

/** The record of an attempt that ended a second after it began. */
export const attemptRecord = (
  claim: { id: string; token: number },
  attemptId: string,
  recipients: RecipientVerdict[],
  change: Partial<AttemptRecord['verdict']> & { endedAt?: number } = {},
): AttemptRecord => {
  const { endedAt = startedAt + 1000, ...verdictChange } = change;
  return {
    id: attemptId,
    messageId: claim.id,
    token: claim.token,
    settingsId: 'smtp_1',
    settingsName: 'Relay',
    startedAt,
    endedAt,
    phase: 'dot',
    failure: null,
    reply: '250 2.0.0 queued as 1',
    transcript: [{ at: startedAt, from: 'server', text: '250 2.0.0 queued as 1' }],
    verdict: { recipients, server: null, countsAsAttempt: true, retryAfterSeconds: null, ...verdictChange },
  };
};
