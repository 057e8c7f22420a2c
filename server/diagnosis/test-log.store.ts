/**
 * Tests of SMTP settings in the message log. A test is accepted with its one attempt already begun, in one transaction, and
 * its place in the queue is leased far beyond its life: no worker ever claims it, and none takes it for lost. Dot mark and
 * outcome are written as for any attempt; a person who cancels it takes the lease away as from any worker.
 *
 * What a crash cuts off is ended here once its life is over: uncertain after the dot mark, not sent before it.
 */
import type { Kysely } from 'kysely';
import type { Database } from '../database/open.ts';
import type { Tables } from '../database/tables.ts';
import { orUnavailable } from '../database/unavailable.ts';
import type { AttemptRecord, DeliveryStore } from '../delivery/verdict.ts';
import type { Clock } from '../platform/clock.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { laneNumbers } from '../submission/lane-number.ts';
import { judgeLostTest, testLifetimeMs } from './judge-test.ts';

export type TestAttempt = Pick<AttemptRecord, 'id' | 'settingsId' | 'settingsName' | 'startedAt'>;

/** Each throws DatabaseUnavailableError where the database is away or the disk is full. */
export interface TestLog {
  /** Durable when it resolves. */
  begin: (message: AcceptedMessage, attempt: TestAttempt) => Promise<void>;
  /** False: somebody cancelled it; do not send. */
  markDot: (messageId: string, attempt: Pick<TestAttempt, 'id' | 'startedAt'>) => Promise<boolean>;
  record: (record: Omit<AttemptRecord, 'token'>) => Promise<void>;
  /** @returns how many tests a crash had cut off. */
  endLost: () => Promise<number>;
}

const owner = 'test';
const firstToken = 1;
const yearMs = 365 * 86_400_000;
/** However wrong the clock is. */
const leaseMs = 100 * yearMs;

export const openTestLog = (
  { query }: Database,
  deliveries: Pick<DeliveryStore, 'markDot' | 'recordAttempt'>,
  clock: Pick<Clock, 'now'>,
): TestLog => ({
  begin: (message, attempt) =>
    orUnavailable(
      query.transaction().execute(async (trx) => {
        await addMessage(trx, message);
        await addBegunAttempt(trx, message, attempt);
        const { id: message_id, createdAt: at } = message;
        await trx.insertInto('event').values({ message_id, position: null, type: 'queued', at, data: '{}' }).execute();
      }),
    ),
  markDot: (messageId, { id, startedAt }) =>
    deliveries.markDot({ id: messageId, token: firstToken }, { id, startedAt, dotAt: clock.now() }),
  record: async (record) => {
    await deliveries.recordAttempt({ ...record, token: firstToken });
  },
  endLost: async () => {
    const now = clock.now();
    const lost = await orUnavailable(findLost(query, now));
    for (const { isAtDot, ...attempt } of lost) {
      await deliveries.recordAttempt({
        ...attempt,
        endedAt: now,
        phase: isAtDot ? 'dot' : 'connect',
        failure: null,
        reply: '',
        transcript: null,
        verdict: judgeLostTest(isAtDot),
      });
    }
    return lost.length;
  },
});

async function addMessage(trx: Kysely<Tables>, message: AcceptedMessage): Promise<void> {
  const { id, createdAt, content } = message;
  await trx
    .insertInto('message')
    .values({
      id,
      lane: laneNumbers[message.lane],
      state: 'queued',
      settings_id: message.settingsId,
      mail_from: message.mailFrom,
      header_from: message.headerFrom,
      header_to: message.headerTo,
      subject: message.subject,
      message_id: message.messageId,
      size_bytes: message.sizeBytes,
      attachment_count: message.attachmentCount,
      tags: JSON.stringify(message.tags),
      is_secret: message.isSecret ? 1 : 0,
      holds_uncertain: message.holdsUncertain ? 1 : 0,
      resent_from: message.resentFrom,
      submitted_by: message.submittedBy,
      created_at: createdAt,
      scheduled_at: message.scheduledAt,
      expires_at: message.expiresAt,
    })
    .execute();
  const empty = { state: 'queued', reply: '', explanation: '', updated_at: createdAt };
  await trx
    .insertInto('recipient')
    .values(
      message.recipients.map(({ address, kind }, position) => ({ message_id: id, position, address, kind, ...empty })),
    )
    .execute();
  await trx.insertInto('content').values({ message_id: id, bytes: content.bytes, parts: null }).execute();
}

/** The place in the queue, leased, with its attempt under way: what a claim and a begin write for other messages. */
async function addBegunAttempt(trx: Kysely<Tables>, message: AcceptedMessage, attempt: TestAttempt): Promise<void> {
  await trx
    .insertInto('queue')
    .values({
      message_id: message.id,
      lane: laneNumbers[message.lane],
      settings_id: message.settingsId ?? '',
      ready_at: message.createdAt,
      expires_at: message.expiresAt,
      attempts: 0,
      crashes: 0,
      token: firstToken,
      leased_until: message.createdAt + leaseMs,
      leased_by: owner,
      attempt_id: attempt.id,
      attempt_settings_id: attempt.settingsId,
      attempt_settings_name: attempt.settingsName,
      attempt_started_at: attempt.startedAt,
      dot_at: null,
    })
    .execute();
}

type LostTest = TestAttempt & { messageId: string; token: number; isAtDot: boolean };

/** By the index of leases: nobody else leases for so long. */
async function findLost(query: Kysely<Tables>, now: number): Promise<LostTest[]> {
  const rows = await query
    .selectFrom('queue')
    .select(['message_id', 'token', 'attempt_id', 'attempt_settings_id', 'attempt_settings_name'])
    .select(['attempt_started_at', 'dot_at'])
    .where('leased_until', '>', now + yearMs)
    .where('leased_by', '=', owner)
    .where('attempt_started_at', '<=', now - testLifetimeMs)
    .execute();
  return rows.map((row) => ({
    messageId: row.message_id,
    token: row.token,
    id: row.attempt_id ?? '',
    settingsId: row.attempt_settings_id ?? '',
    settingsName: row.attempt_settings_name ?? '',
    startedAt: row.attempt_started_at ?? now,
    isAtDot: row.dot_at !== null,
  }));
}
