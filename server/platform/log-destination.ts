/**
 * Where log lines go when nobody watches a terminal. Written without waiting, in order, what gathers meanwhile together.
 *
 * A log never stops mail: what cannot be written because the disk is full or the reader gone is dropped, what a slow
 * reader has not taken is bounded, and the end of the process writes the rest once and waits for nobody. (pino's own
 * destination tries a full disk for ever, also as the process ends.)
 */
import { write, writeSync } from 'node:fs';

/** Characters kept for a reader who does not take them; later lines are dropped. */
const mostUnwritten = 4 * 1024 * 1024;
const againMilliseconds = 100;

const isBusy = (error: NodeJS.ErrnoException) => error.code === 'EAGAIN';

export const openLogDestination = (fd: number): { write: (line: string) => void } => {
  let lines: string[] = [];
  let length = 0;
  let rest: Buffer | null = null;
  let isWriting = false;
  let isScheduled = false;

  const take = (): Buffer | null => {
    if (rest === null && lines.length > 0) {
      rest = Buffer.from(lines.join(''));
      lines = [];
      length = 0;
    }
    return rest;
  };
  const advance = (octets: Buffer, written: number): void => {
    rest = written < octets.length ? octets.subarray(written) : null;
  };

  const schedule = (): void => {
    if (isScheduled) return;
    isScheduled = true;
    // Together what one turn of the event loop says.
    setImmediate(pump);
  };
  const pump = (): void => {
    isScheduled = false;
    if (isWriting) return;
    const octets = take();
    if (octets === null) return;
    isWriting = true;
    write(fd, octets, (error, written) => {
      isWriting = false;
      if (error && isBusy(error)) {
        setTimeout(pump, againMilliseconds).unref();
        return;
      }
      advance(octets, error ? octets.length : written);
      pump();
    });
  };

  process.once('exit', () => {
    // That is being written by another thread, which still comes to its end.
    if (isWriting) rest = null;
    try {
      for (let octets = take(); octets !== null; octets = take()) advance(octets, writeSync(fd, octets));
    } catch {
      // Nobody is left to tell.
    }
  });

  return {
    write: (line) => {
      if (length > mostUnwritten) return;
      lines.push(line);
      length += line.length;
      schedule();
    },
  };
};
