/** Stored content → the bytes of the message, the same at every attempt. Attachments are not copied together when they are large. */
import type { MessageContent } from '../submission/accepted-message.ts';

/** Up to here one piece is cheaper than a stream. */
const maxJoinedBytes = 64 * 1024;

/** @throws when a part names a blob that is not there: then nothing may be sent. */
export function openBody({ bytes, parts, blobs }: MessageContent): Uint8Array | AsyncIterable<Uint8Array> {
  if (parts === null) return bytes;
  const byHash = new Map(blobs.map((blob) => [blob.hash, blob.bytes]));
  const pieces = parts.map((part) => {
    if (typeof part !== 'string') return bytes.subarray(part[0], part[1]);
    const found = byHash.get(part);
    if (found === undefined) throw new Error('an attachment of the message is missing in the database');
    return found;
  });
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  if (total <= maxJoinedBytes) return Buffer.concat(pieces);
  // Read anew by each connection that is tried.
  return {
    async *[Symbol.asyncIterator]() {
      yield* pieces;
    },
  };
}
