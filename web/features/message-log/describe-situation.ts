/**
 * Where a message stands, as a person would say it: what is the matter, why, and what comes next. What stops a whole server
 * comes before what became of this one message; with several recipients it is counted, and each has its words below.
 */
import { isTestMessage, type Message, type RecipientState } from '../../../contracts/message.ts';
import type { SendingState } from '../../../contracts/sending.ts';
import { stateOfServer } from '../../lib/sending.ts';
import { firstSentence } from '../../ui/time-words.ts';
import { hasWaiting, isUnanswered, isWaiting, stateMeaning } from './state-words.ts';

export interface Situation {
  kind: 'failed' | 'waiting' | 'sent' | 'plain';
  title: string;
  /** In the order in which they are read. */
  says: string[];
  /** The server's own words; empty where it said nothing, or to each recipient something else. */
  reply: string;
  /** The server that has to take mail again first. */
  parked: { id: string; name: string; nextProbeAt: string | null } | null;
  /** Somebody has to resume sending first. */
  isPaused: boolean;
}

type Described = Pick<
  Message,
  | 'state'
  | 'recipients'
  | 'scheduled_at'
  | 'smtp_settings'
  | 'next_attempt_at'
  | 'attempt_count'
  | 'attempts'
  | 'subject'
  | 'tags'
>;

/** @param defaultSettings by which a message goes that names none */
export function describeSituation(
  message: Described,
  sending: SendingState | undefined,
  defaultSettings: { id: string; name: string } | null,
  now: Date,
): Situation {
  const { recipients } = message;
  const only = recipients.length === 1 ? recipients[0] : undefined;
  const own: Pick<Situation, 'says' | 'reply'> =
    only === undefined
      ? { says: describeSeveral(recipients), reply: '' }
      : { says: [only.explanation || stateMeaning[only.state]], reply: only.reply };
  const plain = { ...own, parked: null, isPaused: false };
  const isSending = message.state === 'sending' || recipients.some(({ state }) => state === 'sending');
  if (isSending)
    return { ...plain, kind: 'plain', title: 'Being sent', says: only ? ['An attempt is under way.'] : own.says };
  if (hasWaiting(message)) return describeWaiting(message, sending, defaultSettings, now, plain);
  const { hasCount, ...end } = describeEnd(message);
  // The title has counted them already.
  const says = hasCount && plain.says.length > 1 ? plain.says.slice(1) : plain.says;
  return { ...plain, ...end, says: [...says, ...adviseUnanswered(message)] };
}

/** Only a person can find out whether a message arrived that the server did not answer. */
function adviseUnanswered(message: Described): string[] {
  const states = message.recipients.map(({ state }) => state);
  const isHeld = states.includes('held') && message.attempts.some(isUnanswered);
  if (isTestMessage(message) || (!isHeld && !states.includes('uncertain'))) return [];
  const find = 'Ask whom it is for, or whoever runs the server to look for the Message-ID below.';
  if (isHeld) return [`${find} If it arrived, mark it as sent; if not, release it.`];
  if (hasWaiting(message)) return [`${find} If it arrived, mark it as sent, and no second copy leaves.`];
  return [`${find} If it arrived, mark it as sent; if not, send it again.`];
}

function describeWaiting(
  message: Described,
  sending: SendingState | undefined,
  defaultSettings: { id: string; name: string } | null,
  now: Date,
  plain: Pick<Situation, 'says' | 'reply' | 'parked' | 'isPaused'>,
): Situation {
  const isScheduled =
    message.attempt_count === 0 && message.scheduled_at !== null && new Date(message.scheduled_at) > now;
  if (isScheduled) {
    return {
      ...plain,
      kind: 'plain',
      title: 'Waits for its time',
      says: ['Nothing of it has been sent yet.'],
      reply: '',
    };
  }
  const leaves = 'It leaves by itself once somebody resumes sending.';
  if (sending?.is_paused === true) {
    const says = [`Paused by ${sending.paused_by ?? 'somebody'}. ${leaves}`];
    return { ...plain, kind: 'waiting', title: 'Waits: all sending is paused', says, reply: '', isPaused: true };
  }
  const server = message.smtp_settings ?? defaultSettings;
  const state = stateOfServer(sending, server?.id ?? null);
  if (server !== null && state?.kind === 'paused') {
    const title = `Waits: “${server.name}” is paused`;
    return { ...plain, kind: 'waiting', title, says: [leaves], reply: '', isPaused: true };
  }
  if (server !== null && state?.kind === 'alert') {
    const { reason, next_probe_at: nextProbeAt } = state.alert;
    const says = [...(message.recipients.length > 1 ? plain.says : []), reason];
    return {
      ...plain,
      kind: 'failed',
      title: `Waits for “${server.name}”, which does not take mail`,
      says: [...says, 'The message is safe: it leaves by itself once the server takes mail again.'],
      parked: { ...server, nextProbeAt },
    };
  }
  const states = message.recipients.map((recipient) => recipient.state);
  if (states.includes('uncertain')) {
    const says = [...plain.says, ...adviseUnanswered(message)];
    return { ...plain, kind: 'waiting', title: 'It may have arrived, or not', says };
  }
  if (states.includes('deferred')) {
    return { ...plain, kind: 'waiting', title: 'Not taken for now; tried again by itself' };
  }
  return { ...plain, kind: 'plain', title: 'Its turn is next' };
}

function describeEnd(message: Described): Pick<Situation, 'kind' | 'title'> & { hasCount?: boolean } {
  const states = message.recipients.map(({ state }) => state);
  const has = (...some: RecipientState[]) => states.filter((state) => some.includes(state)).length;
  const sent = has('sent');
  if (has('held') > 0) return { kind: 'waiting', title: 'Held until somebody decides' };
  if (sent === states.length) return { kind: 'sent', title: 'Sent' };
  if (has('uncertain') > 0) return { kind: 'waiting', title: 'It may have arrived, or not' };
  const failed = has('bounced', 'expired');
  if (failed > 0 && isTestMessage(message)) return { kind: 'failed', title: 'The test did not get through' };
  const partly = { title: `${sent} of ${states.length} recipients ${sent === 1 ? 'has' : 'have'} it`, hasCount: true };
  if (failed > 0 && sent > 0) return { kind: 'failed', ...partly };
  if (has('bounced') > 0) return { kind: 'failed', title: 'Refused for good' };
  if (failed > 0) return { kind: 'failed', title: 'Its time ran out before a server took it' };
  return sent > 0 ? { kind: 'plain', ...partly } : { kind: 'plain', title: 'Cancelled' };
}

const words: [state: RecipientState, word: string][] = [
  ['sent', 'sent'],
  ['sending', 'being sent'],
  ['queued', 'queued'],
  ['deferred', 'not taken for now'],
  ['uncertain', 'uncertain'],
  ['held', 'held'],
  ['bounced', 'refused for good'],
  ['expired', 'out of time'],
  ['cancelled', 'cancelled'],
];

/** `2 sent, 1 refused for good.` */
function countWords(states: readonly RecipientState[]): string {
  const parts = words.flatMap(([state, word]) => {
    const count = states.filter((each) => each === state).length;
    return count === 0 ? [] : [`${count} ${word}`];
  });
  const isMixed = parts.length > 1 && states.some(isWaiting);
  return `${parts.join(', ')}.${isMixed ? ' Only those who wait are tried again.' : ''}`;
}

/** One that did not get it is named with all that can be said of it, a few with their reason; of many the list below tells. */
function describeSeveral(recipients: Described['recipients']): string[] {
  const counts = countWords(recipients.map(({ state }) => state));
  const others = recipients.filter(({ state, explanation }) => state !== 'sent' && explanation !== '');
  if (others.length === 0 || others.length > namedAtMost) return [counts];
  const say = others.length === 1 ? (words: string) => words : firstSentence;
  return [counts, ...others.map(({ address, explanation }) => `${address}: ${say(explanation)}`)];
}

const namedAtMost = 2;
