import type { InvoiceMailState } from '../../contracts/invoice.ts';
import { type StatusKind, StatusWord } from './status-word.tsx';

const kinds: Record<InvoiceMailState, StatusKind> = {
  accepting: 'running',
  queued: 'none',
  sending: 'running',
  sent: 'sent',
  deferred: 'waiting',
  bounced: 'failed',
  expired: 'failed',
  uncertain: 'waiting',
  held: 'waiting',
  cancelled: 'none',
  gone: 'none',
};

export const kindOf = (state: InvoiceMailState): StatusKind => kinds[state];

const words: Partial<Record<InvoiceMailState, string>> = { accepting: 'being queued', gone: 'no longer kept' };

/** Where a mail is, as word, shape and colour. */
export function MailState({ state }: { state: InvoiceMailState }) {
  return <StatusWord kind={kinds[state]}>{words[state] ?? state}</StatusWord>;
}

const settled: readonly InvoiceMailState[] = ['sent', 'bounced', 'expired', 'cancelled', 'gone'];

/** Nothing happens to it by itself any more. */
export const isSettled = (state: InvoiceMailState): boolean => settled.includes(state);

/** A person has to look: the recipient does not have it. */
export const isFailed = (state: InvoiceMailState): boolean => state === 'bounced' || state === 'expired';
