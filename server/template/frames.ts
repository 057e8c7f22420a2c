/**
 * What the server and the template process say to each other, over a pipe: frames of a head in JSON and texts as they are.
 * A frame is two lengths in four octets each (of all that follows them, and of the head), the head, and the texts, whose
 * lengths the head names. Plain data alone: what a process that was taken over could send is text.
 */
export interface Frame {
  head: unknown;
  texts: Buffer;
}

/** @throws RangeError for more than the other side takes. */
export const writeFrame = (head: unknown, texts: readonly Buffer[] = []): Buffer => {
  const body = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.allocUnsafe(8);
  const total = texts.reduce((sum, { length }) => sum + length, body.length);
  if (total > largestFrameBytes) throw new RangeError('the frame is too large');
  lengths.writeUInt32BE(total, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, body, ...texts], total + 8);
};

const largestFrameBytes = 64 * 1024 * 1024;

/** Reads frames from what comes in, in whatever pieces. @throws where it cannot be frames. */
export const openFrameReader = (take: (frame: Frame) => void): ((chunk: Buffer) => void) => {
  let chunks: Buffer[] = [];
  let length = 0;
  let wanted = 8;
  return (chunk) => {
    chunks.push(chunk);
    length += chunk.length;
    while (length >= wanted) {
      let all = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
      const total = all.readUInt32BE(0);
      const headBytes = all.readUInt32BE(4);
      if (total > largestFrameBytes || headBytes > total) throw new RangeError('not a frame');
      wanted = total + 8;
      if (all.length >= wanted) {
        const head = JSON.parse(all.toString('utf8', 8, 8 + headBytes)) as unknown;
        take({ head, texts: all.subarray(8 + headBytes, wanted) });
        all = all.subarray(wanted);
        wanted = 8;
      }
      chunks = [all];
      length = all.length;
    }
  };
};
