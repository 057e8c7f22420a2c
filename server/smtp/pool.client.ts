/**
 * Connections to one server, kept open between messages.
 *
 * A message takes an idle connection, else a new one while there are fewer than allowed, else it queues on a pipelining
 * one, behind at most two others. A connection serves so many messages, and closes when it has been idle for a while.
 * A reused connection that fails before any byte of a body (the server or a firewall had forgotten it, or has had enough)
 * is no failure of the message: it is tried again at once, on a new connection, one time. What a new connection fails
 * with is the message's outcome, and nobody else's. Capabilities are read on each connection anew.
 * A message with an observer has its connection for itself, so that no transcript shows another message.
 */
import type { OutgoingMail } from './envelope.ts';
import { fail, isWorthReconnecting, type TransactionOutcome } from './outcome.ts';
import { emptyHabits, type ServerHabits } from './server-habits.ts';
import { openSession } from './session.client.ts';
import type { SmtpSession } from './session.ts';
import { emptyFacts, type SessionFacts, type SessionObserver, type SmtpTarget } from './target.ts';

export interface PoolOptions {
  /** At a time. */
  maxConnections?: number;
  /** On one connection; servers often allow 100. A lower limit that the server announces counts. */
  maxMessagesPerConnection?: number;
  /** Shorter than the five minutes that servers must wait, and than what firewalls remember (RFC 5321 §4.5.3.2.7). */
  idleMilliseconds?: number;
  habits?: ServerHabits;
  open?: typeof openSession;
}

export interface PooledOutcome {
  outcome: TransactionOutcome;
  /** Of the connection that was used last. */
  facts: SessionFacts;
}

export interface SmtpPool {
  /** Kept by the caller, if it is to outlive the pool. */
  readonly habits: ServerHabits;
  /** Being opened, idle and busy. */
  readonly connections: number;
  /** Messages without an outcome. */
  readonly waiting: number;
  /** Ends as `session.send`; a connection that cannot be opened is an outcome too. Aborted after the dot, it waits for the verdict. */
  send(mail: OutgoingMail, options?: { signal?: AbortSignal; observer?: SessionObserver }): Promise<PooledOutcome>;
  /** Takes no more, waits for what it has, says goodbye. */
  drain(): Promise<void>;
  /** Takes no more; cancels what is not after its dot, waits for the verdict of what is. */
  close(): Promise<void>;
}

interface Item {
  mail: OutgoingMail;
  observer: SessionObserver | null;
  signal: AbortSignal | undefined;
  /** When a connection that had stood open failed it, for the second try; else null. */
  failedAt: number | null;
  connection: Connection | null;
  settle: (outcome: TransactionOutcome, facts: SessionFacts) => void;
  reject: (error: unknown) => void;
}

interface Connection {
  session: SmtpSession | null;
  stop: AbortController;
  facts: SessionFacts;
  served: number;
  observer: SessionObserver | null;
  openedAt: number;
  idleSince: number;
}

/** One on its way, one whose envelope goes with it, one that is there when the first has ended. */
const maxAhead = 3;

export function createPool(target: SmtpTarget, options: PoolOptions = {}): SmtpPool {
  const { maxConnections = 5, maxMessagesPerConnection = 100, idleMilliseconds = 5000 } = options;
  const { open = openSession, habits = emptyHabits() } = options;
  const queue: Item[] = [];
  const connections = new Set<Connection>();
  const tlsSession = { current: null };
  const all = new Set<Item>();
  let opening = 0;
  let isClosed = false;
  let sweeper: NodeJS.Timeout | undefined;
  let onEmpty: (() => void) | null = null;

  const forget = (item: Item): void => {
    all.delete(item);
    if (all.size === 0) onEmpty?.();
  };

  const maxMessages = ({ session }: Connection): number =>
    Math.min(maxMessagesPerConnection, session?.capabilities.maxMessages ?? maxMessagesPerConnection);

  const isUsable = (connection: Connection): boolean =>
    connection.session?.isOpen === true && connection.served < maxMessages(connection);

  const sweep = (): void => {
    sweeper = undefined;
    const now = performance.now();
    for (const connection of connections) {
      const { session } = connection;
      if (session === null || session.waiting > 0) continue;
      if (!session.isOpen || now - connection.idleSince >= idleMilliseconds) discard(connection);
    }
    planSweep();
  };
  const planSweep = (): void => {
    if (sweeper !== undefined || connections.size === 0) return;
    sweeper = setTimeout(sweep, Math.max(10, idleMilliseconds / 4));
    // Idle connections are no reason for a process to stay.
    sweeper.unref();
  };

  const discard = (connection: Connection): void => {
    connections.delete(connection);
    void connection.session?.quit();
  };

  /** A place for the first in the queue, without waiting; null where it has to wait for one. */
  const findPlace = (item: Item): Connection | 'new' | null => {
    let shared: Connection | null = null;
    for (const connection of connections) {
      const { session } = connection;
      if (session === null) continue;
      if (!isUsable(connection)) {
        if (session.waiting === 0) discard(connection);
        continue;
      }
      // What has stood open as long may be as dead; it makes room for a new one.
      if (item.failedAt !== null && connection.openedAt < item.failedAt) {
        if (session.waiting === 0 && connections.size >= maxConnections) discard(connection);
        continue;
      }
      if (session.waiting === 0) return connection;
      const isShareable =
        item.observer === null && connection.observer === null && session.mayPipeline && session.waiting < maxAhead;
      if (isShareable && session.waiting < (shared?.session?.waiting ?? maxAhead)) shared = connection;
    }
    if (connections.size < maxConnections) return 'new';
    return opening > 0 ? null : shared;
  };

  const dispatch = (): void => {
    for (let item = queue[0]; item !== undefined; item = queue[0]) {
      // As many as wait are being opened for already.
      const place = findPlace(item);
      if (place === null) break;
      if (place === 'new') {
        if (opening >= queue.length) break;
        void openOne();
        if (opening >= queue.length) break;
        continue;
      }
      queue.shift();
      void use(place, item);
    }
    planSweep();
  };

  const openOne = async (): Promise<void> => {
    const connection: Connection = {
      session: null,
      stop: new AbortController(),
      facts: emptyFacts(),
      served: 0,
      // The first in the queue is whom this connection is opened for; who comes first when it is open gets it.
      observer: queue[opening]?.observer ?? null,
      openedAt: 0,
      idleSince: 0,
    };
    opening++;
    connections.add(connection);
    const opened = await open(target, {
      signal: connection.stop.signal,
      facts: connection.facts,
      habits,
      tlsSession,
      pipelining: true,
      observer: followObserver(connection),
    });
    opening--;
    connection.observer = null;
    connection.openedAt = performance.now();
    connection.idleSince = connection.openedAt;
    if (opened.ok) {
      connection.session = opened.session;
      if (isClosed && queue.length === 0) discard(connection);
    } else {
      connections.delete(connection);
      // Given up because nobody waited; who came since gets a connection of its own.
      const item = connection.stop.signal.aborted ? undefined : queue.shift();
      item?.settle({ sent: false, failure: opened.failure, recipients: [] }, connection.facts);
    }
    dispatch();
  };

  const use = async (connection: Connection, item: Item): Promise<void> => {
    const session = connection.session as SmtpSession;
    const isReused = connection.served > 0;
    connection.served++;
    connection.observer = item.observer;
    item.connection = connection;
    try {
      const outcome = await session.send(item.mail);
      item.connection = null;
      if (session.waiting === 0) connection.observer = null;
      connection.idleSince = performance.now();
      const isFirstTry = isReused && item.failedAt === null;
      const isWanted = item.signal?.aborted !== true && !isClosed;
      if (isFirstTry && isWanted && isWorthReconnecting(outcome)) {
        item.failedAt = performance.now();
        queue.unshift(item);
      } else item.settle(outcome, connection.facts);
    } catch (error) {
      item.reject(error);
    }
    if (!session.isOpen) connections.delete(connection);
    dispatch();
  };

  const cancel = (item: Item): void => {
    const place = queue.indexOf(item);
    if (place >= 0) {
      queue.splice(place, 1);
      item.settle({ sent: false, failure: fail('connect', 'cancelled', 'cancelled'), recipients: [] }, emptyFacts());
      // Nobody waits for what is being opened.
      if (queue.length > 0) return;
      for (const { session, stop } of connections) if (session === null) stop.abort();
    } else item.connection?.session?.cancel(item.mail);
  };

  const end = async (): Promise<void> => {
    if (all.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
    clearTimeout(sweeper);
    await Promise.all([...connections].map((connection) => connection.session?.quit() ?? connection.stop.abort()));
    connections.clear();
  };

  return {
    habits,
    get connections() {
      return connections.size;
    },
    get waiting() {
      return all.size;
    },
    send(mail, { signal, observer } = {}) {
      return new Promise((resolve, reject) => {
        const onAbort = () => cancel(item);
        const leave = () => {
          signal?.removeEventListener('abort', onAbort);
          forget(item);
        };
        const item: Item = {
          mail,
          observer: observer ?? null,
          signal,
          failedAt: null,
          connection: null,
          settle: (outcome, facts) => {
            leave();
            resolve({ outcome, facts });
          },
          reject: (error) => {
            leave();
            reject(error);
          },
        };
        all.add(item);
        if (isClosed || signal?.aborted === true) {
          const detail = isClosed ? 'the pool is closed' : 'cancelled';
          item.settle({ sent: false, failure: fail('connect', 'cancelled', detail), recipients: [] }, emptyFacts());
          return;
        }
        signal?.addEventListener('abort', onAbort);
        queue.push(item);
        dispatch();
      });
    },
    async drain() {
      isClosed = true;
      await end();
    },
    async close() {
      isClosed = true;
      for (const item of [...all]) cancel(item);
      await end();
    },
  };
}

/** Tells whoever has the connection at the moment; nobody, and at no cost, where nobody listens. */
const followObserver = (connection: Connection): SessionObserver => ({
  get onPhase() {
    return connection.observer?.onPhase as NonNullable<SessionObserver['onPhase']>;
  },
  get onLine() {
    return connection.observer?.onLine as NonNullable<SessionObserver['onLine']>;
  },
});
