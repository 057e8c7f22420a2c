/**
 * Which rung a failure belongs to, and its code. A pure judgement over what the session reported, what was learnt on the
 * way and what the other ports answered.
 *
 * A reply of the server is judged by known-replies.ts. Everything else by its kind, with one correction: the two ways to
 * mix up TLS and plain text look alike from inside the session (silence, a lost line), so the probe of the same port
 * decides (RFC 8314 §3.3 and §3.1).
 */
import type { FailureCode, LadderStep, PortProbe } from '../../contracts/diagnosis.ts';
import type { SmtpSettings } from '../../contracts/smtp-settings.ts';
import { readCapabilities } from '../smtp/capabilities.ts';
import type { Phase, SmtpFailure } from '../smtp/outcome.ts';
import type { SessionFacts } from '../smtp/target.ts';
import { findKnownReply } from './known-replies.ts';

/** The settings under test, as far as they explain a failure or can be changed by a repair. */
export type DiagnosedSettings = Pick<
  SmtpSettings,
  | 'host'
  | 'port'
  | 'starttlsOnly'
  | 'security'
  | 'fromEmail'
  | 'replyTo'
  | 'username'
  | 'certificateFingerprint'
  | 'tlsMinimum'
  | 'authMethod'
>;

/** Everything a failure is explained from. */
export interface Situation {
  settings: DiagnosedSettings;
  facts: SessionFacts;
  /** What the given and the usual ports answered; empty when nobody asked them. */
  probes: readonly PortProbe[];
  to: string;
  /** The name said in EHLO. */
  saidEhloName: string;
  /** Other names this machine may use, best first. */
  otherEhloNames: readonly string[];
}

const stepOfPhase: Record<Phase, LadderStep> = {
  dns: 'dns',
  connect: 'tcp',
  greeting: 'ehlo',
  ehlo: 'ehlo',
  starttls: 'tls',
  tls: 'tls',
  auth: 'auth',
  mail: 'mail',
  rcpt: 'rcpt',
  data: 'data',
  body: 'data',
  dot: 'data',
  quit: 'data',
};

/** The rung that shows a phase of the session. */
export const findStep = (phase: Phase): LadderStep => stepOfPhase[phase];

/** Whether TLS is spoken from the first byte; `automatic` does so on port 465. */
export const isImplicitTls = (settings: Pick<DiagnosedSettings, 'starttlsOnly' | 'security' | 'port'>): boolean =>
  !settings.starttlsOnly &&
  (settings.security === 'tls' || (settings.security === 'automatic' && settings.port === 465));

/** Whether the other ports (and this one, the other way) are worth asking: nothing before sign-in came to pass here. */
export const isPortInDoubt = (failure: SmtpFailure): boolean => {
  if (failure.kind === 'cancelled' || failure.kind === 'invalid-input' || failure.kind === 'address-refused')
    return false;
  if (failure.kind === 'auth-needs-tls') return true;
  if (failure.kind.startsWith('certificate-')) return false;
  return ['connect', 'greeting', 'starttls', 'tls'].includes(failure.phase);
};

/** The reply came in pieces and did not end in time: RFC 5321 §4.5.3.2 counts complete replies, not bytes. */
const hasDripped = (failure: SmtpFailure): boolean => /\b[1-9]\d* bytes?\b/.test(failure.detail);

/** Step and code of a failure of a session or a transaction. */
export const recogniseFailure = (
  failure: SmtpFailure,
  situation: Pick<Situation, 'settings' | 'probes' | 'facts'>,
): { step: LadderStep; code: FailureCode } => {
  const step = findStep(failure.phase);
  const { settings } = situation;
  const thisPort = situation.probes.find((probe) => probe.port === settings.port)?.result;
  const isImplicit = isImplicitTls(settings);
  const isTlsExpected = !isImplicit && failure.phase === 'greeting' && thisPort === 'tls';
  const isPlainExpected =
    isImplicit && failure.phase === 'tls' && ['starttls', 'plain', 'not-smtp'].includes(thisPort ?? '');

  if (isTlsExpected && failure.kind !== 'refused') return { step: 'tls', code: 'tls-expected' };
  // A web server says nothing until it is spoken to, which only the probe does.
  if (failure.phase === 'greeting' && failure.kind !== 'refused' && thisPort === 'not-smtp') {
    return { step, code: 'not-smtp' };
  }
  if (isPlainExpected && !failure.kind.startsWith('certificate-')) {
    return { step: 'tls', code: thisPort === 'not-smtp' ? 'not-smtp' : 'tls-not-spoken' };
  }

  switch (failure.kind) {
    case 'refused': {
      const known = failure.reply === null ? undefined : findKnownReply(failure.phase, failure.reply, settings.host);
      const code = known?.means ?? 'protocol-error';
      return { step, code: isStrangerRefused(failure, code, situation) ? 'auth-required' : code };
    }
    case 'address-refused':
      return { step: 'dns', code: 'address-refused' };
    case 'dns-not-found':
    case 'dns-timeout':
    case 'dns-failed':
      return { step: 'dns', code: failure.kind };
    case 'connection-refused':
    case 'connection-timeout':
    case 'host-unreachable':
    case 'connection-failed':
      return { step: 'tcp', code: failure.kind };
    case 'tls-not-spoken':
      // After STARTTLS was agreed on, plain text is not a mix-up of ports.
      return { step: 'tls', code: isImplicit ? 'tls-not-spoken' : 'tls-failed' };
    case 'not-smtp':
      return /\bTLS\b/.test(failure.detail) ? { step: 'tls', code: 'tls-expected' } : { step, code: 'not-smtp' };
    case 'starttls-not-offered':
    case 'starttls-gone':
    case 'tls-handshake-timeout':
    case 'tls-version-too-old':
    case 'tls-failed':
    case 'certificate-expired':
    case 'certificate-not-yet-valid':
    case 'certificate-wrong-name':
    case 'certificate-self-signed':
    case 'certificate-untrusted':
    case 'certificate-revoked':
    case 'certificate-not-pinned':
      return { step: 'tls', code: failure.kind };
    case 'auth-not-offered': {
      // Many servers offer sign-in only once the line is encrypted; STARTTLS is no longer offered then (RFC 3207 §4.2).
      const isLocked = readCapabilities(situation.facts.capabilities).hasStarttls;
      return { step: 'auth', code: isLocked ? 'auth-needs-tls' : 'auth-not-offered' };
    }
    case 'auth-method-not-offered':
    case 'auth-needs-tls':
      return { step: 'auth', code: failure.kind };
    case 'message-too-large':
    case 'smtputf8-not-offered':
      return { step, code: failure.kind };
    case 'reply-timeout':
    case 'deadline':
      return { step, code: nameTimeout(failure) };
    case 'uncertain':
      return { step: 'data', code: 'uncertain' };
    case 'connection-lost':
    case 'desync':
    case 'cancelled':
      return { step, code: failure.kind };
    case 'invalid-input':
      // Refused by ourselves before anything was sent: no host name, an unreadable CA, or a control character.
      return { step, code: step === 'dns' ? 'dns-not-found' : step === 'tls' ? 'tls-failed' : 'protocol-error' };
  }
};

/** A submission port refuses everybody who did not sign in, in words that blame the recipient or the client (Postfix). */
const isStrangerRefused = (
  failure: SmtpFailure,
  code: FailureCode,
  { settings, facts }: Pick<Situation, 'settings' | 'facts'>,
): boolean =>
  settings.username === '' &&
  (code === 'recipient-refused' || code === 'relay-refused') &&
  readCapabilities(facts.capabilities).authMechanisms.length > 0 &&
  /(recipient address|client host) rejected: access denied/i.test(failure.reply?.lines.join(' ') ?? '');

const nameTimeout = (failure: SmtpFailure): FailureCode => {
  if (failure.phase === 'dns') return 'dns-timeout';
  if (failure.phase === 'connect') return 'connection-timeout';
  if (failure.phase === 'tls') return 'tls-handshake-timeout';
  if (failure.phase === 'dot') return 'uncertain';
  if (hasDripped(failure)) return 'slow-server';
  if (failure.phase === 'greeting') return 'greeting-timeout';
  return failure.kind === 'deadline' ? 'slow-server' : 'reply-timeout';
};
