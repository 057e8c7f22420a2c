/** The queue's changes on SQLite; they run in the writer's thread. */
import type Sqlite from 'better-sqlite3';
import { newId } from '../platform/id.ts';
import { laneNumbers } from '../submission/lane-number.ts';
import { type ClaimedRow, maxClaimedBytes, toClaimed } from './claimed-row.ts';
import { type ClaimedMessage, type ClaimRequest, leaseSeconds } from './queue.ts';
import { openRecovery } from './recover.sqlite.ts';

interface Candidate {
  row: number;
  ready_at: number;
}
type LeasedRow = Pick<
  ClaimedRow,
  'token' | 'attempts' | 'attempt_id' | 'attempt_settings_id' | 'attempt_settings_name'
> & { message_id: string };
type MessageRow = Omit<ClaimedRow, keyof LeasedRow> & { message_id: string };

export const openUnits = (sqlite: Sqlite.Database) => {
  // Among equals the first that came: row numbers follow the index for nothing.
  const findReady = sqlite.prepare<[string, number, number, number], Candidate>(`
    SELECT rowid AS row, ready_at FROM queue
    WHERE settings_id = ? AND lane = ? AND leased_until IS NULL AND ready_at <= ? ORDER BY ready_at, rowid LIMIT ?`);
  const findOverdue = sqlite.prepare<[number, number], Candidate>(`
    SELECT rowid AS row, ready_at FROM queue WHERE expires_at <= ? AND leased_until IS NULL ORDER BY expires_at LIMIT ?`);
  const readName = sqlite
    .prepare<[number], string>('SELECT settings_id FROM queue WHERE rowid = ? AND crashes = 0')
    .pluck();
  const lease = sqlite.prepare<unknown[], LeasedRow>(`
    UPDATE queue SET token = token + 1, leased_until = ?, leased_by = ?, attempt_id = ?, attempt_settings_id = ?,
      attempt_settings_name = ?, attempt_started_at = NULL, dot_at = NULL
    WHERE rowid = ? RETURNING message_id, token, attempts, attempt_id, attempt_settings_id, attempt_settings_name`);
  const readBytes = sqlite
    .prepare<[string], Buffer>('SELECT bytes FROM content WHERE message_id = ? AND parts IS NULL')
    .pluck();
  const readMessage = sqlite.prepare<[string], MessageRow>(`
    SELECT id, lane, settings_id, mail_from, message_id, size_bytes, is_secret, holds_uncertain, expires_at, created_at
    FROM message WHERE id = ?`);
  const readRecipients = sqlite.prepare<[string], { position: number; address: string }>(`
    SELECT position, address FROM recipient
    WHERE message_id = ? AND state IN ('queued', 'sending', 'deferred', 'uncertain')`);
  const drop = sqlite.prepare('DELETE FROM queue WHERE rowid = ?');
  const renew = sqlite.prepare('UPDATE queue SET leased_until = ? WHERE leased_by = ? AND leased_until IS NOT NULL');
  const release = sqlite.prepare(`
    UPDATE queue SET leased_until = NULL, leased_by = NULL, ready_at = ?, attempt_id = NULL, attempt_settings_id = NULL,
      attempt_settings_name = NULL, attempt_started_at = NULL
    WHERE message_id = ? AND token = ? AND leased_until IS NOT NULL AND dot_at IS NULL`);

  const moveUp = sqlite.prepare(`
    UPDATE queue SET ready_at = max(@now, ready_at - @back) WHERE leased_until IS NULL AND ready_at > @now
      AND NOT EXISTS (SELECT 1 FROM message m WHERE m.id = queue.message_id AND m.scheduled_at = queue.ready_at)
      AND NOT EXISTS (SELECT 1 FROM recipient r WHERE r.message_id = queue.message_id AND r.state = 'uncertain')`);

  const findCandidates = ({ settingsIds, limit, onlyUrgent, now }: ClaimRequest): Candidate[] => {
    const found: Candidate[] = [];
    for (const lane of onlyUrgent ? [laneNumbers.urgent] : Object.values(laneNumbers)) {
      const room = limit - found.length;
      if (room <= 0) break;
      const ready = settingsIds.flatMap((id) => findReady.all(id, lane, now, room));
      if (settingsIds.length > 1) ready.sort((a, b) => a.ready_at - b.ready_at || a.row - b.row);
      found.push(...ready.slice(0, room));
    }
    return found;
  };

  const take = (
    candidates: Candidate[],
    { owner, now, senders = [] }: Pick<ClaimRequest, 'owner' | 'now' | 'senders'>,
  ): ClaimedMessage[] =>
    candidates.flatMap(({ row }) => {
      const name = senders.length > 0 ? readName.get(row) : undefined;
      const sender = senders.find((one) => one.name === name);
      const attempt = sender ? [newId('try', now), sender.settingsId, sender.settingsName] : [null, null, null];
      const leased = lease.get(now + leaseSeconds * 1000, owner, ...attempt, row);
      const message = leased && readMessage.get(leased.message_id);
      const recipients = message ? readRecipients.all(message.id).sort((a, b) => a.position - b.position) : [];
      // Nobody wants it any more: nothing waits.
      if (!leased || !message || recipients.length === 0) {
        drop.run(row);
        return [];
      }
      const bytes = sender && message.size_bytes <= maxClaimedBytes ? readBytes.get(message.id) : undefined;
      return [toClaimed({ ...leased, ...message }, recipients, bytes ?? null)];
    });

  return {
    claim: (request: ClaimRequest) => take(findCandidates(request), request),
    claimOverdue: (request: Pick<ClaimRequest, 'owner' | 'now' | 'limit'>) =>
      take(findOverdue.all(request.now, request.limit), request),
    renewLeases: ({ owner, until }: { owner: string; until: number }): void => {
      renew.run(until, owner);
    },
    giveBack: ({ claims, readyAt }: { claims: { id: string; token: number }[]; readyAt: number }): void => {
      for (const { id, token } of claims) release.run(readyAt, id, token);
    },
    countAnew: (clock: { now: number; back: number }): void => {
      moveUp.run(clock);
    },
    recoverLost: openRecovery(sqlite),
  };
};
