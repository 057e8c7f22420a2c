/**
 * Which SASL mechanism, and what it says (RFC 4954). Pure: the exchange itself is in authenticate.ts, SCRAM in scram.ts.
 *
 * Strongest first: SCRAM shows nobody the password and proves that the server knows it. Then, inside TLS, the plain ones:
 * nobody can listen, the server may keep the password hashed, and CRAM-MD5 is wrongly built on many servers. On an
 * unencrypted line CRAM-MD5 comes before them, because it does not show the password. A token has mechanisms of its own.
 */
import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';
import type { Exchange } from './exchange.ts';
import { createScram, escapeName } from './scram.ts';
import type { AuthMethod, Credentials } from './target.ts';

export type { Exchange } from './exchange.ts';
export type { Credentials } from './target.ts';

export const mechanisms = [
  'SCRAM-SHA-256-PLUS',
  'SCRAM-SHA-256',
  'PLAIN',
  'LOGIN',
  'CRAM-MD5',
  'OAUTHBEARER',
  'XOAUTH2',
] as const;
export type Mechanism = (typeof mechanisms)[number];

const encrypted: Mechanism[] = ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN', 'CRAM-MD5'];
const unencrypted: Mechanism[] = ['SCRAM-SHA-256', 'CRAM-MD5', 'PLAIN', 'LOGIN'];
const tokens: Mechanism[] = ['OAUTHBEARER', 'XOAUTH2'];

export interface Choice {
  isEncrypted: boolean;
  hasToken?: boolean;
  /** The TLS connection can be named in the exchange (RFC 9266). */
  canBind?: boolean;
}

/** Those to try, best first; empty when the server offers none that may be used. */
export function chooseMechanisms(
  offered: string[],
  wanted: AuthMethod,
  { isEncrypted, hasToken = false, canBind = false }: Choice,
): Mechanism[] {
  const order = hasToken ? tokens : isEncrypted ? encrypted : unencrypted;
  return order.filter((name) => {
    if (!offered.includes(name) || (name === 'SCRAM-SHA-256-PLUS' && !canBind)) return false;
    return wanted === 'automatic' || wanted.toUpperCase() === name.replace(/-PLUS$/, '');
  });
}

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

export interface ExchangeContext {
  host: string;
  port: number;
  /** For SCRAM-SHA-256-PLUS: what is only true of this TLS connection. */
  binding?: Buffer | null;
}

/** Answers in turn; what goes beyond them makes no sense. */
function answerInTurn(initial: string | null, answers: ((challenge: string) => string | null)[]): Exchange {
  let turn = 0;
  return {
    initial,
    respond: (challenge) => answers[turn++]?.(challenge) ?? null,
    isProven: () => true,
    hasSaidSecret: () => true,
  };
}

/** @throws when the mechanism does not fit the credentials; `chooseMechanisms` gives none that does not. */
export function createExchange(mechanism: Mechanism, credentials: Credentials, context: ExchangeContext): Exchange {
  const { username } = credentials;
  if ('accessToken' in credentials) {
    const { accessToken } = credentials;
    if (mechanism === 'XOAUTH2') {
      // The challenge says why it failed; an empty answer is what the server waits for before its 535.
      return answerInTurn(toBase64(`user=${username}\x01auth=Bearer ${accessToken}\x01\x01`), [() => '']);
    }
    const name = escapeName(username);
    const { host, port } = context;
    const message = `n,a=${name},\x01host=${host}\x01port=${port}\x01auth=Bearer ${accessToken}\x01\x01`;
    // RFC 7628 §3.2.3: the error is acknowledged with a single 0x01.
    if (mechanism === 'OAUTHBEARER') return answerInTurn(toBase64(message), [() => 'AQ==']);
    throw new Error(`${mechanism} needs a password`);
  }
  const { password } = credentials;
  switch (mechanism) {
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-256-PLUS':
      return createScram({ username, password }, mechanism.endsWith('-PLUS'), context.binding ?? null);
    case 'PLAIN':
      return answerInTurn(toBase64(`\0${username}\0${password}`), []);
    case 'LOGIN':
      // The prompts differ from server to server ("Username:", "User Name", nothing); only their order is certain.
      return answerInTurn(null, [() => toBase64(username), () => toBase64(password)]);
    case 'CRAM-MD5':
      return answerInTurn(null, [(challenge) => answerCramMd5(challenge, { username, password })]);
    default:
      throw new Error(`${mechanism} needs a token`);
  }
}

/** RFC 2195 §2. */
export function answerCramMd5(
  challenge: string,
  { username, password }: { username: string; password: string },
): string | null {
  const text = challenge.trim();
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const digest = createHmac('md5', password).update(Buffer.from(text, 'base64')).digest('hex');
  return toBase64(`${username} ${digest}`);
}
