import { describe, expect, it } from 'vitest';
import type { LadderRung } from '../../../contracts/diagnosis.ts';
import { announcementOf, reduceTest, type TestRun } from './ladder.ts';
import { exampleResult } from './test-data.ts';

const started = (number = 1) =>
  reduceTest(null, { type: 'start', number, subject: 'smtp_1', isDraft: true, to: 'ada@example.com' }) as TestRun;
const rung = (change: Partial<LadderRung>): LadderRung => ({
  step: 'dns',
  status: 'ok',
  ms: 4,
  detail: '192.0.2.1',
  reply: '',
  ...change,
});
const step = (run: TestRun, data: LadderRung, number = run.number) =>
  reduceTest(run, { type: 'event', number, event: { event: 'step', data } }) as TestRun;

describe('the ladder', () => {
  it('waits on all eight rungs when a test starts', () => {
    expect(started().rungs.map((one) => [one.step, one.status])).toEqual(
      ['dns', 'tcp', 'tls', 'ehlo', 'auth', 'mail', 'rcpt', 'data'].map((name) => [name, 'waiting']),
    );
  });

  it('climbs with each event and says what is going on', () => {
    const run = step(step(started(), rung({})), rung({ step: 'tcp', status: 'running', ms: null }));
    expect(run.rungs.map((one) => one.status).slice(0, 3)).toEqual(['ok', 'running', 'waiting']);
    expect(announcementOf(run)).toBe('Connect to the server…');
  });

  it('takes the whole result at the end and then no more', () => {
    const result = exampleResult();
    const run = reduceTest(started(), {
      type: 'event',
      number: 1,
      event: { event: 'result', data: result },
    }) as TestRun;
    expect(run).toMatchObject({ state: 'finished', result, rungs: result.steps });
    expect(announcementOf(run)).toBe('Test passed. Sent to ada@example.com.');
    expect(step(run, rung({ status: 'failed' }))).toBe(run);
  });

  it('says where and why it failed', () => {
    const failure = {
      step: 'tcp',
      code: 'connection-refused',
      title: 'Refused.',
      explanation: '',
      repairs: [],
    } as const;
    const run = reduceTest(started(), {
      type: 'event',
      number: 1,
      event: { event: 'result', data: exampleResult({ ok: false, failure: { ...failure, repairs: [] } }) },
    });
    expect(announcementOf(run)).toBe('Test failed at TCP. Refused.');
  });

  it('ignores events of an earlier test', () => {
    const second = started(2);
    expect(step(second, rung({}), 1)).toBe(second);
  });

  it('shows what was not reached as skipped when it is cancelled', () => {
    const run = reduceTest(step(started(), rung({})), { type: 'cancel', number: 1 }) as TestRun;
    expect(run.rungs.map((one) => one.status)).toEqual(['ok', ...Array(7).fill('skipped')]);
    expect(announcementOf(run)).toBe('Test cancelled.');
  });

  it('keeps the result when new settings get their id', () => {
    expect(reduceTest(started(), { type: 'adopt', subject: 'smtp_2' })).toMatchObject({ subject: 'smtp_2' });
  });
});
