/**
 * Word between the nodes on one PostgreSQL: something became due, settings changed, somebody paused sending. On SQLite
 * there is one node and nobody to tell.
 *
 * Only a hint: whoever misses it (a connection that broke, a pooler that does not pass NOTIFY on) finds out by its own look
 * every second or two. So it is sent after the commit, aside, at most twenty times a second whatever is accepted, and not
 * again when it fails. A node hears through one connection of its own, which is opened again when it breaks; what may
 * have been said meanwhile counts as said then.
 */
import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Database, DatabaseAddress } from './open.ts';

export const wakeUpChannels = ['queue', 'settings', 'sending'] as const;
export type WakeUpChannel = (typeof wakeUpChannels)[number];

export interface WakeUp {
  /** Tells the other nodes, soon; what is said again before it went is said once. */
  tell: (channel: WakeUpChannel, detail?: string) => void;
  /** Hears from now on what the others tell. Resolves when it does; never throws, it goes on trying. */
  listen: (onWake: (channel: WakeUpChannel, detail: string) => void) => Promise<void>;
  stop: () => Promise<void>;
}

/** The name in PostgreSQL; every database has its own. */
const pgChannel = 'postern';
export const tellEveryMs = 50;
const [firstRetryMs, lastRetryMs] = [100, 10_000];
/** A peer that vanished without a word is found out by a question. */
const heartbeatMs = 30_000;
const answerLimitMs = 10_000;

export const openWakeUp = (database: Database, address: DatabaseAddress, onError: (error: unknown) => void): WakeUp =>
  database.kind === 'postgres' && address.kind === 'postgres'
    ? openOnPostgres(database.mailPool, address.url, onError)
    : { tell: () => {}, listen: async () => {}, stop: async () => {} };

function openOnPostgres(pool: pg.Pool, url: string, onError: (error: unknown) => void): WakeUp {
  const self = randomUUID();
  const waiting = new Set<string>();
  let telling: Promise<unknown> | null = null;
  let isStopped = false;

  const flush = (): void => {
    if (telling !== null || waiting.size === 0) return;
    const payloads = [...waiting];
    waiting.clear();
    const text = `SELECT pg_notify('${pgChannel}', said) FROM unnest($1::text[]) AS said`;
    const config: pg.QueryConfig & { query_timeout: number } = {
      name: 'wake_up_tell',
      text,
      values: [payloads],
      query_timeout: answerLimitMs,
    };
    // The database is away: then nobody else can do anything either.
    telling = pool.query(config).catch(() => {});
    void telling.then(() => {
      const next = setTimeout(() => {
        telling = null;
        flush();
      }, tellEveryMs);
      next.unref();
    });
  };

  let client: pg.Client | null = null;
  let retry: NodeJS.Timeout | undefined;
  let heartbeat: NodeJS.Timeout | undefined;
  let failures = 0;

  const hear = async (onWake: (channel: WakeUpChannel, detail: string) => void): Promise<void> => {
    const { default: driver } = await import('pg');
    if (isStopped) return;
    const opened = new driver.Client({
      connectionString: url,
      keepAlive: true,
      connectionTimeoutMillis: answerLimitMs,
      query_timeout: answerLimitMs,
    });
    client = opened;
    let isLost = false;
    const lose = (error?: unknown): void => {
      if (isLost) return;
      isLost = true;
      clearInterval(heartbeat);
      opened.end().catch(() => {});
      if (isStopped) return;
      // Once for each trouble.
      if (failures === 0) onError(error ?? new Error('the connection ended'));
      const wait = Math.min(firstRetryMs * 2 ** failures, lastRetryMs) * (0.5 + Math.random() / 2);
      failures += 1;
      retry = setTimeout(() => void hear(onWake), wait).unref();
    };
    opened.on('error', lose);
    opened.on('end', () => lose());
    opened.on('notification', ({ payload = '' }) => {
      const [from, channel, ...detail] = payload.split(' ');
      if (from !== self && isChannel(channel)) onWake(channel, detail.join(' '));
    });
    try {
      await opened.connect();
      await opened.query(`LISTEN ${pgChannel}`);
    } catch (error) {
      return lose(error);
    }
    failures = 0;
    heartbeat = setInterval(() => opened.query('SELECT 1').catch(lose), heartbeatMs).unref();
    for (const channel of wakeUpChannels) onWake(channel, '');
  };

  return {
    tell: (channel, detail = '') => {
      if (isStopped) return;
      waiting.add(`${self} ${channel} ${detail}`.trimEnd());
      // With all that this turn of the event loop says.
      setImmediate(flush);
    },
    listen: hear,
    stop: async () => {
      isStopped = true;
      clearTimeout(retry);
      clearInterval(heartbeat);
      await telling;
      await client?.end().catch(() => {});
    },
  };
}

const isChannel = (word: string | undefined): word is WakeUpChannel =>
  (wakeUpChannels as readonly (string | undefined)[]).includes(word);
