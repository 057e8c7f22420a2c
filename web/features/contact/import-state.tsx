import type { ContactImportState } from '../../../contracts/contact-import.ts';
import { type StatusKind, StatusWord } from '../../ui/status-word.tsx';

const states: Record<ContactImportState, [kind: StatusKind, words: string]> = {
  uploaded: ['waiting', 'to be mapped'],
  checking: ['running', 'being checked'],
  checked: ['waiting', 'to be started'],
  running: ['running', 'running'],
  finished: ['sent', 'finished'],
  cancelled: ['none', 'cancelled'],
  unreadable: ['failed', 'not readable'],
};

export function ImportState({ state }: { state: ContactImportState }) {
  const [kind, words] = states[state];
  return <StatusWord kind={kind}>{words}</StatusWord>;
}
