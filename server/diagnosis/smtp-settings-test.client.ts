/**
 * One test email: compose it, accept it into the message log, climb the ladder with it, record what came of it. The screen,
 * the API and the command line all end here.
 * from: fields of saved settings or of a draft, and the password · to: the ladder's result, and a message in the log.
 * Policy: a test is tried once, here and by nobody else; the ladder is its one attempt. Invariant: it is in the log before
 * anything is dialled, and marked there before the final dot, so that no stop leaves it without an end (test-log.store.ts).
 */
import type { LadderResult, LadderRung } from '../../contracts/diagnosis.ts';
import { findUnavailability } from '../database/unavailable.ts';
import type { AttemptRecord } from '../delivery/verdict.ts';
import { parseAddress } from '../mime/address.ts';
import { MailValueError } from '../mime/mail-value.ts';
import { createMessageId } from '../mime/message-id.ts';
import type { Clock } from '../platform/clock.ts';
import { newId } from '../platform/id.ts';
import { readMachine } from '../platform/machine.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import { isAddressAllowed } from '../smtp/address-policy.ts';
import { describeReply, type TransactionOutcome } from '../smtp/outcome.ts';
import type { ServerMemory } from '../smtp/target.ts';
import type { SmtpSettingsFields } from '../smtp-settings/smtp-settings.ts';
import { climbLadder, type LadderEffects } from './climb-ladder.ts';
import { judgeTest, toAcceptedTest } from './judge-test.ts';
import { probePorts } from './probe-ports.client.ts';
import { listOtherEhloNames, testTimeouts, toSmtpTarget } from './smtp-target.ts';
import type { TestAttempt, TestLog } from './test-log.store.ts';
import { composeTestMessage, labelOf } from './test-message.ts';

export interface TestRequest {
  fields: SmtpSettingsFields;
  /** Of the saved settings that are tested as they are; null: a draft. */
  settingsId: string | null;
  password: string | null;
  /** Of the server of saved settings. */
  memory?: ServerMemory;
  to: string;
  /** The e-mail address of a person, or `api key NAME`. */
  requestedBy: string;
  /** Called for each change of a rung. */
  onRung: (rung: LadderRung) => void;
  signal: AbortSignal;
}

export interface SmtpSettingsTest {
  /** @throws Refusal 422 for a value that can be in no mail; 503 where the message log cannot be written. */
  run: (request: TestRequest) => Promise<LadderResult>;
}

export interface TestParts {
  openSession: LadderEffects['openSession'];
  denyPrivate: boolean;
  /** An address and port that is ours to connect to, whatever the policy: the sandbox. */
  isOwnServer: (address: string, port: number) => boolean;
  log: Pick<TestLog, 'begin' | 'markDot' | 'record'>;
  clock: Clock;
}

export const openSmtpSettingsTest = ({
  openSession,
  denyPrivate,
  isOwnServer,
  log,
  clock,
}: TestParts): SmtpSettingsTest => ({
  run: async (request) => {
    const { fields, password, memory, to, onRung, signal } = request;
    const machine = readMachine();
    const target = toSmtpTarget(fields, password, {
      machine,
      timeouts: testTimeouts(fields),
      isAddressAllowed: (address) => isOwnServer(address, fields.port) || isAddressAllowed(address, { denyPrivate }),
      memory,
    });
    const { message, attempt, data } = compose(request, new Date(clock.now()));
    await orRefuse(log.begin(message, attempt), 'Nothing was sent');

    let outcome: TransactionOutcome | null = null;
    let markFault: unknown = null;
    const beforeDot = () =>
      log.markDot(message.id, attempt).catch((error: unknown) => {
        markFault = error;
        return false;
      });
    const result = await climbLadder(
      {
        target,
        settings: fields,
        mailFrom: fields.fromEmail,
        to,
        messageId: message.messageId,
        data,
        otherEhloNames: listOtherEhloNames(machine, fields.fromEmail),
        beforeDot,
        signal,
      },
      { openSession, probePorts, clock, onOutcome: (seen) => (outcome = seen) },
      onRung,
    );
    // Ended by whoever looks for lost tests.
    if (markFault !== null) await orRefuse(Promise.reject(markFault), 'The message was not handed over');
    const server = { host: fields.host, port: fields.port, hasCredentials: target.credentials !== null };
    const record = {
      ...attempt,
      messageId: message.id,
      endedAt: clock.now(),
      ...describeOutcome(outcome),
      transcript: result.transcript,
      verdict: judgeTest(outcome, result.failure, server),
    };
    const warnings = await log.record(record).then(
      () => result.warnings,
      (error: unknown) => [...result.warnings, describeUnrecorded(error)],
    );
    return { ...result, emailId: message.id, warnings };
  },
});

function compose({ fields, settingsId, to, requestedBy }: TestRequest, now: Date) {
  try {
    const messageId = createMessageId(parseAddress(fields.fromEmail, 'fromEmail').domain);
    const test = { settings: fields, to, requestedBy, now, messageId };
    const data = composeTestMessage(test);
    const message = toAcceptedTest({ ...test, id: newId('msg', now.getTime()), data, settingsId });
    const attempt: TestAttempt = {
      id: newId('try', now.getTime()),
      settingsId: settingsId ?? '',
      settingsName: settingsId === null ? `${labelOf(fields)} (not saved)` : fields.name,
      startedAt: now.getTime(),
    };
    return { message, attempt, data };
  } catch (error) {
    if (error instanceof MailValueError) throw refuseField(error.field, error.fault, error.repair);
    throw error;
  }
}

function describeOutcome(outcome: TransactionOutcome | null): Pick<AttemptRecord, 'phase' | 'failure' | 'reply'> {
  if (outcome === null) return { phase: 'auth', failure: null, reply: '' };
  const failure = outcome.sent ? null : outcome.failure;
  const reply = outcome.sent ? outcome.reply : outcome.failure.reply;
  return { phase: failure?.phase ?? 'dot', failure, reply: reply === null ? '' : describeReply(reply) };
}

async function orRefuse<T>(work: Promise<T>, what: string): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const problem = findUnavailability(error);
    if (problem === null) throw error;
    throw new Refusal('unavailable', `${what}: ${problem} Test again.`, { headers: { 'retry-after': '10' } });
  }
}

/** The test itself is over, and what it showed is worth more than its place in the log. */
function describeUnrecorded(error: unknown): string {
  const problem = findUnavailability(error);
  if (problem === null) throw error;
  return `What came of this test could not be written to the message log: ${problem}`;
}
