/**
 * Asks several ports side by side what they speak: nothing, plain text, STARTTLS, TLS from the start, or not mail at all.
 *
 * Each port gets two connections, one that waits for a greeting and one that tries TLS; the first proof counts. Says EHLO and
 * QUIT, never a password, an address or a message. Bounded in time and bytes, whatever the other side does, and held to
 * the same address policy as a session. A port that does not greet is spoken to first at last: a web server answers then.
 */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { PortProbe } from '../../contracts/diagnosis.ts';
import { toAsciiHost } from '../smtp/command.ts';

export interface ProbeRequest {
  /** For SNI. */
  host: string;
  /** Asked when the probe begins: the one that is connected, or those that DNS gave. */
  addresses: () => readonly string[];
  ports: readonly number[];
  ehloName: string;
  isAddressAllowed: (address: string) => boolean;
  /** Begins only after this; an abort before then costs nothing. */
  afterMilliseconds: number;
  onBegin?: () => void;
  signal: AbortSignal;
}

/** One result for each port, in the order asked; empty when it was aborted or there is no address to ask. */
export type ProbePorts = (request: ProbeRequest) => Promise<PortProbe[]>;

/** Milliseconds; one connection after the other: at most five seconds for everything. */
export interface ProbeLimits {
  connect: number;
  /** For the greeting, before we speak first. */
  greeting: number;
  /** For the answer then. */
  answer: number;
  /** TLS is tried as a second connection only if the first found nothing by then. */
  tlsAfter: number;
}

export const probeLimits: ProbeLimits = { connect: 2500, greeting: 1500, answer: 700, tlsAfter: 300 };

/** A greeting and an EHLO reply are shorter; more is not worth reading. */
const maxBytes = 65_536;

type Result = PortProbe['result'];
/** The better proof wins: of two addresses, of the plain and the TLS connection. */
const rank: readonly Result[] = ['tls', 'starttls', 'plain', 'not-smtp', 'silent', 'refused'];
const isProof = (result: Result) => rank.indexOf(result) <= rank.indexOf('not-smtp');
const pickBest = (results: readonly Result[]): Result => rank.find((one) => results.includes(one)) ?? 'silent';

export const probePorts: ProbePorts = (request) => probePortsWithin(request, probeLimits);

/** As `probePorts`, with other limits. */
export const probePortsWithin = async (request: ProbeRequest, limits: ProbeLimits): Promise<PortProbe[]> => {
  const { signal } = request;
  if (!(await wait(request.afterMilliseconds, signal))) return [];
  request.onBegin?.();
  const addresses = pickAddresses(request.addresses().filter(request.isAddressAllowed));
  if (addresses.length === 0 || signal.aborted) return [];
  const probes = await Promise.all(
    request.ports.map(async (port) => {
      const startedAt = performance.now();
      const result = await probePort(addresses, port, request, limits);
      return { port, result, ms: Math.round(performance.now() - startedAt) };
    }),
  );
  return signal.aborted ? [] : probes;
};

/** One address of each family is enough to tell. */
const pickAddresses = (addresses: readonly string[]): string[] =>
  [addresses.find((one) => isIP(one) === 4), addresses.find((one) => isIP(one) === 6)].filter(
    (one) => one !== undefined,
  );

const probePort = async (
  addresses: readonly string[],
  port: number,
  request: ProbeRequest,
  limits: ProbeLimits,
): Promise<Result> => {
  const done = new AbortController();
  const signal = AbortSignal.any([request.signal, done.signal]);
  // On 465 TLS is the rule, elsewhere the exception.
  const tlsAfter = port === 465 ? 0 : limits.tlsAfter;
  const plainAfter = port === 465 ? limits.tlsAfter : 0;
  const results = await Promise.all(
    addresses.flatMap((address) => {
      // Nothing listens here, in whatever language: the other way need not be tried.
      const refused = new AbortController();
      const pointless = AbortSignal.any([signal, refused.signal]);
      return [
        { address, port, isTls: false, after: plainAfter },
        { address, port, isTls: true, after: tlsAfter },
      ].map(async (way) => {
        const result = await converse(way, request, limits, pointless);
        if (result === 'refused') refused.abort();
        // Whoever has proof ends the others; they then count as silent.
        if (isProof(result)) done.abort();
        return refused.signal.aborted && !isProof(result) ? 'refused' : result;
      });
    }),
  );
  return pickBest(results);
};

interface Way {
  address: string;
  port: number;
  isTls: boolean;
  after: number;
}

/** One connection from start to end. Resolves always, never rejects. `pointless`: somebody else has the proof. */
const converse = async (
  way: Way,
  request: ProbeRequest,
  limits: ProbeLimits,
  pointless: AbortSignal,
): Promise<Result> => {
  if (!(await wait(way.after, pointless))) return 'silent';
  return new Promise((resolve) => {
    let text = '';
    let hasConnected = false;
    let hasSpoken = false;
    const socket = open(way, request.host);

    const end = (result: Result) => {
      clearTimeout(timer);
      pointless.removeEventListener('abort', onPointless);
      if (isProof(result) && result !== 'not-smtp') socket.end('QUIT\r\n');
      setTimeout(() => socket.destroy(), isProof(result) ? 200 : 0).unref();
      resolve(result);
    };
    const speak = () => {
      hasSpoken = true;
      socket.write(`EHLO ${request.ehloName}\r\n`);
    };
    const judge = () => {
      const verdict = judgeText(text, way.isTls);
      if (verdict === 'greeted' && !hasSpoken) speak();
      else if (verdict !== 'greeted' && verdict !== 'more') end(verdict);
    };
    /** No more will come. TLS that came up but said nothing is still TLS; a greeting without more is still mail. */
    const giveUp = () => {
      if (hasConnected && way.isTls) return end('tls');
      end(judgeText(text, way.isTls) === 'greeted' ? 'plain' : 'silent');
    };
    const onPointless = () => end('silent');

    let timer = setTimeout(giveUp, limits.connect);
    pointless.addEventListener('abort', onPointless);
    socket.once(way.isTls ? 'secureConnect' : 'connect', () => {
      hasConnected = true;
      clearTimeout(timer);
      timer = setTimeout(() => {
        // Web servers wait for the other side to begin; who has begun a greeting must end it.
        if (text === '') speak();
        timer = setTimeout(giveUp, limits.answer);
      }, limits.greeting);
    });
    socket.on('data', (chunk: Buffer) => {
      if (text.length < maxBytes) text += chunk.toString('latin1');
      judge();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNREFUSED' ? end('refused') : giveUp()));
    socket.on('close', giveUp);
  });
};

/** The certificate is not looked at: nothing is entrusted to this connection, and the session verifies it. */
const open = ({ address, port, isTls }: Way, host: string): Socket => {
  if (!isTls) return connectTcp({ host: address, port });
  const name = isIP(host) === 0 ? toAsciiHost(host) : null;
  return connectTls({ host: address, port, rejectUnauthorized: false, ...(name === null ? {} : { servername: name }) });
};

/** An alert or a handshake record. RFC 8446 §5.1 */
const isTlsRecord = (text: string) =>
  [0x15, 0x16].includes(text.charCodeAt(0)) && (text.length < 2 || text.charCodeAt(1) === 3);

/** `greeted`: a greeting and no full EHLO reply yet; `more`: nothing that proves anything. */
const judgeText = (text: string, isTls: boolean): Result | 'greeted' | 'more' => {
  // A TLS alert: an answer to plain text that the other connection understands better.
  if (text === '' || isTlsRecord(text)) return 'more';
  if (!/^[245]\d\d[ -]/.test(text)) {
    const couldBecomeReply = text.length < 4 && /^[245]?\d{0,2}$/.test(text);
    return couldBecomeReply ? 'more' : 'not-smtp';
  }
  if (isTls) return 'tls';
  const replies = text.match(/(?:^\d{3}-.*\r?\n)*^\d{3}(?: .*)?\r?\n/gm) ?? [];
  const [greeting, hello] = replies;
  if (greeting === undefined) return 'more';
  // Turned away at the door: it is mail, and more cannot be known.
  if (!greeting.startsWith('2')) return 'plain';
  if (hello === undefined) return 'greeted';
  return /^250[ -]STARTTLS\s*$/im.test(hello) ? 'starttls' : 'plain';
};

/** False when it was aborted. */
const wait = (milliseconds: number, signal: AbortSignal): Promise<boolean> => {
  if (signal.aborted) return Promise.resolve(false);
  if (milliseconds <= 0) return Promise.resolve(true);
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish(true), milliseconds);
    const onAbort = () => finish(false);
    const finish = (isOver: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      resolve(isOver);
    };
    signal.addEventListener('abort', onAbort);
  });
};
