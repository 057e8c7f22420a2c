/**
 * The AUTH exchange (RFC 4954). The secret is tried once: another mechanism only where the server says that it was the
 * *mechanism* it did not like (504; 534 where a stronger one is left), or refused before anything that depends on the
 * password was said (SCRAM for an account without SCRAM keys); never after a 535 to the password, because two wrong tries
 * for one cause lock accounts. Every line that carries credentials is masked where it is written, and is then masked wherever it
 * comes back.
 */
import { Buffer } from 'node:buffer';
import type { TLSSocket } from 'node:tls';
import type { Attempt } from './attempt.ts';
import type { Capabilities } from './capabilities.ts';
import type { Reply, SmtpFailure } from './outcome.ts';
import type { Answer, ReplyChannel } from './reply-channel.ts';
import { type Credentials, chooseMechanisms, createExchange, type Exchange, type Mechanism } from './sasl.ts';
import { masked } from './secret-mask.ts';
import type { SmtpTarget } from './target.ts';

/** RFC 4954 §4: a longer AUTH line must send its initial response as the answer to an empty challenge. */
const maxAuthLine = 510;

export type SignedIn = { ok: true; mechanism: Mechanism; reply: Reply } | { ok: false; failure: SmtpFailure };

export async function authenticate(
  channel: ReplyChannel,
  attempt: Attempt,
  target: Omit<SmtpTarget, 'credentials'> & { credentials: Credentials },
  capabilities: Capabilities,
  isEncrypted: boolean,
): Promise<SignedIn> {
  const refuse = (failure: SmtpFailure): SignedIn => ({ ok: false, failure });
  const offered = capabilities.authMechanisms;
  if (!isEncrypted && target.encryption !== 'none') {
    return refuse(
      attempt.fail('auth', 'auth-needs-tls', 'the connection is not encrypted, so the password was not sent'),
    );
  }
  if (offered.length === 0) return refuse(attempt.fail('auth', 'auth-not-offered', 'the server offers no AUTH'));
  const { credentials } = target;
  const hasToken = 'accessToken' in credentials;
  const binding = isEncrypted ? exportBinding(channel) : null;
  const choice = chooseMechanisms(offered, target.authMethod, { isEncrypted, hasToken, canBind: binding !== null });
  if (choice.length === 0) {
    return refuse(attempt.fail('auth', 'auth-method-not-offered', `the server offers ${offered.join(', ')}`));
  }

  attempt.start('auth');
  attempt.addSecrets(hasToken ? credentials.accessToken : credentials.password);
  for (let i = 0; ; i++) {
    const mechanism = choice[i] as Mechanism;
    const exchange = createExchange(mechanism, credentials, { ...target, binding });
    const answer = await tryMechanism(channel, attempt, mechanism, exchange, target);
    if (answer.ok) return { ok: true, mechanism, reply: answer.reply };
    const next = choice[i + 1];
    const { kind, reply } = answer.failure;
    const code = reply?.code ?? 0;
    // 534 "mechanism too weak" says nothing for LOGIN when it was said for PLAIN: both show the password.
    const isAboutMechanism = code === 504 || (code === 534 && next === 'CRAM-MD5');
    const isBeforeSecret = kind === 'refused' && !exchange.hasSaidSecret() && (code === 535 || code === 501);
    if (next === undefined || !(isAboutMechanism || isBeforeSecret) || !channel.isOpen) return refuse(answer.failure);
  }
}

async function tryMechanism(
  channel: ReplyChannel,
  attempt: Attempt,
  mechanism: Mechanism,
  exchange: Exchange,
  { timeouts }: Pick<SmtpTarget, 'timeouts'>,
): Promise<Answer> {
  const { initial } = exchange;
  const say = (line: string, shown: string) =>
    channel.ask(line, 'auth', timeouts.reply, (code) => code === 334 || code === 235, shown);
  if (initial !== null) attempt.addSecrets(initial);

  const command = `AUTH ${mechanism}`;
  const isShort = initial !== null && command.length + 1 + initial.length <= maxAuthLine;
  let answer = isShort ? await say(`${command} ${initial}`, `${command} ${masked}`) : await say(command, command);
  let isInitialLeft = initial !== null && !isShort;
  while (answer.ok && answer.reply.code === 334) {
    // What went as initial response is not asked for again; a server that does has not understood.
    const response: string | null = isInitialLeft
      ? initial
      : await exchange.respond(answer.reply.lines.join('').trim());
    isInitialLeft = false;
    if (response === null) return cancel(channel, attempt, mechanism, timeouts.reply);
    attempt.addSecrets(response);
    answer = await say(response, masked);
  }
  if (!answer.ok || exchange.isProven()) return answer;
  return giveUp(channel, attempt, 'the server did not prove that it knows the password');
}

async function cancel(
  channel: ReplyChannel,
  attempt: Attempt,
  mechanism: Mechanism,
  milliseconds: number,
): Promise<Answer> {
  const cancelled = await channel.ask('*', 'auth', milliseconds, () => false);
  if (!cancelled.ok && cancelled.failure.kind !== 'refused') return cancelled;
  return giveUp(channel, attempt, `the server’s challenge does not belong to ${mechanism}`);
}

function giveUp(channel: ReplyChannel, attempt: Attempt, detail: string): Answer {
  channel.break('desync', detail);
  return { ok: false, failure: attempt.fail('auth', 'desync', detail) };
}

/** RFC 9266: a value that only the two ends of this TLS 1.3 connection know; null where there is none. */
function exportBinding({ stream }: ReplyChannel): Buffer | null {
  if (!('exportKeyingMaterial' in stream) || !('getProtocol' in stream)) return null;
  const socket = stream as TLSSocket;
  if (socket.getProtocol() !== 'TLSv1.3') return null;
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
}
