import { describe, expect, it } from 'vitest';
import { countTries, findFolds, type PastAttempt, triesBetween } from './fold-attempts.ts';

const refused: Omit<PastAttempt, 'id' | 'startedAt'> = {
  settingsId: 'smtp_1',
  outcome: 'deferred',
  phase: 'connect',
  reply: '',
  explanation: 'It refuses connections.',
};
const history = (...changes: Partial<PastAttempt>[]): PastAttempt[] =>
  changes.map((change, place) => ({ ...refused, id: `try_${place + 1}`, startedAt: place, ...change }));
const times = (count: number, change: Partial<PastAttempt> = {}) => Array.from({ length: count }, () => change);
const all = Number.POSITIVE_INFINITY;

describe('attempts that came to the same', () => {
  it('are told by the first, the last and a count', () => {
    expect(findFolds(history(...times(5)), all)).toEqual([{ into: 'try_5', away: ['try_2', 'try_3', 'try_4'] }]);
    expect(findFolds(history(...times(2)), all)).toEqual([]);
  });

  it('are a run for themselves before and after another end', () => {
    const greeting = { phase: 'greeting', reply: '421 busy' };
    expect(findFolds(history(...times(3), greeting, ...times(3)), all)).toEqual([
      { into: 'try_3', away: ['try_2'] },
      { into: 'try_7', away: ['try_6'] },
    ]);
  });

  it('are kept one by one while they are young, and folded up to there', () => {
    expect(findFolds(history(...times(6)), 4)).toEqual([{ into: 'try_4', away: ['try_2', 'try_3'] }]);
  });

  it('are the same where only times and ids in the words differ, never where the code does', () => {
    const says = (reply: string) => ({ phase: 'rcpt', reply });
    const [a, b, c] = [
      says('451 4.7.1 Wait 299 s (id 7f3a)'),
      says('451 4.7.1 Wait 12 s (id b2)'),
      says('451 4.7.1 Wait 1 s (id 9)'),
    ];
    expect(findFolds(history(a, b, c), all)).toHaveLength(1);
    for (const other of ['450 4.7.1 Wait 1 s (id 9)', '451 4.7.2 Wait 1 s (id 9)', '451 4.7.1 Go away 1 s (id 9)'])
      expect(findFolds(history(a, says(other), c), all)).toEqual([]);
  });

  it.each<[string, Partial<PastAttempt>]>([
    ['by other settings', { settingsId: 'smtp_2' }],
    ['in another phase', { phase: 'greeting' }],
    ['with another meaning', { explanation: 'It is off.' }],
  ])('are not the same %s', (_, change) => expect(findFolds(history({}, change, {}), all)).toEqual([]));

  it.each<[string, Partial<PastAttempt>]>([
    ['after the dot, where each may be a copy', { phase: 'dot' }],
    ['where they ended something', { outcome: 'bounced' }],
    ['where nobody knows', { outcome: 'uncertain', phase: 'dot' }],
  ])('are all kept %s', (_, change) => expect(findFolds(history(...times(9, change)), all)).toEqual([]));
});

it('has a history looked through after each so many tries of a message', () => {
  const isDue = countTries();
  const dueAt = Array.from({ length: 2 * triesBetween }, (_, place) => (isDue('a') ? [place + 1] : [])).flat();
  expect(dueAt).toEqual([triesBetween, 2 * triesBetween]);
  expect(isDue('b')).toBe(false);
});
