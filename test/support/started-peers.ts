/**
 * The mail servers of one test file, all started at once, and sessions with them that remember what was said.
 *
 *   const peers = startPeers();      // at the top level: starts before and stops after the file's tests
 *   const { session, lines } = await peers.open('Exim', { encryption: 'tls' });
 */
import { afterAll, beforeAll } from 'vitest';
import { type OpenOptions, type OpenResult, openSession } from '../../server/smtp/session.client.ts';
import type { SmtpSession } from '../../server/smtp/session.ts';
import { emptyFacts, type SessionFacts, type SmtpTarget } from '../../server/smtp/target.ts';
import type { MailPeer } from './mail-peer.ts';
import { peerStarts } from './mail-peers.ts';

/** Those that can run on this machine. */
export const herePeers = peerStarts.filter(({ isHere }) => isHere);
/** Only then can the documents be compared. `npm test` names what is missing, and why. */
export const hasAllPeers = herePeers.length === peerStarts.length;

export type PeerEncryption = 'starttls' | 'tls';

export interface WatchedSession {
  session: SmtpSession;
  facts: SessionFacts;
  /** `client: …`, `server: …`, `note: …`, in the order of the wire, without secrets. */
  lines: string[];
}

export interface StartedPeers {
  /** @throws when it could not be started, with its own words. */
  get: (name: string) => MailPeer;
  all: () => MailPeer[];
  target: (name: string, changes?: Partial<SmtpTarget>) => SmtpTarget;
  tryOpen: (name: string, changes?: Partial<SmtpTarget>, options?: OpenOptions) => Promise<OpenResult>;
  /** @throws when there is no session. */
  open: (name: string, changes?: Partial<SmtpTarget>, options?: OpenOptions) => Promise<WatchedSession>;
}

const timeouts = {
  connect: 5000,
  tls: 5000,
  greeting: 5000,
  reply: 10_000,
  dot: 20_000,
  body: 10_000,
  deadline: 30_000,
};

export function startPeers(): StartedPeers {
  const started = new Map<string, MailPeer>();
  const failures = new Map<string, Error>();
  beforeAll(async () => {
    const starts = herePeers.map(async ({ name, start }) => {
      await start().then(
        (peer) => started.set(name, peer),
        (error: Error) => failures.set(name, error),
      );
    });
    await Promise.all(starts);
  });
  afterAll(async () => {
    await Promise.all([...started.values()].map((peer) => peer.stop()));
  });

  const get = (name: string): MailPeer => {
    const peer = started.get(name);
    if (!peer) throw failures.get(name) ?? new Error(`${name} was not started`);
    return peer;
  };
  const target = (name: string, changes: Partial<SmtpTarget> = {}): SmtpTarget => {
    const peer = get(name);
    const encryption = changes.encryption ?? 'starttls';
    return {
      host: peer.host,
      port: encryption === 'tls' ? peer.tlsPort : peer.starttlsPort,
      encryption,
      certificate: { check: 'ca', pem: peer.certificatePem },
      tlsMinimum: '1.2',
      credentials: { username: peer.username, password: peer.password },
      authMethod: 'automatic',
      ehloName: 'client.postern.test',
      timeouts,
      isAddressAllowed: () => true,
      ...changes,
    };
  };
  const tryOpen = (name: string, changes?: Partial<SmtpTarget>, options?: OpenOptions) =>
    openSession(target(name, changes), options);
  return {
    get,
    all: () => herePeers.map(({ name }) => get(name)),
    target,
    tryOpen,
    open: async (name, changes, options) => {
      const lines: string[] = [];
      const facts = emptyFacts();
      const observer = { onLine: (from: string, text: string) => void lines.push(`${from}: ${text}`) };
      const opened = await tryOpen(name, changes, { observer, facts, ...options });
      if (!opened.ok) throw new Error(`${JSON.stringify(opened.failure)}\n${lines.join('\n')}\n${get(name).readLog()}`);
      return { session: opened.session, facts, lines };
    },
  };
}

/** Line ends as the mailbox has them. */
export const toStored = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1').replace(/\r\n?/g, '\n');
