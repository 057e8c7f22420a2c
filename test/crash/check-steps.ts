/** The legal steps of a recipient, as its message's events tell them. */
import type { Ledger } from './history.ts';

/** What may follow: nothing follows an end. */
const next: Readonly<Record<string, readonly string[]>> = {
  start: ['queued'],
  queued: ['sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
  deferred: ['sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
  uncertain: ['sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
  held: ['released', 'cancelled'],
  released: ['sent', 'deferred', 'bounced', 'expired', 'uncertain', 'held', 'cancelled'],
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
      // An event of the whole message concerns those whom it can concern.
      if (of === null && now !== 'start' && !next[now]?.includes(type)) continue;
      if (!next[now]?.includes(type)) found.push(`${address} went from ${now} to ${type}`);
      now = type;
    }
    if (now === 'released') now = 'queued';
    if (now !== state) found.push(`${address} is ${state}, its events end with ${now}`);
  }
  return found;
}
