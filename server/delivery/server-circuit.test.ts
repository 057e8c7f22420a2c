import { describe, expect, it } from 'vitest';
import {
  type AttemptEnd,
  advanceCircuit,
  type Circuit,
  connectionLimits,
  describeCircuit,
  findRoom,
  newCircuit,
} from './server-circuit.ts';
import type { ServerVerdict } from './verdict.ts';

const verdict = (state: ServerVerdict['state'], code: string, retryAfterSeconds: number | null = 5): ServerVerdict => {
  return { state, code, reason: `because of ${code}`, retryAfterSeconds };
};
const ok = verdict('ok', 'ok', 0);
const dead = verdict('unreachable', 'connection');
const none = { all: 0, others: 0 };
const end = (given: ServerVerdict | null, now: number, more: Partial<AttemptEnd> = {}): AttemptEnd => ({
  verdict: given,
  startedAt: now,
  now,
  random: 0,
  hasOthers: false,
  ...more,
});
const run = (circuit: Circuit, ...ends: AttemptEnd[]) => ends.reduce(advanceCircuit, circuit);
const well = run(newCircuit(), end(ok, 0));
const wallNow = 1_000_000;

describe('a server', () => {
  it('gets one message at a time until one went well, then five connections, two of them for urgent mail only', () => {
    expect(findRoom(newCircuit(), none, 0)).toEqual({ any: 1, urgent: 1 });
    expect(findRoom(newCircuit(), { all: 1, others: 0 }, 0)).toEqual({ any: 0, urgent: 0 });
    expect(findRoom(well, none, 0)).toEqual({ any: 3, urgent: 5 });
    expect(findRoom(well, { all: 3, others: 3 }, 0)).toEqual({ any: 0, urgent: 2 });
    expect(findRoom(well, { all: 5, others: 3 }, 0)).toEqual({ any: 0, urgent: 0 });
  });

  it('gets one connection more for each round of successes, and never more than 40', () => {
    const ends = (count: number) => Array.from({ length: count }, (_, at) => end(ok, at + 1));
    expect(run(well, ...ends(4)).limit).toBe(5);
    expect(run(well, ...ends(5)).limit).toBe(6);
    expect(run(well, ...ends(2000)).limit).toBe(connectionLimits.most);
    expect(connectionLimits.most).toBe(40);
  });

  it('gets two messages for each connection where it takes flights, as long as all is well', () => {
    expect(findRoom(well, none, 0, 2)).toEqual({ any: 6, urgent: 10 });
    expect(findRoom(well, { all: 6, others: 6 }, 0, 2)).toEqual({ any: 0, urgent: 4 });
    const halved = run(well, end(verdict('slow', 'rate', 0), 100));
    expect(findRoom(halved, none, 100, 2)).toEqual({ any: 1, urgent: 2 });
    expect(findRoom(newCircuit(), none, 0, 2)).toEqual({ any: 1, urgent: 1 });
  });

  it('is halved when it wants less, once for what was under way together, and always has one', () => {
    const slow = verdict('slow', 'rate', 0);
    const halved = run(well, end(slow, 100), end(slow, 101, { startedAt: 50 }));
    expect(halved).toMatchObject({ state: 'slow', limit: 2 });
    expect(findRoom(halved, none, 100)).toEqual({ any: 1, urgent: 2 });
    expect(run(halved, end(slow, 200))).toMatchObject({ state: 'slow', limit: 1 });
    const grown = run(halved, ...Array.from({ length: 9 }, (_, at) => end(ok, 200 + at)));
    expect(grown).toMatchObject({ state: 'ok', limit: 5 });
  });

  it('is parked when it is slow three times in a row', () => {
    const slow = verdict('slow', 'line-lost', 0);
    const parked = run(well, end(slow, 1), end(slow, 2), end(slow, 3));
    expect(parked.state).toBe('parked');
    expect(findRoom(parked, none, 4)).toEqual({ any: 0, urgent: 0 });
    expect(findRoom(parked, none, 5003)).toEqual({ any: 1, urgent: 1 });
  });

  it('is probed after 5 s, 15 s, 60 s, then every 5 minutes, with one message', () => {
    const waits: number[] = [];
    let circuit = well;
    for (let now = 10_000, i = 0; i < 5; i++) {
      circuit = run(circuit, end(dead, now));
      waits.push(((circuit.probeAt ?? 0) - now) / 1000);
      now = circuit.probeAt ?? 0;
      expect(findRoom(circuit, none, now - 1).any).toBe(0);
      expect(findRoom(circuit, none, now).any).toBe(1);
      expect(findRoom(circuit, { all: 1, others: 1 }, now).any).toBe(0);
    }
    expect(waits).toEqual([5, 15, 60, 300, 300]);
    expect(run(circuit, end(ok, 1_000_000))).toMatchObject({ state: 'ok', limit: 5, failures: 0, step: 0 });
  });

  it('that refused the sign-in is tried again after a minute, then every four hours', () => {
    const first = run(well, end(verdict('blocked', 'sign-in'), 0));
    expect(first.probeAt).toBe(60_000);
    const second = run(first, end(verdict('blocked', 'sign-in'), 60_000));
    expect(second.probeAt).toBe(60_000 + 4 * 3_600_000);
  });

  it('waits as long as the verdict says, at least', () => {
    expect(run(well, end(verdict('blocked', 'quota', 3600), 0)).probeAt).toBe(3_600_000);
    expect(run(well, end(verdict('blocked', 'quota', null), 0)).probeAt).toBeNull();
  });

  it('is only halved for being busy while others are on their way to it', () => {
    const busy = verdict('slow', 'busy', 60);
    expect(run(well, end(busy, 1)).state).toBe('parked');
    expect(run(well, end(busy, 1, { hasOthers: true }))).toMatchObject({ state: 'slow', limit: 2 });
  });

  it('is neither parked further nor set free by what began before it was parked', () => {
    const parked = run(well, end(verdict('blocked', 'sign-in'), 100));
    expect(run(parked, end(ok, 200, { startedAt: 50 }))).toBe(parked);
    expect(run(parked, end(dead, 200, { startedAt: 50 }))).toBe(parked);
    expect(run(parked, end(null, 200))).toBe(parked);
  });
});

describe('what is shown of a server', () => {
  it('is nothing before it has proved anything, and nothing for two hiccups', () => {
    expect(describeCircuit(newCircuit(), 0, wallNow)).toBeNull();
    const twice = run(well, end(dead, 1000), end(dead, 7000));
    expect(describeCircuit(twice, 7000, wallNow)).toBeNull();
    expect(describeCircuit(run(twice, end(dead, 23_000)), 23_000, wallNow)).toEqual({
      state: 'unreachable',
      code: 'connection',
      reason: 'because of connection',
      since: wallNow - 22_000,
      nextProbeAt: wallNow + 60_000,
    });
  });

  it('is a hiccup that lasts two minutes', () => {
    const twice = run(well, end(dead, 1000), end(dead, 121_000));
    expect(describeCircuit(twice, 121_000, wallNow)?.state).toBe('unreachable');
  });

  it('is at once what needs somebody', () => {
    const parked = run(newCircuit(), end(verdict('blocked', 'certificate'), 0));
    expect(describeCircuit(parked, 0, wallNow)).toMatchObject({
      state: 'blocked',
      code: 'certificate',
      since: wallNow,
    });
    const back = run(parked, end(ok, 10_000));
    expect(describeCircuit(back, 10_000, wallNow)).toMatchObject({ state: 'ok', reason: '', nextProbeAt: null });
  });
});
