/**
 * A stream of emails, one to a line: each is a submission of its own, accepted or refused alone, and answered in order.
 *
 * Several are under way at once, so that they share commits; how many, and of how many bytes, is bounded, and more is read
 * only as results are taken. So a batch of a million costs no more memory than one of a hundred.
 */
import type { BatchLine } from '../../contracts/submission.ts';
import type { Line } from './split-lines.ts';

/** Enough for a full group commit. */
const mostAtOnce = 128;
const mostBytesAtOnce = 16 * 1024 * 1024;

interface UnderWay {
  bytes: number;
  result: Promise<BatchLine>;
}

/** @param submit never fails: what goes wrong with a line is its result. */
export async function* submitLines(
  lines: AsyncIterable<Line>,
  submit: (line: Line, index: number) => Promise<BatchLine>,
): AsyncGenerator<BatchLine> {
  const reader = lines[Symbol.asyncIterator]();
  const queue: UnderWay[] = [];
  let bytes = 0;
  let index = 0;
  let reading: Promise<{ read: IteratorResult<Line> }> | null = null;
  let isAtEnd = false;
  try {
    while (!isAtEnd || queue.length > 0) {
      const hasRoom = queue.length < mostAtOnce && bytes < mostBytesAtOnce;
      if (!isAtEnd && hasRoom) reading ??= readNext(reader);
      const head = queue[0]?.result.then((result) => ({ result }));
      const next = await Promise.race([head, hasRoom ? reading : null].filter((one) => one != null));
      if ('result' in next) {
        bytes -= queue.shift()!.bytes;
        yield next.result;
        continue;
      }
      reading = null;
      if (next.read.done) {
        isAtEnd = true;
        continue;
      }
      const line = next.read.value;
      const size = line.fault === null ? line.text.length : 0;
      queue.push({ bytes: size, result: submit(line, index) });
      bytes += size;
      index += 1;
    }
  } finally {
    await reader.return?.();
  }
}

function readNext(reader: AsyncIterator<Line>): Promise<{ read: IteratorResult<Line> }> {
  const reading = reader.next().then((read) => ({ read }));
  // Where nobody takes results any more, nobody waits for it either; it may fail then.
  reading.catch(() => {});
  return reading;
}
