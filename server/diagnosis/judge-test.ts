/**
 * The test of SMTP settings as a message in the log: what is accepted, and what its one try means for it.
 *
 * What happened is judged as for any message (delivery/judge.ts), but a test is tried once: what another message would wait
 * for ends here, in the words of the ladder, which say how to repair it. Only a 2xx that answers the dot makes it `sent`;
 * no answer to it leaves it `uncertain`.
 */
import type { LadderFailure } from '../../contracts/diagnosis.ts';
import { testTag } from '../../contracts/message.ts';
import { judge } from '../delivery/judge.ts';
import type { AttemptVerdict, RecipientVerdict } from '../delivery/verdict.ts';
import type { TransactionOutcome } from '../smtp/outcome.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import { formatMailbox } from '../submission/mailbox.ts';
import { type TestMessage, testSubject } from './test-message.ts';

/** Longer than any test takes. One that has not ended by then was cut off by a crash. */
export const testLifetimeMs = 5 * 60_000;

export interface ComposedTest extends TestMessage {
  /** `msg_…` */
  id: string;
  data: Uint8Array;
  /** Null: a draft. */
  settingsId: string | null;
}

export const toAcceptedTest = ({ id, data, settingsId, settings, ...test }: ComposedTest): AcceptedMessage => {
  const createdAt = test.now.getTime();
  return {
    id,
    lane: 'urgent',
    settingsId,
    mailFrom: settings.fromEmail,
    headerFrom: formatMailbox({ name: settings.fromName, address: settings.fromEmail }),
    headerTo: test.to,
    subject: testSubject(settings),
    messageId: test.messageId,
    sizeBytes: data.byteLength,
    attachmentCount: 0,
    tags: [testTag],
    isSecret: false,
    holdsUncertain: false,
    resentFrom: null,
    submittedBy: test.requestedBy,
    createdAt,
    scheduledAt: null,
    expiresAt: createdAt + testLifetimeMs,
    recipients: [{ address: test.to, kind: 'to' }],
    content: { bytes: data, parts: null, blobs: [] },
  };
};

const once = 'A test is tried once.';

/**
 * @param outcome null: there was no password to sign in with, so nothing was sent.
 * @param failure as the ladder explains it; null: none.
 */
export const judgeTest = (
  outcome: TransactionOutcome | null,
  failure: LadderFailure | null,
  server: { host: string; port: number; hasCredentials: boolean },
): AttemptVerdict => {
  const judged = outcome && judgeOutcome(outcome, server);
  const title = failure?.title ?? '';
  if (outcome === null || judged === null) return end('bounced', '', `${title} ${once}`);
  if (judged.state === 'sent') return end('sent', judged.reply, judged.explanation);
  if (judged.state === 'uncertain') return end('uncertain', judged.reply, `${title} It may arrive. ${once}`);
  const isCalledOff = !outcome.sent && outcome.failure.kind === 'cancelled';
  return isCalledOff
    ? end('cancelled', '', `The test was called off before the message was handed over; it was not sent. ${once}`)
    : end('bounced', judged.reply, `${title} ${once}`);
};

/** Postern stopped while the test was under way, or the database was away when it ended. */
export const judgeLostTest = (isAtDot: boolean): AttemptVerdict =>
  isAtDot
    ? end(
        'uncertain',
        '',
        `The test was cut off before the server’s answer could be written down; it may arrive. ${once}`,
      )
    : end('expired', '', `The test was cut off before the message was handed over; it was not sent. ${once}`);

function judgeOutcome(
  outcome: TransactionOutcome,
  server: { host: string; port: number; hasCredentials: boolean },
): RecipientVerdict | null {
  // Schedules matter to what is tried again.
  const message = { attempts: 0, recipients: [{ position: 0, address: '' }], expiresAt: 0, holdsUncertain: false };
  return judge(outcome, message, { ...server, now: 0, random: 0 }).recipients[0] ?? null;
}

function end(state: RecipientVerdict['state'], reply: string, explanation: string): AttemptVerdict {
  const recipients: RecipientVerdict[] = [{ position: 0, state, reply, explanation }];
  return { recipients, server: null, countsAsAttempt: true, retryAfterSeconds: null };
}
