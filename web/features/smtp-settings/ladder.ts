/**
 * A test as the screen shows it: eight rungs, climbing while the stream runs, then the whole result.
 * Invariant: events of an earlier run never reach the ladder of a later one (each run has a number).
 */
import {
  type LadderEvent,
  type LadderResult,
  type LadderRung,
  type LadderStep,
  ladderSteps,
} from '../../../contracts/diagnosis.ts';

export interface Rung extends Omit<LadderRung, 'status'> {
  /** `waiting`: not reached yet, which only the screen knows. */
  status: LadderRung['status'] | 'waiting';
}

export interface TestRun {
  number: number;
  /** Id of the settings, or `new`. */
  subject: string;
  /** Whether the form was tested, rather than what is saved. */
  isDraft: boolean;
  to: string;
  state: 'running' | 'finished' | 'refused' | 'cancelled';
  rungs: Rung[];
  result: LadderResult | null;
  /** Why the server would not test at all, in its own words. */
  refusal: string;
  /** Fingerprints of the servers' certificates that this and earlier tests of the same settings have shown. */
  shown: ReadonlySet<string>;
}

export type TestAction =
  | { type: 'start'; number: number; subject: string; isDraft: boolean; to: string }
  | { type: 'event'; number: number; event: LadderEvent }
  | { type: 'refuse'; number: number; message: string }
  | { type: 'cancel'; number: number }
  /** New settings were saved: what was shown for the form now belongs to them. */
  | { type: 'adopt'; subject: string };

export const rungNames: Record<LadderStep, { short: string; plain: string }> = {
  dns: { short: 'DNS', plain: 'Find the server’s address' },
  tcp: { short: 'TCP', plain: 'Connect to the server' },
  tls: { short: 'TLS', plain: 'Encrypt the connection' },
  ehlo: { short: 'EHLO', plain: 'Greet each other' },
  auth: { short: 'AUTH', plain: 'Sign in' },
  mail: { short: 'MAIL', plain: 'Name the sender' },
  rcpt: { short: 'RCPT', plain: 'Name the recipient' },
  data: { short: 'DATA', plain: 'Hand over the message' },
};

/** `412 ms`, `3.0 s`. */
export const timeWords = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

export const nothingShown: ReadonlySet<string> = new Set();

const waitingRungs = (): Rung[] =>
  ladderSteps.map((step) => ({ step, status: 'waiting', ms: null, detail: '', reply: '' }));

export function reduceTest(run: TestRun | null, action: TestAction): TestRun | null {
  if (action.type === 'start') {
    const { type: _, ...start } = action;
    const shown = run?.subject === action.subject ? run.shown : nothingShown;
    return { ...start, state: 'running', rungs: waitingRungs(), result: null, refusal: '', shown };
  }
  if (!run) return null;
  if (action.type === 'adopt') return { ...run, subject: action.subject };
  if (action.number !== run.number || run.state !== 'running') return run;
  switch (action.type) {
    case 'refuse':
      return { ...run, state: 'refused', refusal: action.message };
    case 'cancel':
      return { ...run, state: 'cancelled', rungs: run.rungs.map(stopWaiting) };
    case 'event': {
      const { event } = action;
      if (event.event === 'result')
        return {
          ...run,
          state: 'finished',
          result: event.data,
          rungs: event.data.steps,
          to: event.data.to || run.to,
          shown: withLeaf(run.shown, event.data),
        };
      return { ...run, rungs: run.rungs.map((rung) => (rung.step === event.data.step ? event.data : rung)) };
    }
  }
}

/** Known to the screen for as long as the server knows it too, or shorter. */
function withLeaf(shown: ReadonlySet<string>, result: LadderResult): ReadonlySet<string> {
  const leaf = result.connection.certificates[0];
  return leaf ? new Set([...shown, leaf.fingerprint]) : shown;
}

const stopWaiting = (rung: Rung): Rung =>
  rung.status === 'waiting' || rung.status === 'running' ? { ...rung, status: 'skipped' } : rung;

/** What a screen reader hears as the ladder climbs; empty while nothing is worth a sentence. */
export function announcementOf(run: TestRun | null): string {
  if (!run) return '';
  if (run.state === 'cancelled') return 'Test cancelled.';
  if (run.state === 'refused') return `Test refused. ${run.refusal}`;
  if (run.state === 'finished' && run.result) {
    if (run.result.ok) return `Test passed. Sent to ${run.result.to}.`;
    return `Test failed at ${run.result.failure ? rungNames[run.result.failure.step].short : 'a step'}. ${run.result.failure?.title ?? ''}`;
  }
  const running = run.rungs.find((rung) => rung.status === 'running');
  return running ? `${rungNames[running.step].plain}…` : 'Test started.';
}
