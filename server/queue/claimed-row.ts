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
  attempt_id: string | null;
  attempt_settings_id: string | null;
  attempt_settings_name: string | null;
}

/** What comes along with the claim; with 200 at a time these are 6 MB at most. */
export const maxClaimedBytes = 32 * 1024;

export const toClaimed = (
  row: ClaimedRow,
  recipients: ClaimedMessage['recipients'],
  bytes: Uint8Array | null,
): ClaimedMessage => ({
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
  attempt:
    row.attempt_id === null
      ? null
      : {
          id: row.attempt_id,
          settingsId: row.attempt_settings_id ?? '',
          settingsName: row.attempt_settings_name ?? '',
        },
  content: bytes === null ? null : { bytes, parts: null, blobs: [] },
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
