/** From rows to what crosses HTTP. */
import type { MessageSummary, RecipientState } from '../../contracts/message.ts';
import { isOpen } from '../delivery/message-state.ts';
import { toIso, toIsoOrNull } from '../platform/clock.ts';
import { toLane } from '../submission/lane-number.ts';

export interface SummaryRow {
  id: string;
  lane: number;
  state: string;
  settings_id: string | null;
  /** Null: none named, or deleted since. */
  settings_name: string | null;
  header_from: string;
  mail_from: string;
  header_to: string;
  subject: string;
  size_bytes: number;
  attachment_count: number;
  tags: string;
  is_secret: number;
  created_at: number;
  scheduled_at: number | null;
  expires_at: number;
  /** Null: nothing waits. */
  ready_at: number | null;
  leased_until: number | null;
  /** Of the attempt under way. */
  attempt_settings_id: string | null;
  attempt_settings_name: string | null;
  /** Null: none has begun, as far as is known. */
  attempt_started_at: number | null;
}

/** What attempts that have ended add: how many there were, and by which settings the last one went. */
export interface AttemptsSoFar {
  count: number;
  last: { id: string; name: string } | null;
}

export const toSummary = (row: SummaryRow, attempts: AttemptsSoFar): MessageSummary => {
  const isLeased = row.leased_until !== null;
  const isWaiting = isOpen(row.state);
  const isUnderWay = isLeased && row.attempt_started_at !== null;
  return {
    id: row.id,
    from: row.header_from || row.mail_from,
    to: splitMailboxes(row.header_to),
    subject: row.subject,
    // Nothing is written when a worker takes a message; the lease tells.
    state: (isWaiting && isLeased ? 'sending' : row.state) as RecipientState,
    lane: toLane(row.lane),
    tags: JSON.parse(row.tags) as MessageSummary['tags'],
    smtp_settings: settingsOf(row, isUnderWay ? toSettings(row) : attempts.last),
    size_bytes: row.size_bytes,
    attachment_count: row.attachment_count,
    is_secret: row.is_secret === 1,
    attempt_count: attempts.count + (isUnderWay ? 1 : 0),
    // One recipient may have failed for good while others still wait.
    next_attempt_at: isLeased ? null : toIsoOrNull(row.ready_at),
    created_at: toIso(row.created_at),
    scheduled_at: toIsoOrNull(row.scheduled_at),
    expires_at: toIso(row.expires_at),
  };
};

const toSettings = ({ attempt_settings_id: id, attempt_settings_name: name }: SummaryRow) => ({
  id: id ?? '',
  name: name ?? '',
});

/** What it went by tells more than what it named: names stay readable after deletion. */
function settingsOf(row: SummaryRow, last: AttemptsSoFar['last']): MessageSummary['smtp_settings'] {
  if (last !== null) return last;
  if (row.settings_id === null) return null;
  return { id: row.settings_id, name: row.settings_name ?? 'deleted settings' };
}

/** `Lovelace, Ada <ada@example.com>, bob@example.com` → two: a comma before the address belongs to the name. */
export const splitMailboxes = (text: string): string[] =>
  Array.from(text.matchAll(/(?:[^@,]*,)*?[^@,]*@[^,]*|[^,]+/g), ([part]) => part.replace(/^,/, '').trim()).filter(
    Boolean,
  );
