import type { BillingItemState, BillingRunState } from '../../../contracts/billing-run.ts';
import { type StatusKind, StatusWord } from '../../ui/status-word.tsx';

const runs: Record<BillingRunState, [kind: StatusKind, words: string]> = {
  uploaded: ['waiting', 'to be mapped'],
  checking: ['running', 'being checked'],
  checked: ['waiting', 'to be confirmed'],
  running: ['running', 'running'],
  paused: ['waiting', 'paused'],
  finished: ['sent', 'all handed over'],
  cancelled: ['none', 'cancelled'],
  unreadable: ['failed', 'not readable'],
};

export function RunState({ state }: { state: BillingRunState }) {
  const [kind, words] = runs[state];
  return <StatusWord kind={kind}>{words}</StatusWord>;
}

const items: Record<BillingItemState, [kind: StatusKind, words: string]> = {
  faulty: ['failed', 'faulty'],
  repeated: ['none', 'mailed before'],
  ready: ['none', 'ready'],
  accepted: ['on', 'handed over'],
  refused: ['failed', 'refused'],
  cancelled: ['none', 'cancelled'],
};

export const itemWords = (state: BillingItemState): string => items[state][1];

export function ItemState({ state }: { state: BillingItemState }) {
  const [kind, words] = items[state];
  return <StatusWord kind={kind}>{words}</StatusWord>;
}
