/** A checker that finds nothing proves nothing: it is fed histories that are false in every way it must know. */
import { describe, expect, it } from 'vitest';
import { checkHistory } from './check-history.ts';
import type { History, Rule, Truth } from './history.ts';

const [first, second, third] = ['a@truth.test', 'b@truth.test', 'c@truth.test'] as const;
const taken = (rcpt: string, verdict: Truth['verdict'] = 'accepted'): Truth => ({
  id: 'one',
  rcpt,
  sha256: 'bytes',
  verdict,
});
const recipient = (address: string, position: number, state: string, cause = '') => ({
  messageId: 'msg_1',
  address,
  position,
  state,
  cause,
});
const event = (position: number | null, type: string, attemptId: string | null = null) => ({
  messageId: 'msg_1',
  position,
  type,
  attemptId,
});
const attempt = (number: number, outcome: string) => ({
  attemptId: `try_${number}`,
  messageId: 'msg_1',
  number,
  outcome,
});

/** One message for three: the first has it, the second was refused, the third got it twice, which is named. */
const trueHistory = (): History => ({
  submitted: [{ id: 'one', recipients: [first, second, third] }],
  acknowledged: [
    { id: 'one', messageId: 'msg_1' },
    { id: 'one', messageId: 'msg_1' },
  ],
  truth: [
    taken(first),
    { id: 'one', rcpt: second, sha256: null, verdict: 'refused' },
    { id: 'one', rcpt: third, sha256: null, verdict: 'deferred' },
    taken(third, 'accepted-cut'),
    taken(third),
  ],
  ledger: {
    messages: [{ messageId: 'msg_1', id: 'one', state: 'bounced', sha256: 'bytes' }],
    recipients: [
      recipient(first, 0, 'sent'),
      recipient(second, 1, 'bounced', '550 no such user'),
      recipient(third, 2, 'sent'),
    ],
    attempts: [attempt(1, 'deferred'), attempt(2, 'uncertain'), attempt(3, 'sent')],
    events: [
      event(null, 'queued'),
      event(0, 'sent'),
      event(1, 'bounced'),
      event(2, 'deferred'),
      event(2, 'uncertain', 'try_2'),
      event(2, 'sent'),
    ],
    queue: [],
    corruption: [],
  },
});

const falseHistories: [rule: Rule, what: string, falsify: (history: History) => void][] = [
  ['lost', 'an acknowledged message that is not there', ({ ledger }) => ledger.messages.splice(0)],
  ['lost', 'an acknowledged recipient that is not there', ({ ledger }) => ledger.recipients.splice(0, 1)],
  ['lost', 'a message that another one was acknowledged as', ({ ledger }) => change(ledger.messages[0], { id: 'two' })],
  [
    'lost',
    'mail that ended held without a cause',
    ({ ledger, truth }) => {
      truth.splice(0, 1);
      change(ledger.recipients[0], { state: 'held' });
      change(ledger.events[1], { type: 'held' });
    },
  ],
  [
    'unnamed-copy',
    'a second copy that no uncertain attempt names',
    ({ truth }) => truth.push(taken(first), taken(third)),
  ],
  [
    'unnamed-copy',
    'a copy whose attempt was called deferred',
    ({ ledger }) => {
      change(ledger.attempts[1], { outcome: 'deferred' });
      change(ledger.events[4], { type: 'deferred' });
    },
  ],
  ['false-sent', 'sent to somebody that the server never took it for', ({ truth }) => truth.splice(0, 1)],
  [
    'false-sent',
    'sent because a line broke that had taken nothing',
    ({ truth }) => change(truth[0], { verdict: 'dropped-cut' }),
  ],
  ['false-end', 'bounced without a refusal', ({ truth }) => change(truth[1], { verdict: 'deferred' })],
  [
    'false-end',
    'bounced though the server took it',
    ({ ledger }) => {
      change(ledger.recipients[0], { state: 'bounced', cause: 'no' });
      change(ledger.events[1], { type: 'bounced' });
      ledger.attempts.splice(1, 1);
    },
  ],
  ['unsubmitted', 'mail that nobody submitted', ({ truth }) => truth.push({ ...taken(first), id: 'two' })],
  ['unsubmitted', 'a recipient that it was not for', ({ truth }) => truth.push(taken('d@truth.test'))],
  [
    'unsubmitted',
    'an answer to a request that was never made',
    ({ acknowledged }) => acknowledged.push({ id: 'two', messageId: 'msg_2' }),
  ],
  ['other-bytes', 'a byte that changed on the way', ({ truth }) => change(truth[0], { sha256: 'bites' })],
  [
    'twice-accepted',
    'one key that made two messages',
    ({ ledger }) => {
      ledger.messages.push({ messageId: 'msg_2', id: 'one', state: 'sent', sha256: 'bytes' });
    },
  ],
  [
    'twice-accepted',
    'a repeated request that was answered with another id',
    ({ acknowledged }) => change(acknowledged[1], { messageId: 'msg_2' }),
  ],
  [
    'illegal-step',
    'something that happened after the end',
    ({ ledger }) => ledger.events.push(event(0, 'deferred'), event(0, 'sent')),
  ],
  [
    'illegal-step',
    'held mail that leaves though nobody released it',
    ({ ledger }) => change(ledger.events[4], { type: 'held' }),
  ],
  ['illegal-step', 'an end that no event tells', ({ ledger }) => ledger.events.pop()],
  ['illegal-step', 'a message that was never queued', ({ ledger }) => ledger.events.shift()],
  [
    'stuck',
    'mail that waits and is in no queue',
    ({ ledger }) => {
      change(ledger.recipients[0], { state: 'deferred' });
      change(ledger.events[1], { type: 'deferred' });
    },
  ],
  ['stuck', 'mail that is done and still queued', ({ ledger }) => ledger.queue.push({ messageId: 'msg_1' })],
  ['stuck', 'an attempt that never ended', ({ ledger }) => ledger.attempts.push(attempt(4, 'dot'))],
  ['corrupt', 'two attempts with one number', ({ ledger }) => ledger.attempts.push(attempt(3, 'sent'))],
  [
    'corrupt',
    'a message in a state that nobody of it is in',
    ({ ledger }) => change(ledger.messages[0], { state: 'held' }),
  ],
  ['corrupt', 'a place in the queue for no message', ({ ledger }) => ledger.queue.push({ messageId: 'msg_9' })],
  [
    'corrupt',
    'a database that contradicts itself',
    ({ ledger }) => ledger.corruption.push('wrong # of entries in index'),
  ],
];

describe('the checker of a crash proof', () => {
  it('finds nothing in a true history, in which a copy is named', () => {
    expect(checkHistory(trueHistory())).toEqual([]);
  });

  it('takes the word of an event where the attempt as a whole ended worse', () => {
    const history = trueHistory();
    change(history.ledger.attempts[1], { outcome: 'bounced' });
    expect(checkHistory(history)).toEqual([]);
  });

  it('lets held mail leave once somebody released it', () => {
    const history = trueHistory();
    history.ledger.events.splice(5, 0, event(2, 'held'), event(null, 'retried'), event(null, 'released'));
    expect(checkHistory(history)).toEqual([]);
  });

  it('lets a submission that nobody acknowledged be there, or not', () => {
    const history = trueHistory();
    history.acknowledged.splice(0);
    history.submitted.push({ id: 'two', recipients: [first] });
    expect(checkHistory(history)).toEqual([]);
  });

  it.each(falseHistories)('finds %s: %s', (rule, _, falsify) => {
    const history = trueHistory();
    falsify(history);
    expect(checkHistory(history).map((fault) => fault.rule)).toContain(rule);
  });
});

function change<T extends object>(one: T | undefined, changes: Partial<T>): void {
  Object.assign(one ?? expect.unreachable(), changes);
}
