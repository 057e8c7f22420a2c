/** Boundaries that cannot occur in what they divide (RFC 2046 §5.1.1), and are the same each time for the same mail. */
import { createHash } from 'node:crypto';
import type { BoundarySource } from './part.ts';
import type { EncodedContent } from './transfer-encoding.ts';

/**
 * "=_" occurs in neither base64 nor quoted-printable; 7bit content is searched, and another stem taken if it has this one.
 * @param seed anything that differs between mails, such as the Message-ID.
 */
export const createBoundaries = (seed: string, contents: readonly EncodedContent[]): BoundarySource => {
  const plain = contents.filter(({ encoding }) => encoding === '7bit').map(({ bytes }) => toBuffer(bytes));
  let stem = '';
  for (let salt = 0; stem === '' || plain.some((bytes) => bytes.includes(stem)); salt += 1) {
    stem = `=_${createHash('sha256').update(`${salt}|${seed}`).digest('hex').slice(0, 24)}`;
  }
  let count = 0;
  return () => `${stem}_${count++}`;
};

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
