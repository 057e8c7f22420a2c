/** The legal steps of a recipient, as its message's events tell them. */
import type { Ledger } from './history.ts';

/** What may follow: nothing follows an end. Whoever releases or retries by hand puts a message back to `queued`. */
const next: Readonly<Record<string, readonly string[]>> = {
  start: ['queued'],
  queued: ['queued', 'sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
  deferred: ['queued', 'sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
  uncertain: ['queued', 'sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
  held: ['queued', 'cancelled', 'expired'],
  sent: [],
  bounced: [],
  expired: [],
  cancelled: [],
};

/** Events of other kinds than a state (a note, a resend) are no steps. */
const isStep = (type: string) => type in next;

/** @returns what is illegal, a sentence each. */
export function checkSteps(recipients: Ledger['recipients'], events: Ledger['events']): string[] {
  const found: string[] = [];
  for (const { position, address, state } of recipients) {
    let now = 'start';
    for (const { type, position: of } of events) {
      if (!isStep(type) || (of !== null && of !== position)) continue;
      // An event of the whole message concerns those whose end has not come.
      if (of === null && next[now]?.length === 0) continue;
      if (!next[now]?.includes(type)) found.push(`${address} went from ${now} to ${type}`);
      now = type;
    }
    if (now !== state) found.push(`${address} is ${state}, its events end with ${now}`);
  }
  return found;
}
