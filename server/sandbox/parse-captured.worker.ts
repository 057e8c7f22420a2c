/**
 * Parses captured messages where they can do no harm: small ones here, larger ones in a thread of their own with bounded
 * memory and time. Measured with postal-mime 4: 25 MB of attachment take 0.2 s, but 25 MB of lines 4 s, and 25 MB of empty
 * lines more memory than a process has.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import type { CapturedMail } from './parse-captured.ts';

/** With the first message that somebody reads: it costs memory. */
const loadParser = () => import('./parse-captured.ts');
type Parser = Awaited<ReturnType<typeof loadParser>>;

/** Below it even the worst message takes a fraction of a second. */
const smallBytes = 64 * 1024;
const deadlineMs = 10_000;
const memoryMb = 128;
/** More at once wait their turn, or a burst of large messages would need a thread each. */
const maxThreads = 2;

export const readCaptured = async (source: Uint8Array): Promise<CapturedMail> => {
  const { describeUnreadable, parseCaptured } = await loadParser();
  if (source.length <= smallBytes) return parseCaptured(source);
  const answer = await inThread<CapturedMail>({ source, index: null });
  return typeof answer === 'string' ? describeUnreadable(source, answer) : answer;
};

/** Null when there is no such attachment, or the message cannot be read. */
export const readCapturedAttachment = async (source: Uint8Array, index: number) => {
  if (source.length <= smallBytes) return (await loadParser()).extractAttachment(source, index);
  const answer = await inThread<Awaited<ReturnType<Parser['extractAttachment']>>>({ source, index });
  return typeof answer === 'string' ? null : answer;
};

interface Job {
  source: Uint8Array;
  /** Of the attachment that is wanted; null: the mail. */
  index: number | null;
}

let threads = 0;
const waiting: (() => void)[] = [];

/** @returns a string with the reason when there is no answer. */
async function inThread<T>(job: Job): Promise<T | string> {
  // Whoever waited is handed the place of the one that ends, so the count stays.
  if (threads >= maxThreads) await new Promise<void>((resolve) => waiting.push(resolve));
  else threads += 1;
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { postern: 'parse-captured', ...job },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    execArgv: [],
    env: {},
  });
  try {
    return await new Promise<T | string>((resolve) => {
      const timer = setTimeout(() => resolve('it takes too long to read'), deadlineMs);
      worker.once('message', resolve);
      worker.once('error', () => resolve('it takes too much memory to read'));
      worker.once('exit', () => clearTimeout(timer));
    });
  } finally {
    await worker.terminate();
    const next = waiting.shift();
    if (next) next();
    else threads -= 1;
  }
}

if (!isMainThread && workerData?.postern === 'parse-captured') {
  const { source, index } = workerData as Job;
  const { extractAttachment, parseCaptured } = await loadParser();
  parentPort?.postMessage(index === null ? await parseCaptured(source) : await extractAttachment(source, index));
}
