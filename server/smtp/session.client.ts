/**
 * `openSession`: from a target to a session that may send. DNS → connect → (TLS) → greeting → EHLO → (STARTTLS → EHLO) → (AUTH).
 *
 * Everything a network or a server can do wrong comes back as a value; nothing here throws for it. Each phase has its own
 * time-out, the attempt as a whole has a deadline, and the signal ends it at any point. What was learnt is in `facts`, also
 * after a failure.
 */
import { isIP } from 'node:net';
import { Attempt } from './attempt.ts';
import { toAsciiHost, toEhloName } from './command.ts';
import { connectToAny } from './connect.client.ts';
import { encryptStream, type TlsSessionBox } from './encrypt.client.ts';
import { type Encrypt, openConversation } from './open-conversation.ts';
import type { SmtpFailure } from './outcome.ts';
import { openTunnel } from './proxy.client.ts';
import type { ReplyChannel } from './reply-channel.ts';
import { type Resolver, resolveHost } from './resolve-host.client.ts';
import type { ServerHabits } from './server-habits.ts';
import { createSession, type SmtpSession } from './session.ts';
import { emptyFacts, type SessionFacts, type SessionObserver, type SmtpTarget } from './target.ts';

export interface OpenOptions {
  /** Ends the opening, and later the session. After a final dot that was not answered, the outcome is `uncertain`. */
  signal?: AbortSignal;
  observer?: SessionObserver;
  /** Filled as the session climbs. */
  facts?: SessionFacts;
  resolver?: Resolver;
  /** Filled and used again, so that the next connection to this server is spared half of the handshake (RFC 8446 §2.2). */
  tlsSession?: TlsSessionBox;
  /** What this server was seen to do; kept by the caller, written by the session. */
  habits?: ServerHabits;
  /**
   * Commands in flights where the server offers it. By default not for an observer of phases: who climbs a ladder wants to
   * see each step answered before the next.
   */
  pipelining?: boolean;
}

export type OpenResult = { ok: true; session: SmtpSession } | { ok: false; failure: SmtpFailure };

export async function openSession(target: SmtpTarget, options: OpenOptions = {}): Promise<OpenResult> {
  const { signal, facts = emptyFacts() } = options;
  const attempt = new Attempt(options.observer ?? {}, target.timeouts.deadline);
  const checked = checkTarget(target, attempt);
  if ('kind' in checked) return { ok: false, failure: checked };
  if (signal?.aborted === true) return { ok: false, failure: attempt.fail('dns', 'cancelled', 'cancelled') };
  const { host, ehloName } = checked;

  const { proxy = null } = target;
  // What the proxy is asked for by address is asked about here; a name is looked up there.
  if (proxy !== null && isIP(host) !== 0 && !target.isAddressAllowed(host)) {
    return { ok: false, failure: attempt.fail('connect', 'address-refused', `${host}: not an address to connect to`) };
  }
  const resolved = await resolveHost(checked.nextHost, attempt, signal, options.resolver);
  if (!resolved.ok) return resolved;
  facts.addresses = resolved.addresses;
  attempt.end('dns');

  const connected = await connectToAny({
    addresses: resolved.addresses,
    port: proxy?.port ?? target.port,
    timeoutMilliseconds: target.timeouts.connect,
    isAddressAllowed: target.isAddressAllowed,
    attempt,
    signal,
  });
  if (!connected.ok) return connected;
  facts.connectedAddress = connected.address;
  if (proxy !== null) {
    const timeoutMilliseconds = target.timeouts.connect;
    const tunnel = await openTunnel(
      connected.socket,
      proxy,
      { host, port: target.port },
      { attempt, timeoutMilliseconds, signal },
    );
    if (!tunnel.ok) return tunnel;
  }
  attempt.end('connect');

  const encrypt: Encrypt = (stream) => encryptStream(stream, host, target, attempt, facts, signal, options.tlsSession);
  const isImplicit = target.encryption === 'tls' || (target.encryption === 'automatic' && target.port === 465);
  const line = isImplicit ? await encrypt(connected.socket) : { ok: true as const, stream: connected.socket };
  if (!line.ok) return line;
  if (isImplicit) {
    facts.encryption = 'tls';
    attempt.end('tls');
  }

  let current: ReplyChannel | null = null;
  const onAbort = () => current?.break('cancelled', 'cancelled');
  signal?.addEventListener('abort', onAbort);
  const onEnd = () => signal?.removeEventListener('abort', onAbort);
  const opened = await openConversation(line.stream, {
    target: { ...target, ehloName },
    attempt,
    facts,
    isEncrypted: isImplicit,
    encrypt,
    onChannel: (channel) => {
      current = channel;
      if (signal?.aborted === true) onAbort();
    },
  });
  if (!opened.ok) {
    onEnd();
    (current as ReplyChannel | null)?.break('cancelled', 'the session could not be opened');
    return opened;
  }
  const { channel, capabilities } = opened;
  const hasStarttls = facts.encryption === 'starttls' || capabilities.hasStarttls;
  target.memory?.note({ sizeLimitBytes: capabilities.sizeLimitBytes, hasStarttls });
  channel.stream.once('close', onEnd);
  return {
    ok: true,
    session: createSession({
      channel,
      attempt,
      capabilities,
      facts,
      target,
      mayPipeline: options.pipelining ?? options.observer?.onPhase === undefined,
      ...(options.habits === undefined ? {} : { habits: options.habits }),
    }),
  };
}

/** The door: what could break out of a command or be no host at all is refused before anything is connected. */
function checkTarget(
  target: SmtpTarget,
  attempt: Attempt,
): { host: string; nextHost: string; ehloName: string } | SmtpFailure {
  const host = readHost(target.host);
  if (host === null) return attempt.fail('dns', 'invalid-input', 'the host is neither a host name nor an address');
  if (!Number.isInteger(target.port) || target.port < 1 || target.port > 65535) {
    return attempt.fail('dns', 'invalid-input', 'a port is between 1 and 65535');
  }
  const { proxy = null } = target;
  const nextHost = proxy === null ? host : readHost(proxy.host);
  const isProxyPort = proxy === null || (Number.isInteger(proxy.port) && proxy.port >= 1 && proxy.port <= 65535);
  if (nextHost === null || !isProxyPort) {
    return attempt.fail('dns', 'invalid-input', 'the proxy has no host name or no port');
  }
  const ehloName = toEhloName(target.ehloName);
  if (ehloName === null)
    return attempt.fail('ehlo', 'invalid-input', 'the EHLO name is no host name and no address literal');
  const { credentials } = target;
  const secret = credentials === null ? '' : 'password' in credentials ? credentials.password : credentials.accessToken;
  if ((credentials?.username ?? '').includes('\0') || secret.includes('\0')) {
    return attempt.fail('auth', 'invalid-input', 'a NUL character can be in no user name or password');
  }
  // RFC 6750 §2.1: whatever else is in a token could end its field.
  if (credentials !== null && 'accessToken' in credentials && !/^[!-~]+$/.test(secret)) {
    return attempt.fail('auth', 'invalid-input', 'the access token has characters that can be in none');
  }
  return { host, nextHost, ehloName };
}

/** An address without brackets, or an ASCII name; null when it is neither. */
function readHost(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) !== 0 ? bare : toAsciiHost(bare);
}
