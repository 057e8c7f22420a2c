/**
 * From a failure to what a person reads: what happened, why that usually happens and what to do, and what Postern can do
 * about it. Recognition is in recognise-failure.ts and known-replies.ts, the words in failure-texts.ts, the buttons in
 * suggest-repairs.ts; here they come together, with the names of the case at hand.
 *
 * Never a secret: the words are made from settings without password, from facts and from port probes.
 */
import type { FailureCode, LadderFailure, LadderStep, PortProbe } from '../../contracts/diagnosis.ts';
import { readCapabilities } from '../smtp/capabilities.ts';
import type { SmtpFailure } from '../smtp/outcome.ts';
import { failureTexts } from './failure-texts.ts';
import { findKnownReply } from './known-replies.ts';
import { recogniseFailure, type Situation } from './recognise-failure.ts';
import { findCommonName, suggestRepairs } from './suggest-repairs.ts';

/** `3 May 2026`, in UTC. */
export const formatDay = (date: Date): string =>
  new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }).format(date);

/** `35 MB`; decimal, as SIZE is usually meant. */
export const formatSize = (bytes: number): string =>
  bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`;

const listWords = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;

const probeWords: Record<PortProbe['result'], string> = {
  tls: 'TLS from the start',
  starttls: 'STARTTLS',
  plain: 'mail without encryption',
  'not-smtp': 'not a mail server',
  silent: 'no answer',
  refused: 'connection refused',
};

/** A sentence on what the other ports answered; empty when nobody asked them. */
const describeProbes = ({ probes, settings }: Situation): string => {
  const others = probes.filter((probe) => probe.port !== settings.port);
  if (others.length === 0) return '';
  if (!others.some(({ result }) => ['tls', 'starttls', 'plain'].includes(result))) {
    return 'None of the usual ports answers as a mail server either.';
  }
  const parts = (Object.keys(probeWords) as PortProbe['result'][]).flatMap((result) => {
    const ports = others.filter((probe) => probe.result === result).map((probe) => String(probe.port));
    return ports.length === 0 ? [] : [`${listWords(ports)}: ${probeWords[result]}`];
  });
  return `Postern asked the usual ports, ${parts.join('; ')}.`;
};

const whatAnswered: Record<string, string> = {
  HTTP: ' but a web server',
  SSH: ' but a remote login (SSH)',
  POP3: ' but a mailbox for reading (POP3)',
  IMAP: ' but a mailbox for reading (IMAP)',
};

/** The words in braces of failure-texts.ts and known-replies.ts. */
const nameThings = (failure: SmtpFailure | null, situation: Situation): Record<string, string> => {
  const { settings, facts } = situation;
  const certificate = facts.certificates[0];
  const limit = facts.sizeLimitBytes;
  const kind = /\b(HTTP|SSH|POP3|IMAP)\b/.exec(failure?.detail ?? '')?.[1] ?? '';
  const bare = settings.host.replace(/^\[(.*)\]$/, '$1');
  const addresses = facts.connectedAddress === null ? facts.addresses : [facts.connectedAddress];
  return {
    host: settings.host,
    port: String(settings.port),
    // With the address behind the name, where that is another word.
    server:
      addresses.length === 0 || addresses.includes(bare) ? settings.host : `${settings.host} (${addresses.join(', ')})`,
    username: settings.username,
    from: settings.fromEmail,
    to: situation.to,
    ehlo: situation.saidEhloName,
    tlsMinimum: `TLS ${settings.tlsMinimum}`,
    methods: readCapabilities(facts.capabilities).authMechanisms.join(', ') || 'nothing',
    names: listWords((certificate?.names ?? []).slice(0, 5)) || findCommonName(certificate?.subject ?? '') || 'no name',
    issuer: findCommonName(certificate?.issuer ?? '') || 'an issuer without a name',
    validFrom: certificate === undefined ? 'a later day' : formatDay(certificate.validFrom),
    validTo: certificate === undefined ? 'a day that is past' : formatDay(certificate.validTo),
    limit: limit === null || limit === 0 ? '' : ` (${formatSize(limit)})`,
    got: whatAnswered[kind] ?? '',
    probed: describeProbes(situation),
  };
};

const fill = (text: string, names: Record<string, string>) =>
  text
    .replaceAll(/\{(\w+)\}/g, (whole, name: string) => names[name] ?? whole)
    .replaceAll(/ {2,}/g, ' ')
    .trim();

const explain = (
  step: LadderStep,
  code: FailureCode,
  failure: SmtpFailure | null,
  situation: Situation,
): LadderFailure => {
  const text = failureTexts[code];
  const names = nameThings(failure, situation);
  const known =
    failure?.kind === 'refused' && failure.reply !== null
      ? findKnownReply(failure.phase, failure.reply, situation.settings.host)
      : undefined;
  const explanation = known?.means === code && known.advice !== undefined ? known.advice : text.explanation;
  return {
    step,
    code,
    title: fill(text.title, names),
    explanation: fill(explanation, names),
    repairs: suggestRepairs(text.repairs, code, situation),
  };
};

/** What a failure of the session or of the transaction means. */
export const explainFailure = (failure: SmtpFailure, situation: Situation): LadderFailure => {
  const { step, code } = recogniseFailure(failure, situation);
  return explain(step, code, failure, situation);
};

/** What it means that there is a user name but no password to go with it; nothing was asked of the server. */
export const explainNoPassword = (code: 'password-missing' | 'password-locked', situation: Situation): LadderFailure =>
  explain('auth', code, null, situation);
