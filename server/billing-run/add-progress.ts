/** How far a billing run is, from what was counted of its items and its mails; with words for what waits and what failed. */
import type { BillingItemState, BillingProgress } from '../../contracts/billing-run.ts';

export interface MailCount {
  state: string | null;
  is_accepted: number;
  count: number | string;
  words: string | null;
}

const waitingWords: Record<string, string> = {
  accepting: 'They are being handed over.',
  queued: 'They wait for their turn at the mail server.',
  sending: 'They are being sent.',
  deferred: 'The server refused them for now; they are tried again.',
  held: 'They are held: look at them in the message log.',
  uncertain: 'The line broke after the message was handed over; it is not known whether it arrived.',
};
const failedWords: Record<string, string> = {
  bounced: 'The server refused them for good.',
  expired: 'Their time ran out before a server took them.',
  cancelled: 'They were cancelled.',
  gone: 'The log does not keep them any more.',
};

/** @param sent mails that were noted as sent before. @param others the mails that were not, by state. */
export function addProgress(
  items: { state: string; count: number | string }[],
  sent: number,
  others: readonly MailCount[],
): BillingProgress {
  const itemsIn = (state: BillingItemState) => Number(items.find((one) => one.state === state)?.count ?? 0);
  const counted = others.map(({ state, is_accepted, count, words }) => {
    const code = state ?? (is_accepted === 1 ? 'gone' : 'accepting');
    return { code, count: Number(count), words };
  });
  // What was sent since it was last noted is counted as sent all the same.
  const justSent = counted.filter(({ code }) => code === 'sent').reduce((sum, { count }) => sum + count, 0);
  const pick = (all: Record<string, string>) =>
    counted
      .filter(({ code }) => all[code] !== undefined)
      .map(({ code, count, words }) => ({ code, count, message: [all[code], words].filter(Boolean).join(' ') }));
  const [waitingFor, failedBecause] = [pick(waitingWords), pick(failedWords)];
  const sum = (all: { count: number }[]) => all.reduce((total, { count }) => total + count, 0);
  const progress = {
    ready: itemsIn('ready'),
    accepted: itemsIn('accepted'),
    refused: itemsIn('refused'),
    cancelled: itemsIn('cancelled'),
    repeated: itemsIn('repeated'),
  };
  return {
    invoices: Object.values(progress).reduce((total, count) => total + count, 0),
    ...progress,
    messages: sent + justSent + sum(waitingFor) + sum(failedBecause),
    sent: sent + justSent,
    waiting: sum(waitingFor),
    failed: sum(failedBecause),
    waiting_for: waitingFor,
    failed_because: failedBecause,
  };
}
