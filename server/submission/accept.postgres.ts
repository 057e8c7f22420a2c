/**
 * Accepting on PostgreSQL: many submissions in one statement, which is its own transaction. Rows go as JSON, bytes as one
 * run of octets that the statement cuts up. Keys and hashes go in their order, so that two groups seldom collide.
 */
import type pg from 'pg';
import type { AcceptedSubmission, AcceptOutcome } from './accepted-message.ts';
import { redateAfterMs } from './blob-age.ts';
import { laneNumbers } from './lane-number.ts';

const queryTimeoutMs = 20_000;

export interface RepeatLimits {
  now: number;
  /** Idempotency-Keys that are older have expired. */
  repeatsSince: number;
}
interface RepeatRow {
  body_hash: string;
  message_ids: string;
}

/** @returns an outcome for each, in order. */
export const acceptGroup = async (
  pool: pg.Pool,
  group: readonly AcceptedSubmission[],
  limits: RepeatLimits,
): Promise<AcceptOutcome[]> => {
  // Of two with one key in a group, the second is judged by what the first came to.
  const firsts = new Map<string, AcceptedSubmission>();
  const seconds = new Set<AcceptedSubmission>();
  for (const submission of group) {
    const key = submission.idempotency?.keyHash;
    if (key === undefined) continue;
    if (firsts.has(key)) seconds.add(submission);
    else firsts.set(key, submission);
  }
  const tried = group.filter((submission) => !seconds.has(submission));
  const kept = await insert(pool, tried, limits);
  const isAccepted = (submission: AcceptedSubmission) =>
    !seconds.has(submission) && (submission.idempotency === null || kept.has(submission.idempotency.keyHash));
  const outcomes: AcceptOutcome[] = [];
  for (const submission of group) {
    const { idempotency, messages } = submission;
    if (isAccepted(submission) || !idempotency) {
      outcomes.push({ outcome: 'accepted', ids: messages.map(({ id }) => id) });
      continue;
    }
    const repeat = await findRepeatOnPostgres(pool, idempotency.keyHash, limits.repeatsSince);
    if (!repeat) throw new Error('an Idempotency-Key was refused, and is not there');
    outcomes.push(
      repeat.body_hash === idempotency.bodyHash
        ? { outcome: 'repeated', ids: JSON.parse(repeat.message_ids) as string[] }
        : { outcome: 'conflict' },
    );
  }
  return outcomes;
};

export const findRepeatOnPostgres = async (pool: pg.Pool, keyHash: string, since: number) => {
  const found = await pool.query<RepeatRow>({
    name: 'accept_find_repeat',
    text: 'SELECT body_hash, message_ids FROM idempotency WHERE key_hash = $1 AND created_at > $2',
    values: [keyHash, since],
  });
  return found.rows[0];
};

export const countBytes = ({ messages }: AcceptedSubmission): number =>
  messages.reduce(
    (sum, { content }) =>
      sum + content.bytes.byteLength + content.blobs.reduce((all, { bytes }) => all + bytes.byteLength, 0),
    0,
  );

/** The position of a key says to which submission a message belongs; a key that is taken keeps its messages out. */
const statement = `
WITH given AS MATERIALIZED (
  SELECT * FROM json_to_recordset($1) AS g (key text, id text, lane int, settings_id text, mail_from text, header_from text,
    header_to text, subject text, message_id text, size_bytes bigint, attachment_count int, tags text, is_secret int,
    holds_uncertain int, resent_from text, submitted_by text, created_at bigint, scheduled_at bigint, expires_at bigint,
    parts text, from_byte int, byte_count int)
), kept AS (
  INSERT INTO idempotency (key_hash, body_hash, message_ids, created_at)
  SELECT key_hash, body_hash, message_ids, $5 FROM json_to_recordset($3)
    AS k (key_hash text, body_hash text, message_ids text) ORDER BY key_hash
  ON CONFLICT (key_hash) DO UPDATE
    SET body_hash = excluded.body_hash, message_ids = excluded.message_ids, created_at = excluded.created_at
    WHERE idempotency.created_at <= $6
  RETURNING key_hash
), fresh AS MATERIALIZED (
  SELECT * FROM given WHERE key IS NULL OR key IN (SELECT key_hash FROM kept)
), messages AS (
  INSERT INTO message (id, lane, state, settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes,
    attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at)
  SELECT id, lane, 'queued', settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes,
    attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at
  FROM fresh
), recipients AS (
  INSERT INTO recipient (message_id, position, address, kind, state, reply, explanation, updated_at)
  SELECT r.message_id, r.position, r.address, r.kind, 'queued', '', '', fresh.created_at
  FROM json_to_recordset($2) AS r (message_id text, position int, address text, kind text)
  JOIN fresh ON fresh.id = r.message_id
), contents AS (
  INSERT INTO content (message_id, bytes, parts)
  SELECT id, substring($4::bytea FROM from_byte + 1 FOR byte_count), parts FROM fresh
), blobs AS (
  INSERT INTO blob (hash, bytes, size_bytes, created_at)
  SELECT b.hash, substring($4::bytea FROM b.from_byte + 1 FOR b.byte_count), b.byte_count, b.created_at
  FROM json_to_recordset($7) AS b (hash text, from_byte int, byte_count int, created_at bigint)
  ORDER BY b.hash
  ON CONFLICT (hash) DO UPDATE SET created_at = excluded.created_at
    WHERE blob.created_at < excluded.created_at - ${redateAfterMs}
), queued AS (
  INSERT INTO queue (message_id, lane, settings_id, ready_at, expires_at, attempts, crashes, token)
  SELECT id, lane, coalesce(settings_id, ''), coalesce(scheduled_at, created_at), expires_at, 0, 0, 0 FROM fresh
), events AS (
  INSERT INTO event (message_id, position, type, at, data) SELECT id, NULL, 'queued', created_at, '{}' FROM fresh
)
SELECT key_hash FROM kept`;

/** @returns the keys that were free. */
async function insert(
  pool: pg.Pool,
  group: readonly AcceptedSubmission[],
  { now, repeatsSince }: RepeatLimits,
): Promise<ReadonlySet<string>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const place = (bytes: Uint8Array) => {
    const from_byte = length;
    chunks.push(bytes);
    length += bytes.byteLength;
    return { from_byte, byte_count: bytes.byteLength };
  };
  const messages: object[] = [];
  const recipients: object[] = [];
  const blobs = new Map<string, object>();
  const known = await findKnownBlobs(pool, group, now);
  for (const submission of group)
    for (const message of submission.messages) {
      messages.push({
        ...toRow(message),
        key: submission.idempotency?.keyHash ?? null,
        ...place(message.content.bytes),
      });
      for (const [position, { address, kind }] of message.recipients.entries())
        recipients.push({ message_id: message.id, position, address, kind });
      for (const { hash, bytes } of message.content.blobs)
        if (!known.has(hash) && !blobs.has(hash))
          blobs.set(hash, { hash, ...place(bytes), created_at: message.createdAt });
    }
  const keys = group.flatMap(({ idempotency, messages: all }) =>
    idempotency
      ? [
          {
            key_hash: idempotency.keyHash,
            body_hash: idempotency.bodyHash,
            message_ids: JSON.stringify(all.map(({ id }) => id)),
          },
        ]
      : [],
  );
  const values = [
    JSON.stringify(messages),
    JSON.stringify(recipients),
    JSON.stringify(keys),
    Buffer.concat(chunks, length),
    now,
    repeatsSince,
    JSON.stringify([...blobs.values()]),
  ];
  const found = await pool.query<{ key_hash: string }>({
    name: 'accept',
    text: statement,
    values,
    query_timeout: queryTimeoutMs,
  } as pg.QueryConfig);
  return new Set(found.rows.map(({ key_hash }) => key_hash));
}

/** Dated so lately that nobody deletes them now: their bytes need not travel again. */
async function findKnownBlobs(pool: pg.Pool, group: readonly AcceptedSubmission[], now: number) {
  const hashes = group.flatMap(({ messages }) =>
    messages.flatMap(({ content }) => content.blobs.map(({ hash }) => hash)),
  );
  if (hashes.length === 0) return new Set<string>();
  const found = await pool.query<{ hash: string }>({
    name: 'accept_known_blobs',
    text: 'SELECT hash FROM blob WHERE hash = ANY ($1) AND created_at > $2',
    values: [[...new Set(hashes)], now - redateAfterMs],
  });
  return new Set(found.rows.map(({ hash }) => hash));
}

function toRow(message: AcceptedSubmission['messages'][number]) {
  return {
    id: message.id,
    lane: laneNumbers[message.lane],
    settings_id: message.settingsId,
    mail_from: message.mailFrom,
    header_from: message.headerFrom,
    header_to: message.headerTo,
    subject: message.subject,
    message_id: message.messageId,
    size_bytes: message.sizeBytes,
    attachment_count: message.attachmentCount,
    tags: JSON.stringify(message.tags),
    is_secret: message.isSecret ? 1 : 0,
    holds_uncertain: message.holdsUncertain ? 1 : 0,
    resent_from: message.resentFrom,
    submitted_by: message.submittedBy,
    created_at: message.createdAt,
    scheduled_at: message.scheduledAt,
    expires_at: message.expiresAt,
    parts: message.content.parts && JSON.stringify(message.content.parts),
  };
}
