import { describe, expect, it } from 'vitest';
import { networkOf, openSignInLimits } from './sign-in-limits.ts';

const open = () => {
  const clock = { ms: 1_000_000, monotonic: () => clock.ms };
  return { clock, limits: openSignInLimits(clock) };
};

describe('sign-in limits', () => {
  it('lets five tries through, then asks for 1, 2, 4 … 60 seconds, and never for more', () => {
    const { clock, limits } = open();
    const waits: number[] = [];
    for (let round = 0; round < 14; round += 1) {
      const seconds = limits.begin('ada@example.com', '192.0.2.1');
      waits.push(seconds);
      if (seconds === 0) continue;
      clock.ms += seconds * 1000;
      expect(limits.begin('ada@example.com', '192.0.2.1')).toBe(0);
    }
    expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  });

  it('counts a try that waits for its answer, so that many at once are many', () => {
    const { limits } = open();
    const answers = Array.from({ length: 1000 }, () => limits.begin('ada@example.com', '192.0.2.1'));
    expect(answers.filter((seconds) => seconds === 0)).toHaveLength(5);
  });

  it('forgets the failures after a right password', () => {
    const { limits } = open();
    for (let round = 0; round < 4; round += 1) limits.begin('ada@example.com', '192.0.2.1');
    limits.begin('ada@example.com', '192.0.2.1');
    limits.succeed('ada@example.com', '192.0.2.1');
    for (let round = 0; round < 5; round += 1) expect(limits.begin('ADA@example.com', '192.0.2.1')).toBe(0);
    expect(limits.begin('ada@example.com', '192.0.2.1')).toBe(1);
  });

  it('slows one network address down over all accounts', () => {
    const { clock, limits } = open();
    for (let round = 0; round < 30; round += 1) expect(limits.begin(`p${round}@example.com`, '192.0.2.1')).toBe(0);
    expect(limits.begin('another@example.com', '192.0.2.1')).toBe(2);
    expect(limits.begin('another@example.com', '192.0.2.2')).toBe(0);
    clock.ms += 2000;
    expect(limits.begin('another@example.com', '192.0.2.1')).toBe(0);
  });

  it('slows an account down that is tried from everywhere, but not for who signed in from the same place before', () => {
    const { limits } = open();
    limits.begin('ada@example.com', '198.51.100.7');
    limits.succeed('ada@example.com', '198.51.100.7');
    const answers = Array.from({ length: 100 }, (_, n) => limits.begin('ada@example.com', `192.0.2.${n}`));
    expect(answers.filter((seconds) => seconds === 0)).toHaveLength(20);
    expect(answers.at(-1)).toBe(10);
    expect(limits.begin('ada@example.com', '198.51.100.7')).toBe(0);
    expect(limits.begin('ada@example.com', '203.0.113.5')).toBeGreaterThan(0);
  });

  it('stays small whatever is thrown at it', () => {
    const { limits } = open();
    for (let n = 0; n < 30_000; n += 1) limits.begin(`${n}@example.com`, `2001:db8:${(n % 65536).toString(16)}::1`);
    expect(limits.size()).toBeLessThanOrEqual(20_000);
  });

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:DB8:01::9', '2001:db8:1:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('counts %s as %s', (address, network) => expect(networkOf(address)).toBe(network));
});
