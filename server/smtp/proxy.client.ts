/** Puts a connected line to a proxy through to a server; behind it, the line is the server's. */
import type { Socket } from 'node:net';
import type { Attempt } from './attempt.ts';
import type { FailureKind, SmtpFailure } from './outcome.ts';
import { openDialogue } from './proxy-dialogue.ts';
import type { OutgoingProxy } from './target.ts';

export type Tunnel = { ok: true } | { ok: false; failure: SmtpFailure };

/** Still part of connecting: one time-out for all of it. Every failure says that it was the proxy's. */
export function openTunnel(
  socket: Socket,
  proxy: OutgoingProxy,
  to: { host: string; port: number },
  {
    attempt,
    timeoutMilliseconds,
    signal,
  }: { attempt: Attempt; timeoutMilliseconds: number; signal?: AbortSignal | undefined },
): Promise<Tunnel> {
  const { credentials = null } = proxy;
  if (credentials !== null) {
    attempt.addSecrets(
      credentials.password,
      Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64'),
    );
  }
  const dialogue = openDialogue(proxy, to.host, to.port);
  return new Promise((resolve) => {
    let read: Buffer = Buffer.alloc(0);
    const settle = (tunnel: Tunnel): void => {
      clearTimeout(timer);
      socket.pause();
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      signal?.removeEventListener('abort', onAbort);
      if (!tunnel.ok) socket.on('error', () => {}).destroy();
      else if (read.length > 0) socket.unshift(read);
      resolve(tunnel);
    };
    const refuse = (kind: FailureKind, detail: string) =>
      settle({ ok: false, failure: attempt.fail('connect', kind, detail) });
    const onData = (chunk: Buffer): void => {
      read = read.length === 0 ? chunk : Buffer.concat([read, chunk]);
      for (;;) {
        const step = dialogue.hear(read);
        if (step.state === 'wait') return;
        if (step.state === 'failed') {
          refuse(step.kind, step.detail);
          return;
        }
        read = read.subarray(step.taken);
        if (step.state === 'open') {
          attempt.show('note', `the proxy has put us through to ${to.host} port ${to.port}`);
          settle({ ok: true });
          return;
        }
        socket.write(step.bytes);
      }
    };
    const onEnd = () => refuse('connection-failed', 'the proxy closed the connection');
    const onError = (error: Error & { code?: string }) =>
      refuse('connection-failed', `the line to the proxy broke: ${error.code ?? error.message}`);
    const onAbort = () => refuse('cancelled', 'cancelled');
    const limit = attempt.limit(timeoutMilliseconds, 'connection-timeout');
    const timer = setTimeout(
      () => refuse(limit.kind, `the proxy did not put us through within ${limit.milliseconds / 1000} s`),
      limit.milliseconds,
    );
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted === true) onAbort();
    else socket.write(dialogue.first);
  });
}
