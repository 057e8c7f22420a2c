/**
 * Makes PDFs in a thread of its own: setting a page is work for the processor alone, and the event loop has mail to send.
 * The thread starts with the first PDF, keeps the fonts it has opened, and ends when none was wanted for a while.
 */
import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { InvoiceDocument, InvoiceLook } from './invoice-page.ts';

export interface PdfMaker {
  /** @throws Error when it cannot be made within its time. */
  make: (document: InvoiceDocument, look: InvoiceLook) => Promise<Buffer>;
  close: () => Promise<void>;
}

export interface PdfJob {
  id: number;
  document: InvoiceDocument;
  look: InvoiceLook;
}
export type PdfDone = { id: number; bytes: Uint8Array<ArrayBuffer> } | { id: number; problem: string };

/** Pages of a thousand lines take a second; nothing takes this long but a fault. */
const mostMs = 30_000;
const idleMs = 60_000;
/** A thread that has set Chinese, Korean and Arabic holds a few dozen fonts; more is a leak. */
const memoryMb = 96;
const youngMemoryMb = 8;

interface Waiting {
  job: PdfJob;
  /** A thread has ended over it: it need not have been to blame. */
  wasUnlucky: boolean;
  resolve: (bytes: Buffer) => void;
  reject: (error: Error) => void;
}

export const openPdfMaker = (): PdfMaker => {
  const waiting: Waiting[] = [];
  let current: Waiting | null = null;
  let thread: Worker | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lastId = 0;
  let isClosed = false;

  const start = (): Worker => {
    const started = new Worker(new URL('./pdf-thread.worker.ts', import.meta.url), {
      workerData: { postern: 'pdf-thread' },
      resourceLimits: { maxOldGenerationSizeMb: memoryMb, maxYoungGenerationSizeMb: youngMemoryMb },
      execArgv: [],
      env: SHARE_ENV,
    });
    started.on('message', (done: PdfDone) => {
      if (current?.job.id !== done.id) return;
      if ('bytes' in done) current.resolve(Buffer.from(done.bytes.buffer, done.bytes.byteOffset, done.bytes.length));
      else current.reject(new Error(`the PDF cannot be made: ${done.problem}`));
      current = null;
      next();
    });
    const end = (why: string) => {
      if (thread !== started) return;
      thread = null;
      const ended = current;
      current = null;
      if (ended && !ended.wasUnlucky && !isClosed) waiting.unshift({ ...ended, wasUnlucky: true });
      else ended?.reject(new Error(`the PDF cannot be made: ${why}`));
      next();
    };
    started.on('error', (error: unknown) => end(String(error)));
    started.on('exit', () => end('its thread ended'));
    return started;
  };

  const next = () => {
    clearTimeout(timer);
    if (current) return;
    current = waiting.shift() ?? null;
    if (!current) {
      thread?.unref();
      timer = setTimeout(() => void stop(), idleMs).unref();
      return;
    }
    thread ??= start();
    thread.ref();
    timer = setTimeout(() => void stop(), mostMs).unref();
    thread.postMessage(current.job);
  };

  const stop = async () => {
    clearTimeout(timer);
    await thread?.terminate();
  };

  return {
    make: (document, look) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.push({ job: { id: lastId, document, look }, wasUnlucky: false, resolve, reject });
        if (!current) next();
      }),
    close: async () => {
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(new Error('Postern is stopping'));
      await stop();
    },
  };
};
