/** What the ladder shows for a rung that was climbed, in plain words, and what is worth knowing though the test passed. */
import type { Certificate, ConnectionFacts } from '../../contracts/diagnosis.ts';
import { readCapabilities } from '../smtp/capabilities.ts';
import type { Reply } from '../smtp/outcome.ts';
import type { PeerCertificate, SessionFacts } from '../smtp/target.ts';
import { formatDay, formatSize } from './explain-failure.ts';
import type { DiagnosedSettings } from './recognise-failure.ts';
import { findCommonName } from './suggest-repairs.ts';

const dayMilliseconds = 86_400_000;
/** RFC 5321 §4.5.3.1.7 asks for at least 64 KB; an invoice with a PDF wants a few megabytes. */
const smallSizeBytes = 5_000_000;
const renewalDays = 14;

/** `192.0.2.1:587`, `[2001:db8::1]:587`. */
export const formatAddress = (address: string, port: number): string =>
  address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;

/** The server's own words as they stood on the line, `250 2.1.0 Ok`; a hyphen where another line follows (RFC 5321 §4.2.1). */
export const formatReply = (reply: Reply | null): string => {
  if (reply === null) return '';
  const lines = reply.lines.length === 0 ? [''] : reply.lines;
  return lines
    .map((line, i) => {
      const text = [reply.enhancedCode, line].filter((part) => part !== '').join(' ');
      return `${reply.code}${i < lines.length - 1 ? '-' : ' '}${text}`.trimEnd();
    })
    .join('\n');
};

/** Whole days; negative when the end has passed. */
const countDaysLeft = (certificate: PeerCertificate, now: number) =>
  Math.floor((certificate.validTo.getTime() - now) / dayMilliseconds);

const describeDays = (days: number, validTo: Date) =>
  days < 0 ? `ended ${formatDay(validTo)}` : days === 0 ? 'ends today' : `${days} ${days === 1 ? 'day' : 'days'} left`;

/** `TLSv1.3, TLS_AES_256_GCM_SHA384; certificate for mail.example.com by Let's Encrypt, 62 days left`. */
export const describeTls = (facts: SessionFacts, now: number): string => {
  const [leaf] = facts.certificates;
  const session = [facts.protocol, facts.cipher].filter((part) => part !== null && part !== '').join(', ');
  if (leaf === undefined) return session;
  const certificate = `certificate for ${findCommonName(leaf.subject) || leaf.names[0] || 'no name'} by ${findCommonName(leaf.issuer) || 'no issuer'}, ${describeDays(countDaysLeft(leaf, now), leaf.validTo)}`;
  return session === '' ? certificate : `${session}; ${certificate}`;
};

/** `mail.example.com offers STARTTLS, AUTH PLAIN LOGIN, SIZE 35 MB`. */
export const describeEhlo = (facts: SessionFacts, host: string): string => {
  const can = readCapabilities(facts.capabilities);
  const name = facts.greeting?.lines[0]?.split(/\s/, 1)[0] || host;
  const offers = [
    can.hasStarttls ? 'STARTTLS' : '',
    can.authMechanisms.length > 0 ? `AUTH ${can.authMechanisms.join(' ')}` : '',
    can.sizeLimitBytes === null ? '' : `SIZE ${formatSize(can.sizeLimitBytes)}`,
    can.hasSmtpUtf8 ? 'SMTPUTF8' : '',
  ].filter((part) => part !== '');
  return offers.length === 0 ? `${name} offers no extension that matters here` : `${name} offers ${offers.join(', ')}`;
};

/** What `automatic` came to, to be added to the TLS rung; empty where the settings left no choice. */
export const describeChoice = (
  facts: SessionFacts,
  settings: Pick<DiagnosedSettings, 'starttlsOnly' | 'security'>,
): string => {
  if (settings.starttlsOnly || settings.security !== 'automatic') return '';
  return facts.encryption === 'tls' ? '; Automatic used TLS from the start' : '; Automatic used STARTTLS';
};

/** Why the TLS rung was not climbed, though the test went on. */
export const describeNoTls = (settings: Pick<DiagnosedSettings, 'security'>): string =>
  settings.security === 'none'
    ? 'not encrypted, as chosen'
    : 'not encrypted: the server offers no STARTTLS, and Security is Automatic';

export const describeAuth = (username: string, method: string | null): string =>
  `signed in as ${username}${method === null ? '' : ` by ${method}`}`;

const toCertificate = (certificate: PeerCertificate, now: number): Certificate => ({
  subject: certificate.subject,
  issuer: certificate.issuer,
  names: certificate.names,
  validFrom: certificate.validFrom.toISOString(),
  validTo: certificate.validTo.toISOString(),
  daysLeft: countDaysLeft(certificate, now),
  fingerprint: certificate.fingerprint,
});

/** The facts as they cross HTTP. */
export const toConnectionFacts = (facts: SessionFacts, port: number, now: number): ConnectionFacts => ({
  address: facts.connectedAddress === null ? null : formatAddress(facts.connectedAddress, port),
  encryption: facts.encryption,
  protocol: facts.protocol,
  cipher: facts.cipher,
  certificates: facts.certificates.map((certificate) => toCertificate(certificate, now)),
  capabilities: facts.capabilities,
  sizeLimitBytes: facts.sizeLimitBytes,
});

/** Worth knowing though the test passed, most pressing first. */
export const findWarnings = (facts: SessionFacts, settings: DiagnosedSettings, now: number): string[] => {
  const warnings: string[] = [];
  const isLoopback = /^(127\.|::1$|::ffff:127\.)/.test(facts.connectedAddress ?? '');
  if (facts.encryption === 'none' && !isLoopback) {
    const what = settings.username === '' ? 'The message' : 'The password and the message';
    warnings.push(`${what} crossed the line unencrypted: anyone on the way can read it. Use TLS if the server has it.`);
  }
  const [leaf] = facts.certificates;
  const days = leaf === undefined ? renewalDays : countDaysLeft(leaf, now);
  if (leaf !== undefined && days < renewalDays) {
    warnings.push(
      days < 0
        ? `The certificate ended on ${formatDay(leaf.validTo)}; it is accepted only because these settings trust exactly this one.`
        : `The certificate ends on ${formatDay(leaf.validTo)} (${describeDays(days, leaf.validTo)}). It must be renewed before, or sending stops.`,
    );
  }
  if (facts.protocol !== null && /^(SSL|TLSv1(\.[01])?$)/.test(facts.protocol)) {
    warnings.push(`The server speaks an old version of TLS (${facts.protocol}), which is no longer safe.`);
  }
  if (facts.sizeLimitBytes !== null && facts.sizeLimitBytes > 0 && facts.sizeLimitBytes < smallSizeBytes) {
    warnings.push(
      `The server accepts messages up to ${formatSize(facts.sizeLimitBytes)} only; larger attachments will be refused.`,
    );
  }
  if (/(^|\.)(office365|outlook)\.(com|us)\.?$/i.test(settings.host) && settings.username !== '') {
    warnings.push(
      'Microsoft 365 switches off sign-in with a password (“basic authentication”) by default from the end of December 2026. Ask its administrator to keep it on for this mailbox, or plan for another way to send.',
    );
  }
  return warnings;
};
