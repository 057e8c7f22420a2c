/** Accepting on PostgreSQL: many submissions in one statement (accept-statement.ts), which is its own transaction. */
import type pg from 'pg';
import type { AcceptUnit } from './accept-holds.ts';
import { acceptStatement, type RepeatLimits, toAcceptParameters } from './accept-statement.ts';
import type { AcceptedSubmission, AcceptOutcome } from './accepted-message.ts';
import { redateAfterMs } from './blob-age.ts';

const queryTimeoutMs = 20_000;

interface RepeatRow {
  body_hash: string;
  message_ids: string;
}

/** @returns an outcome for each, in order. */
export const acceptGroup = async (
  pool: pg.Pool,
  group: readonly AcceptUnit[],
  limits: RepeatLimits,
): Promise<AcceptOutcome[]> => {
  // Of two with one key in a group, the second is judged by what the first came to.
  const firsts = new Map<string, AcceptUnit>();
  const seconds = new Set<AcceptUnit>();
  for (const unit of group) {
    const key = unit.submission.idempotency?.keyHash;
    if (key === undefined) continue;
    if (firsts.has(key)) seconds.add(unit);
    else firsts.set(key, unit);
  }
  const tried = group.filter((unit) => !seconds.has(unit));
  const kept = await insert(pool, tried, limits);
  const isAccepted = (unit: AcceptUnit) => {
    const { idempotency } = unit.submission;
    return !seconds.has(unit) && (idempotency === null || kept.has(idempotency.keyHash));
  };
  const outcomes: AcceptOutcome[] = [];
  for (const unit of group) {
    const { idempotency, messages } = unit.submission;
    if (isAccepted(unit) || !idempotency) {
      outcomes.push({ outcome: 'accepted', ids: messages.map(({ id }) => id) });
      continue;
    }
    const repeat = await findRepeatOnPostgres(pool, idempotency.keyHash, limits.repeatsSince);
    outcomes.push(toOutcome(repeat, idempotency.bodyHash));
  }
  return outcomes;
};

/** Never throws: others of the group are accepted already. */
function toOutcome(repeat: RepeatRow | undefined, bodyHash: string): AcceptOutcome {
  if (!repeat) return { outcome: 'unavailable', problem: 'The Idempotency-Key ran out at this moment.' };
  if (repeat.body_hash !== bodyHash) return { outcome: 'conflict' };
  return { outcome: 'repeated', ids: JSON.parse(repeat.message_ids) as string[] };
}

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

/** @returns the keys that were free. */
async function insert(pool: pg.Pool, group: readonly AcceptUnit[], limits: RepeatLimits): Promise<ReadonlySet<string>> {
  const known = await findKnownBlobs(pool, group, limits.now);
  const config = {
    name: 'accept',
    text: acceptStatement,
    values: toAcceptParameters(group, known, limits),
    query_timeout: queryTimeoutMs,
  };
  const found = await pool.query<{ key_hash: string }>(config as pg.QueryConfig);
  return new Set(found.rows.map(({ key_hash }) => key_hash));
}

/** Dated so lately that nobody deletes them now: their bytes need not travel again. */
async function findKnownBlobs(pool: pg.Pool, group: readonly AcceptUnit[], now: number) {
  const hashes = group.flatMap(({ submission: { messages } }) =>
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
