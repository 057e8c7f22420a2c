/**
 * SCRAM-SHA-256 and -PLUS (RFC 5802, RFC 7677, RFC 9266): the password is never said, and the server has to prove that it
 * knows it too. Without that proof success is not believed.
 */
import { Buffer } from 'node:buffer';
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Exchange } from './exchange.ts';

/** In a thread, because it is meant to be slow. */
const derive = promisify(pbkdf2);

/** More is a way to keep us busy: a million take about half a second. */
const maxIterations = 1_000_000;
/** RFC 7677 §4. */
const minIterations = 4096;

const hmac = (key: Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/** What is left of SASLprep (RFC 4013) for text that people type: one form for each letter, one kind of space. */
const prepare = (text: string): string =>
  text.normalize('NFKC').replaceAll(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ');

/** RFC 5801 §4: a name in a list of attributes. */
export const escapeName = (name: string): string => name.replaceAll('=', '=3D').replaceAll(',', '=2C');

/** `isPlus`: with `binding`. Without, but with binding at hand, the server is told that it could have had more (`y`). */
export function createScram(
  credentials: { username: string; password: string },
  isPlus: boolean,
  binding: Buffer | null,
  nonce = randomBytes(24).toString('base64'),
): Exchange {
  const header = isPlus ? 'p=tls-exporter,,' : binding === null ? 'n,,' : 'y,,';
  const bare = `n=${escapeName(prepare(credentials.username))},r=${nonce}`;
  let stage: 'first' | 'final' | 'over' = 'first';
  let signature: Buffer = Buffer.alloc(0);
  let isProven = false;

  const answerFirst = async (challenge: string): Promise<string | null> => {
    const match = /^r=([!-+\x2d-~]+),s=([A-Za-z0-9+/]+={0,2}),i=([1-9]\d{0,6})(?:,.*)?$/.exec(challenge);
    const [, fullNonce = '', salt = '', count = ''] = match ?? [];
    const iterations = Number(count);
    const isOwn = fullNonce.startsWith(nonce) && fullNonce.length > nonce.length;
    if (!isOwn || iterations < minIterations || iterations > maxIterations) return null;
    const salted = await derive(prepare(credentials.password), Buffer.from(salt, 'base64'), iterations, 32, 'sha256');
    const clientKey = hmac(salted, 'Client Key');
    const storedKey = createHash('sha256').update(clientKey).digest();
    const bound = Buffer.concat([Buffer.from(header), isPlus ? (binding ?? Buffer.alloc(0)) : Buffer.alloc(0)]);
    const withoutProof = `c=${bound.toString('base64')},r=${fullNonce}`;
    const signed = `${bare},${challenge},${withoutProof}`;
    const clientSignature = hmac(storedKey, signed);
    const proof = Buffer.from(clientKey.map((byte, place) => byte ^ (clientSignature[place] ?? 0)));
    signature = hmac(hmac(salted, 'Server Key'), signed);
    stage = 'final';
    return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`).toString('base64');
  };

  /** An error (`e=…`) is answered too, so that the server can say its 535. */
  const answerFinal = (challenge: string): string | null => {
    stage = 'over';
    if (challenge.startsWith('e=')) return '';
    const given = Buffer.from(/^v=([A-Za-z0-9+/]+={0,2})(?:,.*)?$/.exec(challenge)?.[1] ?? '', 'base64');
    isProven = given.length === signature.length && timingSafeEqual(given, signature);
    return isProven ? '' : null;
  };

  return {
    initial: Buffer.from(`${header}${bare}`).toString('base64'),
    respond(challenge) {
      const text = Buffer.from(challenge, 'base64').toString('utf8');
      if (stage === 'over') return null;
      return stage === 'first' ? answerFirst(text) : answerFinal(text);
    },
    isProven: () => isProven,
    hasSaidSecret: () => stage !== 'first',
  };
}
