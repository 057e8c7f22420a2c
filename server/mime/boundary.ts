/** Boundaries that cannot occur in what they divide (RFC 2046 §5.1.1), and are the same each time for the same mail. */
import { hash } from 'node:crypto';

/**
 * Every boundary begins with "=_", which base64, quoted-printable and the plain text we write never have behind a "--".
 * Only a message that is attached as it is can hold one: it is searched, and another stem taken if it has this one.
 * @param seed anything that differs between mails, such as the Message-ID.
 * @returns the stem; each boundary adds its own ending to it
 */
export const createBoundaryStem = (seed: string, attachedAsTheyAre: readonly Uint8Array[]): string => {
  for (let salt = 0; ; salt += 1) {
    const stem = `=_${hash('sha256', `${salt}|${seed}`, 'hex').slice(0, 24)}`;
    if (!attachedAsTheyAre.some((bytes) => toBuffer(bytes).includes(stem))) return stem;
  }
};

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
