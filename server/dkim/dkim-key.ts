/** The private key of a DKIM identity: RSA of 1024 bits or more (RFC 8301 §3.2), or Ed25519 (RFC 8463). */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { toAsciiDomain } from '../mime/address.ts';
import { MailValueError } from '../mime/mail-value.ts';

export interface DkimIdentity {
  /** d=, the domain that signs: that of From, or one above it, for DMARC. */
  domain: string;
  /** s=, so that the public key stands at `selector._domainkey.domain`. */
  selector: string;
  /** PEM, not encrypted. */
  privateKey: string;
  /**
   * Fields that the server on the way writes anew, which would break the signature: Amazon SES replaces Message-ID and
   * Date. From is always covered.
   */
  leaveOut?: readonly string[];
  /** x=; absent: the signature does not expire. */
  lifetimeSeconds?: number;
}

export interface DkimKey {
  key: KeyObject;
  /** a= */
  algorithm: 'rsa-sha256' | 'ed25519-sha256';
}

const minimumBits = 1024;

/** @throws MailValueError that names `privateKey`; never with anything of the key. */
export const readDkimKey = (pem: string): DkimKey => {
  const key = parseKey(pem);
  if (key.asymmetricKeyType === 'ed25519') return { key, algorithm: 'ed25519-sha256' };
  if (key.asymmetricKeyType !== 'rsa')
    throw new MailValueError('privateKey', 'not-allowed', 'use an RSA or Ed25519 key');
  if ((key.asymmetricKeyDetails?.modulusLength ?? 0) < minimumBits) {
    throw new MailValueError('privateKey', 'not-allowed', `use a key of at least ${minimumBits} bits, better 2048`);
  }
  return { key, algorithm: 'rsa-sha256' };
};

function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // What OpenSSL says may quote the key.
    throw new MailValueError('privateKey', 'not-allowed', 'give a private key in PEM form, without a passphrase');
  }
}

/** @returns the name's labels in A-labels. @throws MailValueError that names `domain` or `selector`. */
export const requireDnsName = (name: string, field: 'domain' | 'selector'): string => {
  const ascii = toAsciiDomain(name);
  // A selector may be all digits, such as a date, which a host name may not.
  if (ascii === null && !(field === 'selector' && /^\d{1,63}(\.\d{1,63}){0,3}$/.test(name))) {
    throw new MailValueError(field, 'not-allowed', 'give a DNS name');
  }
  return ascii ?? name;
};

/** What stands in DNS for this key (RFC 6376 §3.6.1); a record holds it in strings of at most 255 characters. */
export const writeDkimRecord = (pem: string): string => {
  const { key, algorithm } = readDkimKey(pem);
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  // RFC 8463 §4: Ed25519 keys stand there bare, the last 32 octets.
  if (algorithm === 'ed25519-sha256') return `v=DKIM1; k=ed25519; p=${spki.subarray(-32).toString('base64')}`;
  return `v=DKIM1; k=rsa; p=${spki.toString('base64')}`;
};
