/**
 * Secret mail (resets, invitations) while it waits: its bytes lie sealed in the database, so a copy of it resets nobody's
 * password. Sealed when it is accepted, bound to its message, opened for sending alone.
 *
 * Everything goes into one piece, attachments too, so that none of it lies about as a shared blob. What is sealed begins
 * with a NUL, which no mail does. Known limit: a message that is accepted in the very moment in which the keys are
 * rotated may be sealed by the key that goes; then it cannot be sent, and what it said must be asked for again.
 */
import { type KeyRing, openSecret, sealSecret } from '../platform/secret-box.ts';
import type { AcceptedMessage, AcceptStore, MessageContent } from './accepted-message.ts';

export interface ContentKeys {
  /** The ring that knows this sealed value's key; '' asks for the newest. */
  ringFor: (sealed: string) => Promise<KeyRing | null>;
}

/** What sealed bytes begin with. */
export const sealedMark = Buffer.from('\0sealed ');
const placeOf = (messageId: string) => `content|${messageId}|bytes`;

export const isSealed = ({ bytes }: Pick<MessageContent, 'bytes'>): boolean =>
  Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, sealedMark.length)).equals(sealedMark);

export const sealBytes = (ring: KeyRing, bytes: Uint8Array, messageId: string): Buffer =>
  // Latin-1 keeps every byte as one character.
  Buffer.concat([sealedMark, Buffer.from(sealSecret(ring, Buffer.from(bytes).toString('latin1'), placeOf(messageId)))]);

/** Null: no key of the ring opens it. */
export const openBytes = (ring: KeyRing, sealed: Uint8Array, messageId: string): Buffer | null => {
  const plain = openSecret(ring, textOf(sealed), placeOf(messageId));
  return plain === null ? null : Buffer.from(plain, 'latin1');
};

const textOf = (sealed: Uint8Array) => Buffer.from(sealed).toString('latin1', sealedMark.length);

/** @throws when the key is missing: then it waits, as any mail whose password cannot be opened. */
export const openContent = async (
  keys: ContentKeys,
  messageId: string,
  content: MessageContent,
): Promise<MessageContent> => {
  if (!isSealed(content)) return content;
  const ring = await keys.ringFor(textOf(content.bytes));
  const bytes = ring && openBytes(ring, content.bytes, messageId);
  if (!bytes) throw new Error('the key that opens this secret mail is missing');
  return { bytes, parts: null, blobs: [] };
};

/** The accept store, with secret mail sealed before it gets there. */
export const sealingSecrets = (store: AcceptStore, keys: ContentKeys): AcceptStore => ({
  ...store,
  accept: async (submission) => {
    if (!submission.messages.some(({ isSecret }) => isSecret)) return store.accept(submission);
    const ring = await keys.ringFor('');
    if (!ring) return { outcome: 'unavailable', problem: 'The key that seals secret mail is missing.' };
    const seal = (message: AcceptedMessage): AcceptedMessage => {
      if (!message.isSecret) return message;
      const bytes = sealBytes(ring, joinContent(message.content), message.id);
      return { ...message, content: { bytes, parts: null, blobs: [] } };
    };
    return store.accept({ ...submission, messages: submission.messages.map(seal) });
  },
});

function joinContent({ bytes, parts, blobs }: MessageContent): Uint8Array {
  if (parts === null) return bytes;
  const byHash = new Map(blobs.map((blob) => [blob.hash, blob.bytes]));
  return Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? byHash.get(part)! : bytes.subarray(part[0], part[1]))),
  );
}
