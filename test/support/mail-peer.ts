/**
 * What every real mail server in these tests has in common: two doors, an account, ways to sign in, and a mailbox that a
 * test can read byte for byte. Each is the test's own and lives in a temporary folder.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';

export interface MailPeer {
  name: string;
  /** As the server itself says. */
  version: string;
  host: 'localhost';
  /** Insists on STARTTLS before anything else that matters. */
  starttlsPort: number;
  /** TLS from the first byte. */
  tlsPort: number;
  username: string;
  password: string;
  /** Where it takes one (OAuth 2). */
  accessToken?: string;
  /** The authority of its certificate, which names localhost. */
  certificatePem: string;
  /** All that has arrived so far, as it was stored; in no particular order. */
  readArrived: () => ArrivedMessage[];
  /** How many messages it has accepted, by its own log: an accepted one may not have reached the mailbox yet. */
  countAccepted: () => number;
  readLog: () => string;
  stop: () => Promise<void>;
}

export interface ArrivedMessage {
  /** The recipient of this copy. */
  to: string;
  /** With the server's own lines before the message, and the line ends of its mailbox. */
  bytes: Buffer;
}

const limitMs = 15_000;
const pauseMs = 20;
const pause = () => new Promise((resolve) => setTimeout(resolve, pauseMs));

/** @returns the copies that `isWanted` picks, once there are as many as named. @throws with the server's log after 15 s. */
export async function waitForArrived(
  peer: MailPeer,
  count: number,
  isWanted: (message: ArrivedMessage) => boolean = () => true,
): Promise<ArrivedMessage[]> {
  const until = performance.now() + limitMs;
  for (;;) {
    const arrived = peer.readArrived().filter(isWanted);
    if (arrived.length >= count) return arrived;
    if (performance.now() > until) {
      throw new Error(`${arrived.length} of ${count} messages arrived. ${peer.name} says:\n${peer.readLog()}`);
    }
    await pause();
  }
}

/** Reads a Maildir. What has been read is not read again: its files never change. @param findRecipient where the server names it */
export function createMaildirReader(
  folder: string,
  findRecipient: (head: string) => string | undefined,
): () => ArrivedMessage[] {
  const known = new Map<string, ArrivedMessage>();
  return () => {
    const names = existsSync(folder) ? readdirSync(folder) : [];
    for (const name of names.filter((one) => !known.has(one))) {
      const bytes = readFileSync(path.join(folder, name));
      const head = bytes.toString('utf8').split(/\r?\n\r?\n/, 1)[0] ?? '';
      known.set(name, { to: findRecipient(head) ?? '', bytes });
    }
    return [...known.values()];
  };
}

/** @throws when `hasEnded` says so, or after 15 s. */
export async function waitUntilListening(port: number, hasEnded: () => boolean): Promise<void> {
  const until = performance.now() + limitMs;
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (isOpen) return;
    if (hasEnded()) throw new Error('it ended');
    if (performance.now() > until) throw new Error(`nothing listens on port ${port}`);
    await pause();
  }
}
