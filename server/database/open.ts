/**
 * Opens the one database of an installation: SQLite in the data folder, or PostgreSQL 15+.
 *
 * SQLite runs in WAL with synchronous=FULL: what a commit has answered survives a power cut. Versions before 3.51.3 are
 * refused, they can lose committed pages when a WAL is reset. PostgreSQL hands bigint columns back as numbers; all of
 * ours are milliseconds or counts far below 2^53.
 */
import type { Socket } from 'node:net';
import Sqlite from 'better-sqlite3';
import { Kysely, PostgresDialect, SqliteDialect } from 'kysely';
import type pg from 'pg';
import { openSqliteWriter, pageCacheKb, type SqliteWriter } from './sqlite-writer.ts';
import type { Tables } from './tables.ts';

export type DatabaseAddress = { kind: 'sqlite'; file: string } | { kind: 'postgres'; url: string };

export type Database = {
  query: Kysely<Tables>;
  /** Runs a script of several statements in one transaction. */
  runScript: (sql: string) => Promise<void>;
  close: () => Promise<void>;
} & (
  | {
      kind: 'sqlite';
      /** For reading, and for small writes that are rare: the caller waits for the disk. */
      sqlite: Sqlite.Database;
      /** For everything that mail does. */
      writer: SqliteWriter;
    }
  | {
      kind: 'postgres';
      pool: pg.Pool;
      /**
       * For everything that mail does: pages that search for long never keep it waiting. Its statements are planned once,
       * whatever they are given: planning the larger ones anew takes longer than running them.
       */
      mailPool: pg.Pool;
    }
);

const int8 = 20;
/** A person waits for a page; more connections than this only queue inside PostgreSQL. */
const poolSize = 10;
/** As long as a timer can be. */
const longestMs = 2 ** 31 - 1;
/** Accepting, claiming and recording each have a statement or two on their way, whatever the load. */
const mailPoolSize = 6;
/** How long a writer waits for another process (the command line) to finish its own short write. */
const busyTimeoutMs = 5000;

/**
 * PostgreSQL that falls silent, as behind a network that was cut, hangs up on nobody: without a limit callers would wait
 * for a quarter of an hour. Mail is claimed and recorded in milliseconds; pages may search.
 */
const silenceLimits = { mailMs: 10_000, pageMs: 15_000 };

/** @param limits how long an answer of PostgreSQL is waited for, and a connection to it */
export const openDatabase = async (address: DatabaseAddress, limits = silenceLimits): Promise<Database> =>
  address.kind === 'sqlite' ? openSqlite(address.file) : openPostgres(address.url, limits);

function openSqlite(file: string): Database {
  const sqlite = new Sqlite(file, { timeout: busyTimeoutMs });
  sqlite.pragma('journal_mode = WAL');
  sqlite.pragma('synchronous = FULL');
  sqlite.pragma('foreign_keys = ON');
  sqlite.pragma(`cache_size = -${pageCacheKb}`);
  const version = String(sqlite.prepare('select sqlite_version()').pluck().get());
  if (isOlder(version, [3, 51, 3]))
    throw new Error(`SQLite ${version} can lose committed data; 3.51.3 or newer is needed`);
  const query = new Kysely<Tables>({ dialect: new SqliteDialect({ database: sqlite }) });
  const writer = openSqliteWriter(file, busyTimeoutMs);
  return {
    kind: 'sqlite',
    sqlite,
    writer,
    query,
    runScript: async (sql) => {
      sqlite.transaction(() => sqlite.exec(sql)).immediate();
    },
    close: async () => {
      await writer.close();
      await query.destroy();
    },
  };
}

async function openPostgres(url: string, { mailMs, pageMs }: typeof silenceLimits): Promise<Database> {
  // Loaded only where it is used: it costs memory.
  const { default: pg } = await import('pg');
  const open = (more: pg.PoolConfig & { onConnect?: (client: pg.ClientBase) => Promise<unknown> }) => {
    const opened = new pg.Pool({
      connectionString: url,
      connectionTimeoutMillis: mailMs,
      Client: endSilentLines(pg.Client),
      types: {
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          oid === int8 ? Number : pg.types.getTypeParser(oid, format as 'text')) as typeof pg.types.getTypeParser,
      },
      ...more,
    });
    // Without a listener, an idle connection that the server closes would end the process.
    opened.on('error', () => {});
    return opened;
  };
  const pool = open({ max: poolSize, query_timeout: pageMs });
  const mailPool = open({
    max: mailPoolSize,
    query_timeout: mailMs,
    // Planned while the tables are nearly empty, a statement would go on reading them whole when they are not.
    onConnect: (client) => client.query('SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off'),
  });
  const server = await pool.query<{ server_version_num: string }>('show server_version_num');
  if (Number(server.rows[0]?.server_version_num) < 150000) {
    await pool.end();
    throw new Error('PostgreSQL 15 or newer is needed');
  }
  const query = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  const runScript = async (sql: string) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      // A new index on many rows takes its time.
      await client.query({ text: sql, query_timeout: longestMs } as pg.QueryConfig);
      await client.query('COMMIT');
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
  const close = async () => {
    await mailPool.end();
    await query.destroy();
  };
  return { kind: 'postgres', pool, mailPool, query, runScript, close };
}

/** A line whose query was given up is not used again: every later one would wait behind it. */
function endSilentLines(Client: typeof pg.Client): typeof pg.Client {
  type Ask = (...args: unknown[]) => unknown;
  return class extends Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      // Its pool hears of errors while it owns the line; one that was given up has nobody, and would end the process.
      this.on('error', () => {});
      const ask = this.query.bind(this) as Ask;
      const endIfSilent = (error: unknown) => {
        if ((error as Error | null)?.message !== 'Query read timeout') return;
        (this as unknown as { connection: { stream: Socket } }).connection.stream.destroy();
      };
      this.query = ((...args: unknown[]) => {
        const tell = args.at(-1);
        if (typeof tell === 'function') {
          args[args.length - 1] = (error: unknown, result: unknown) => {
            endIfSilent(error);
            tell(error, result);
          };
        }
        const answer = ask(...args);
        if (answer instanceof Promise) answer.catch(endIfSilent);
        return answer;
      }) as typeof this.query;
    }
  };
}

function isOlder(version: string, least: number[]): boolean {
  const parts = version.split('.').map(Number);
  for (const [place, wanted] of least.entries()) {
    const part = parts[place] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
