/** Lines of a body that comes bit by bit. Never holds more than one line and one piece. */

import { isUtf8 } from 'node:buffer';

export type Line = { fault: null; text: string } | { fault: 'too-long' | 'not-utf8' };

const lineFeed = 0x0a;

/**
 * Empty lines are passed over, and so are carriage returns at the end. What is longer than `maxBytes` is told and thrown
 * away up to its end, so that the lines after it are read.
 */
export async function* splitLines(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  const take = (piece: Uint8Array) => {
    heldBytes += piece.length;
    if (heldBytes <= maxBytes) held.push(piece);
    else held = [];
  };
  const end = (): Line | null => {
    const isTooLong = heldBytes > maxBytes;
    const bytes = Buffer.concat(held);
    held = [];
    heldBytes = 0;
    if (isTooLong) return { fault: 'too-long' };
    if (!isUtf8(bytes)) return { fault: 'not-utf8' };
    const text = bytes.toString().trim();
    return text === '' ? null : { fault: null, text };
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let at = chunk.indexOf(lineFeed); at >= 0; at = chunk.indexOf(lineFeed, from)) {
      take(chunk.subarray(from, at));
      from = at + 1;
      const line = end();
      if (line) yield line;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  const last = end();
  if (last) yield last;
}
