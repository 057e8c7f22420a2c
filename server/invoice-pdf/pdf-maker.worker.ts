/**
 * Makes PDFs in a process of its own: setting a page is work for the processor alone, and the event loop has mail to send.
 * What it takes of memory goes with it: it starts with the first PDF, keeps the fonts it has opened, and ends when none was
 * wanted for a while.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { getCompileCacheDir } from 'node:module';
import path from 'node:path';
import type { InvoiceDocument, InvoiceLook } from './invoice-document.ts';

export interface PdfMaker {
  /** @throws Error when it cannot be made within its time. */
  make: (document: InvoiceDocument, look: InvoiceLook) => Promise<Buffer>;
  /** Many were made and no more will follow soon: ends the process now, unless it is at work. */
  rest: () => void;
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
/** Fonts of Chinese, Korean and Arabic at once take most of it; more is a leak. */
const flags = ['--max-old-space-size=160', '--max-semi-space-size=1', '--optimize-for-size'];
/** The C library keeps what was freed for each thread of a process; this one needs no more than one such heap. */
const env = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' };

/** So that a test that loads the process's file does not become it. */
export const processName = 'pdf-process';

interface Waiting {
  job: PdfJob;
  /** A process has ended over it: it need not have been to blame. */
  wasUnlucky: boolean;
  resolve: (bytes: Buffer) => void;
  reject: (error: Error) => void;
}

/** What the program keeps of compiled code (scripts/compile-cache.mjs): nothing is stripped of types here, that takes memory. */
const findCompileCache = (): Record<string, string> => {
  const folder = getCompileCacheDir();
  return folder === undefined ? {} : { NODE_COMPILE_CACHE: path.dirname(folder) };
};

export const openPdfMaker = (): PdfMaker => {
  const waiting: Waiting[] = [];
  let current: Waiting | null = null;
  let child: ChildProcess | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lastId = 0;
  let isClosed = false;

  const start = (): ChildProcess => {
    const started = fork(new URL('./pdf-process.worker.ts', import.meta.url), [processName], {
      execArgv: flags,
      env: { ...env, ...findCompileCache() },
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    started.on('message', (message) => {
      const done = message as PdfDone;
      if (current?.job.id !== done.id) return;
      if ('bytes' in done) current.resolve(Buffer.from(done.bytes.buffer, done.bytes.byteOffset, done.bytes.length));
      else current.reject(new Error(`the PDF cannot be made: ${done.problem}`));
      current = null;
      next();
    });
    const end = (why: string) => {
      if (child !== started) return;
      child = null;
      const ended = current;
      current = null;
      if (ended && !ended.wasUnlucky && !isClosed) waiting.unshift({ ...ended, wasUnlucky: true });
      else ended?.reject(new Error(`the PDF cannot be made: ${why}`));
      next();
    };
    started.on('error', (error: unknown) => end(String(error)));
    started.on('exit', () => end('its process ended'));
    return started;
  };

  const next = () => {
    clearTimeout(timer);
    if (current) return;
    current = waiting.shift() ?? null;
    if (!current) {
      child?.unref();
      child?.channel?.unref();
      timer = setTimeout(() => void stop(), idleMs).unref();
      return;
    }
    child ??= start();
    child.ref();
    child.channel?.ref();
    timer = setTimeout(() => void stop(), mostMs).unref();
    child.send(current.job, (error) => error && child?.kill('SIGKILL'));
  };

  const stop = async () => {
    clearTimeout(timer);
    if (!child) return;
    const gone = once(child, 'exit');
    // Somebody waits for its end.
    child.ref();
    child.kill('SIGKILL');
    await gone;
  };

  return {
    make: (document, look) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.push({ job: { id: lastId, document, look }, wasUnlucky: false, resolve, reject });
        if (!current) next();
      }),
    rest: () => {
      if (current) return;
      child?.kill('SIGKILL');
      // What is wanted meanwhile is not sent to one that is about to end.
      child = null;
    },
    close: async () => {
      isClosed = true;
      for (const { reject } of waiting.splice(0)) reject(new Error('Postern is stopping'));
      await stop();
    },
  };
};
