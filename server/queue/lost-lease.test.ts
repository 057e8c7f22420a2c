import { describe, expect, it } from 'vitest';
import { findBeginning, findProgress, judgeLostLease } from './lost-lease.ts';

const now = 1_000_000;
const lost = { crashes: 0, holdsUncertain: false, attempt: null } as const;

describe('a lease that was lost', () => {
  it('queues at once what had only been claimed, and counts no crash', () => {
    expect(judgeLostLease({ ...lost, crashes: 2 }, now)).toMatchObject({ crashes: 2, state: null, readyAt: now });
  });

  it('queues at once what had perhaps not begun, says so, and counts that once and no more', () => {
    const registered = { ...lost, attempt: 'registered' } as const;
    const verdict = judgeLostLease(registered, now);
    expect(verdict).toMatchObject({ crashes: 1, outcome: 'queued', state: null, readyAt: now });
    expect(verdict.explanation).toMatch(/or before it began.*was not sent/);
    expect(judgeLostLease({ ...registered, crashes: 1 }, now)).toMatchObject({ crashes: 1, state: null });
    expect(judgeLostLease({ ...registered, crashes: 2 }, now)).toMatchObject({ crashes: 2, state: null });
  });

  it('tells by the queue row how far the attempt had come', () => {
    const row = { attempt_id: 'try_1', attempt_started_at: null, dot_at: null };
    expect(findProgress({ ...row, attempt_id: null })).toBeNull();
    expect(findProgress(row)).toBe('registered');
    expect(findProgress({ ...row, attempt_started_at: now })).toBe('begun');
    expect(findProgress({ ...row, attempt_started_at: now, dot_at: now })).toBe('dot');
  });

  it('knows when it began, or since when it may have', () => {
    const row = { attempt_started_at: null, leased_until: now };
    expect(findBeginning({ ...row, attempt_started_at: 5 }, now)).toBe(5);
    expect(findBeginning(row, now)).toBe(now - 60_000);
    expect(findBeginning({ ...row, leased_until: now * 2 }, now)).toBe(now);
  });

  it('queues at once what was cut off before the dot', () => {
    const verdict = judgeLostLease({ ...lost, attempt: 'begun' }, now);
    expect(verdict).toMatchObject({ crashes: 1, outcome: 'queued', state: null, readyAt: now });
    expect(verdict.explanation).toContain('was not sent');
  });

  it('names uncertain what was cut off after it, and waits five minutes', () => {
    const verdict = judgeLostLease({ ...lost, attempt: 'dot' }, now);
    expect(verdict).toMatchObject({ crashes: 1, outcome: 'uncertain', state: 'uncertain', readyAt: now + 300_000 });
    expect(verdict.explanation).toContain('may have it');
  });

  it('holds that instead where the message asks for it, but not what was surely not sent', () => {
    const holds = { ...lost, holdsUncertain: true };
    expect(judgeLostLease({ ...holds, attempt: 'dot' }, now)).toMatchObject({ state: 'held', readyAt: null });
    expect(judgeLostLease({ ...holds, attempt: 'begun' }, now)).toMatchObject({ state: null, readyAt: now });
  });

  it.each([
    ['begun', 'queued', 'was not sent'],
    ['dot', 'uncertain', 'may have it'],
  ] as const)('holds after the third crash in a row, %s', (attempt, outcome, words) => {
    expect(judgeLostLease({ ...lost, crashes: 1, attempt }, now).state).not.toBe('held');
    const verdict = judgeLostLease({ ...lost, crashes: 2, attempt }, now);
    expect(verdict).toMatchObject({ crashes: 3, outcome, state: 'held', readyAt: null });
    expect(verdict.explanation).toContain(words);
    expect(verdict.explanation).toContain('third stop in a row');
  });
});
