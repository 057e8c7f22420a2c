import { describe, expect, it } from 'vitest';
import { openFirstRun } from './first-run.ts';

const open = () => {
  const clock = { ms: 0, monotonic: () => clock.ms };
  const firstRun = openFirstRun(clock);
  return { clock, firstRun, token: firstRun.path.slice('/first-run#'.length) };
};

describe('first run', () => {
  it('is opened by the token of the printed path, once', () => {
    const { firstRun, token } = open();
    expect(firstRun.path).toMatch(/^\/first-run#[\w-]{43}$/);
    expect(firstRun.take(token)).toBe('taken');
    expect(firstRun.take(token)).toBe('wrong');
  });

  it('is not opened by anything else', () => {
    const { firstRun, token } = open();
    for (const wrong of ['', token.slice(1), `${token}x`, open().token]) expect(firstRun.take(wrong)).toBe('wrong');
    expect(firstRun.take(token)).toBe('taken');
  });

  it('is closed after 30 minutes', () => {
    const { clock, firstRun, token } = open();
    clock.ms = 30 * 60 * 1000 + 1;
    expect(firstRun.take(token)).toBe('expired');
    expect(firstRun.take('another')).toBe('wrong');
  });

  it('is open again when the administrator could not be made', () => {
    const { firstRun, token } = open();
    firstRun.take(token);
    firstRun.giveBack();
    expect(firstRun.take(token)).toBe('taken');
  });
});
