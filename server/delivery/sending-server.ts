/**
 * One server that mail goes to: what is claimed for it and waits here, what is under way, its pool and its circuit.
 * Handed its effects. `pump` begins what there is room for; who has no room waits here, or is given back when the server
 * is parked, paused, changed or the program stops. Urgent messages go first and into room that others leave free.
 *
 * A message's place at the server is free for the next as soon as the server has answered its dot; that is written down
 * meanwhile, for so many and no more, since each of them is uncertain if the program dies before it is.
 */
import type { ClaimedMessage } from '../queue/queue.ts';
import type { PoolOptions, SmtpPool } from '../smtp/pool.client.ts';
import type { SmtpTarget } from '../smtp/target.ts';
import type { AcceptedMessage } from '../submission/accepted-message.ts';
import {
  type AttemptEffects,
  type AttemptListener,
  type AttemptResult,
  type AttemptServer,
  attemptDelivery,
  type BegunAttempt,
} from './attempt-delivery.ts';
import { MessageBuffer } from './message-buffer.ts';
import { PacedBatches } from './paced-batches.ts';
import type { SendingSettings, TargetOutcome } from './sending-settings.ts';
import {
  advanceCircuit,
  type Circuit,
  connectionLimits,
  describeCircuit,
  findRoom,
  newCircuit,
  parkedCircuit,
} from './server-circuit.ts';
import type { Timer } from './timer.ts';
import type { ServerHealth, ServerVerdict } from './verdict.ts';

/** Claimed in advance, so that a fast server need not wait for the database. */
const bufferedMessages = 200;
/** What waits in the database is looked for at least so often while mail is handed off past it. */
const caughtUpMilliseconds = 1500;
/** Looked for also while much waits in memory, so that it is never left behind for long. */
const lookAgainMilliseconds = 900;
/** Sent or being sent, and not in the database: two on each connection, and those that wait for a commit. A crash may leave so many in doubt. */
const maxUnrecorded = 96;
/** An attempt that takes longer is noted as begun, so that a crash does not leave it out of the log. */
const noteAfterMilliseconds = 1000;

export interface ServerEffects extends AttemptEffects {
  readTarget: (id: string) => Promise<TargetOutcome>;
  openPool: (target: SmtpTarget, options: Pick<PoolOptions, 'maxConnections' | 'reservedConnections'>) => SmtpPool;
  /** Milliseconds that never jump. */
  monotonic: () => number;
  giveBack: (messages: readonly ClaimedMessage[]) => void;
  /** The attempt of this message is over, and it is not ours any more. */
  release: (message: ClaimedMessage) => void;
  /** The circuit changed: tell whoever shows it. */
  onHealth: (server: SendingServer) => void;
  /** False while something cannot be recorded: until it is, nothing else is begun. */
  mayBegin: () => boolean;
  /** Calls back once, unless the returned function is called before. */
  after: Timer['after'];
  /** Keeps count of what is under way. */
  track: (work: Promise<unknown>) => void;
  /** There may be room for more. */
  onRoom: () => void;
}

interface UnderWay extends AttemptListener {
  message: ClaimedMessage;
  startedAt: number;
  /** Null: not begun, or noted as begun. */
  unnoted: BegunAttempt | null;
  /** The server has answered, and the database has not. */
  isUnrecorded: boolean;
}

const problemWords: Record<'password-missing' | 'password-locked', string> = {
  'password-missing': 'The settings have a user name and no password.',
  'password-locked': 'The password cannot be opened: the secret key is missing or does not fit.',
};

export class SendingServer {
  settings: SendingSettings;
  /** By a person, by itself or with all others. */
  isPaused = false;
  isPausedItself = false;
  /** The last round left it out, or could not take all: as soon as there is room, another one is worth it. */
  mayHaveMore = true;
  /** As it was last stored. */
  health: ServerHealth | null = null;
  #circuit: Circuit = newCircuit();
  #pool: SmtpPool | null = null;
  /** As attempts see it, as long as the pool is this one. */
  #door: AttemptServer | null = null;
  /** Of settings that have changed since: what is under way ends there. */
  readonly #formerPools = new Set<SmtpPool>();
  #isPreparing = false;
  #isClosed = false;
  readonly #effects: ServerEffects;
  readonly #waiting = new MessageBuffer();
  readonly #paced: PacedBatches;
  /** When a claim last brought all that there was; null: more waits in the database. */
  #caughtUpAt: number | null = null;
  /** At the server. */
  readonly #underWay = new Set<UnderWay>();
  /** Of those, not urgent. */
  #othersUnderWay = 0;
  /** The server has answered, and the database has not. */
  #unrecorded = 0;

  constructor(settings: SendingSettings, health: ServerHealth | null, now: number, effects: ServerEffects) {
    this.settings = settings;
    this.#effects = effects;
    this.health = health;
    this.#paced = new PacedBatches({
      after: effects.after,
      monotonic: effects.monotonic,
      roomFor: ({ count, bytes }) => (this.#isHandingOff ? this.#waiting.roomFor(count, bytes) : 'never'),
    });
    this.isPausedItself = health?.isPaused ?? false;
    this.isPaused = this.isPausedItself;
    const isOld = health === null || settings.changedAt > health.since;
    if (!isOld && (health.state === 'blocked' || health.state === 'unreachable')) {
      const { state, code, reason, nextProbeAt } = health;
      const monotonic = effects.monotonic();
      const probeAt = nextProbeAt === null ? null : monotonic + Math.max(0, nextProbeAt - now);
      this.#circuit = parkedCircuit({ state, code, reason, retryAfterSeconds: 0 }, probeAt, monotonic);
    }
  }

  /** Names in the queue that this server sends for. */
  get names(): string[] {
    return this.settings.isDefault ? [this.settings.id, ''] : [this.settings.id];
  }

  get isIdle(): boolean {
    return this.#underWay.size + this.#unrecorded === 0 && this.#waiting.size === 0;
  }

  /** A claim for it has ended. @param isAll it brought everything that was due */
  claimed(isAll: boolean): void {
    this.#caughtUpAt = isAll ? this.#effects.monotonic() : null;
    this.mayHaveMore = !isAll;
  }

  /**
   * Keeps room for a message that is just being accepted, so that it need not be claimed. Null where older ones wait in
   * the database, or there is no room: then all go through the database until a claim has brought the last of them.
   * @returns ends the reservation
   */
  reserve(message: Pick<AcceptedMessage, 'lane' | 'sizeBytes'>): (() => void) | null {
    if (!this.#isHandingOff) return null;
    const free = this.#waiting.reserve(message);
    if (free === null) this.#caughtUpAt = null;
    return free;
  }

  /** See HandOff.pace. @param batch not urgent, and all for this server */
  pace(batch: readonly Pick<AcceptedMessage, 'sizeBytes'>[], reserve: () => void): Promise<void> | null {
    const bytes = batch.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return this.#paced.add({ count: batch.length, bytes, letIn: reserve });
  }

  /** What is accepted need not be claimed: the server is well, and nothing older waits in the database. */
  get #isHandingOff(): boolean {
    if (this.isPaused || this.#isClosed || this.#pool === null || this.#circuit.state !== 'ok') return false;
    return this.#caughtUpAt !== null && this.#effects.monotonic() - this.#caughtUpAt <= caughtUpMilliseconds;
  }

  /** `many`: claim ahead; `urgent`: only those; `one`: a probe; `none`. */
  get wants(): 'many' | 'urgent' | 'one' | 'none' {
    if (this.isPaused || this.#isClosed) return 'none';
    const { state } = this.#circuit;
    const waiting = this.#waiting.size;
    if (state === 'parked') return waiting === 0 && this.#room().any > 0 ? 'one' : 'none';
    if (state === 'unproven') return waiting === 0 && this.#underWay.size === 0 ? 'many' : 'none';
    if (waiting < bufferedMessages / 2 || this.#isLookDue) return 'many';
    return this.#waiting.urgentSize < connectionLimits.most ? 'urgent' : 'none';
  }

  /** Mail is handed off past the database, and what waits there was last looked for a second ago. */
  get #isLookDue(): boolean {
    return this.#isHandingOff && this.#effects.monotonic() - (this.#caughtUpAt ?? 0) >= lookAgainMilliseconds;
  }

  accept(message: ClaimedMessage): void {
    this.#waiting.add(message);
  }

  pump(): void {
    if (this.#isClosed) return;
    if (this.isPaused) this.giveAllBack();
    if (this.#waiting.size === 0) return;
    if (this.#pool === null) {
      this.#prepare();
      return;
    }
    if (!this.#effects.mayBegin()) return;
    for (let message = this.#next(); message; message = this.#next()) this.#begin(message, this.#pool);
    this.#paced.letIn();
    if (this.#circuit.state === 'parked' && this.#underWay.size === 0) this.giveAllBack();
  }

  giveAllBack(): void {
    const all = this.#waiting.takeAll();
    if (all.length > 0) this.#effects.giveBack(all);
    this.#paced.letIn();
  }

  /** Other settings, other luck: what is under way ends by the old ones. */
  change(settings: SendingSettings): void {
    const hasChanged = settings.version !== this.settings.version;
    this.settings = settings;
    if (!hasChanged) return;
    this.#dropPool();
    this.#circuit = { ...newCircuit(), changedAt: this.#effects.monotonic() };
    this.giveAllBack();
  }

  /** Somebody wants it tried now. */
  probeNow(): void {
    if (this.#circuit.state === 'parked') this.#circuit = { ...this.#circuit, probeAt: this.#effects.monotonic() };
  }

  /** Attempts that have been under way for long are written down as begun; called every second. */
  noteSlow(): void {
    const before = this.#effects.monotonic() - noteAfterMilliseconds;
    for (const one of this.#underWay) {
      if (one.unnoted === null || one.startedAt > before) continue;
      this.#effects.track(this.#effects.begin(one.message, one.unnoted));
      one.unnoted = null;
    }
  }

  /** Aborts what is before its dot; that ends by itself, as what is after it. */
  stop(): void {
    this.#isClosed = true;
    this.giveAllBack();
    this.#dropPool();
    for (const pool of this.#formerPools) this.#effects.track(pool.close());
  }

  describe(wallNow: number): Omit<ServerHealth, 'settingsId' | 'isPaused'> | null {
    return describeCircuit(this.#circuit, this.#effects.monotonic(), wallNow);
  }

  #dropPool(): void {
    const pool = this.#pool;
    if (pool === null) return;
    this.#pool = null;
    this.#formerPools.add(pool);
    this.#effects.track(pool.drain().finally(() => this.#formerPools.delete(pool)));
  }

  #room(): { any: number; urgent: number } {
    const busy = { all: this.#underWay.size, others: this.#othersUnderWay };
    const { any, urgent } = findRoom(this.#circuit, busy, this.#effects.monotonic(), this.#pool?.messagesPerConnection);
    const most = Math.max(0, maxUnrecorded - this.#unrecorded - busy.all);
    return { any: Math.min(any, most), urgent: Math.min(urgent, most) };
  }

  #next(): ClaimedMessage | undefined {
    return this.#waiting.next(this.#room());
  }

  #prepare(): void {
    if (this.#isPreparing) return;
    this.#isPreparing = true;
    const { version } = this.settings;
    const prepare = async () => {
      const found = await this.#effects.readTarget(this.settings.id);
      this.#isPreparing = false;
      if (this.#isClosed || version !== this.settings.version || ('problem' in found && found.problem === 'gone')) {
        this.giveAllBack();
      } else if ('target' in found) {
        this.#open(found.target);
      } else {
        const { problem } = found;
        this.#advance({ state: 'blocked', code: problem, reason: problemWords[problem], retryAfterSeconds: 0 });
        this.giveAllBack();
      }
      this.pump();
    };
    this.#effects.track(
      prepare().catch((error: unknown) => {
        this.#isPreparing = false;
        this.giveAllBack();
        this.#effects.onFault(error, '');
      }),
    );
  }

  #open(target: SmtpTarget): void {
    const pool = this.#effects.openPool(target, {
      maxConnections: this.#circuit.limit,
      reservedConnections: connectionLimits.reservedForUrgent,
    });
    const { host, port } = this.settings;
    this.#pool = pool;
    this.#door = {
      host,
      port,
      hasCredentials: target.credentials !== null,
      maxRecipients: Number.POSITIVE_INFINITY,
      send: pool.send,
    };
  }

  #begin(message: ClaimedMessage, pool: SmtpPool): void {
    const startedAt = this.#effects.monotonic();
    const underWay: UnderWay = {
      message,
      startedAt,
      unnoted: null,
      isUnrecorded: false,
      onBegun: (attempt) => {
        if (message.attempt !== null) underWay.unnoted = attempt;
      },
      onJudged: (result) => {
        if (pool === this.#pool) this.#learn(result, startedAt);
        this.#leave(underWay);
        underWay.isUnrecorded = true;
        this.#unrecorded += 1;
        this.pump();
      },
    };
    this.#underWay.add(underWay);
    if (message.lane !== 'urgent') this.#othersUnderWay += 1;
    this.#effects.track(this.#attempt(underWay));
  }

  async #attempt(underWay: UnderWay): Promise<void> {
    const { message } = underWay;
    try {
      const result = await attemptDelivery(message, this.settings, this.#door, this.#effects, underWay);
      this.#effects.release(message);
      if (result?.verdict.retryAfterSeconds === 0) this.mayHaveMore = true;
    } catch (error) {
      this.#effects.onFault(error, message.id);
      this.#effects.giveBack([message]);
    } finally {
      this.#leave(underWay);
      if (underWay.isUnrecorded) this.#unrecorded -= 1;
      this.pump();
      if (this.mayHaveMore && this.wants !== 'none') this.#effects.onRoom();
    }
  }

  #leave(underWay: UnderWay): void {
    const isFirst = this.#underWay.delete(underWay);
    if (isFirst && underWay.message.lane !== 'urgent') this.#othersUnderWay -= 1;
  }

  #learn({ verdict, recipientLimit }: AttemptResult, startedAt: number): void {
    if (recipientLimit !== null && this.#door !== null) this.#door.maxRecipients = recipientLimit;
    this.#advance(verdict.server, startedAt);
  }

  #advance(verdict: ServerVerdict | null, startedAt: number = this.#effects.monotonic()): void {
    const { monotonic, random } = this.#effects;
    const before = this.#circuit;
    this.#circuit = advanceCircuit(before, {
      verdict,
      startedAt,
      now: monotonic(),
      random: random(),
      hasOthers: this.#underWay.size > 1,
    });
    if (this.#circuit === before) return;
    if (this.#pool !== null) this.#pool.maxConnections = this.#circuit.limit;
    this.#effects.onHealth(this);
  }
}
