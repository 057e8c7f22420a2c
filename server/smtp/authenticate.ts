/**
 * The AUTH exchange (RFC 4954). The secret is tried once: another mechanism only where the server says that it was the
 * *mechanism* it did not like (504; 534 where a stronger one is left), never after 535, because two wrong tries for one
 * cause lock accounts. Every line that carries credentials is masked where it is written, and is then masked wherever it
 * comes back.
 */
import type { Attempt } from './attempt.ts';
import type { Capabilities } from './capabilities.ts';
import type { Reply, SmtpFailure } from './outcome.ts';
import type { Answer, ReplyChannel } from './reply-channel.ts';
import { type Credentials, chooseMechanisms, createExchange, type Mechanism } from './sasl.ts';
import { masked } from './secret-mask.ts';
import type { SmtpTarget } from './target.ts';

/** RFC 4954 §4: a longer AUTH line must send its initial response as the answer to an empty challenge. */
const maxAuthLine = 510;

export type SignedIn = { ok: true; mechanism: Mechanism; reply: Reply } | { ok: false; failure: SmtpFailure };

export async function authenticate(
  channel: ReplyChannel,
  attempt: Attempt,
  target: SmtpTarget & { credentials: Credentials },
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
  const choice = chooseMechanisms(offered, target.authMethod, isEncrypted);
  if (choice.length === 0) {
    return refuse(attempt.fail('auth', 'auth-method-not-offered', `the server offers ${offered.join(', ')}`));
  }

  attempt.start('auth');
  attempt.addSecrets(target.credentials.password);
  for (let i = 0; ; i++) {
    const mechanism = choice[i] as Mechanism;
    const answer = await tryMechanism(channel, attempt, mechanism, target);
    if (answer.ok) return { ok: true, mechanism, reply: answer.reply };
    const next = choice[i + 1];
    const code = answer.failure.reply?.code;
    // 534 "mechanism too weak" says nothing for LOGIN when it was said for PLAIN: both show the password.
    const isWorthAnother = code === 504 || (code === 534 && next === 'CRAM-MD5');
    if (next === undefined || !isWorthAnother || !channel.isOpen) return refuse(answer.failure);
  }
}

async function tryMechanism(
  channel: ReplyChannel,
  attempt: Attempt,
  mechanism: Mechanism,
  { credentials, timeouts }: SmtpTarget & { credentials: Credentials },
): Promise<Answer> {
  const { initial, answers } = createExchange(mechanism, credentials);
  const say = (line: string, shown: string) =>
    channel.ask(line, 'auth', timeouts.reply, (code) => code === 334 || code === 235, shown);
  if (initial !== null) attempt.addSecrets(initial);

  const command = `AUTH ${mechanism}`;
  const isShort = initial !== null && command.length + 1 + initial.length <= maxAuthLine;
  let answer = isShort ? await say(`${command} ${initial}`, `${command} ${masked}`) : await say(command, command);
  // What went as initial response is not asked for again; a server that does has not understood.
  for (const respond of isShort ? [] : answers) {
    if (!answer.ok || answer.reply.code === 235) break;
    const response = respond(answer.reply.lines.join(''));
    if (response === null) break;
    attempt.addSecrets(response);
    answer = await say(response, masked);
  }
  if (!answer.ok || answer.reply.code === 235) return answer;

  const cancelled = await channel.ask('*', 'auth', timeouts.reply, () => false);
  if (!cancelled.ok && cancelled.failure.kind !== 'refused') return cancelled;
  channel.break('desync', `the server’s challenge does not belong to ${mechanism}`);
  return {
    ok: false,
    failure: attempt.fail('auth', 'desync', `the server’s challenge does not belong to ${mechanism}`),
  };
}
