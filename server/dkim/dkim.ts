/// <reference path="./mailauth-parts.d.ts" />
/**
 * Signs composed messages with DKIM (RFC 6376, RFC 8463), relaxed/relaxed, by the canonicalisation of mailauth; which
 * fields are covered is ours (dkim-fields.ts), because From must be covered against additions too. The signature is
 * made on the thread pool: an RSA one takes most of a millisecond.
 *
 * mailauth comes with much that signing does not need (35 MB), so it is loaded with the first signer, not before.
 * A message with attachments that come bit by bit passes twice: the signature stands before what it covers.
 * Limit: `l=` is never written; it would let anybody add to the body.
 */
import { createHash, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { chooseSignedFields } from './dkim-fields.ts';
import { type DkimIdentity, readDkimKey, requireDnsName } from './dkim-key.ts';

export interface DkimSigner {
  /**
   * @param message as composed; or its chunks.
   * @returns a DKIM-Signature field for each identity, each with its CRLF, to be put before the message.
   */
  sign: (message: Uint8Array | AsyncIterable<Uint8Array>, now: Date) => Promise<string>;
}

const canonicalization = 'relaxed/relaxed';
const signAsync = promisify<string | null, Buffer, KeyObject, Buffer>(sign);

/**
 * @param identities one signature each, so that an Ed25519 one can stand beside RSA, which every receiver knows.
 * @throws MailValueError that names `domain`, `selector` or `privateKey`.
 */
export const createDkimSigner = async (identities: readonly DkimIdentity[]): Promise<DkimSigner> => {
  const ready = identities.map((identity) => ({
    ...readDkimKey(identity.privateKey),
    signingDomain: requireDnsName(identity.domain, 'domain'),
    selector: requireDnsName(identity.selector, 'selector'),
    leaveOut: identity.leaveOut ?? [],
    lifetimeSeconds: identity.lifetimeSeconds ?? 0,
  }));
  const [{ generateCanonicalizedHeader }, { dkimBody }, { formatSignatureHeaderLine }] = await Promise.all([
    import('mailauth/lib/dkim/header/index.js'),
    import('mailauth/lib/dkim/body/index.js'),
    import('mailauth/lib/tools.js'),
  ]);

  const read = async (message: Uint8Array | AsyncIterable<Uint8Array>) => {
    const body = dkimBody(canonicalization, 'sha256');
    let header: string | null = null;
    let held: Buffer = Buffer.alloc(0);
    for await (const chunk of message instanceof Uint8Array ? [message] : message) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      if (header !== null) {
        body.update(bytes);
        continue;
      }
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) continue;
      header = held.toString('latin1', 0, end);
      body.update(held.subarray(end + 4));
    }
    if (header === null) throw new Error('A message without a body cannot be signed: no empty line ends its header.');
    return { header, bodyHash: body.digest('base64') };
  };

  const signFor = async (identity: (typeof ready)[number], header: string, bodyHash: string, timestamp: number) => {
    const { key, algorithm, signingDomain, selector, leaveOut, lifetimeSeconds } = identity;
    const expiration = lifetimeSeconds > 0 && timestamp + lifetimeSeconds;
    const { canonicalizedHeader, dkimHeaderOpts } = generateCanonicalizedHeader(
      'DKIM',
      chooseSignedFields(header, leaveOut),
      { signingDomain, selector, algorithm, canonicalization, bodyHash, timestamp, expiration },
    );
    const isRsa = algorithm === 'rsa-sha256';
    // RFC 8463 §3: Ed25519 signs the hash.
    const input = isRsa ? canonicalizedHeader : createHash('sha256').update(canonicalizedHeader).digest();
    const signature = await signAsync(isRsa ? 'sha256' : null, input, key);
    return `${formatSignatureHeaderLine('DKIM', { ...dkimHeaderOpts, b: signature.toString('base64') }, true)}\r\n`;
  };

  return {
    sign: async (message, now) => {
      const { header, bodyHash } = await read(message);
      const timestamp = Math.floor(now.getTime() / 1000);
      const fields = ready.map((identity) => signFor(identity, header, bodyHash, timestamp));
      return (await Promise.all(fields)).join('');
    },
  };
};
