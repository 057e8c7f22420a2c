/**
 * Which SASL mechanism, and what it says (RFC 4954, 4616, 2195). Pure: the exchange itself is in authenticate.ts.
 *
 * Inside TLS the plain mechanisms come first: nobody can listen, the server may keep the password hashed, and CRAM-MD5 is
 * wrongly built on many servers. On an unencrypted line CRAM-MD5 comes first, because it does not show the password.
 */
import { Buffer } from 'node:buffer';
import { createHmac } from 'node:crypto';

export interface Credentials {
  username: string;
  password: string;
}

export const mechanisms = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const;
export type Mechanism = (typeof mechanisms)[number];

/** Those to try, best first; empty when the server offers none that may be used. */
export function chooseMechanisms(
  offered: string[],
  wanted: 'automatic' | 'plain' | 'login' | 'cram-md5',
  isEncrypted: boolean,
): Mechanism[] {
  const order: Mechanism[] = isEncrypted ? ['PLAIN', 'LOGIN', 'CRAM-MD5'] : ['CRAM-MD5', 'PLAIN', 'LOGIN'];
  return order.filter((name) => offered.includes(name) && (wanted === 'automatic' || wanted.toUpperCase() === name));
}

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** `initial` may go with the AUTH command; `answers` are given to the challenges in turn. */
export interface Exchange {
  initial: string | null;
  answers: ((challenge: string) => string | null)[];
}

/** The lines to say, in base64. An answer is null when the challenge makes no sense: the exchange is then cancelled. */
export function createExchange(mechanism: Mechanism, { username, password }: Credentials): Exchange {
  switch (mechanism) {
    case 'PLAIN': {
      const message = toBase64(`\0${username}\0${password}`);
      return { initial: message, answers: [() => message] };
    }
    case 'LOGIN':
      // The prompts differ from server to server ("Username:", "User Name", nothing); only their order is certain.
      return { initial: null, answers: [() => toBase64(username), () => toBase64(password)] };
    case 'CRAM-MD5':
      return { initial: null, answers: [(challenge) => answerCramMd5(challenge, { username, password })] };
  }
}

/** RFC 2195 §2. */
export function answerCramMd5(challenge: string, { username, password }: Credentials): string | null {
  const text = challenge.trim();
  if (text === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null;
  const digest = createHmac('md5', password).update(Buffer.from(text, 'base64')).digest('hex');
  return toBase64(`${username} ${digest}`);
}
