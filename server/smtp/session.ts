/** An open session: sends one message after the other over one connection. No effects of its own; see session.client.ts. */
import type { Attempt } from './attempt.ts';
import type { Capabilities } from './capabilities.ts';
import { toEhloName } from './command.ts';
import { type OutgoingMail, type PreparedMail, prepareMail } from './envelope.ts';
import { fail, type TransactionOutcome } from './outcome.ts';
import type { ReplyChannel } from './reply-channel.ts';
import type { ServerHabits } from './server-habits.ts';
import type { SessionFacts, SmtpTarget } from './target.ts';
import { Transactions } from './transaction.ts';

export type { OutgoingMail } from './envelope.ts';

/** A goodbye is a courtesy; nobody waits long for the answer. */
const quitMilliseconds = 2000;

export interface SmtpSession {
  readonly facts: SessionFacts;
  readonly capabilities: Capabilities;
  /** False when the connection ended; `send` then says why. */
  readonly isOpen: boolean;
  /** Envelopes may go out behind the dot of the message before: worth calling `send` before the last one has ended. */
  readonly mayPipeline: boolean;
  /** Messages that were given to `send` and have no outcome yet. */
  readonly waiting: number;
  /**
   * In the order of the calls, one message after the other. Two at a time keep a pipelining line full: one on its way, one
   * whose envelope goes with the end of it. What fails is in the outcome; it
   * throws only what reading `data` throws.
   */
  send(mail: OutgoingMail): Promise<TransactionOutcome>;
  /**
   * Ends a message that was given to `send` as `cancelled`, unless its final dot is out: then its verdict is waited for.
   * Where its envelope is out already, the session ends with it.
   * @returns whether it is certain not to be sent here
   */
  cancel(mail: OutgoingMail): boolean;
  /** QUIT, then the end. Never fails: what was sent stays sent; what still waits is cancelled. */
  quit(): Promise<void>;
  /** The end at once. */
  destroy(): void;
}

export interface SessionParts {
  channel: ReplyChannel;
  attempt: Attempt;
  capabilities: Capabilities;
  facts: SessionFacts;
  target: SmtpTarget;
  habits?: ServerHabits;
  /** False: one command at a time, whatever the server offers. */
  mayPipeline?: boolean;
}

interface Waiting {
  prepared: PreparedMail;
  isCancelled: boolean;
  settle: (outcome: TransactionOutcome | Promise<never>) => void;
}

export function createSession({ channel, attempt, capabilities, facts, target, ...more }: SessionParts): SmtpSession {
  const { timeouts } = target;
  const ehloName = toEhloName(target.ehloName) ?? '';
  const transactions = new Transactions({ channel, attempt, capabilities, timeouts, ehloName, ...more });
  const queue: Waiting[] = [];
  let isFirst = true;
  let current: Waiting | null = null;

  const cancelled = (): TransactionOutcome => ({
    sent: false,
    failure: fail('mail', 'cancelled', 'cancelled'),
    recipients: [],
  });

  const peekNext = (): PreparedMail | null => {
    const [next] = queue;
    return next === undefined || next.isCancelled ? null : next.prepared;
  };

  /** Nothing was said for it, and nothing that was said for the message before it is about this one. */
  const leftBehind: TransactionOutcome = {
    sent: false,
    failure: fail('mail', 'connection-lost', 'the connection ended with the message before this one'),
    recipients: [],
  };

  const work = async (): Promise<void> => {
    let isBehind = false;
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      current = item;
      if (item.isCancelled) {
        if (transactions.hasOpenEnvelope) channel.break('cancelled', 'cancelled');
        transactions.forgetEnvelope();
        item.settle(cancelled());
        continue;
      }
      if (isBehind && !channel.isOpen && !transactions.hasOpenEnvelope) {
        item.settle(leftBehind);
        continue;
      }
      isBehind = true;
      attempt.watch(item.prepared.observer);
      if (!isFirst) attempt.extend(timeouts.deadline);
      isFirst = false;
      try {
        item.settle(await transactions.send(item.prepared, peekNext));
      } catch (error) {
        item.settle(Promise.reject(error));
      }
    }
    current = null;
    attempt.watch();
  };

  const destroy = (): void => channel.break('cancelled', 'the session was ended');

  return {
    facts,
    destroy,
    capabilities,
    get isOpen() {
      return channel.isOpen;
    },
    get mayPipeline() {
      return transactions.mayPipeline;
    },
    get waiting() {
      return queue.length + (current === null ? 0 : 1);
    },
    send(mail) {
      const preparation = prepareMail(mail, capabilities, attempt.opener);
      if (!preparation.ok) {
        const { failure, recipients } = preparation;
        return Promise.resolve({ sent: false, failure, recipients });
      }
      return new Promise((settle) => {
        queue.push({ prepared: preparation.prepared, isCancelled: false, settle });
        if (current === null) void work();
      });
    },
    cancel(mail) {
      if (current?.prepared.mail === mail) {
        if (transactions.isAfterDot) return false;
        channel.break('cancelled', 'cancelled');
        return true;
      }
      const place = queue.findIndex((item) => item.prepared.mail === mail);
      const item = queue[place];
      if (item === undefined) return false;
      item.prepared.observer = {};
      // The first may have its envelope behind the dot that is out now.
      if (place === 0) {
        item.isCancelled = true;
        if (channel.hasSilentNext && more.habits !== undefined) more.habits.hasBrokenPipelining = true;
        if (channel.waitsForNextOnly) channel.break('cancelled', 'the next message was called back');
      } else {
        queue.splice(place, 1);
        item.settle(cancelled());
      }
      return true;
    },
    async quit() {
      if (channel.isOpen && current === null && !transactions.hasOpenEnvelope) {
        attempt.extend(quitMilliseconds);
        attempt.start('quit');
        const answer = await channel.ask('QUIT', 'quit', quitMilliseconds, (code) => code === 221);
        if (answer.ok) attempt.end('quit', answer.reply);
        if (answer.ok) channel.close();
      }
      destroy();
    },
  };
}
