/**
 * Seals secrets with AES-256-GCM (NIST SP 800-38D).
 *
 * A sealed value names the key that made it, so that keys can be rotated, and is bound to its place by associated data
 * (table, row, column): a ciphertext moved to another row does not open. Form: `v1.KEYID.base64url(nonce ‖ tag ‖ ciphertext)`.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

export interface SecretKey {
  /** First 8 hexadecimal digits of the key's SHA-256: names a key without telling it. */
  id: string;
  bytes: Buffer;
}

export interface KeyRing {
  /** Seals. */
  current: SecretKey;
  /** Open what older keys sealed, until it is sealed again. */
  previous: SecretKey[];
}

/** @param bytes 32 bytes. */
export const toSecretKey = (bytes: Buffer): SecretKey => {
  if (bytes.length !== 32) throw new Error(`A secret key has 32 bytes, not ${bytes.length}`);
  return { id: createHash('sha256').update(bytes).digest('hex').slice(0, 8), bytes };
};

export const sealSecret = (ring: KeyRing, plain: string, place: string): string => {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', ring.current.bytes, nonce);
  cipher.setAAD(Buffer.from(`${place}|${ring.current.id}`));
  const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
  return `v1.${ring.current.id}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
};

/** The id of the key that sealed this value; empty when it is not a sealed value. */
export const keyIdOf = (sealed: string): string => /^v1\.([0-9a-f]{8})\./.exec(sealed)?.[1] ?? '';

/** Null when no key of the ring opens it in this place: key lost, value tampered with, or moved. */
export const openSecret = (ring: KeyRing, sealed: string, place: string): string | null => {
  const id = keyIdOf(sealed);
  const key = [ring.current, ...ring.previous].find((candidate) => candidate.id === id);
  const raw = Buffer.from(sealed.slice(`v1.${id}.`.length), 'base64url');
  if (!key || raw.length < 28) return null;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, raw.subarray(0, 12), { authTagLength: 16 });
    decipher.setAAD(Buffer.from(`${place}|${id}`));
    decipher.setAuthTag(raw.subarray(12, 28));
    return decipher.update(raw.subarray(28), undefined, 'utf8') + decipher.final('utf8');
  } catch {
    return null;
  }
};
