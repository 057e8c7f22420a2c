/** A body too large for one write: block by block, each taken by the other side before the next (RFC 5321 §4.5.3.2.5). */
import type { Attempt } from './attempt.ts';
import { BodyEncoder, type BodyFacts, findEnd } from './body-encoder.ts';
import type { SmtpFailure } from './outcome.ts';
import type { ReplyChannel } from './reply-channel.ts';
import type { Timeouts } from './target.ts';

/** Blocks of this size are written at a time, each with a time-out of its own. */
const blockBytes = 64 * 1024;

/** What is left to be written together with the end of data. */
export type Written = { ok: true; rest: Uint8Array; end: string } | { ok: false; failure: SmtpFailure };

/** Bytes that need no change go as they are. All but the last block; fails as `writeBlocks` does. */
export async function writeCleanBlocks(data: Uint8Array, parts: Line): Promise<Written> {
  let from = 0;
  for (; data.length - from > blockBytes; from += blockBytes) {
    const stuck = await writeBlock(data.subarray(from, from + blockBytes), parts);
    if (stuck !== null) return { ok: false, failure: stuck };
  }
  parts.attempt.show('note', `message, ${data.length} bytes`);
  return { ok: true, rest: data.subarray(from), end: findEnd(data) };
}

export const isClean = ({ hasCleanLines, hasNoDots }: BodyFacts): boolean => hasCleanLines && hasNoDots;

interface Line {
  channel: ReplyChannel;
  attempt: Attempt;
  timeouts: Timeouts;
}

const writeBlock = (block: Uint8Array, { channel, timeouts }: Line): Promise<SmtpFailure | null> =>
  channel.during(
    () => new Promise<void>((resolve) => channel.stream.write(block, () => resolve())),
    timeouts.body,
    `the server took no more of the message for ${timeouts.body / 1000} s`,
  );

/** All but the last block. @throws what reading `data` throws; the session is over then. */
export async function writeBlocks(data: Uint8Array | AsyncIterable<Uint8Array>, line: Line): Promise<Written> {
  const { channel, attempt } = line;
  const encoder = new BodyEncoder();
  const blocks = data instanceof Uint8Array ? splitBytes(data) : splitStream(data);
  let held: Uint8Array = new Uint8Array(0);
  let bytes = 0;
  try {
    for (;;) {
      let step = { done: true, value: undefined } as IteratorResult<Uint8Array, undefined>;
      const read = async () => {
        step = await blocks.next();
      };
      const late = await channel.during(read, Number.POSITIVE_INFINITY, '');
      if (late !== null) return { ok: false, failure: late };
      if (step.done === true) break;
      const block = held;
      held = encoder.encode(step.value);
      bytes += held.length;
      if (block.length === 0) continue;
      const stuck = await writeBlock(block, line);
      if (stuck !== null) return { ok: false, failure: stuck };
    }
  } catch (error) {
    // The message could not be read. Without the dot nothing of it counts, and the session is of no more use.
    channel.break('connection-lost', 'the message could not be read to its end');
    throw error;
  } finally {
    // Not awaited: a source that hangs may never answer.
    void Promise.resolve(blocks.return?.(undefined)).catch(() => {});
  }
  attempt.show('note', `message, ${bytes} bytes`);
  return { ok: true, rest: held, end: encoder.end() };
}

async function* splitStream(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, undefined> {
  for await (const chunk of source) yield* splitBytes(chunk);
}

async function* splitBytes(data: Uint8Array): AsyncGenerator<Uint8Array, undefined> {
  for (let from = 0; from < data.length; from += blockBytes) yield data.subarray(from, from + blockBytes);
}
