/**
 * From a connected stream to a session that may send: greeting, EHLO, STARTTLS, EHLO, AUTH.
 *
 * Security is decided here. `starttls`: no STARTTLS offered, no AUTH and no mail. `automatic`: STARTTLS where offered, and
 * a failure of it is a failure, not a reason to go on in plain text; nor is its absence, where it was offered before;
 * credentials never leave unencrypted. `none`: what the administrator chose. What was learnt before TLS is forgotten after it (RFC 3207 §4.2).
 */
import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Attempt } from './attempt.ts';
import { authenticate } from './authenticate.ts';
import { recogniseBanner } from './banner.ts';
import { type Capabilities, readCapabilities } from './capabilities.ts';
import { writeClientHello } from './client-hello.ts';
import { fail, type SmtpFailure } from './outcome.ts';
import { type Answer, isPositive, ReplyChannel } from './reply-channel.ts';
import type { SessionFacts, SmtpTarget } from './target.ts';

export type Opened =
  | { ok: true; channel: ReplyChannel; capabilities: Capabilities }
  | { ok: false; failure: SmtpFailure };

/** Turns the stream into an encrypted, verified one. The one effect this needs. */
export type Encrypt = (stream: Duplex) => Promise<{ ok: true; stream: Duplex } | { ok: false; failure: SmtpFailure }>;

export interface Conversation {
  target: SmtpTarget;
  attempt: Attempt;
  facts: SessionFacts;
  /** The stream is encrypted already. */
  isEncrypted: boolean;
  encrypt: Encrypt;
  /** Told of each channel as it comes to be, so that it can be broken from outside. */
  onChannel: (channel: ReplyChannel) => void;
}

export async function openConversation(stream: Duplex, conversation: Conversation): Promise<Opened> {
  const { target, attempt, facts, onChannel } = conversation;
  let channel = new ReplyChannel(stream, attempt);
  onChannel(channel);
  let { isEncrypted } = conversation;

  const greeting = await awaitGreeting(channel, conversation, isEncrypted);
  if (!greeting.ok) return greeting;

  let hello = await sayHello(channel, conversation, isEncrypted);
  if (!hello.ok) return hello;

  const wantsStarttls = !isEncrypted && (target.encryption === 'starttls' || target.encryption === 'automatic');
  if (wantsStarttls && !hello.capabilities.hasStarttls && target.encryption === 'starttls') {
    const detail = 'the server does not offer STARTTLS, so neither the password nor a message was sent';
    return { ok: false, failure: attempt.fail('starttls', 'starttls-not-offered', detail) };
  }
  if (wantsStarttls && !hello.capabilities.hasStarttls && target.memory?.hadStarttls() === true) {
    const detail = 'the server offered STARTTLS before and does not now, so nothing was sent in plain text';
    return { ok: false, failure: attempt.fail('starttls', 'starttls-gone', detail) };
  }
  if (wantsStarttls && !hello.capabilities.hasStarttls) {
    attempt.show('note', 'STARTTLS is not offered: going on without encryption');
  } else if (wantsStarttls) {
    const encrypted = await startTls(channel, conversation);
    if (!encrypted.ok) return encrypted;
    isEncrypted = true;
    channel = new ReplyChannel(encrypted.stream, attempt);
    onChannel(channel);
    hello = await sayHello(channel, conversation, isEncrypted);
    if (!hello.ok) return hello;
  }
  facts.encryption ??= 'none';

  if (target.credentials !== null) {
    const { credentials } = target;
    const signedIn = await authenticate(channel, attempt, { ...target, credentials }, hello.capabilities, isEncrypted);
    if (!signedIn.ok) return signedIn;
    facts.authMethod = signedIn.mechanism;
    attempt.end('auth', signedIn.reply);
  }
  return { ok: true, channel, capabilities: hello.capabilities };
}

/** A server that waits for TLS answers a hello at once. */
const helloMilliseconds = 2000;

/** Silence in plain text may be a server that waits for TLS: before it is given up, it is asked in that language. */
async function awaitGreeting(
  channel: ReplyChannel,
  { target, attempt, facts }: Conversation,
  isEncrypted: boolean,
): Promise<Answer> {
  attempt.start('greeting');
  const hello = { bytes: writeClientHello(randomBytes(32)), milliseconds: helloMilliseconds };
  const isGreeting = (code: number) => code === 220;
  const { greeting } = target.timeouts;
  const answer = await channel.receive('greeting', greeting, isGreeting, isEncrypted ? null : hello);
  if (answer.ok) {
    facts.greeting = answer.reply;
    attempt.end('greeting', answer.reply);
    return answer;
  }
  const isOther = answer.failure.kind === 'desync' && channel.faultText !== '';
  if (!isOther) return answer;
  return { ok: false, failure: fail('greeting', 'not-smtp', recogniseBanner(channel.faultText)) };
}

type Hello = { ok: true; capabilities: Capabilities } | { ok: false; failure: SmtpFailure };

async function sayHello(channel: ReplyChannel, conversation: Conversation, isEncrypted: boolean): Promise<Hello> {
  const { target, attempt, facts } = conversation;
  attempt.start('ehlo');
  let answer = await channel.ask(`EHLO ${target.ehloName}`, 'ehlo', target.timeouts.reply, isPositive);
  // An old server knows only HELO, which has neither TLS nor AUTH: enough only where neither is needed.
  const code = answer.ok ? 0 : answer.failure.reply?.code;
  const isUnknown = code === 500 || code === 502 || code === 504;
  const needsEhlo = target.credentials !== null || (target.encryption === 'starttls' && !isEncrypted);
  const isHelo = isUnknown && !needsEhlo && channel.isOpen;
  if (isHelo) answer = await channel.ask(`HELO ${target.ehloName}`, 'ehlo', target.timeouts.reply, isPositive);
  if (!answer.ok) return answer;
  facts.capabilities = isHelo ? [] : answer.reply.lines.slice(1);
  const capabilities = readCapabilities(facts.capabilities);
  facts.sizeLimitBytes = capabilities.sizeLimitBytes;
  attempt.end('ehlo', answer.reply);
  return { ok: true, capabilities };
}

async function startTls(channel: ReplyChannel, { target, attempt, facts, encrypt }: Conversation): ReturnType<Encrypt> {
  attempt.start('starttls');
  const answer = await channel.ask('STARTTLS', 'starttls', target.timeouts.reply, (code) => code === 220);
  if (!answer.ok) return answer;
  const injected = channel.detach();
  if (injected !== null) return { ok: false, failure: injected };
  attempt.end('starttls', answer.reply);
  const encrypted = await encrypt(channel.stream);
  if (!encrypted.ok) return encrypted;
  facts.encryption = 'starttls';
  attempt.end('tls');
  return encrypted;
}
