/** The eight rungs while a test climbs: phases of the session in, rungs to show out. Times are of the monotonic clock. */
import { type LadderRung, type LadderStep, ladderSteps } from '../../contracts/diagnosis.ts';
import type { Clock } from '../platform/clock.ts';
import type { Phase, Reply } from '../smtp/outcome.ts';
import type { SessionFacts } from '../smtp/target.ts';
import {
  describeAuth,
  describeChoice,
  describeEhlo,
  describeNoTls,
  describeTls,
  formatAddress,
  formatReply,
} from './describe-rung.ts';
import { type DiagnosedSettings, findStep } from './recognise-failure.ts';

export interface Rungs {
  /** A phase of the session began, or ended well. */
  see: (phase: Phase, state: 'started' | 'ended', reply: Reply | null) => void;
  /** The test stopped here: what passed below stays, what lies above was not reached. */
  fail: (step: LadderStep, detail: string, reply: string) => void;
  /** The message was accepted. */
  finish: () => void;
  /** All eight, in ladder order; what was not reached is `skipped`. */
  list: () => LadderRung[];
}

export interface RungParts {
  settings: DiagnosedSettings;
  facts: SessionFacts;
  clock: Clock;
  onRung: (rung: LadderRung) => void;
}

export const openRungs = ({ settings, facts, clock, onRung }: RungParts): Rungs => {
  const rungs = new Map<LadderStep, LadderRung>();
  /** The piece that is being climbed. */
  let piece: { step: LadderStep; startedAt: number } | null = null;

  const put = (step: LadderStep, change: Partial<LadderRung>) => {
    const rung: LadderRung = {
      ...(rungs.get(step) ?? { step, status: 'skipped', ms: null, detail: '', reply: '' }),
      ...change,
    };
    rungs.set(step, rung);
    return rung;
  };
  const show = (step: LadderStep, change: Partial<LadderRung>) => onRung({ ...put(step, change) });

  const addTime = (step: LadderStep) => {
    if (piece === null) return;
    const milliseconds = (rungs.get(step)?.ms ?? 0) + clock.monotonic() - piece.startedAt;
    put(step, { ms: Math.round(milliseconds * 10) / 10 });
    piece = null;
  };

  const describe = (step: LadderStep): string => {
    switch (step) {
      case 'dns':
        return facts.addresses.join(', ');
      case 'tcp':
        return facts.connectedAddress === null
          ? 'connected'
          : `connected to ${formatAddress(facts.connectedAddress, settings.port)}`;
      case 'tls':
        return describeTls(facts, clock.now()) + describeChoice(facts, settings);
      case 'ehlo':
        return describeEhlo(facts, settings.host);
      case 'auth':
        return describeAuth(settings.username, facts.authMethod);
      case 'mail':
        return `sender ${settings.fromEmail} accepted`;
      case 'rcpt':
        return 'recipient accepted';
      case 'data':
        return 'message accepted: the server has it now';
    }
  };

  const pass = (step: LadderStep) => {
    if (rungs.get(step)?.status === 'running') show(step, { status: 'ok', detail: describe(step) });
  };

  /** What is above is begun, so what is below is settled: passed, or not needed. */
  const settleBelow = (step: LadderStep, phase: Phase) => {
    for (const below of ladderSteps.slice(0, ladderSteps.indexOf(step))) {
      if (rungs.has(below)) pass(below);
      // Whether there will be TLS is known only after EHLO.
      else if (below === 'tls' && step !== 'ehlo') show(below, { detail: describeNoTls(settings) });
      else if (below === 'auth') show(below, { detail: 'no sign-in: the user name is empty' });
    }
    if (phase === 'starttls') {
      show('ehlo', { detail: 'said hello in plain text; again as soon as the line is encrypted' });
    }
  };

  return {
    see: (phase, state, reply) => {
      const step = findStep(phase);
      if (state === 'ended') {
        if (reply !== null) put(step, { reply: formatReply(reply) });
        addTime(step);
        return;
      }
      if (piece !== null) addTime(piece.step);
      settleBelow(step, phase);
      piece = { step, startedAt: clock.monotonic() };
      if (rungs.get(step)?.status !== 'running') show(step, { status: 'running' });
    },

    fail: (failed, detail, reply) => {
      const at = ladderSteps.indexOf(failed);
      const helloReply = rungs.get('ehlo')?.reply ?? '';
      addTime(failed);
      for (const [index, step] of ladderSteps.entries()) {
        const rung = rungs.get(step);
        if (index < at) {
          if (rung?.status === 'running') pass(step);
          else if (rung === undefined) show(step, { detail: step === 'auth' ? 'no sign-in' : 'not reached' });
        } else if (index === at) {
          const found = step === 'tls' && facts.certificates.length > 0 ? describeTls(facts, clock.now()) : detail;
          // Whether STARTTLS was offered is in the answer to EHLO.
          const words = reply !== '' || step !== 'tls' || facts.certificates.length > 0 ? reply : helloReply;
          show(step, { status: 'failed', detail: found, reply: words });
        } else if (rung?.status !== 'skipped') {
          show(step, { status: 'skipped', ms: null, detail: '', reply: '' });
        }
      }
    },

    finish: () => {
      for (const step of ladderSteps) pass(step);
    },

    list: () => ladderSteps.map((step) => ({ ...put(step, {}) })),
  };
};
