/**
 * Sends the content of a message again as a new one, to the same recipients or to those of them whom the old one never
 * reached, on the same terms; the new one names the old.
 * Secret mail is not sent again after its time: a reset link that has died is not delivered.
 */
import { isTestMessage, type RecipientState, unreachedStates } from '../../contracts/message.ts';
import { toAsciiDomain } from '../mime/address.ts';
import { formatDate } from '../mime/header-field.ts';
import { createMessageId } from '../mime/message-id.ts';
import type { AcceptedMessage, AcceptOutcome, AcceptStore } from '../submission/accepted-message.ts';
import { assembleContent, renewContent } from './message-content.ts';
import type { AcceptedBefore, MessageLogStore } from './message-log.store.ts';

export interface ResendEffects {
  readAccepted: MessageLogStore['readAccepted'];
  accept: AcceptStore['accept'];
  newId: (now: number) => string;
  now: () => number;
}

export type ResendOutcome =
  | { outcome: 'accepted'; id: string }
  | { outcome: 'not-found' }
  | { outcome: 'refused'; why: string }
  | { outcome: 'unavailable'; problem: string };

/** @param by who, as `updatedBy` names people and keys. */
export const resendMessage = async (
  effects: ResendEffects,
  id: string,
  { by, only }: { by: string; only: 'unreached' | undefined },
): Promise<ResendOutcome> => {
  const original = await effects.readAccepted(id);
  if (original === null) return { outcome: 'not-found' };
  if (original === 'no-content') return refused('Its content is not kept any more, so it cannot be sent again.');
  if (isTestMessage(original)) {
    return refused(
      'This was a test of SMTP settings, and what it says was true of that try only. Test them again there.',
    );
  }
  const recipients = only === undefined ? original.recipients : original.recipients.filter(isUnreached);
  if (recipients.length === 0) return refused('Everybody has it, or may still get it from this message.');
  const now = effects.now();
  if (original.isSecret && original.expiresAt <= now) {
    return refused(
      'This is secret mail and its time ran out: what it carries is no longer valid. Have a new one made.',
    );
  }
  const accepted: AcceptOutcome = await effects.accept({
    messages: [renew({ ...original, recipients }, effects.newId(now), now, by)],
    idempotency: null,
  });
  if (accepted.outcome === 'unavailable') return accepted;
  const newId = accepted.outcome === 'conflict' ? undefined : accepted.ids[0];
  if (newId === undefined) throw new Error('a submission without a key was not accepted');
  return { outcome: 'accepted', id: newId };
};

const isUnreached = ({ state }: AcceptedBefore['recipients'][number]): boolean =>
  (unreachedStates as readonly RecipientState[]).includes(state);

const refused = (why: string): ResendOutcome => ({ outcome: 'refused', why });

function renew(original: AcceptedBefore, id: string, now: number, by: string): AcceptedMessage {
  const messageId = createMessageId(domainOf(original));
  const content = renewContent(original.content, messageId, formatDate(new Date(now), 'date'));
  return {
    ...original,
    recipients: original.recipients.map(({ address, kind }) => ({ address, kind })),
    id,
    messageId,
    content,
    sizeBytes: assembleContent(content).length,
    resentFrom: original.id,
    submittedBy: by,
    createdAt: now,
    scheduledAt: null,
    // As long as the original had from the moment it might leave; secret mail keeps its end.
    expiresAt: original.isSecret
      ? original.expiresAt
      : now + original.expiresAt - (original.scheduledAt ?? original.createdAt),
  };
}

/** Of the original Message-ID, which was made for the From address. */
function domainOf({ messageId, mailFrom }: AcceptedMessage): string {
  const domain = /@([^>]+)>$/.exec(messageId)?.[1] ?? mailFrom.split('@').at(-1) ?? '';
  return toAsciiDomain(domain) === null ? 'localhost' : domain;
}
