/** An open session: sends one message after the other over one connection. No effects of its own; see session.client.ts. */
import type { Attempt } from './attempt.ts';
import type { Capabilities } from './capabilities.ts';
import { fail, type TransactionOutcome } from './outcome.ts';
import { isPositive, type ReplyChannel } from './reply-channel.ts';
import type { SessionFacts, SmtpTarget } from './target.ts';
import { type OutgoingMail, sendMail } from './transaction.ts';

export type { OutgoingMail } from './transaction.ts';

/** A goodbye is a courtesy; nobody waits long for the answer. */
const quitMilliseconds = 2000;

export interface SmtpSession {
  readonly facts: SessionFacts;
  /** False when the connection ended; `send` then says why. */
  readonly isOpen: boolean;
  /** One at a time. What fails is in the outcome; it throws only what reading `data` throws. */
  send(mail: OutgoingMail): Promise<TransactionOutcome>;
  /** QUIT, then the end. Never fails: what was sent stays sent. */
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
}

export function createSession({ channel, attempt, capabilities, facts, target }: SessionParts): SmtpSession {
  const { timeouts } = target;
  let isFirst = true;
  let isBusy = false;
  let needsReset = false;

  const sendNow = async (mail: OutgoingMail): Promise<TransactionOutcome> => {
    if (!isFirst) attempt.extend(timeouts.deadline);
    isFirst = false;
    if (needsReset) {
      const reset = await channel.ask('RSET', 'mail', timeouts.reply, isPositive);
      // A refused RSET leaves it open what the server still holds: this session cannot be trusted with a second message.
      if (!reset.ok) {
        channel.break('desync', 'RSET was refused');
        return { sent: false, failure: { ...reset.failure, scope: 'session' }, recipients: [] };
      }
      needsReset = false;
    }
    const outcome = await sendMail(mail, { channel, attempt, capabilities, timeouts });
    needsReset = !outcome.sent;
    return outcome;
  };

  const destroy = (): void => channel.break('cancelled', 'the session was ended');

  return {
    facts,
    destroy,
    get isOpen() {
      return channel.isOpen;
    },
    async send(mail) {
      if (isBusy) {
        return { sent: false, failure: fail('mail', 'invalid-input', 'this session is busy'), recipients: [] };
      }
      isBusy = true;
      try {
        return await sendNow(mail);
      } finally {
        isBusy = false;
      }
    },
    async quit() {
      if (channel.isOpen && !isBusy) {
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
