import { describe, expect, it } from 'vitest';
import type { LadderFailure } from '../../contracts/diagnosis.ts';
import { isTestMessage } from '../../contracts/message.ts';
import { fail, type Reply, type TransactionOutcome } from '../smtp/outcome.ts';
import { judgeLostTest, judgeTest, toAcceptedTest } from './judge-test.ts';

const server = { host: 'mail.example.com', port: 587, hasCredentials: true };
const failure: LadderFailure = {
  step: 'rcpt',
  code: 'recipient-unknown',
  title: 'It is so.',
  explanation: '',
  repairs: [],
};
const reply = (code: number, ...lines: string[]): Reply => ({ code, enhancedCode: '', lines });
const notSent = (failed: ReturnType<typeof fail>): TransactionOutcome => ({
  sent: false,
  failure: failed,
  recipients: [],
});
const only = (outcome: TransactionOutcome | null) => {
  const verdict = judgeTest(outcome, failure, server);
  expect(verdict).toMatchObject({ server: null, retryAfterSeconds: null });
  expect(verdict.recipients).toHaveLength(1);
  return verdict.recipients[0];
};

describe('what the one try of a test means', () => {
  it('is sent by nothing but a 2xx that answers the dot', () => {
    const accepted = { address: 'a@example.com', accepted: true as const, reply: reply(250, 'Ok') };
    const outcome: TransactionOutcome = { sent: true, reply: reply(250, 'queued as 7'), recipients: [accepted] };
    expect(judgeTest(outcome, null, server).recipients).toEqual([
      { position: 0, state: 'sent', reply: '250 queued as 7', explanation: 'The server took the message.' },
    ]);
  });

  it('stays uncertain where the dot was not answered', () => {
    expect(only(notSent(fail('dot', 'uncertain', 'lost')))).toEqual({
      position: 0,
      state: 'uncertain',
      reply: '',
      explanation: 'It is so. It may arrive. A test is tried once.',
    });
  });

  it.each([
    ['a server that is away', fail('connect', 'connection-refused', ''), ''],
    ['greylisting', fail('rcpt', 'refused', '', { reply: reply(450, 'greylisted') }), '450 greylisted'],
    ['a sender that would be held', fail('mail', 'refused', '', { reply: reply(550, 'not yours') }), '550 not yours'],
    ['an unknown recipient', fail('rcpt', 'refused', '', { reply: reply(550, 'nobody') }), '550 nobody'],
  ])('ends with %s, for which another message might wait', (_, failed, words) => {
    const explanation = 'It is so. A test is tried once.';
    expect(only(notSent(failed))).toEqual({ position: 0, state: 'bounced', reply: words, explanation });
  });

  it('ends without a password, though no server was asked', () => {
    expect(only(null)).toMatchObject({ state: 'bounced', reply: '', explanation: 'It is so. A test is tried once.' });
  });

  it('is cancelled where the person went away', () => {
    expect(only(notSent(fail('ehlo', 'cancelled', '')))).toMatchObject({
      state: 'cancelled',
      explanation: expect.stringContaining('called off'),
    });
  });

  it('is uncertain after a crash at the dot, and not sent after one before it', () => {
    expect(judgeLostTest(true).recipients[0]).toMatchObject({ state: 'uncertain' });
    expect(judgeLostTest(false).recipients[0]).toMatchObject({
      state: 'expired',
      explanation: expect.stringContaining('was not sent'),
    });
  });
});

describe('the test as a message', () => {
  const data = Buffer.from('Subject: x\r\n\r\nx\r\n');
  const settings = {
    name: '',
    host: 'mail.example.com',
    port: 587,
    fromName: 'Hub',
    fromEmail: 'hub@example.com',
    replyTo: '',
  };
  const now = new Date('2026-11-22T10:44:05.123Z');
  const test = { settings, to: 'ann@example.com', requestedBy: 'bob@example.com', now, messageId: '<1@example.com>' };

  it('is urgent, tagged, and in the name of who asked', () => {
    const message = toAcceptedTest({ ...test, id: 'msg_1', data, settingsId: null });
    expect(message).toMatchObject({
      lane: 'urgent',
      tags: [{ name: 'kind', value: 'test' }],
      submittedBy: 'bob@example.com',
      settingsId: null,
      headerFrom: 'Hub <hub@example.com>',
      subject: 'Postern test: mail.example.com works',
      sizeBytes: data.length,
      recipients: [{ address: 'ann@example.com', kind: 'to' }],
    });
    expect(isTestMessage(message)).toBe(true);
    expect(isTestMessage({ ...message, tags: [] })).toBe(false);
    expect(isTestMessage({ ...message, subject: 'My test' })).toBe(false);
  });
});
