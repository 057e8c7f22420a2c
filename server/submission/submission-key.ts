/**
 * Idempotency-Key: the same key with the same body within 24 hours is the same submission. A key belongs to its caller, so
 * nobody can learn from another's key, or block it.
 */
import { hash } from 'node:crypto';
import type { EmailInput } from '../../contracts/submission.ts';
import type { AcceptedSubmission } from './accepted-message.ts';

export const maxKeyLength = 256;
export const keyLifetimeMs = 24 * 60 * 60 * 1000;

/** Visible ASCII and spaces; a key is chosen by a program. */
export const isSubmissionKey = (key: string): boolean => key.length <= maxKeyLength && /^[!-~]+( +[!-~]+)*$/.test(key);

/**
 * @param callerId of a person or an API key.
 * @param emails as they were read, so that neither the order of fields nor white space makes another body.
 */
export const identifySubmission = (
  callerId: string,
  key: string,
  emails: readonly EmailInput[],
): NonNullable<AcceptedSubmission['idempotency']> => ({
  keyHash: sha256(`${callerId}\n${key}`),
  bodyHash: sha256(JSON.stringify(emails.map(shorten))),
});

/** A file counts by its hash: it would be copied several times otherwise. */
function shorten({ lane, ...email }: EmailInput) {
  const attachments = email.attachments.map((file) => ({ ...file, content: sha256(file.content) }));
  return { ...email, attachments, lane: email.template ? lane : (lane ?? 'normal') };
}

function sha256(text: string): string {
  return hash('sha256', text, 'hex');
}
