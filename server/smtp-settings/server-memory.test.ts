import { describe, expect, it } from 'vitest';
import { findSizeLimit, formatOctets, isSameServer, openServerMemory } from './server-memory.ts';

const day = 24 * 60 * 60 * 1000;
const start = Date.UTC(2026, 10, 22);
const seen = { serverSeenAt: new Date(start).toISOString(), sizeLimitBytes: 10_000_000 };

describe('the largest message of a server', () => {
  it.each<[string, Parameters<typeof findSizeLimit>[0], number, number | null]>([
    ['counts for a week', seen, start + 7 * day, 10_000_000],
    ['is stale after that', seen, start + 7 * day + 1, null],
    ['counts when the clock was set back', seen, start - day, 10_000_000],
    ['is unknown where the server named none', { ...seen, sizeLimitBytes: null }, start, null],
    ['is unknown where it was never spoken to', { serverSeenAt: null, sizeLimitBytes: null }, start, null],
    ['is unknown where nobody asked', {}, start, null],
  ])('%s', (_, knowledge, at, limit) => expect(findSizeLimit(knowledge, at)).toBe(limit));

  it.each([
    [10_485_760, 'down', '10.4 MB'],
    [10_485_761, 'up', '10.5 MB'],
    [35_000_000, 'down', '35 MB'],
    [1, 'up', '1 KB'],
    [999_999, 'up', '1000 KB'],
  ] as const)('%i octets rounded %s are %s', (octets, round, words) => expect(formatOctets(octets, round)).toBe(words));
});

describe('the memory of a server', () => {
  const fresh = { id: 'smtp_1', version: 4, serverSeenAt: null, sizeLimitBytes: null, starttlsSeenAt: null };
  const open = (known: Partial<Parameters<typeof openServerMemory>[0]> = {}) => {
    const saved: unknown[] = [];
    const clock = { ms: start };
    const save = async (...given: unknown[]) => void saved.push(given);
    return { saved, clock, memory: openServerMemory({ ...fresh, ...known }, { save, now: () => clock.ms }) };
  };

  it('writes down what it sees first, and again when an hour has passed', () => {
    const { saved, clock, memory } = open();
    const offer = { sizeLimitBytes: 10_000_000, hasStarttls: true };
    memory.note(offer);
    memory.note(offer);
    expect(saved).toEqual([['smtp_1', 4, offer]]);
    clock.ms += 60 * 60 * 1000;
    memory.note(offer);
    expect(saved).toHaveLength(2);
  });

  it('believes the larger of two at once, and the smaller only when ten seconds have passed', () => {
    const { saved, clock, memory } = open(seen);
    const say = (sizeLimitBytes: number | null) => memory.note({ sizeLimitBytes, hasStarttls: false });
    say(20_000_000);
    say(10_000_000);
    say(null);
    say(10_000_000);
    expect(saved.map((one) => (one as [0, 0, { sizeLimitBytes: unknown }])[2].sizeLimitBytes)).toEqual([
      20_000_000,
      null,
    ]);
    clock.ms += 10_000;
    say(10_000_000);
    expect(saved).toHaveLength(3);
  });

  it('knows that STARTTLS was offered from then on, and writes that down at once', () => {
    const { saved, memory } = open(seen);
    expect(memory.hadStarttls()).toBe(false);
    memory.note({ sizeLimitBytes: 10_000_000, hasStarttls: true });
    memory.note({ sizeLimitBytes: 10_000_000, hasStarttls: false });
    expect([saved.length, memory.hadStarttls()]).toEqual([1, true]);
    expect(open({ starttlsSeenAt: seen.serverSeenAt }).memory.hadStarttls()).toBe(true);
  });

  it('writes down again what could not be, and not only an hour later', async () => {
    const saved: unknown[] = [];
    const save = async (_id: string, _version: number, offer: unknown) => {
      saved.push(offer);
      if (saved.length === 1) throw new Error('the database is away');
    };
    const memory = openServerMemory({ ...fresh, ...seen }, { save, now: () => start });
    const offer = { sizeLimitBytes: 20_000_000, hasStarttls: true };
    memory.note(offer);
    await Promise.resolve();
    memory.note(offer);
    memory.note(offer);
    expect(saved).toEqual([offer, offer]);
    expect(memory.hadStarttls()).toBe(true);
  });

  it('is of one server, one account and one kind of security', () => {
    const server = { host: 'a.test', port: 25, username: '', security: 'automatic', starttlsOnly: false } as const;
    expect(isSameServer(server, { ...server })).toBe(true);
    for (const change of [{ host: 'b.test' }, { port: 26 }, { username: 'u' }, { security: 'none' as const }])
      expect(isSameServer(server, { ...server, ...change })).toBe(false);
  });
});
