/** A test ladder as lines of text: each rung when it ends, then what it all means. */
import type { LadderResult, LadderRung } from '../../contracts/diagnosis.ts';
import { toLine } from './print-table.ts';

const marks = { ok: 'ok', failed: 'FAILED', skipped: '-' } as const;

/** Null while the rung still runs. */
export const printRung = ({ step, status, ms, detail, reply }: LadderRung): string | null => {
  if (status === 'running') return null;
  const time = ms === null ? '' : `${Math.round(ms)} ms`;
  const head = `${step.toUpperCase().padEnd(5)} ${marks[status].padEnd(6)} ${time.padStart(8)}  ${toLine(detail)}`;
  const said = reply === '' ? [] : reply.split('\n').map((line) => `${' '.repeat(23)}${toLine(line)}`);
  return `${[head.trimEnd(), ...said].join('\n')}\n`;
};

export const printResult = (result: LadderResult): string => {
  const lines = [''];
  if (result.failure) {
    const { title, explanation, repairs } = result.failure;
    lines.push(title, explanation);
    for (const { label } of repairs) lines.push(`Repair: ${label}`);
    for (const { port, result: answer } of result.probes) lines.push(`Port ${port}: ${answer}`);
  } else {
    lines.push(`Sent to ${result.to}, Message-ID ${result.messageId}`);
  }
  if (result.emailId) lines.push(`In the message log: ${result.emailId}`);
  for (const warning of result.warnings) lines.push(`Warning: ${warning}`);
  return `${lines.map(toLine).join('\n')}\n`;
};
