/** The queue's statements on PostgreSQL. Claims lock what they take and skip what others have locked. */
import type pg from 'pg';
import { openStates } from '../delivery/message-state.ts';
import type { MessageContent } from '../submission/accepted-message.ts';
import { laneNumbers } from '../submission/lane-number.ts';
import { type ClaimedRow, findHashes, toClaimed, toContent } from './claimed-row.ts';
import { type ClaimedMessage, type ClaimRequest, leaseSeconds } from './queue.ts';

const queryTimeoutMs = 20_000;

/** Leases what was chosen, and reads what a worker needs of it. Parameters: until, owner, open states. */
const takeChosen = `
leased AS (
  UPDATE queue q SET token = q.token + 1, leased_until = $1, leased_by = $2 FROM chosen
  WHERE q.message_id = chosen.message_id RETURNING q.message_id, q.token, q.attempts, chosen.lane, chosen.ready_at
)
SELECT m.id, l.token, l.attempts, m.lane, m.settings_id, m.mail_from, m.message_id, m.size_bytes, m.is_secret,
  m.holds_uncertain, m.expires_at, m.created_at,
  (SELECT json_agg(json_build_object('position', r.position, 'address', r.address) ORDER BY r.position)
   FROM recipient r WHERE r.message_id = m.id AND r.state = ANY ($3)) AS recipients
FROM leased l JOIN message m ON m.id = l.message_id ORDER BY l.lane, l.ready_at, m.id`;

/**
 * Each name and lane by its index, whatever waits in the others; the lock is taken where the row is found. The limit stands
 * in the text: of one that it does not know the planner expects a tenth of the table.
 */
const claimText = (limit: number) => `
WITH ready AS MATERIALIZED (
  SELECT r.message_id, r.lane, r.ready_at FROM unnest($4::text[]) AS s (id), unnest($5::int[]) AS l (lane),
    LATERAL (SELECT message_id, lane, ready_at FROM queue
      WHERE settings_id = s.id AND lane = l.lane AND leased_until IS NULL AND ready_at <= $6
      ORDER BY ready_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
), chosen AS MATERIALIZED (
  SELECT message_id, lane, ready_at FROM ready ORDER BY lane, ready_at, message_id LIMIT ${limit}
), ${takeChosen}`;

export const claimOnPostgres = async (pool: pg.Pool, request: ClaimRequest): Promise<ClaimedMessage[]> => {
  const { settingsIds, limit, onlyUrgent, now } = request;
  if (settingsIds.length === 0 || limit <= 0) return [];
  const lanes = onlyUrgent ? [laneNumbers.urgent] : Object.values(laneNumbers);
  return take(pool, request, `queue_claim_${limit}`, claimText(Math.trunc(limit)), [[...settingsIds], lanes, now]);
};

const overdueText = (limit: number) => `
WITH chosen AS MATERIALIZED (
  SELECT message_id, lane, ready_at FROM queue WHERE expires_at <= $4 AND leased_until IS NULL
  ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
), ${takeChosen}`;

export const claimOverdueOnPostgres = (
  pool: pg.Pool,
  request: Pick<ClaimRequest, 'owner' | 'now' | 'limit'>,
): Promise<ClaimedMessage[]> =>
  take(pool, request, `queue_claim_overdue_${request.limit}`, overdueText(Math.trunc(request.limit)), [request.now]);

async function take(
  pool: pg.Pool,
  { owner, now }: Pick<ClaimRequest, 'owner' | 'now'>,
  name: string,
  text: string,
  more: unknown[],
): Promise<ClaimedMessage[]> {
  const values = [now + leaseSeconds * 1000, owner, openStates, ...more];
  const config = { name, text, values, query_timeout: queryTimeoutMs };
  const found = await pool.query<ClaimedRow & { recipients: ClaimedMessage['recipients'] | null }>(
    config as pg.QueryConfig,
  );
  const claimed: ClaimedMessage[] = [];
  for (const row of found.rows) {
    if (row.recipients) claimed.push(toClaimed(row, row.recipients));
    // Nobody wants it any more: nothing waits.
    else await pool.query('DELETE FROM queue WHERE message_id = $1 AND token = $2', [row.id, row.token]);
  }
  return claimed;
}

const giveBackText = `
WITH given AS (
  SELECT * FROM unnest($1::text[], $2::bigint[]) AS g (message_id, token)
), released AS (
  UPDATE queue q SET leased_until = NULL, leased_by = NULL, ready_at = $3 FROM given g
  WHERE q.message_id = g.message_id AND q.token = g.token AND q.leased_until IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.message_id = q.message_id AND a.ended_at IS NULL AND a.outcome = 'dot')
  RETURNING q.message_id
)
DELETE FROM attempt a USING released r WHERE a.message_id = r.message_id AND a.ended_at IS NULL AND a.outcome = 'begun'`;

export const giveBackOnPostgres = async (
  pool: pg.Pool,
  claims: readonly { id: string; token: number }[],
  readyAt: number,
): Promise<void> => {
  const values = [claims.map(({ id }) => id), claims.map(({ token }) => token), readyAt];
  await pool.query({ name: 'queue_give_back', text: giveBackText, values });
};

export const readContentOnPostgres = async (pool: pg.Pool, messageId: string): Promise<MessageContent> => {
  const content = await pool.query<{ bytes: Buffer; parts: string | null }>({
    name: 'queue_content',
    text: 'SELECT bytes, parts FROM content WHERE message_id = $1',
    values: [messageId],
  });
  const row = content.rows[0];
  const hashes = findHashes(row);
  if (hashes.length === 0) return toContent(messageId, row, []);
  const blobs = await pool.query<{ hash: string; bytes: Buffer }>({
    name: 'queue_blobs',
    text: 'SELECT hash, bytes FROM blob WHERE hash = ANY ($1)',
    values: [hashes],
  });
  return toContent(messageId, row, blobs.rows);
};
