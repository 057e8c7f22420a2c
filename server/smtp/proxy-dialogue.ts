/**
 * What is said to a proxy to be put through to a server, and what its answers mean. Pure: bytes in, bytes out; the line
 * is proxy.client.ts. SOCKS 5 (RFC 1928, RFC 1929) and CONNECT over HTTP (RFC 9110 §9.3.6). The name goes to the proxy as it
 * is, and is looked up there.
 */
import { Buffer } from 'node:buffer';
import { isIP, isIPv4 } from 'node:net';
import type { FailureKind } from './outcome.ts';
import { decodeSafely } from './safe-text.ts';
import type { OutgoingProxy } from './target.ts';

export type ProxyStep =
  /** Write this, and come back with what is read then. `taken` bytes of what was read are done with. */
  | { state: 'say'; bytes: Buffer; taken: number }
  /** Too little has come yet. */
  | { state: 'wait' }
  /** What lies behind `taken` comes from the server. */
  | { state: 'open'; taken: number }
  | { state: 'failed'; kind: FailureKind; detail: string };

export interface ProxyDialogue {
  first: Buffer;
  /** @param read everything that has come and was not taken yet */
  hear(read: Buffer): ProxyStep;
}

/** Longer answers are no answers to CONNECT. */
const maxHeadBytes = 16 * 1024;

export const openDialogue = (proxy: OutgoingProxy, host: string, port: number): ProxyDialogue =>
  proxy.kind === 'socks5' ? openSocks(proxy, host, port) : openHttp(proxy, host, port);

const failed = (kind: FailureKind, detail: string): ProxyStep => ({ state: 'failed', kind, detail });

/** RFC 1928 §6. */
const socksFailures: Record<number, [FailureKind, string]> = {
  1: ['connection-failed', 'the proxy failed'],
  2: ['connection-failed', 'the proxy does not allow this connection'],
  3: ['host-unreachable', 'the proxy cannot reach that network'],
  4: ['host-unreachable', 'the proxy cannot reach that host'],
  5: ['connection-refused', 'the server refused the connection of the proxy'],
  6: ['connection-timeout', 'the server did not answer the proxy in time'],
};

function openSocks({ credentials = null }: OutgoingProxy, host: string, port: number): ProxyDialogue {
  const [plain, named] = [0, 2];
  let stage: 'method' | 'sign-in' | 'connect' = 'method';

  const connect = (taken: number): ProxyStep => {
    stage = 'connect';
    return { state: 'say', taken, bytes: Buffer.from([5, 1, 0, ...toSocksAddress(host), port >> 8, port & 255]) };
  };
  const hearMethod = (read: Buffer): ProxyStep => {
    if (read.length < 2) return { state: 'wait' };
    if (read[0] !== 5) return failed('connection-failed', 'the proxy does not speak SOCKS 5');
    if (read[1] === plain) return connect(2);
    if (read[1] !== named || credentials === null) {
      return failed(
        'connection-failed',
        credentials === null ? 'the proxy wants a sign-in' : 'the proxy has no sign-in that we know',
      );
    }
    stage = 'sign-in';
    const words = [credentials.username, credentials.password].map((word) =>
      Buffer.from(word, 'utf8').subarray(0, 255),
    );
    return {
      state: 'say',
      taken: 2,
      bytes: Buffer.concat([Buffer.from([1]), ...words.flatMap((word) => [Buffer.from([word.length]), word])]),
    };
  };
  const hearSignIn = (read: Buffer): ProxyStep => {
    if (read.length < 2) return { state: 'wait' };
    return read[1] === 0
      ? connect(2)
      : failed('connection-failed', 'the proxy did not accept the user name or the password');
  };
  const hearConnect = (read: Buffer): ProxyStep => {
    if (read.length < 5) return { state: 'wait' };
    if (read[0] !== 5) return failed('connection-failed', 'the proxy does not speak SOCKS 5');
    const code = read[1] as number;
    if (code !== 0) {
      const [kind, detail] = socksFailures[code] ?? ['connection-failed', `the proxy answered ${code}`];
      return failed(kind, detail);
    }
    const addressBytes = { 1: 4, 3: 1 + (read[4] as number), 4: 16 }[read[3] as number];
    if (addressBytes === undefined) return failed('connection-failed', 'the proxy does not speak SOCKS 5');
    const taken = 4 + addressBytes + 2;
    return read.length < taken ? { state: 'wait' } : { state: 'open', taken };
  };

  return {
    first: Buffer.from(credentials === null ? [5, 1, plain] : [5, 2, plain, named]),
    hear: (read) => {
      if (stage === 'method') return hearMethod(read);
      return stage === 'sign-in' ? hearSignIn(read) : hearConnect(read);
    },
  };
}

/** `host` is an address, or an ASCII name of at most 253 characters. */
function toSocksAddress(host: string): number[] {
  if (isIPv4(host)) return [1, ...host.split('.').map(Number)];
  if (isIP(host) === 6) return [4, ...toIpv6Bytes(host)];
  return [3, host.length, ...Buffer.from(host, 'latin1')];
}

function toIpv6Bytes(address: string): number[] {
  // The URL machinery writes an embedded IPv4 address and every short form in one way.
  const canonical = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1);
  const [head = '', tail] = canonical.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const all = [
    ...before,
    ...new Array<number>(tail === undefined ? 0 : 8 - before.length - after.length).fill(0),
    ...after,
  ];
  return all.flatMap((group) => [group >> 8, group & 255]);
}

function openHttp({ credentials = null }: OutgoingProxy, host: string, port: number): ProxyDialogue {
  const authority = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const word =
    credentials === null ? '' : Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');
  const signIn = word === '' ? '' : `Proxy-Authorization: Basic ${word}\r\n`;
  return {
    first: Buffer.from(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${signIn}\r\n`, 'latin1'),
    hear: (read) => {
      const end = read.indexOf('\r\n\r\n');
      if (end === -1)
        return read.length > maxHeadBytes
          ? failed('connection-failed', 'the proxy does not speak HTTP')
          : { state: 'wait' };
      const line = decodeSafely(read.subarray(0, read.indexOf('\r\n'))).slice(0, 200);
      const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(line)?.[1] ?? 0);
      if (status >= 200 && status < 300) return { state: 'open', taken: end + 4 };
      if (status === 407) return failed('connection-failed', `the proxy wants another sign-in: ${line}`);
      if (status === 502 || status === 503)
        return failed('host-unreachable', `the proxy cannot reach the server: ${line}`);
      if (status === 504) return failed('connection-timeout', `the server did not answer the proxy in time: ${line}`);
      return failed('connection-failed', `the proxy refused: ${line}`);
    },
  };
}
