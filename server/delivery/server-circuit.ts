/**
 * What a server has shown lately, and how much mail may go to it now. Pure; times are milliseconds of the monotonic clock.
 *
 * unproven: one message at a time until something went well (so that a wrong password is tried once, not five times)
 * ok:       five connections at first, one more for each round of successes, at most 40 (Postfix lets a client have 50); two of them only for urgent mail
 * slow:     half as many, at least one; grows again like ok
 * parked:   nothing but a probe, one message at most, after 5 s, 15 s, 60 s, then every 5 minutes. A refused sign-in is
 *           tried a second time after a minute, then every 4 hours; all of it begins anew when the settings change.
 * Several slow answers in a row park it too. What was under way when the state changed says nothing against the new one.
 */
import type { ServerHealth, ServerVerdict } from './verdict.ts';

export const connectionLimits = { start: 5, most: 40, reservedForUrgent: 2 } as const;
const probeSeconds = [5, 15, 60, 300] as const;
const signInProbeSeconds = [60, 4 * 3600] as const;
/** What is wrong here costs nobody anything to look at again. */
const ownProbeSeconds = [5] as const;
const isOwnProblem = (code: string) => code === 'password-missing' || code === 'password-locked';
/** Until then it may be a hiccup, and nobody is alerted. */
const hiccup = { codes: ['connection', 'dns', 'dns-not-found'], failures: 3, milliseconds: 120_000 };
/** Slow answers in a row after which it is better to wait. */
const slowUntilParked = 3;

export interface Circuit {
  state: 'unproven' | 'ok' | 'slow' | 'parked';
  limit: number;
  /** In a row. */
  failures: number;
  successes: number;
  /** Failed probes in a row. */
  step: number;
  /** Of the present trouble; what began before it does not count any more. */
  changedAt: number;
  troubleSince: number;
  /** Null: only after a change of the settings. */
  probeAt: number | null;
  problem: ServerVerdict | null;
}

export const newCircuit = (): Circuit => ({
  state: 'unproven',
  limit: connectionLimits.start,
  failures: 0,
  successes: 0,
  step: 0,
  changedAt: Number.NEGATIVE_INFINITY,
  troubleSince: 0,
  probeAt: null,
  problem: null,
});

/** Parked as another run of the program left it. */
export const parkedCircuit = (problem: ServerVerdict, probeAt: number | null, now: number): Circuit => ({
  ...newCircuit(),
  state: 'parked',
  // It was alerted already, and a refused sign-in is not tried more often for a restart.
  failures: hiccup.failures,
  step: 1,
  changedAt: now,
  troubleSince: now,
  probeAt,
  problem,
});

export interface AttemptEnd {
  verdict: ServerVerdict | null;
  startedAt: number;
  now: number;
  /** 0 ≤ random < 1 */
  random: number;
  /** Other messages are on their way to this server, over connections that it has taken. */
  hasOthers: boolean;
}

export function advanceCircuit(circuit: Circuit, end: AttemptEnd): Circuit {
  const { verdict, startedAt, now, hasOthers } = end;
  if (verdict === null || startedAt < circuit.changedAt) return circuit;
  if (verdict.state === 'ok') return succeed(circuit, now);
  const failed: Circuit = {
    ...circuit,
    failures: circuit.failures + 1,
    successes: 0,
    changedAt: now,
    troubleSince: circuit.failures === 0 ? now : circuit.troubleSince,
    problem: verdict,
  };
  if (verdict.state !== 'slow') return park(failed, verdict.retryAfterSeconds, end);
  const isPause = (verdict.retryAfterSeconds ?? 0) > 0 && !hasOthers;
  if (isPause || circuit.state === 'parked' || failed.failures >= slowUntilParked) {
    return park(failed, verdict.retryAfterSeconds, end);
  }
  return { ...failed, state: 'slow', limit: Math.max(1, Math.floor(circuit.limit / 2)), probeAt: null };
}

function succeed(circuit: Circuit, now: number): Circuit {
  if (circuit.state === 'unproven' || circuit.state === 'parked') {
    return { ...newCircuit(), state: 'ok', changedAt: now };
  }
  const successes = circuit.successes + 1;
  const isRound = successes >= circuit.limit;
  const limit = isRound ? Math.min(connectionLimits.most, circuit.limit + 1) : circuit.limit;
  const isWell = circuit.state === 'ok' || limit >= connectionLimits.start;
  return {
    ...circuit,
    state: isWell ? 'ok' : 'slow',
    limit,
    failures: 0,
    successes: isRound ? 0 : successes,
    step: 0,
    problem: isWell ? null : circuit.problem,
  };
}

function park(circuit: Circuit, least: number | null, { now, random }: AttemptEnd): Circuit {
  const code = circuit.problem?.code ?? '';
  const ladder = code === 'sign-in' ? signInProbeSeconds : isOwnProblem(code) ? ownProbeSeconds : probeSeconds;
  const seconds = Math.max(least ?? 0, ladder[Math.min(circuit.step, ladder.length - 1)] as number);
  const probeAt = least === null ? null : now + seconds * 1000 * (1 + 0.1 * random);
  return { ...circuit, state: 'parked', step: circuit.step + 1, probeAt };
}

/**
 * Messages that may be begun now.
 * @param busy those under way, and how many of them are not urgent
 * @param each as many as a connection takes at a time while all is well
 */
export function findRoom(
  circuit: Circuit,
  busy: { all: number; others: number },
  now: number,
  each = 1,
): { any: number; urgent: number } {
  const { state, probeAt } = circuit;
  if (state === 'parked' || state === 'unproven') {
    const isDue = state === 'unproven' || (probeAt !== null && probeAt <= now);
    const room = isDue && busy.all === 0 ? 1 : 0;
    return { any: room, urgent: room };
  }
  const perConnection = state === 'ok' ? each : 1;
  const urgent = Math.max(0, circuit.limit * perConnection - busy.all);
  const others = Math.max(1, circuit.limit - connectionLimits.reservedForUrgent) * perConnection - busy.others;
  return { any: Math.max(0, Math.min(urgent, others)), urgent };
}

/** What the screen shows; null while there is nothing to say (yet). @param wallNow milliseconds since 1970 at `now` */
export function describeCircuit(
  circuit: Circuit,
  now: number,
  wallNow: number,
): Omit<ServerHealth, 'settingsId' | 'isPaused'> | null {
  const { state, problem, probeAt, troubleSince, failures } = circuit;
  if (state === 'unproven') return null;
  const toWall = (at: number) => Math.round(wallNow + at - now);
  if (problem === null || state === 'ok') {
    return { state: 'ok', code: 'ok', reason: '', since: toWall(circuit.changedAt), nextProbeAt: null };
  }
  const isHiccup =
    hiccup.codes.includes(problem.code) && failures < hiccup.failures && now - troubleSince < hiccup.milliseconds;
  if (isHiccup) return null;
  return {
    state: problem.state,
    code: problem.code,
    reason: problem.reason,
    since: toWall(troubleSince),
    nextProbeAt: state === 'parked' && probeAt !== null ? toWall(probeAt) : null,
  };
}
