/**
 * Connections to one server, kept open between messages.
 *
 * A message takes an idle connection, else a new one while there are fewer than allowed, else it goes behind another one: its
 * envelope then leaves together with the end of that one, which saves a round trip and half of the packets. That is for
 * servers that take flights and answer quickly; what is behind a message that takes long all the same moves to another
 * connection. Some connections are kept for urgent messages, which go first and behind nobody while there is another way.
 * A connection serves so many messages, and closes when it has been idle for a while.
 * A reused connection that fails before any byte of a body (the server or a firewall had forgotten it, or has had enough)
 * is no failure of the message: it is tried again at once, on a new connection, one time. What a new connection fails
 * with is the message's outcome, and nobody else's. Capabilities are read on each connection anew.
 */
import type { OutgoingMail } from './envelope.ts';
import { fail, isWorthReconnecting, type TransactionOutcome } from './outcome.ts';
import { emptyHabits, type ServerHabits } from './server-habits.ts';
import { openSession } from './session.client.ts';
import type { SmtpSession } from './session.ts';
import { emptyFacts, type SessionFacts, type SessionObserver, type SmtpTarget } from './target.ts';

export interface PoolOptions {
  /** At a time, to begin with. */
  maxConnections?: number;
  /** Of these, for messages that are urgent. */
  reservedConnections?: number;
  /** On one connection; servers often allow 100. A lower limit that the server announces counts. */
  maxMessagesPerConnection?: number;
  /** Shorter than the five minutes that servers must wait, and than what firewalls remember (RFC 5321 §4.5.3.2.7). */
  idleMilliseconds?: number;
  /** From its turn to its end: a message that took longer lets no other one wait behind the next. */
  quickMilliseconds?: number;
  /** What is behind one that takes longer goes elsewhere. */
  stuckMilliseconds?: number;
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
  /** At a time. Those that are open and too many end when they have been idle. */
  maxConnections: number;
  /** As many are worth sending at a time for each connection: two where the server was seen to take flights, quickly. */
  readonly messagesPerConnection: 1 | 2;
  /** Ends as `session.send`; a connection that cannot be opened is an outcome too. */
  send(mail: OutgoingMail, options?: { isUrgent?: boolean }): Promise<PooledOutcome>;
  /** Takes no more, waits for what it has, says goodbye. */
  drain(): Promise<void>;
  /** Takes no more; cancels what is not after its dot, waits for the verdict of what is. */
  close(): Promise<void>;
}

interface Item {
  mail: OutgoingMail;
  isUrgent: boolean;
  /** It was behind one that took long: that happens to it once. */
  hasMoved: boolean;
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
  /** Messages that it may still take. */
  left: number;
  isReused: boolean;
  /** On their way, in this order. */
  items: Item[];
  /** What was said while it was opened: for the message that uses it first, or that it could not be opened for. */
  opening: { at: number; from: 'client' | 'server' | 'note'; text: string }[];
  openedAt: number;
  /** When the first of the items got its turn, or the last one ended. */
  turnAt: number;
  /** As the last message was. */
  isQuick: boolean;
}

const mostOnConnection = 2;

export function createPool(target: SmtpTarget, options: PoolOptions = {}): SmtpPool {
  const { reservedConnections = 0, maxMessagesPerConnection = 100 } = options;
  const { idleMilliseconds = 5000, quickMilliseconds = 1000, stuckMilliseconds = 5000 } = options;
  const { open = openSession, habits = emptyHabits() } = options;
  let { maxConnections = 5 } = options;
  const queue: Item[] = [];
  const connections = new Set<Connection>();
  const tlsSession = { current: null };
  const all = new Set<Item>();
  let opening = 0;
  /** Connections that are being opened, or have items. */
  let busy = 0;
  /** Of these, on their way with an urgent message. */
  let urgentBusy = 0;
  /** Where a message ended last. */
  let freed: Connection | null = null;
  let isQuick = false;
  /** Takes no more. */
  let isClosed = false;
  /** Sends no more. */
  let isStopped = false;
  let sweeper: NodeJS.Timeout | undefined;
  let onEmpty: (() => void) | null = null;

  const forget = (item: Item): void => {
    all.delete(item);
    if (all.size === 0) onEmpty?.();
  };

  const isUsable = ({ session, left }: Connection): boolean => left > 0 && session?.isOpen === true;

  const isShareable = (connection: Connection, item: Item): boolean => {
    const { items, session, openedAt } = connection;
    if (item.hasMoved || !connection.isQuick || items.length === 0 || items.length >= mostOnConnection) return false;
    // What is kept for urgent messages stays with them.
    if (items[0]?.isUrgent === true && !item.isUrgent) return false;
    // What has stood open as long as one that failed may be as dead.
    if (!isUsable(connection) || session?.mayPipeline !== true || openedAt < (item.failedAt ?? 0)) return false;
    return performance.now() - connection.turnAt < quickMilliseconds;
  };

  const sweep = (): void => {
    sweeper = undefined;
    const now = performance.now();
    for (const connection of connections) {
      const { session, items, turnAt } = connection;
      if (items.length > 1 && !isStopped && now - turnAt >= stuckMilliseconds) moveOn(connection);
      if (session === null || items.length > 0) continue;
      if (!session.isOpen || now - turnAt >= idleMilliseconds) discard(connection);
    }
    planSweep();
  };
  const planSweep = (): void => {
    if (sweeper !== undefined || connections.size === 0) return;
    sweeper = setTimeout(sweep, Math.max(10, Math.min(idleMilliseconds, stuckMilliseconds) / 4));
    // Idle connections are no reason for a process to stay.
    sweeper.unref();
  };

  const discard = (connection: Connection): void => {
    connections.delete(connection);
    void connection.session?.quit();
  };

  /** In front, but behind all that is urgent. */
  const putBack = (item: Item): void => {
    const place = item.isUrgent ? 0 : queue.findIndex((one) => !one.isUrgent);
    queue.splice(place === -1 ? queue.length : place, 0, item);
  };

  /** What waits behind a message that does not end: nothing of it was said but its envelope. */
  const moveOn = (connection: Connection): void => {
    for (const item of connection.items.splice(1)) {
      if (connection.session?.cancel(item.mail) === true) {
        item.mail.observer?.onLine?.('note', 'the message before it takes long: on to another connection');
        item.connection = null;
        item.hasMoved = true;
        putBack(item);
      } else connection.items.push(item);
    }
    // It can do nothing but end now.
    connection.left = 0;
    dispatch();
  };

  /** A place for the first in the queue, without waiting; null where it has to wait for one. */
  const findPlace = (item: Item): Connection | 'new' | null => {
    const mostOthers = Math.max(1, maxConnections - reservedConnections);
    const isFull = busy >= maxConnections || (!item.isUrgent && busy - urgentBusy >= mostOthers);
    // Under load it is nearly always the one that has just ended another.
    if (isFull && freed !== null && isShareable(freed, item)) return freed;
    let shared: Connection | null = null;
    for (const connection of connections) {
      const { session, items } = connection;
      if (session === null) continue;
      if (isShareable(connection, item)) shared ??= connection;
      if (items.length > 0) continue;
      // What has stood open as long as one that failed makes room for a new one.
      const isDoubtful = item.failedAt !== null && connection.openedAt < item.failedAt;
      if (!isUsable(connection) || (isDoubtful && connections.size >= maxConnections)) discard(connection);
      else if (!isDoubtful && !isFull) return connection;
    }
    return !isFull && connections.size < maxConnections ? 'new' : shared;
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
      left: maxMessagesPerConnection,
      isReused: false,
      opening: [],
      items: [],
      openedAt: 0,
      turnAt: 0,
      isQuick: false,
    };
    opening++;
    busy++;
    connections.add(connection);
    const opened = await open(target, {
      signal: connection.stop.signal,
      facts: connection.facts,
      habits,
      tlsSession,
      pipelining: true,
      observer: keepOpening(connection),
    });
    opening--;
    busy--;
    connection.openedAt = performance.now();
    connection.turnAt = connection.openedAt;
    if (opened.ok) {
      connection.session = opened.session;
      connection.left = Math.min(connection.left, opened.session.capabilities.maxMessages ?? connection.left);
      if (isClosed && queue.length === 0) discard(connection);
    } else {
      connections.delete(connection);
      // Given up because nobody waited; who came since gets a connection of its own.
      const item = connection.stop.signal.aborted ? undefined : queue.shift();
      if (item !== undefined) tellOpening(connection, item);
      item?.settle({ sent: false, failure: opened.failure, recipients: [] }, connection.facts);
    }
    dispatch();
  };

  const use = async (connection: Connection, item: Item): Promise<void> => {
    const session = connection.session as SmtpSession;
    const { items } = connection;
    const { isReused } = connection;
    connection.isReused = true;
    connection.left--;
    if (items.length === 0) {
      busy++;
      if (item.isUrgent) urgentBusy++;
      connection.turnAt = performance.now();
    }
    items.push(item);
    item.connection = connection;
    tellOpening(connection, item);
    const leave = () => {
      const place = items.indexOf(item);
      // It has moved to another connection.
      if (place === -1) return;
      items.splice(place, 1);
      if (items.length === 0) busy--;
      freed = connection;
      if (place > 0) return;
      if (item.isUrgent) urgentBusy--;
      if (items[0]?.isUrgent === true) urgentBusy++;
      const now = performance.now();
      connection.isQuick = now - connection.turnAt < quickMilliseconds;
      isQuick = connection.isQuick && session.mayPipeline;
      connection.turnAt = now;
    };
    try {
      const outcome = await session.send(item.mail);
      leave();
      if (item.connection === connection) end(connection, item, outcome, isReused);
    } catch (error) {
      leave();
      item.reject(error);
    }
    if (!session.isOpen) connections.delete(connection);
    dispatch();
  };

  const end = (connection: Connection, item: Item, outcome: TransactionOutcome, isReused: boolean): void => {
    item.connection = null;
    const isFirstTry = isReused && item.failedAt === null;
    if (isFirstTry && !isStopped && isWorthReconnecting(outcome)) {
      item.failedAt = performance.now();
      putBack(item);
    } else item.settle(outcome, connection.facts);
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

  let ended: Promise<void> | null = null;
  const finish = (): Promise<void> => {
    isClosed = true;
    ended ??= sayGoodbye();
    return ended;
  };
  const sayGoodbye = async (): Promise<void> => {
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
    get maxConnections() {
      return maxConnections;
    },
    set maxConnections(most) {
      maxConnections = most;
      dispatch();
    },
    get messagesPerConnection() {
      return isQuick ? mostOnConnection : 1;
    },
    send(mail, { isUrgent = false } = {}) {
      return new Promise((resolve, reject) => {
        const item: Item = {
          mail,
          isUrgent,
          hasMoved: false,
          failedAt: null,
          connection: null,
          settle: (outcome, facts) => {
            forget(item);
            resolve({ outcome, facts });
          },
          reject: (error) => {
            forget(item);
            reject(error);
          },
        };
        all.add(item);
        if (isClosed) {
          const failure = fail('connect', 'cancelled', 'the pool is closed');
          item.settle({ sent: false, failure, recipients: [] }, emptyFacts());
          return;
        }
        if (isUrgent) queue.splice(queue.filter((one) => one.isUrgent).length, 0, item);
        else queue.push(item);
        dispatch();
      });
    },
    drain: finish,
    async close() {
      isClosed = true;
      isStopped = true;
      for (const item of [...all]) cancel(item);
      await finish();
    },
  };
}

/** Nobody knows yet which message will have the connection; from then on each message is told its own. */
const keepOpening = (connection: Connection): SessionObserver => {
  const onLine: SessionObserver['onLine'] = (from, text) =>
    void connection.opening.push({ at: performance.now(), from, text });
  return {
    get onLine() {
      return (connection.session === null ? onLine : undefined) as typeof onLine;
    },
  };
};

const tellOpening = (connection: Connection, { mail: { observer } }: Item): void => {
  const { opening } = connection;
  if (opening.length === 0) return;
  connection.opening = [];
  const now = performance.now();
  for (const { at, from, text } of opening) observer?.onLine?.(from, text, now - at);
};
