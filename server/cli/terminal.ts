/** What the command line is given of the outside, and how a command says that it came to nothing. */
import type { Readable, Writable } from 'node:stream';
import type { ReadStream } from 'node:tty';
import type { Core } from '../compose/core.ts';

export interface Terminal {
  input: Readable | ReadStream;
  /** What was asked for, and nothing else: it can be piped. */
  output: Writable;
  /** What a person should know besides. */
  notes: Writable;
}

/** Opens the database for one command and closes it again. */
export type WithCore = (run: (core: Core) => Promise<void>) => Promise<void>;

/** What was asked for could not be done: exit 1. */
export class CommandFailedError extends Error {}
/** What was asked for cannot be meant: exit 2. */
export class UsageError extends Error {}
