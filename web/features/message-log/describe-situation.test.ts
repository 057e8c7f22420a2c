import { describe, expect, it } from 'vitest';
import type { RecipientState } from '../../../contracts/message.ts';
import type { SendingState } from '../../../contracts/sending.ts';
import { describeSituation } from './describe-situation.ts';

const now = new Date('2026-11-22T10:00:00Z');
const office = { id: 'smtp_1', name: 'Office' };
const open: SendingState = {
  is_paused: false,
  paused_by: null,
  paused_at: null,
  paused_settings: [],
  problem: null,
  alerts: [],
};
const alert: SendingState['alerts'][number] = {
  smtp_settings: office,
  state: 'blocked',
  code: 'sign-in',
  reason: 'mail.test:587 refused the sign-in. Correct the settings.',
  since: '2026-11-22T09:00:00Z',
  next_probe_at: '2026-11-22T10:05:00Z',
  waiting: 3,
};

type Described = Parameters<typeof describeSituation>[0];
const message = (states: RecipientState[], more: Partial<Described> = {}): Described => ({
  state: states[0] as RecipientState,
  recipients: states.map((state, place) => ({
    address: `r${place}@example.org`,
    kind: 'to',
    state,
    reply: state === 'queued' ? '' : `reply ${place}`,
    explanation: state === 'queued' ? '' : `What happened to ${place}. Why.`,
    updated_at: '2026-11-22T09:00:00Z',
  })),
  scheduled_at: null,
  smtp_settings: office,
  next_attempt_at: '2026-11-22T10:05:00Z',
  attempt_count: 1,
  attempts: [],
  subject: 'Minutes',
  tags: [],
  ...more,
});
const describeIt = (states: RecipientState[], sending: SendingState = open, more: Partial<Described> = {}) =>
  describeSituation(message(states, more), sending, null, now);

describe('where a message stands', () => {
  it.each<[RecipientState[], kind: string, title: string]>([
    [['queued'], 'plain', 'Its turn is next'],
    [['sending'], 'plain', 'Being sent'],
    [['deferred'], 'waiting', 'Not taken for now; tried again by itself'],
    [['uncertain', 'sent'], 'waiting', 'It may have arrived, or not'],
    [['held'], 'waiting', 'Held until somebody decides'],
    [['sent', 'sent'], 'sent', 'Sent'],
    [['bounced'], 'failed', 'Refused for good'],
    [['bounced', 'sent', 'sent'], 'failed', '2 of 3 recipients have it'],
    [['expired'], 'failed', 'Its time ran out before a server took it'],
    [['cancelled'], 'plain', 'Cancelled'],
    [['cancelled', 'sent'], 'plain', '1 of 2 recipients has it'],
  ])('%j is %s: %s', (states, kind, title) => {
    expect(describeIt(states)).toMatchObject({ kind, title, parked: null, isPaused: false });
  });

  it('has the words about its only recipient, and what the server said', () => {
    expect(describeIt(['bounced'])).toMatchObject({ says: ['What happened to 0. Why.'], reply: 'reply 0' });
  });

  it('counts several, says all of one that did not get it, names two, and leaves more to the list below', () => {
    expect(describeIt(['bounced', 'sent'])).toMatchObject({
      title: '1 of 2 recipients has it',
      says: ['r0@example.org: What happened to 0. Why.'],
      reply: '',
    });
    expect(describeIt(['bounced', 'bounced', 'sent']).says).toEqual([
      'r0@example.org: What happened to 0.',
      'r1@example.org: What happened to 1.',
    ]);
    expect(describeIt(['bounced', 'bounced', 'bounced']).says).toEqual(['3 refused for good.']);
    expect(describeIt(['deferred', 'sent']).says[0]).toBe(
      '1 sent, 1 not taken for now. Only those who wait are tried again.',
    );
  });

  it('says how to find out what the server did not answer, and what to do then', () => {
    const unanswered = { outcome: 'held', phase: 'dot', reply: '' } as Described['attempts'][number];
    expect(describeIt(['uncertain']).says.at(-1)).toMatch(/^Ask .* Message-ID .*mark it as sent, and no second copy/);
    expect(describeIt(['held'], open, { attempts: [unanswered] }).says.at(-1)).toMatch(/mark it .* if not, release it/);
    expect(describeIt(['uncertain'], open, { next_attempt_at: null }).says.at(-1)).toMatch(/if not, send it again/);
    const refused = { ...unanswered, phase: 'mail', reply: '553 not yours' };
    expect(describeIt(['held'], open, { attempts: [refused] }).says).toEqual(['What happened to 0. Why.']);
  });

  it('is over where nothing waits any more, as with a test that stays uncertain', () => {
    const over = describeIt(['uncertain'], { ...open, alerts: [alert] }, { next_attempt_at: null });
    expect(over).toMatchObject({ title: 'It may have arrived, or not', parked: null });
  });

  it('is the end of a test that failed, whatever would have become of other mail', () => {
    const test = {
      subject: 'Postern test: Office works',
      tags: [{ name: 'kind', value: 'test' }],
      next_attempt_at: null,
    };
    for (const state of ['bounced', 'expired'] as const)
      expect(describeIt([state], open, test)).toMatchObject({ kind: 'failed', title: 'The test did not get through' });
  });

  it('waits for its time, whatever is wrong with its server meanwhile', () => {
    const later = { scheduled_at: '2026-11-23T10:00:00Z', attempt_count: 0 };
    expect(describeIt(['queued'], { ...open, alerts: [alert] }, later)).toMatchObject({ title: 'Waits for its time' });
  });

  it('is explained by its server, by name or by default, before what became of it alone', () => {
    const stopped = { ...open, alerts: [alert] };
    const expected = {
      kind: 'failed',
      title: 'Waits for “Office”, which does not take mail',
      parked: { ...office, nextProbeAt: '2026-11-22T10:05:00Z' },
    };
    expect(describeIt(['deferred'], stopped)).toMatchObject(expected);
    const byDefault = message(['queued'], { smtp_settings: null });
    expect(describeSituation(byDefault, stopped, office, now)).toMatchObject(expected);
    expect(describeSituation(byDefault, stopped, null, now)).toMatchObject({ title: 'Its turn is next' });
    expect(describeIt(['bounced'], stopped)).toMatchObject({ title: 'Refused for good', parked: null });
  });

  it('is explained by the person who paused it, first', () => {
    const paused = { ...open, alerts: [alert], paused_settings: [{ ...office, waiting: 1 }] };
    expect(describeIt(['deferred'], paused)).toMatchObject({ title: 'Waits: “Office” is paused', isPaused: true });
    const all = describeIt(['deferred'], { ...paused, is_paused: true, paused_by: 'ada@example.com' });
    expect(all).toMatchObject({ title: 'Waits: all sending is paused', isPaused: true, reply: '' });
    expect(all.says[0]).toContain('Paused by ada@example.com.');
  });
});
