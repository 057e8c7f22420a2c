/** The queue's statements on PostgreSQL. Claims lock what they take and skip what others have locked. */
import type pg from 'pg';
import { openStates } from '../delivery/message-state.ts';
import { newId } from '../platform/id.ts';
import type { MessageContent } from '../submission/accepted-message.ts';
import { laneNumbers } from '../submission/lane-number.ts';
import { type ClaimedRow, findHashes, maxClaimedBytes, toClaimed, toContent } from './claimed-row.ts';
import { type ClaimedMessage, type ClaimRequest, leaseSeconds } from './queue.ts';

const queryTimeoutMs = 20_000;

/** Digits at the end of an attempt's id that count within its claim. */
const countedDigits = 4;

/**
 * Leases what was chosen, registers its attempts, and reads what a worker needs of it. Parameters: until, owner, open states,
 * and of the attempts the beginning of their ids and by whom they go (names in the queue, ids and names of settings).
 */
const takeChosen = `
leased AS (
  UPDATE queue q SET token = q.token + 1, leased_until = $1, leased_by = $2,
    attempt_id = CASE WHEN c.sender IS NOT NULL THEN $4 || lpad(c.place::text, ${countedDigits}, '0') END,
    attempt_settings_id = ($6::text[])[c.sender], attempt_settings_name = ($7::text[])[c.sender],
    attempt_started_at = NULL, dot_at = NULL
  FROM (SELECT *, row_number() OVER () AS place,
      CASE WHEN crashes = 0 THEN array_position($5::text[], settings_id) END AS sender FROM chosen) AS c
  WHERE q.message_id = c.message_id
  RETURNING q.message_id, q.token, q.attempts, q.lane, q.ready_at, q.attempt_id, q.attempt_settings_id,
    q.attempt_settings_name
)
SELECT m.id, l.token, l.attempts, m.lane, m.settings_id, m.mail_from, m.message_id, m.size_bytes, m.is_secret,
  m.holds_uncertain, m.expires_at, m.created_at, l.attempt_id, l.attempt_settings_id, l.attempt_settings_name,
  (SELECT json_agg(json_build_object('position', r.position, 'address', r.address) ORDER BY r.position)
   FROM recipient r WHERE r.message_id = m.id AND r.state = ANY ($3)) AS recipients,
  CASE WHEN l.attempt_id IS NOT NULL AND m.size_bytes <= ${maxClaimedBytes} THEN
    (SELECT bytes FROM content c WHERE c.message_id = m.id AND c.parts IS NULL) END AS bytes
FROM leased l JOIN message m ON m.id = l.message_id ORDER BY l.lane, l.ready_at, m.id`;

/**
 * Each name and lane by its index, whatever waits in the others; the lock is taken where the row is found. The limit stands
 * in the text: of one that it does not know the planner expects a tenth of the table.
 */
const claimText = (limit: number) => `
WITH ready AS MATERIALIZED (
  SELECT r.* FROM unnest($8::text[]) AS s (id), unnest($9::int[]) AS l (lane),
    LATERAL (SELECT message_id, lane, ready_at, settings_id, crashes FROM queue
      WHERE settings_id = s.id AND lane = l.lane AND leased_until IS NULL AND ready_at <= $10
      ORDER BY ready_at LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
), chosen AS MATERIALIZED (
  SELECT * FROM ready ORDER BY lane, ready_at, message_id LIMIT ${limit}
), ${takeChosen}`;

export const claimOnPostgres = async (pool: pg.Pool, request: ClaimRequest): Promise<ClaimedMessage[]> => {
  const { settingsIds, limit, onlyUrgent, now } = request;
  if (settingsIds.length === 0 || limit <= 0) return [];
  const lanes = onlyUrgent ? [laneNumbers.urgent] : Object.values(laneNumbers);
  return take(pool, request, `queue_claim_${limit}`, claimText(Math.trunc(limit)), [[...settingsIds], lanes, now]);
};

const overdueText = (limit: number) => `
WITH chosen AS MATERIALIZED (
  SELECT message_id, settings_id, crashes FROM queue WHERE expires_at <= $8 AND leased_until IS NULL
  ORDER BY expires_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
), ${takeChosen}`;

export const claimOverdueOnPostgres = (
  pool: pg.Pool,
  request: Pick<ClaimRequest, 'owner' | 'now' | 'limit'>,
): Promise<ClaimedMessage[]> =>
  take(pool, request, `queue_claim_overdue_${request.limit}`, overdueText(Math.trunc(request.limit)), [request.now]);

type FoundRow = ClaimedRow & { recipients: ClaimedMessage['recipients'] | null; bytes: Buffer | null };

async function take(
  pool: pg.Pool,
  { owner, now, senders = [] }: Pick<ClaimRequest, 'owner' | 'now' | 'senders'>,
  name: string,
  text: string,
  more: unknown[],
): Promise<ClaimedMessage[]> {
  const registered = [
    newId('try', now).slice(0, -countedDigits),
    senders.map((sender) => sender.name),
    senders.map((sender) => sender.settingsId),
    senders.map((sender) => sender.settingsName),
  ];
  const values = [now + leaseSeconds * 1000, owner, openStates, ...registered, ...more];
  const config = { name, text, values, query_timeout: queryTimeoutMs };
  const found = await pool.query<FoundRow>(config as pg.QueryConfig);
  const claimed: ClaimedMessage[] = [];
  for (const row of found.rows) {
    if (row.recipients) claimed.push(toClaimed(row, row.recipients, row.bytes));
    // Nobody wants it any more: nothing waits.
    else await pool.query('DELETE FROM queue WHERE message_id = $1 AND token = $2', [row.id, row.token]);
  }
  return claimed;
}

const giveBackText = `
UPDATE queue q SET leased_until = NULL, leased_by = NULL, ready_at = $3, attempt_id = NULL, attempt_settings_id = NULL,
  attempt_settings_name = NULL, attempt_started_at = NULL
FROM unnest($1::text[], $2::bigint[]) AS g (message_id, token)
WHERE q.message_id = ANY ($1) AND q.message_id = g.message_id AND q.token = g.token AND q.leased_until IS NOT NULL
  AND q.dot_at IS NULL`;

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
