/**
 * TLS over a connected stream. The handshake is let through whatever the certificate, so that its chain can be shown also
 * when it is refused; it is judged here, before a single byte of ours follows.
 *
 * `verify`: the system's and Node's own authorities, validity and name. `ca`: the given authority instead, name as well.
 * `fingerprint`: the SHA-256 of the leaf decides alone; who pins a certificate has looked at its name and dates.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import type { Attempt } from './attempt.ts';
import { classifyCertificateError, classifyHandshakeError, readChain, toFingerprint } from './certificate.ts';
import type { SmtpFailure } from './outcome.ts';
import { escapeUnsafe } from './safe-text.ts';
import type { PeerCertificate, SessionFacts, SmtpTarget } from './target.ts';

export type Encrypted = { ok: true; stream: TLSSocket } | { ok: false; failure: SmtpFailure };

type Target = Pick<SmtpTarget, 'certificate' | 'clientCertificate' | 'tlsMinimum' | 'timeouts'>;

/**
 * A TLS session to resume (RFC 8446 §2.2), for connections to one server on the same terms; never shared between others.
 * It is kept only when the certificate was accepted. A resumed handshake shows no certificate: that the other side knows
 * the session proves that it is who was looked at then.
 */
export interface TlsSessionBox {
  current: { session: Buffer; certificates: PeerCertificate[] } | null;
}

/** Not offered when the certificate has run out since; a pinned one never does. */
function takeSession(box: TlsSessionBox | undefined, { certificate }: Target): TlsSessionBox['current'] {
  const kept = box?.current ?? null;
  const validTo = kept?.certificates[0]?.validTo.getTime() ?? 0;
  return certificate.check === 'fingerprint' || validTo > Date.now() ? kept : null;
}

/** The caller ends the phase, when it has noted how TLS came about. `host` is the name as it is checked and, unless it is an address, sent as SNI (RFC 6066 §3). */
export async function encryptStream(
  stream: Duplex,
  host: string,
  target: Target,
  attempt: Attempt,
  facts: SessionFacts,
  signal?: AbortSignal,
  box?: TlsSessionBox,
): Promise<Encrypted> {
  attempt.start('tls');
  const context = buildContext(target);
  if (!context.ok) {
    stream.destroy();
    return { ok: false, failure: attempt.fail('tls', 'invalid-input', context.detail) };
  }
  const kept = takeSession(box, target);
  let early: Buffer | null = null;
  let keep = (ticket: Buffer): void => {
    early = ticket;
  };
  // One try for each: what the server chokes on is not offered again.
  if (box !== undefined) box.current = null;
  const shaken = await shakeHands(stream, host, context.context, target, attempt, signal, {
    session: kept?.session,
    onTicket: (ticket) => keep(ticket),
  });
  if (!shaken.ok) return shaken;
  const { stream: socket } = shaken;

  const isResumed = kept !== null && socket.isSessionReused();
  const leaf = socket.getPeerX509Certificate();
  facts.protocol = socket.getProtocol();
  facts.cipher = socket.getCipher().standardName ?? socket.getCipher().name;
  facts.certificates = isResumed ? kept.certificates : readChain(leaf);
  const failure = isResumed ? null : judgeCertificate(socket, leaf, host, target, attempt);
  if (failure !== null) {
    socket.destroy();
    return { ok: false, failure };
  }
  if (box !== undefined) {
    const { certificates } = facts;
    keep = (session) => {
      box.current = { session, certificates };
    };
    // With TLS 1.3 tickets come with the handshake or later; with TLS 1.2 the session is there already.
    // A resumed connection brings no new ticket here; the old one serves again. That links our connections to one another,
    // which signing in does anyway.
    const own = facts.protocol === 'TLSv1.3' ? undefined : socket.getSession();
    const session = early ?? (isResumed ? kept.session : own);
    if (session !== undefined) keep(session);
  }
  if (isResumed) attempt.show('note', 'TLS session resumed');
  attempt.show('note', `${facts.protocol} ${facts.cipher}`);
  return { ok: true, stream: socket };
}

function shakeHands(
  stream: Duplex,
  host: string,
  secureContext: SecureContext,
  { timeouts }: Target,
  attempt: Attempt,
  signal: AbortSignal | undefined,
  { session, onTicket }: { session: Buffer | undefined; onTicket: (ticket: Buffer) => void },
): Promise<Encrypted> {
  return new Promise((resolve) => {
    const socket = connect({
      socket: stream,
      secureContext,
      rejectUnauthorized: false,
      // Judged by us, after the chain was read.
      checkServerIdentity: () => undefined,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(session === undefined ? {} : { session }),
    });
    const settle = (result: Encrypted): void => {
      clearTimeout(timer);
      socket.off('secureConnect', onSecure).off('error', onError).off('close', onClose);
      signal?.removeEventListener('abort', onAbort);
      // A socket that is given up may still emit errors, which nobody else hears.
      if (!result.ok) socket.on('error', () => {}).destroy();
      resolve(result);
    };
    const refuse = (...what: Parameters<Attempt['fail']>) => settle({ ok: false, failure: attempt.fail(...what) });
    const onSecure = () => settle({ ok: true, stream: socket });
    const onError = (error: Error & { code?: string; reason?: string }) => {
      const detail = escapeUnsafe(error.reason ?? error.message);
      refuse('tls', classifyHandshakeError(error.code ?? ''), detail);
    };
    const onClose = () => refuse('tls', 'tls-failed', 'the server closed the connection during the handshake');
    const onAbort = () => refuse('tls', 'cancelled', 'cancelled');
    const limit = attempt.limit(timeouts.tls, 'tls-handshake-timeout');
    const timer = setTimeout(() => {
      refuse('tls', limit.kind, `no TLS within ${Number((limit.milliseconds / 1000).toFixed(1))} s`);
    }, limit.milliseconds);
    socket.on('session', onTicket);
    socket.on('secureConnect', onSecure).on('error', onError).on('close', onClose);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
  });
}

function judgeCertificate(
  socket: TLSSocket,
  leaf: X509Certificate | undefined,
  host: string,
  { certificate }: Target,
  attempt: Attempt,
): SmtpFailure | null {
  if (leaf === undefined) return attempt.fail('tls', 'certificate-untrusted', 'the server showed no certificate');
  if (certificate.check === 'fingerprint') {
    const fingerprint = toFingerprint(leaf);
    const wanted = certificate.sha256.replaceAll(':', '').toLowerCase();
    if (fingerprint === wanted) return null;
    return attempt.fail('tls', 'certificate-not-pinned', `the server showed another certificate, ${fingerprint}`);
  }
  if (!socket.authorized) {
    // With `rejectUnauthorized: false` this is the code of the error, a string, whatever its type says.
    const code = String(socket.authorizationError);
    return attempt.fail('tls', classifyCertificateError(code), `certificate verification: ${code}`);
  }
  const mismatch = checkServerIdentity(host, socket.getPeerCertificate());
  if (mismatch === undefined) return null;
  return attempt.fail('tls', 'certificate-wrong-name', escapeUnsafe(mismatch.message));
}

let authorities: string[] | undefined;
const contexts = new Map<string, SecureContext>();

type Context = { ok: true; context: SecureContext } | { ok: false; detail: string };

/** Contexts with the public authorities are made once: they hold hundreds. */
function buildContext({ certificate, clientCertificate = null, tlsMinimum }: Target): Context {
  const minVersion = tlsMinimum === '1.3' ? 'TLSv1.3' : 'TLSv1.2';
  const shown = clientCertificate === null ? {} : { cert: clientCertificate.cert, key: clientCertificate.key };
  if (certificate.check === 'ca') {
    // OpenSSL takes text without a certificate for an empty list; parsing it says so. An intermediate authority may
    // be given alone; then the chain ends there.
    try {
      new X509Certificate(certificate.pem);
    } catch {
      return { ok: false, detail: 'the given CA certificate cannot be read' };
    }
    return build({ ca: certificate.pem, minVersion, allowPartialTrustChain: true, ...shown });
  }
  const cached = clientCertificate === null ? contexts.get(minVersion) : undefined;
  if (cached !== undefined) return { ok: true, context: cached };
  authorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
  const made = build({ ca: authorities, minVersion, ...shown });
  if (made.ok && clientCertificate === null) contexts.set(minVersion, made.context);
  return made;
}

/** OpenSSL's own words are left out: they may quote what was given, and that may be a key. */
function build(options: SecureContextOptions): Context {
  try {
    return { ok: true, context: createSecureContext(options) };
  } catch {
    const what = options.cert === undefined ? 'the given CA certificate' : 'the client certificate or its key';
    return { ok: false, detail: `${what} cannot be read` };
  }
}
