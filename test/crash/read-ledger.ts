/** The program's own account of a run, read from its database while it does not run. */
import { createHash } from 'node:crypto';
import { sql } from 'kysely';
import { type Database, type DatabaseAddress, openDatabase } from '../../server/database/open.ts';
import type { Ledger } from './history.ts';
import { fromSubject } from './truth-rules.ts';

/** A message that stands in one piece. */
const wholeMessage: [number, number][] = [[0, Number.POSITIVE_INFINITY]];
/** Messages at a time: their contents are in memory. */
const step = 500;

export async function withDatabase<T>(address: DatabaseAddress, work: (database: Database) => Promise<T>): Promise<T> {
  const database = await openDatabase(address);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

export async function readLedger(database: Database): Promise<Ledger> {
  const { query } = database;
  const messages = await query.selectFrom('message').select(['id', 'subject', 'state']).orderBy('id').execute();
  const hashes = await hashContents(database);
  const recipients = await query
    .selectFrom('recipient')
    .selectAll()
    .orderBy('message_id')
    .orderBy('position')
    .execute();
  const ended = await query.selectFrom('attempt').select(['id', 'message_id', 'number', 'outcome']).execute();
  const events = await query
    .selectFrom('event')
    .select(['message_id', 'position', 'type', 'data'])
    .orderBy('id')
    .execute();
  const queue = await query
    .selectFrom('queue')
    .select(['message_id', 'leased_until', 'attempt_id', 'dot_at'])
    .orderBy('message_id')
    .execute();
  // While it is under way, an attempt stands in the queue row, beside those that have ended.
  const open = queue.flatMap(({ message_id, attempt_id, dot_at }) => {
    if (attempt_id === null) return [];
    const number = 1 + ended.filter((one) => one.message_id === message_id).length;
    return [{ id: attempt_id, message_id, number, outcome: dot_at === null ? 'begun' : 'dot' }];
  });
  return {
    messages: messages.map(({ id, subject, state }) => ({
      messageId: id,
      id: fromSubject(subject),
      state,
      sha256: hashes.get(id) ?? null,
    })),
    recipients: recipients.map(({ message_id, address, position, state, explanation, reply }) => ({
      messageId: message_id,
      address,
      position,
      state,
      cause: explanation || reply,
    })),
    attempts: [...ended, ...open].map(({ id, message_id, number, outcome }) => ({
      attemptId: id,
      messageId: message_id,
      number,
      outcome,
    })),
    events: events.map(({ message_id, position, type, data }) => ({
      messageId: message_id,
      position,
      type,
      attemptId: (JSON.parse(data) as { attempt?: string }).attempt ?? null,
    })),
    queue: queue.map(({ message_id }) => ({ messageId: message_id })),
    corruption: [
      ...queue
        .filter(({ leased_until, attempt_id, dot_at }) => leased_until === null && (attempt_id ?? dot_at) !== null)
        .map(({ message_id }) => `${message_id} has an attempt under way, and nobody has it`),
      ...(await findCorruption(database)),
    ],
  };
}

/** SHA-256 of each message as it is sent: its own bytes, and its attachments where they stand. */
async function hashContents({ query }: Database): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const blobs = new Map<string, Uint8Array>();
  for (const { hash, bytes } of await query.selectFrom('blob').select(['hash', 'bytes']).execute())
    blobs.set(hash, bytes);
  for (let after = ''; ; ) {
    const rows = await query
      .selectFrom('content')
      .selectAll()
      .where('message_id', '>', after)
      .orderBy('message_id')
      .limit(step)
      .execute();
    for (const { message_id, bytes, parts } of rows) {
      const hash = createHash('sha256');
      for (const part of parts === null ? wholeMessage : (JSON.parse(parts) as ([number, number] | string)[])) {
        if (typeof part === 'string') hash.update(blobs.get(part) ?? 'missing');
        else hash.update(bytes.subarray(...part));
      }
      hashes.set(message_id, hash.digest('hex'));
      after = message_id;
    }
    if (rows.length < step) return hashes;
  }
}

async function findCorruption(database: Database): Promise<string[]> {
  if (database.kind === 'sqlite') {
    const found = database.sqlite.pragma('integrity_check') as { integrity_check: string }[];
    return found.map((row) => row.integrity_check).filter((says) => says !== 'ok');
  }
  // Part of PostgreSQL's contributed modules, which Debian's package has.
  const { query } = database;
  const isThere = await sql`select 1 from pg_available_extensions where name = 'amcheck'`.execute(query);
  if (isThere.rows.length === 0) return [];
  await sql`create extension if not exists amcheck`.execute(query);
  const indexes = await sql<{ name: string }>`
    select c.oid::regclass::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
    join pg_am a on a.oid = c.relam where a.amname = 'btree' and c.relnamespace = 'public'::regnamespace`.execute(
    query,
  );
  const faults: string[] = [];
  for (const { name } of indexes.rows)
    await sql`select bt_index_check(${name}::regclass, true)`.execute(query).catch((error: Error) => {
      faults.push(error.message);
    });
  return faults;
}

/** As if enough time had passed for everything: what waits is due, leases have run out, parked servers are probed. */
export async function letTimePass({ query }: Database): Promise<void> {
  const now = Date.now();
  await query.updateTable('queue').set({ ready_at: now }).where('ready_at', '>', now).execute();
  await query
    .updateTable('queue')
    .set({ leased_until: now - 1 })
    .where('leased_until', '>=', now)
    .execute();
  await query.updateTable('server_health').set({ next_probe_at: now }).where('next_probe_at', '>', now).execute();
}

/** What has a lease, or could have one now. */
export async function countActive({ query }: Database): Promise<number> {
  const row = await query
    .selectFrom('queue')
    .select(({ fn }) => fn.countAll().as('count'))
    .where((where) => where.or([where('leased_until', 'is not', null), where('ready_at', '<=', Date.now())]))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export const countQueued = async ({ query }: Database): Promise<number> =>
  Number(
    (
      await query
        .selectFrom('queue')
        .select(({ fn }) => fn.countAll().as('count'))
        .executeTakeFirstOrThrow()
    ).count,
  );
