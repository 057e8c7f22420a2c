/**
 * The test of SMTP settings: one real message through one session, shown rung by rung while it climbs
 * DNS → TCP → TLS → EHLO → AUTH → MAIL → RCPT → DATA, and when it stops, why and what to do.
 *
 * Each phase of the session belongs to one rung; a rung may run in several pieces, its final state counts. With STARTTLS
 * the greeting and the first EHLO come before TLS: the EHLO rung then stays `running` until EHLO was said again, and is
 * `skipped` when TLS fails, so that a green rung never stands on a failed one.
 *
 * A connection that hangs is asked about from the side: two seconds after dialling, the usual ports and this one are
 * probed. Where that proves that the wrong language is spoken, the test does not wait for its time-outs.
 */
import type { LadderFailure, LadderResult, LadderRung, PortProbe } from '../../contracts/diagnosis.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import type { OutgoingMail } from '../smtp/envelope.ts';
import { fail, type SmtpFailure, type TransactionOutcome } from '../smtp/outcome.ts';
import { emptyFacts, type SessionFacts, type SessionObserver, type SmtpTarget } from '../smtp/target.ts';
import { findWarnings, formatReply, toConnectionFacts } from './describe-rung.ts';
import { explainFailure, explainNoPassword } from './explain-failure.ts';
import { openRungs } from './ladder-rungs.ts';
import type { ProbePorts } from './probe-ports.client.ts';
import { type DiagnosedSettings, findStep, isImplicitTls, isPortInDoubt, type Situation } from './recognise-failure.ts';

export interface LadderInput {
  target: SmtpTarget;
  settings: DiagnosedSettings;
  /** There is a password, but no key that opens it; `target.credentials` is then null. */
  isPasswordLocked?: boolean;
  mailFrom: string;
  to: string;
  /** Value of the header of the composed message. */
  messageId: string;
  data: Uint8Array;
  /** Names this machine may say hello with, for the repair; best first. */
  otherEhloNames: readonly string[];
  /** Asked just before the server may take the message: see OutgoingMail. */
  beforeDot?: () => Promise<boolean>;
  signal?: AbortSignal | undefined;
}

/** As much of a session as a test needs. */
export interface TestSession {
  send: (mail: OutgoingMail) => Promise<TransactionOutcome>;
  quit: () => Promise<void>;
  destroy: () => void;
}

export interface LadderEffects {
  openSession: (
    target: SmtpTarget,
    options: { signal: AbortSignal; observer: SessionObserver; facts: SessionFacts },
  ) => Promise<{ ok: true; session: TestSession } | { ok: false; failure: SmtpFailure }>;
  probePorts: ProbePorts;
  clock: Clock;
  /** What it came to before anybody gives it a meaning; not called where nothing was tried for want of a password. */
  onOutcome?: (outcome: TransactionOutcome) => void;
}

/** Submission, submissions, relay, and the usual way round a blocked 25 (RFC 6409, RFC 8314, RFC 5321). */
const usualPorts: readonly number[] = [587, 465, 25, 2525];

/** A healthy server greets well within this; later, asking the ports costs nothing that matters. */
const probeAfterMilliseconds = 2000;

/** A server that talks without end must not fill the memory. */
const maxTranscriptLines = 500;

/**
 * Runs the test. Whatever the server does ends in the result; it throws only for bugs.
 * @param onRung called for each change of a rung, also `running`
 */
export const climbLadder = async (
  input: LadderInput,
  effects: LadderEffects,
  onRung: (rung: LadderRung) => void,
): Promise<LadderResult> => {
  const { target, settings } = input;
  const { clock } = effects;
  const startedAt = clock.now();
  const start = clock.monotonic();
  const facts = emptyFacts();
  const transcript: LadderResult['transcript'] = [];
  const rungs = openRungs({ settings, facts, clock, onRung });
  const session = new AbortController();
  const side = openSideProbe(input, effects, facts, () => session.abort());

  const observer: SessionObserver = {
    onPhase: (phase, state, reply) => {
      if (phase === 'quit') return;
      rungs.see(phase, state, reply);
      if (phase === 'connect' && state === 'started') side.startLater();
      if (phase === 'greeting' && state === 'ended') side.stop();
    },
    onLine: (from, text) => {
      if (transcript.length > maxTranscriptLines) return;
      const isFull = transcript.length === maxTranscriptLines;
      const line = isFull ? ({ from: 'note', text: 'the rest is not shown' } as const) : { from, text };
      transcript.push({ at: Math.round(clock.monotonic() - start), ...line });
    },
  };

  const conclude = (failure: LadderFailure | null, probes: readonly PortProbe[] = []): LadderResult => ({
    ok: failure === null,
    steps: rungs.list(),
    failure,
    messageId: input.messageId,
    emailId: null,
    to: input.to,
    connection: toConnectionFacts(facts, settings.port, clock.now()),
    probes: [...probes],
    warnings: failure === null ? findWarnings(facts, settings, clock.now()) : [],
    transcript,
    startedAt: toIso(startedAt),
    ms: Math.round(clock.monotonic() - start),
  });

  const situate = (probes: readonly PortProbe[]): Situation => ({
    settings,
    facts,
    probes,
    to: input.to,
    saidEhloName: target.ehloName,
    otherEhloNames: input.otherEhloNames,
  });

  const stop = async (failure: SmtpFailure): Promise<LadderResult> => {
    const probes = isPortInDoubt(failure) ? await side.ask() : [];
    const explained = explainFailure(failure, situate(probes));
    rungs.fail(explained.step, failure.kind === 'refused' ? '' : failure.detail, formatReply(failure.reply));
    return conclude(explained, probes);
  };

  try {
    const signal = input.signal === undefined ? session.signal : AbortSignal.any([session.signal, input.signal]);
    const opened = await effects.openSession(target, { signal, observer, facts });
    if (!opened.ok) {
      const isOurs = opened.failure.kind === 'cancelled' && input.signal?.aborted !== true;
      const failure = isOurs ? nameHangUp(opened.failure) : opened.failure;
      effects.onOutcome?.({ sent: false, failure, recipients: [] });
      return await stop(failure);
    }
    if (settings.username !== '' && target.credentials === null) {
      await opened.session.quit();
      const code = input.isPasswordLocked === true ? 'password-locked' : 'password-missing';
      rungs.fail('auth', 'there was no password to sign in with, so the test ended here', '');
      return conclude(explainNoPassword(code, situate([])));
    }

    const outcome = await sendOnce(opened.session, input);
    effects.onOutcome?.(outcome);
    if (!outcome.sent) return await stop(findFailure(outcome));
    rungs.finish();
    return conclude(null);
  } finally {
    side.stop();
  }
};

/** Sends the message and says goodbye. */
const sendOnce = async (session: TestSession, input: LadderInput): Promise<TransactionOutcome> => {
  const { mailFrom, to, data, beforeDot } = input;
  // The signal that opened the session still ends it: an abort breaks whatever waits.
  const outcome = await session.send({ mailFrom, recipients: [to], data, ...(beforeDot && { beforeDot }) });
  await session.quit();
  return outcome;
};

/** What was said of the one recipient tells more than what follows from it for the message. */
const findFailure = ({ recipients: [recipient], failure }: TransactionOutcome & { sent: false }): SmtpFailure =>
  recipient?.accepted === false ? recipient.failure : failure;

/** The session was ended because the probe knew better; what it waited for is what failed. */
const nameHangUp = (failure: SmtpFailure): SmtpFailure =>
  findStep(failure.phase) === 'tls'
    ? fail(failure.phase, 'tls-handshake-timeout', 'no TLS; asked in plain text, the port answers')
    : fail(failure.phase, 'reply-timeout', 'no greeting in plain text; asked another way, the port answers');

/** Asks the ports beside the session: late and unasked when it hangs, at once when it failed early. */
const openSideProbe = (
  { target, settings, signal }: LadderInput,
  { probePorts }: LadderEffects,
  facts: SessionFacts,
  onProof: () => void,
) => {
  let running: { probes: Promise<PortProbe[]>; abort: () => void; hasBegun: () => boolean } | null = null;

  const run = (afterMilliseconds: number) => {
    const stop = new AbortController();
    let hasBegun = false;
    const probes = probePorts({
      host: target.host,
      addresses: () => (facts.connectedAddress === null ? facts.addresses : [facts.connectedAddress]),
      ports: [...new Set([settings.port, ...usualPorts])],
      ehloName: target.ehloName,
      isAddressAllowed: target.isAddressAllowed,
      afterMilliseconds,
      onBegin: () => {
        hasBegun = true;
      },
      signal: signal === undefined ? stop.signal : AbortSignal.any([stop.signal, signal]),
    });
    return { probes, abort: () => stop.abort(), hasBegun: () => hasBegun };
  };

  /** Proof that waiting is in vain: this port speaks, but another language. */
  const isProof = (probes: readonly PortProbe[]) => {
    const result = probes.find((probe) => probe.port === settings.port)?.result ?? 'silent';
    const others = isImplicitTls(settings) ? ['starttls', 'plain', 'not-smtp'] : ['tls', 'not-smtp'];
    return others.includes(result);
  };

  return {
    startLater: () => {
      const late = run(probeAfterMilliseconds);
      running = late;
      void late.probes.then((probes) => {
        if (running === late && isProof(probes)) onProof();
      });
    },
    /** The session got somewhere: nobody needs to know. */
    stop: () => {
      running?.abort();
      running = null;
    },
    ask: async (): Promise<PortProbe[]> => {
      const late = running;
      running = null;
      if (late?.hasBegun()) return late.probes;
      late?.abort();
      return run(0).probes;
    },
  };
};
