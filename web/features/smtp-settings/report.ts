/** A finished test as plain text, for a ticket or a colleague. Secrets were taken out of the transcript where it was recorded. */
import type { LadderResult } from '../../../contracts/diagnosis.ts';
import { withoutEcho } from '../../lib/transcript.ts';
import { rungNames } from './ladder.ts';

const states = { running: 'stopped', ok: 'ok', failed: 'FAILED', skipped: 'skipped' } as const;
const encryptions = { none: 'not encrypted', starttls: 'STARTTLS', tls: 'TLS from the start' } as const;
const probeWords = {
  starttls: 'SMTP with STARTTLS',
  tls: 'SMTP with TLS from the start',
  plain: 'SMTP without encryption',
  'not-smtp': 'answers, but not SMTP',
  refused: 'refuses connections',
  silent: 'does not answer',
} as const;

export const describeProbe = (probe: LadderResult['probes'][number]): string => probeWords[probe.result];

export const describeEncryption = (encryption: LadderResult['connection']['encryption']): string =>
  encryption === null ? 'none yet when the test stopped' : encryptions[encryption];

/** `Office (smtp.example.com:587)`; settings that have no name yet are called by their server alone. */
const describeServer = ({ name, host, port }: Record<'name' | 'host' | 'port', string>): string => {
  const server = `${host.trim()}:${port.trim()}`;
  return name.trim() === '' ? server : `${name.trim()} (${server})`;
};

/** @param settings the name and the place that were tested, as the form has them. */
export function reportOf(result: LadderResult, settings: Record<'name' | 'host' | 'port', string>): string {
  const { connection, failure } = result;
  const lines = [
    `Postern test of ${describeServer(settings)}`,
    `${result.startedAt}, ${Math.round(result.ms)} ms, to ${result.to}`,
    result.ok ? 'Result: sent' : `Result: failed at ${failure ? rungNames[failure.step].short : 'an unknown step'}`,
    '',
  ];
  for (const rung of result.steps) {
    const ms = rung.ms === null ? '' : ` ${Math.round(rung.ms)} ms`;
    lines.push(
      `${rungNames[rung.step].short.padEnd(5)}${states[rung.status]}${ms}${rung.detail ? `  ${rung.detail}` : ''}`,
    );
    for (const line of rung.reply === '' ? [] : rung.reply.split('\n')) lines.push(`       ${line}`);
  }
  if (failure) lines.push('', failure.title, failure.explanation);
  if (result.messageId) lines.push('', `Message-ID: ${result.messageId}`);
  if (result.emailId) lines.push(`In the message log: ${result.emailId}`);
  if (connection.address)
    lines.push('', `Connection: ${connection.address}, ${describeEncryption(connection.encryption)}`);
  if (connection.protocol) lines.push(`${connection.protocol} ${connection.cipher ?? ''}`.trim());
  for (const [index, certificate] of connection.certificates.entries())
    lines.push(
      `Certificate ${index + 1}: ${certificate.subject}; issued by ${certificate.issuer}; ${certificate.validFrom} to ${certificate.validTo}; SHA-256 ${certificate.fingerprint}`,
    );
  if (connection.capabilities.length > 0) lines.push(`Offers: ${connection.capabilities.join(', ')}`);
  for (const probe of result.probes)
    lines.push(`Port ${probe.port}: ${describeProbe(probe)} (${Math.round(probe.ms)} ms)`);
  for (const warning of result.warnings) lines.push(`Warning: ${warning}`);
  if (result.transcript.length > 0) {
    lines.push('', 'Transcript');
    const arrows = { client: '>', server: '<', note: '#' } as const;
    for (const line of result.transcript)
      lines.push(
        `${String(Math.round(line.at)).padStart(6)} ${arrows[line.from]} ${line.from === 'note' ? withoutEcho(line.text) : line.text}`,
      );
  }
  return `${lines.join('\n')}\n`;
}
