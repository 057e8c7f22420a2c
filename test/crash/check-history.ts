/**
 * The checker of the crash proof (a total queue, as Jepsen checks one), pure. Once nothing waits any more:
 *
 *   lost            an acknowledged recipient was neither taken by the server nor ended with a cause
 *   unnamed-copy    the server took more copies than one, and not each further one has an uncertain attempt
 *   false-sent      the ledger says sent, the server never took it
 *   false-end       the ledger says bounced, the server never refused it; or the server took it, answered and was believed
 *                   to have refused
 *   unsubmitted     the server took something that nobody submitted, or for somebody it was not for
 *   illegal-step    the events tell a step that there is not, or end in another state than the recipient
 *   other-bytes     what arrived is not what was stored, byte for byte
 *   twice-accepted  one Idempotency-Key made two messages
 *   stuck           it still waits, without a place in the queue, or is done and has one; or nothing ended it
 *   corrupt         the database contradicts itself
 *
 * All per recipient, not per message.
 */
import { checkSteps } from './check-steps.ts';
import { type Fault, type History, isTaken, type Ledger, type Rule, type Truth } from './history.ts';

const done = new Set(['sent', 'bounced', 'expired', 'cancelled', 'held']);
/** Ends that somebody is told the reason of. */
const explained = new Set(['bounced', 'expired', 'held', 'cancelled']);

export function checkHistory(history: History): Fault[] {
  const faults: Fault[] = [];
  const add = (rule: Rule, says: string) => faults.push({ rule, says });
  const index = indexHistory(history);
  checkAccepted(history, index, add);
  checkTruth(history, index, add);
  for (const message of history.ledger.messages) checkMessage(message, index, add);
  for (const { messageId } of history.ledger.queue)
    if (!index.messages.has(messageId)) add('corrupt', `the queue holds ${messageId}, which is no message`);
  for (const says of history.ledger.corruption) add('corrupt', says);
  return faults;
}

type Add = (rule: Rule, says: string) => void;
type Index = ReturnType<typeof indexHistory>;

function indexHistory({ submitted, acknowledged, truth, ledger }: History) {
  return {
    submitted: new Map(submitted.map((one) => [one.id, new Set(one.recipients)])),
    acknowledged: Map.groupBy(acknowledged, ({ id }) => id),
    truth: Map.groupBy(truth, ({ id, rcpt }) => `${id} ${rcpt}`),
    messages: new Map(ledger.messages.map((one) => [one.messageId, one])),
    byId: Map.groupBy(ledger.messages, ({ id }) => id),
    recipients: Map.groupBy(ledger.recipients, ({ messageId }) => messageId),
    attempts: Map.groupBy(ledger.attempts, ({ messageId }) => messageId),
    events: Map.groupBy(ledger.events, ({ messageId }) => messageId),
    queued: new Set(ledger.queue.map(({ messageId }) => messageId)),
  };
}

/** What was acknowledged is there, once, under the id that was answered. */
function checkAccepted({ submitted }: History, index: Index, add: Add): void {
  for (const { id, recipients } of submitted) {
    const stored = index.byId.get(id) ?? [];
    if (stored.length > 1) add('twice-accepted', `${id}: stored as ${stored.map((one) => one.messageId).join(', ')}`);
    const answered = new Set((index.acknowledged.get(id) ?? []).map(({ messageId }) => messageId));
    if (answered.size > 1) add('twice-accepted', `${id}: answered with ${[...answered].join(' and with ')}`);
    for (const messageId of answered) {
      if (index.messages.get(messageId)?.id !== id)
        add('lost', `${id}: acknowledged as ${messageId}, which is not there`);
      const kept = new Set((index.recipients.get(messageId) ?? []).map(({ address }) => address));
      for (const rcpt of recipients)
        if (!kept.has(rcpt)) add('lost', `${id}: acknowledged without its recipient ${rcpt}`);
    }
  }
  for (const id of index.acknowledged.keys())
    if (!index.submitted.has(id)) add('unsubmitted', `${id}: acknowledged, but nobody submitted it`);
}

/** What the server took was submitted, for these people, and is what is stored. */
function checkTruth({ truth }: History, index: Index, add: Add): void {
  for (const { id, rcpt, sha256, verdict } of truth) {
    if (!index.submitted.get(id)?.has(rcpt)) add('unsubmitted', `${id}: ${verdict} for ${rcpt}`);
    if (!isTaken(verdict)) continue;
    const stored = index.byId.get(id)?.[0];
    if (!stored) add('lost', `${id}: taken by the server, but not in the database`);
    else if (sha256 !== stored.sha256) add('other-bytes', `${id}: ${rcpt} got ${sha256}, stored is ${stored.sha256}`);
  }
}

function checkMessage({ messageId, id, state }: Ledger['messages'][number], index: Index, add: Add): void {
  const recipients = index.recipients.get(messageId) ?? [];
  if (recipients.length === 0) add('corrupt', `${id}: has no recipients`);
  const attempts = index.attempts.get(messageId) ?? [];
  const numbers = attempts.map(({ number }) => number);
  if (new Set(numbers).size !== numbers.length) add('corrupt', `${id}: two attempts have one number`);
  const events = index.events.get(messageId) ?? [];
  for (const { outcome, number } of attempts)
    if (outcome === 'begun' || outcome === 'dot') add('stuck', `${id}: attempt ${number} has no end`);
  const isQueued = index.queued.has(messageId);
  const isWaiting = recipients.some(({ state }) => !done.has(state));
  if (isWaiting !== isQueued)
    add('stuck', `${id}: ${isQueued ? 'is done, and in the queue' : 'waits, and is not in the queue'}`);
  else if (isWaiting) add('stuck', `${id}: still waits`);
  for (const recipient of recipients)
    checkRecipient(id, recipient, index, nameUncertain(recipient.position, attempts, events).size, add);
  if (!recipients.some((one) => one.state === state)) add('corrupt', `${id}: is ${state}, none of its recipients is`);
  for (const says of checkSteps(recipients, events)) add('illegal-step', `${id}: ${says}`);
}

/**
 * The attempts that this recipient was told are uncertain: as a whole, or by an event of the recipient where others of the
 * same attempt fared worse.
 */
function nameUncertain(position: number, attempts: Ledger['attempts'], events: Ledger['events']): Set<string> {
  const named = attempts.filter(({ outcome }) => outcome === 'uncertain').map(({ attemptId }) => attemptId);
  const told = events.filter((event) => event.type === 'uncertain' && event.position === position);
  return new Set([...named, ...told.flatMap(({ attemptId }) => attemptId ?? [])]);
}

function checkRecipient(
  id: string,
  { address, state, cause }: Ledger['recipients'][number],
  index: Index,
  uncertain: number,
  add: Add,
): void {
  const truth: Truth[] = index.truth.get(`${id} ${address}`) ?? [];
  const copies = truth.filter(({ verdict }) => isTaken(verdict)).length;
  const who = `${id} to ${address}`;
  if (copies - 1 > uncertain) add('unnamed-copy', `${who}: ${copies} copies, ${uncertain} uncertain attempts`);
  if (state === 'sent' && copies === 0) add('false-sent', `${who}: the server never took it`);
  if (state !== 'sent' && copies > 0 && uncertain === 0) add('false-end', `${who}: ${state}, but the server took it`);
  if (state === 'bounced' && !truth.some(({ verdict }) => verdict === 'refused'))
    add('false-end', `${who}: bounced, but the server never refused it`);
  if (state !== 'sent' && copies === 0 && explained.has(state) && cause === '')
    add('lost', `${who}: ${state} without a cause`);
}
