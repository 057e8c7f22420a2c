/** Mail that waits: written straight into the tables while the program is stopped, by the same SQL in both databases. */
import type pg from 'pg';
import type { Database } from '../server/database/open.ts';
import { newId } from '../server/platform/id.ts';

/** How the messages of one seed wait. */
export interface Waiting {
  count: number;
  /**
   * parked: a third were deferred by the default settings and are due in hours, the others are due and wait for settings that
   * are paused. bulk: all are due in the bulk lane of the default settings.
   */
  kind: 'parked' | 'bulk';
  pausedId: string;
}

const perTransaction = 20_000;
const hourMs = 3_600_000;
const body = 'The invoice is attached, please pay it until the date that it names. Thank you.\r\n'.repeat(8);
const source = Buffer.from(
  `From: Bench <bench@postern.test>\r\nTo: <somebody@company.example>\r\nSubject: Your invoice\r\nMessage-ID: <seeded@postern.test>\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n${body}`,
);

export async function seedWaiting(database: Database, waiting: Waiting): Promise<void> {
  const acceptedAt = Date.now() - hourMs;
  for (let from = 0; from < waiting.count; from += perTransaction) {
    const to = Math.min(waiting.count, from + perTransaction);
    const statements = writeStatements(waiting, from, to, acceptedAt);
    if (database.kind === 'sqlite')
      database.sqlite.transaction(() => {
        for (const { text, values } of statements) database.sqlite.prepare(text.replace('$1', '?')).run(...values);
      })();
    else for (const { text, values } of statements) await runLong(database, text, values);
  }
  // What it would do of itself afterwards, while somebody measures.
  if (database.kind === 'postgres')
    for (const tidy of ['VACUUM (ANALYZE)', 'CHECKPOINT']) await runLong(database, tidy);
}

/** Longer than a page may wait. */
async function runLong({ pool }: Database & { kind: 'postgres' }, text: string, values: unknown[] = []): Promise<void> {
  await pool.query({ text, values, query_timeout: 600_000 } as pg.QueryConfig);
}

function writeStatements({ kind, pausedId }: Waiting, from: number, to: number, acceptedAt: number) {
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT ${from} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${to})`;
  /** The time of an id is its first ten characters; then it counts. */
  const tail = 'substr(CAST(10000000000000000 + n AS text), 2)';
  const id = `'${newId('msg', acceptedAt).slice(0, 14)}' || ${tail}`;
  const isDeferred = kind === 'parked' ? 'n % 3 = 0' : '1 = 0';
  const state = `CASE WHEN ${isDeferred} THEN 'deferred' ELSE 'queued' END`;
  const lane = kind === 'bulk' ? '2' : '1 + n % 2';
  const isPaused = kind === 'parked' ? 'n % 3 <> 0' : '1 = 0';
  const readyAt = `CASE WHEN ${isDeferred} THEN ${Date.now() + 2 * hourMs} + (n % ${hourMs}) ELSE ${acceptedAt} + (n % 60000) END`;
  // In brackets: what binds first is not the same in both databases.
  const address = `'somebody' || ((CAST(n AS bigint) * 7919) % 300007) || '@company' || (n % 5003) || '.example'`;
  const tags = '[{"name":"kind","value":"invoice"},{"name":"system","value":"billing"}]';
  const expiresAt = acceptedAt + 120 * hourMs;
  const fill = (table: string, columns: string, list: string, where = '1 = 1') =>
    `INSERT INTO ${table} (${columns}) ${numbers} SELECT ${list} FROM numbers WHERE ${where}`;
  const plain = [
    fill(
      'message',
      'id, lane, state, settings_id, mail_from, header_from, header_to, subject, message_id, size_bytes, attachment_count, tags, is_secret, holds_uncertain, resent_from, submitted_by, created_at, scheduled_at, expires_at',
      `${id}, ${lane}, ${state}, CASE WHEN ${isPaused} THEN '${pausedId}' END, 'bench@postern.test', 'Bench <bench@postern.test>', ${address}, 'Your invoice ' || n, '<' || ${tail} || '@postern.test>', ${source.length}, 0, '${tags}', 0, 0, NULL, 'api key shop', ${acceptedAt}, NULL, ${expiresAt}`,
    ),
    fill(
      'recipient',
      'message_id, position, address, kind, state, reply, explanation, updated_at',
      `${id}, 0, ${address}, 'to', ${state}, '', '', ${acceptedAt}`,
    ),
    fill(
      'queue',
      'message_id, lane, settings_id, ready_at, expires_at, attempts, crashes, token',
      `${id}, ${lane}, CASE WHEN ${isPaused} THEN '${pausedId}' ELSE '' END, ${readyAt}, ${expiresAt}, CASE WHEN ${isDeferred} THEN 1 ELSE 0 END, 0, 0`,
    ),
    fill('event', 'message_id, position, type, at, data', `${id}, NULL, 'queued', ${acceptedAt}, '{}'`),
    fill(
      'event',
      'message_id, position, type, at, data',
      `${id}, 0, 'deferred', ${acceptedAt} + 100, '{}'`,
      isDeferred,
    ),
    fill(
      'attempt',
      'id, message_id, number, settings_id, settings_name, started_at, ended_at, outcome, phase, reply, explanation, transcript',
      `'try' || substr(${id}, 4), ${id}, 1, '${pausedId}', 'Office', ${acceptedAt}, ${acceptedAt} + 100, 'deferred', 'dot', '451 later', '', NULL`,
      isDeferred,
    ),
  ];
  const content = fill('content', 'message_id, bytes, parts', `${id}, $1, NULL`);
  return [...plain.map((text) => ({ text, values: [] })), { text: content, values: [source] }];
}
