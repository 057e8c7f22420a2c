/** Where a session goes and on what terms; plain values, so that a draft and stored settings end in the same thing. */
import type { Phase, Reply } from './outcome.ts';

export interface SmtpTarget {
  host: string;
  port: number;
  /**
   * `starttls`: STARTTLS or nothing, no AUTH and no mail without it. `automatic`: implicit TLS on 465, elsewhere STARTTLS where
   * offered; never AUTH in clear. `tls`: TLS from the first byte. `none`: plain, AUTH in clear allowed.
   */
  encryption: 'starttls' | 'automatic' | 'tls' | 'none';
  certificate: { check: 'verify' } | { check: 'fingerprint'; sha256: string } | { check: 'ca'; pem: string };
  tlsMinimum: '1.2' | '1.3';
  /** Shown to a server that asks for one; PEM, the chain and its unencrypted key. */
  clientCertificate?: { cert: string; key: string } | null;
  /** The way out, where there is no direct one. Names are then looked up by the proxy. */
  proxy?: OutgoingProxy | null;
  /** Null: no authentication. */
  credentials: Credentials | null;
  authMethod: AuthMethod;
  /** Said in EHLO. */
  ehloName: string;
  timeouts: Timeouts;
  /** What is known of this server from earlier sessions; absent: nothing is, and nothing is kept. */
  memory?: ServerMemory;
  /** Asked about the connected address, not the name, so that a name cannot change its mind (DNS rebinding). */
  isAddressAllowed: (address: string) => boolean;
}

/** What a server was seen to offer, once the session was as safe as it gets. */
export interface ServerOffer {
  /** RFC 1870; null: no limit. */
  sizeLimitBytes: number | null;
  /** Before encryption. */
  hasStarttls: boolean;
}

export interface ServerMemory {
  /** It has offered STARTTLS before: `automatic` does not go on in plain text where it is gone. */
  hadStarttls: () => boolean;
  /** For each session that could be opened. */
  note: (offer: ServerOffer) => void;
}

/** A password, or a token that somebody else has fetched (OAuth 2). */
export type Credentials = { username: string; password: string } | { username: string; accessToken: string };

export type AuthMethod = 'automatic' | 'plain' | 'login' | 'cram-md5' | 'scram-sha-256' | 'xoauth2' | 'oauthbearer';

export interface OutgoingProxy {
  /** SOCKS 5 (RFC 1928), or CONNECT to an HTTP proxy (RFC 9110 §9.3.6). */
  kind: 'socks5' | 'http';
  host: string;
  port: number;
  /** RFC 1929, or Basic; sent to the proxy unencrypted, as these protocols do. */
  credentials?: { username: string; password: string } | null;
}

/** Milliseconds; each counts to a complete reply, not to a byte (RFC 5321 §4.5.3.2). */
export interface Timeouts {
  connect: number;
  tls: number;
  greeting: number;
  reply: number;
  /** For the reply to the final dot. */
  dot: number;
  /** For a block of the message body to be taken by the other side. */
  body: number;
  /** For the whole attempt. */
  deadline: number;
}

export interface PeerCertificate {
  subject: string;
  issuer: string;
  names: string[];
  validFrom: Date;
  validTo: Date;
  /** SHA-256, 64 lower-case hexadecimal digits. */
  fingerprint: string;
}

/** What was learnt on the way; filled as the session climbs, readable also after a failure. */
export interface SessionFacts {
  /** Addresses that DNS gave, in the order they are tried. */
  addresses: string[];
  connectedAddress: string | null;
  greeting: Reply | null;
  encryption: 'none' | 'starttls' | 'tls' | null;
  protocol: string | null;
  cipher: string | null;
  /** Leaf first. */
  certificates: PeerCertificate[];
  /** EHLO lines as received last (after STARTTLS: the second ones), without the greeting line. */
  capabilities: string[];
  sizeLimitBytes: number | null;
  /** SASL mechanism that was used. */
  authMethod: string | null;
}

export const emptyFacts = (): SessionFacts => ({
  addresses: [],
  connectedAddress: null,
  greeting: null,
  encryption: null,
  protocol: null,
  cipher: null,
  certificates: [],
  capabilities: [],
  sizeLimitBytes: null,
  authMethod: null,
});

/** A session tells what it does as it does it; the ladder and the transcript listen. */
export interface SessionObserver {
  /**
   * `ended` is said only when the phase succeeded; how a phase failed is in the outcome. `greeting` and `ehlo` may be
   * followed by `starttls`, `tls` and a second `ehlo`; `rcpt` starts once for each recipient.
   */
  onPhase?: (phase: Phase, state: 'started' | 'ended', reply: Reply | null) => void;
  /**
   * Each line, secrets already replaced by `********`.
   * @param ago milliseconds since it was said; absent: just now
   */
  onLine?: (from: 'client' | 'server' | 'note', text: string, ago?: number) => void;
}
