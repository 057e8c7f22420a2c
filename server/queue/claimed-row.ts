/** From rows of the queue's tables to what a worker is given. */

import type { MessageContent } from '../submission/accepted-message.ts';
import { toLane } from '../submission/lane-number.ts';
import type { ClaimedMessage } from './queue.ts';

export interface ClaimedRow {
  id: string;
  token: number;
  attempts: number;
  lane: number;
  settings_id: string | null;
  mail_from: string;
  message_id: string;
  size_bytes: number;
  is_secret: number;
  holds_uncertain: number;
  expires_at: number;
  created_at: number;
}

export const toClaimed = (row: ClaimedRow, recipients: ClaimedMessage['recipients']): ClaimedMessage => ({
  id: row.id,
  token: row.token,
  attempts: row.attempts,
  lane: toLane(row.lane),
  settingsId: row.settings_id,
  mailFrom: row.mail_from,
  messageId: row.message_id,
  sizeBytes: row.size_bytes,
  isSecret: row.is_secret === 1,
  holdsUncertain: row.holds_uncertain === 1,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  recipients,
});

/** @throws where the content, or an attachment that it names, is not there. */
export const toContent = (
  messageId: string,
  row: { bytes: Uint8Array; parts: string | null } | undefined,
  blobs: readonly { hash: string; bytes: Uint8Array }[],
): MessageContent => {
  if (!row) throw new Error(`the content of ${messageId} is not there`);
  const parts = row.parts === null ? null : (JSON.parse(row.parts) as NonNullable<MessageContent['parts']>);
  for (const part of parts ?? [])
    if (typeof part === 'string' && !blobs.some(({ hash }) => hash === part))
      throw new Error(`an attachment of ${messageId} is not there`);
  return { bytes: row.bytes, parts, blobs: [...blobs] };
};

/** The attachments that a content row names, each once. */
export const findHashes = (row: { parts: string | null } | undefined): string[] => {
  const parts = JSON.parse(row?.parts ?? '[]') as NonNullable<MessageContent['parts']>;
  return [...new Set(parts.filter((part) => typeof part === 'string'))];
};
