/**
 * A file of JSON lines whose writer knows when they are on the disk. Lines that are added while the disk is busy go
 * together in one write and one sync, so that telling the truth costs latency and hardly any throughput.
 */
import { closeSync, fdatasync, openSync, readFileSync, write } from 'node:fs';
import { promisify } from 'node:util';

const [writeText, syncData] = [promisify(write), promisify(fdatasync)];

export interface DurableLines<T> {
  /** Resolves once they are on the disk. */
  add: (...lines: T[]) => Promise<void>;
  close: () => Promise<void>;
}

export function openDurableLines<T>(file: string): DurableLines<T> {
  const descriptor = openSync(file, 'a', 0o600);
  let waiting = '';
  let next: Promise<void> | null = null;
  let running: Promise<void> = Promise.resolve();

  const flush = async () => {
    next = null;
    let text: Buffer = Buffer.from(waiting);
    waiting = '';
    while (text.length > 0) {
      const { bytesWritten } = (await writeText(descriptor, text)) as unknown as { bytesWritten: number };
      text = text.subarray(bytesWritten);
    }
    await syncData(descriptor);
  };

  return {
    add: (...lines) => {
      for (const line of lines) waiting += `${JSON.stringify(line)}\n`;
      if (!next) {
        next = running.then(flush);
        running = next;
      }
      return next;
    },
    close: async () => {
      await running;
      closeSync(descriptor);
    },
  };
}

export const readLines = <T>(file: string): T[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
