/**
 * How long mail is kept. What a message said (its body and attachments) and that it was sent (the message, its recipients
 * and attempts) are kept for days that an administrator chooses; null keeps for ever, a body as long as its message. Secret
 * mail keeps its body only as long as somebody is to get it.
 *
 * from: the settings of retention · to: small steps of deletion (retention.worker.ts).
 * Invariant: nothing is deleted of a message that waits: that is in the queue, or is held for a person to decide. What
 * is done with never waits again, so a step may look first and delete then. Age counts from the time it was to be sent.
 */
import type { Retention } from '../../contracts/retention.ts';
import { keyLifetimeMs } from '../submission/submission-key.ts';

export const dayMs = 86_400_000;

export const defaultRetention: Retention = { body_days: 30, message_days: 365 };

/** The sentence that says why not; null where it can be so. */
export const findRetentionFault = ({ body_days, message_days }: Retention): string | null => {
  if (body_days === null || message_days === null || body_days <= message_days) return null;
  return `A body cannot be kept longer (${body_days} days) than its message (${message_days}): lower body_days or raise message_days.`;
};

/** Milliseconds since 1970: what is older goes. Null: nothing. */
export const findCutoff = (days: number | null, now: number): number | null =>
  days === null ? null : now - days * dayMs;

/** Idempotency-Keys that are older have expired. */
export const findRepeatCutoff = (now: number): number => now - keyLifetimeMs;

/**
 * Attachments are stored once for all messages. Accepting dates one anew that was not dated in the last hour, so whoever
 * has looked at every message there was may delete what none of them names and what was dated a day before that look.
 */
export const findBlobCutoff = (lookedAt: number): number => lookedAt - dayMs;
