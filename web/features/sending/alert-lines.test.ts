import { describe, expect, it } from 'vitest';
import type { SendingState } from '../../../contracts/sending.ts';
import { foldedWords, linesOf } from './alert-lines.ts';

const quiet: SendingState = {
  is_paused: false,
  paused_by: null,
  paused_at: null,
  paused_settings: [],
  problem: null,
  alerts: [],
};
const alert = (name: string, waiting: number): SendingState['alerts'][number] => ({
  smtp_settings: { id: `smtp_${name}`, name },
  state: 'blocked',
  code: 'sign-in',
  reason: 'mail.test:587 refused the sign-in.',
  since: '2026-11-22T10:00:00.000Z',
  next_probe_at: null,
  waiting,
});
const paused = (name: string, waiting: number) => ({ id: `smtp_${name}`, name, waiting });

describe('the lines at the top of the page', () => {
  it('are none while mail goes out, and the one known while the rest is not', () => {
    expect(linesOf(quiet, null)).toEqual([]);
    expect(linesOf(undefined, 'No key.')).toEqual([{ kind: 'problem', says: 'No key.' }]);
    expect(linesOf({ ...quiet, problem: 'Disk full.' }, 'No key.')).toEqual([{ kind: 'problem', says: 'Disk full.' }]);
  });

  it('begin with what stops everything, then each server; a paused one is only paused', () => {
    const state = {
      ...quiet,
      is_paused: true,
      alerts: [alert('b', 7), alert('c', 3), alert('a', 1)],
      paused_settings: [paused('c', 3)],
    };
    const kinds = linesOf(state, null).map((line) =>
      line.kind === 'server' ? line.alert.smtp_settings.name : line.kind,
    );
    expect(kinds).toEqual(['paused', 'b', 'a', 'paused-server']);
  });

  it.each([
    [[alert('a', 1), alert('b', 1)], [], '2 servers do not take mail; 2 messages wait.'],
    [[alert('a', 1)], [paused('b', 1200)], '1 server does not take mail, 1 is paused; 1,201 messages wait.'],
    [[], [paused('a', 0), paused('b', 0)], '2 servers are paused; nothing waits.'],
  ])('fold into a sentence', (alerts, paused_settings, words) => {
    expect(foldedWords(linesOf({ ...quiet, alerts, paused_settings }, null))).toBe(words);
  });
});
