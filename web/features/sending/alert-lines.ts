/** What stands at the top of every page, in order: what stops everything, then the servers, most mail first. */
import type { SendingAlert, SendingState } from '../../../contracts/sending.ts';

export type AlertLine =
  | { kind: 'problem'; says: string }
  | { kind: 'paused'; by: string | null; at: string | null }
  | { kind: 'server'; alert: SendingAlert }
  | { kind: 'paused-server'; settings: SendingState['paused_settings'][number] };

/** @param closed what closes sending, as the system itself says; the state of sending may not be known */
export function linesOf(sending: SendingState | undefined, closed: string | null): AlertLine[] {
  const problem = sending?.problem ?? closed;
  const lines: AlertLine[] = problem === null ? [] : [{ kind: 'problem', says: problem }];
  if (sending === undefined) return lines;
  const { is_paused: isPaused, paused_by: by, paused_at: at, paused_settings: paused } = sending;
  if (isPaused) lines.push({ kind: 'paused', by, at });
  const isPausedAlone = (id: string) => paused.some((each) => each.id === id);
  // Who paused a server knows of it; what is wrong with it is not asked about meanwhile.
  for (const alert of sending.alerts) if (!isPausedAlone(alert.smtp_settings.id)) lines.push({ kind: 'server', alert });
  for (const settings of paused) lines.push({ kind: 'paused-server', settings });
  return lines;
}

/** Those that are about one server; more than one of them fold into one line. */
export const isAboutServer = ({ kind }: AlertLine): boolean => kind === 'server' || kind === 'paused-server';

export const waitWords = (count: number): string =>
  count === 0 ? 'nothing waits' : count === 1 ? '1 message waits' : `${count.toLocaleString()} messages wait`;

/** Many in one sentence: `3 servers do not take mail, 1 is paused; 9 messages wait.` */
export function foldedWords(lines: readonly AlertLine[]): string {
  const failing = lines.filter(({ kind }) => kind === 'server').length;
  const paused = lines.filter(({ kind }) => kind === 'paused-server').length;
  const waiting = lines.reduce((sum, line) => {
    if (line.kind === 'server') return sum + line.alert.waiting;
    return line.kind === 'paused-server' ? sum + line.settings.waiting : sum;
  }, 0);
  const parts = [
    ...(failing === 0 ? [] : [failing === 1 ? '1 server does not take mail' : `${failing} servers do not take mail`]),
    ...(paused === 0 ? [] : [`${paused}${failing === 0 ? ' servers' : ''} ${paused === 1 ? 'is' : 'are'} paused`]),
  ];
  return `${parts.join(', ')}; ${waitWords(waiting)}.`;
}
