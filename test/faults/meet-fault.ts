/**
 * One message meets one fault of a server, through the real worker on a real database and a real socket; then the server is
 * well again. Says the three answers of docs/faults.md: what became of the message, of the server's health, and what is shown.
 */
import { acceptMany, relay, startDelivery, startServer } from '../../server/delivery/test-data.ts';
import type { SmtpTarget } from '../../server/smtp/target.ts';
import type { AcceptedMessage } from '../../server/submission/accepted-message.ts';
import { type Act, loopbackTarget, type SmarthostScript } from '../fake-smarthost.ts';
import { databases } from '../support/databases.ts';

type Replies = NonNullable<SmarthostScript['replies']>;

export interface Meeting {
  /** Of the first connection; all further ones are to a server that is well. */
  script: SmarthostScript;
  next?: SmarthostScript;
  target?: Partial<SmtpTarget>;
  message?: Partial<AcceptedMessage>;
  /** In place of a scripted server. */
  port?: number;
}

export interface MetFault {
  /** Of the recipient, after the first attempt. */
  state: string;
  /** Seconds until the next try; null: none. */
  waits: number | null;
  /** Whether it cost a step of the schedule. */
  counts: boolean;
  /** `state code`; null: nothing to be said of the server. */
  health: string | null;
  /** On the message's page, and on the server's row. */
  says: string;
  reason: string;
  /** When everything that comes by itself has come: */
  end: string;
  attempts: string[];
  /** Messages that the server has heard whole. */
  copies: number;
}

const timeouts = { connect: 800, tls: 800, greeting: 800, reply: 800, dot: 800, body: 800, deadline: 5000 };
/** What a server that is well says. */
const well = { MAIL: '250 ok', RCPT: '250 ok', DATA: '354 go', '.': '250 ok', AUTH: '235 ok' } as Record<string, Act>;
/** Its first answer of each kind is the fault's, also where the connection lives on. */
const once = (replies: Replies): Replies =>
  Object.fromEntries(
    Object.entries(replies).map(([verb, act]) => {
      const isOne = typeof act !== 'function' && !Array.isArray(act);
      return [verb, isOne && well[verb] !== undefined ? [act, well[verb]] : act];
    }),
  );

const dayLong = 24 * 3600;

/** @param patience seconds that are let pass after the first attempt at most */
export async function meetFault(
  { script, next = {}, target, message, port }: Meeting,
  patience = dayLong,
): Promise<MetFault> {
  const server = await startServer([{ ...script, replies: once(script.replies ?? {}) }, next]);
  const [{ open }] = databases as [(typeof databases)[0]];
  const settings = relay(port ?? server.port);
  settings.target = { target: loopbackTarget(port ?? server.port, { timeouts, ...target }) };
  if (target?.host !== undefined) settings.host = target.host;
  const delivery = await startDelivery(await open(), [settings]);
  const [id] = (await acceptMany(delivery, 1, () => message ?? {})) as [string];
  await delivery.worker.start();
  await delivery.worker.idle();
  const [first] = await delivery.path.recipients(id);
  const waiting = await delivery.path.waiting(id);
  const health = await delivery.health('smtp_1');
  let passed = 0;
  for (let step = 1; (await delivery.path.waiting(id)) !== undefined && passed < patience; step *= 2) {
    await delivery.pass(step);
    passed += step;
  }
  return {
    state: first?.state ?? '',
    waits: waiting === undefined ? null : Math.round((waiting.ready_at - delivery.clock.now()) / 1000 + passed),
    counts: waiting === undefined || waiting.attempts > 0,
    health: health === undefined ? null : `${health.state} ${health.code}`,
    says: first?.explanation ?? '',
    reason: health?.reason ?? '',
    end: (await delivery.states(id)).join(' '),
    attempts: (await delivery.path.attempts(id)).map(({ outcome }) => outcome),
    copies: server.connections.flatMap(({ messages }) => messages).length,
  };
}
