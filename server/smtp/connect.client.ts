/**
 * TCP to the first of several addresses that answers (happy eyeballs, RFC 8305 §5): the families take turns, each next address
 * is tried when the one before failed or after 250 ms, the first connection wins. No address is tried that the policy
 * refuses.
 */
import { connect, isIPv6, type Socket } from 'node:net';
import type { Attempt } from './attempt.ts';
import type { FailureKind, SmtpFailure } from './outcome.ts';

export type Connected = { ok: true; socket: Socket; address: string } | { ok: false; failure: SmtpFailure };

const headStartMilliseconds = 250;
/** A name may have hundreds of addresses; the tenth is no better than the ninth. */
const maxAddresses = 10;

interface Options {
  addresses: string[];
  port: number;
  timeoutMilliseconds: number;
  isAddressAllowed: (address: string) => boolean;
  attempt: Attempt;
  signal?: AbortSignal | undefined;
}

/** v6, v4, v6, v4 … beginning with the family that came first. */
function interleaveFamilies(addresses: string[]): string[] {
  const first = addresses.filter((address) => isIPv6(address) === isIPv6(addresses[0] ?? ''));
  const second = addresses.filter((address) => !first.includes(address));
  return Array.from({ length: Math.max(first.length, second.length) }).flatMap((_, i) =>
    [first[i], second[i]].filter((address) => address !== undefined),
  );
}

export function connectToAny(options: Options): Promise<Connected> {
  const { attempt, port, signal } = options;
  attempt.start('connect');
  const refuse = (kind: FailureKind, detail: string): Connected => ({
    ok: false,
    failure: attempt.fail('connect', kind, detail),
  });
  const permitted = options.addresses.filter((address) => options.isAddressAllowed(address));
  const allowed = interleaveFamilies(permitted).slice(0, maxAddresses);
  if (allowed.length === 0) {
    return Promise.resolve(refuse('address-refused', `${options.addresses.join(', ')}: not an address to connect to`));
  }
  const limit = attempt.limit(options.timeoutMilliseconds, 'connection-timeout');

  return new Promise((resolve) => {
    const waiting = [...allowed];
    const open = new Map<Socket, NodeJS.Timeout>();
    const failures: { kind: FailureKind; text: string }[] = [];
    let headStart: NodeJS.Timeout | undefined;
    let isSettled = false;

    const settle = (result: Connected): void => {
      isSettled = true;
      clearTimeout(headStart);
      signal?.removeEventListener('abort', onAbort);
      for (const [socket, timer] of open) {
        clearTimeout(timer);
        if (!result.ok || socket !== result.socket) socket.destroy();
      }
      resolve(result);
    };
    const onAbort = () => settle(refuse('cancelled', 'cancelled'));

    const tryNext = (): void => {
      clearTimeout(headStart);
      const address = waiting.shift();
      if (address === undefined || isSettled) return;
      const socket = connect({ host: address, port, noDelay: true, keepAlive: true });
      const giveUp = (kind: FailureKind, text: string): void => {
        if (isSettled || !open.has(socket)) return;
        clearTimeout(open.get(socket));
        open.delete(socket);
        socket.destroy();
        failures.push({ kind, text: `${address}: ${text}` });
        if (waiting.length > 0) tryNext();
        else if (open.size === 0)
          settle(refuse(tellMost(failures), failures.map((failure) => failure.text).join('; ')));
      };
      const timer = setTimeout(
        () => giveUp(limit.kind, `no answer within ${limit.milliseconds / 1000} s`),
        limit.milliseconds,
      );
      open.set(socket, timer);
      socket.on('error', (error: Error & { code?: string }) =>
        giveUp(classify(error.code ?? ''), error.code ?? error.message),
      );
      socket.once('connect', () => {
        attempt.show('note', `connected to ${address} port ${port}`);
        settle({ ok: true, socket, address });
      });
      if (waiting.length > 0) headStart = setTimeout(tryNext, headStartMilliseconds);
    };

    if (signal?.aborted === true) return onAbort();
    signal?.addEventListener('abort', onAbort);
    tryNext();
  });
}

function classify(code: string): FailureKind {
  if (code === 'ECONNREFUSED') return 'connection-refused';
  if (code === 'ETIMEDOUT') return 'connection-timeout';
  if (/^E(HOST|NET)(UNREACH|DOWN)$|^EADDRNOTAVAIL$|^EAFNOSUPPORT$/.test(code)) return 'host-unreachable';
  return 'connection-failed';
}

/** Of several addresses, the failure that says most about the server: a missing IPv6 route says nothing. */
function tellMost(failures: { kind: FailureKind }[]): FailureKind {
  const order: FailureKind[] = [
    'deadline',
    'connection-refused',
    'connection-timeout',
    'connection-failed',
    'host-unreachable',
  ];
  return order.find((kind) => failures.some((failure) => failure.kind === kind)) ?? 'connection-failed';
}
