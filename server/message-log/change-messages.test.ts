import { describe, expect, it } from 'vitest';
import { type ChangeEffects, changeMessages } from './change-messages.ts';
import type { ActionOutcome, MessageActions } from './message-actions.store.ts';

const step = { action: 'cancel', terms: [], after: null, limit: 10, by: 'ann' } as const;

const withOutcomes = (outcomes: Record<string, ActionOutcome>, elapsed: () => number = () => 0) => {
  const asked: [string, string, string][] = [];
  const act = (name: string) => async (id: string, by: string) => {
    asked.push([name, id, by]);
    return outcomes[id] ?? { outcome: 'done' as const };
  };
  const effects: ChangeEffects = {
    find: async ({ limit }) => ({ ids: Object.keys(outcomes).slice(0, limit), next: 'further' }),
    actions: {
      retry: act('retry'),
      release: act('release'),
      cancel: act('cancel'),
      markSent: act('mark-sent'),
    } as Partial<MessageActions> as MessageActions,
    monotonic: elapsed,
    breathe: async () => {
      asked.push(['breathe', '', '']);
    },
  };
  return { asked, effects };
};
const done: ActionOutcome = { outcome: 'done' };
const unchanged = (why: string): ActionOutcome => ({ outcome: 'unchanged', why });

describe('an action on all that a search finds', () => {
  it('changes each by itself, and counts whom it does not fit by the reason', async () => {
    const { effects, asked } = withOutcomes({
      a: done,
      b: unchanged('held'),
      c: unchanged('being sent'),
      d: { outcome: 'not-found' },
      e: unchanged('being sent'),
      f: done,
    });
    expect(await changeMessages(effects, step)).toEqual({
      changed: 2,
      unchanged: 4,
      reasons: [
        { why: 'being sent', count: 2 },
        { why: 'held', count: 1 },
        { why: 'It has been deleted meanwhile.', count: 1 },
      ],
      next: 'further',
    });
    expect(asked).toEqual(
      ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((id) => [
        ['cancel', id, 'ann'],
        ['breathe', '', ''],
      ]),
    );
  });

  it.each(['retry', 'release', 'cancel', 'mark-sent'] as const)('knows %s', async (action) => {
    const { effects, asked } = withOutcomes({ a: done });
    await changeMessages(effects, { ...step, action });
    expect(asked[0]).toEqual([action, 'a', 'ann']);
  });

  it('stops after two seconds, and goes on behind the last that was asked', async () => {
    let elapsed = 0;
    const { effects, asked } = withOutcomes({ a: done, b: done, c: done }, () => (elapsed += 700));
    expect(await changeMessages(effects, step)).toMatchObject({ changed: 3, next: 'further' });
    const slow = withOutcomes({ a: done, b: done, c: done }, () => (elapsed += 1000));
    expect(await changeMessages(slow.effects, step)).toMatchObject({ changed: 2, next: 'b' });
    const countOf = (all: typeof asked) => all.filter(([name]) => name === 'cancel').length;
    expect([countOf(asked), countOf(slow.asked)]).toEqual([3, 2]);
  });

  it('names twenty reasons at most, and counts all', async () => {
    const all = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`m${at}`, unchanged(`because ${at}`)]));
    const { effects } = withOutcomes(all);
    const { reasons, unchanged: count } = await changeMessages(effects, { ...step, limit: 100 });
    expect([reasons.length, count]).toEqual([20, 25]);
  });
});
