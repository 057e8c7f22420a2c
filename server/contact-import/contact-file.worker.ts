/**
 * The thread that reads a file of contacts: decodes, cuts into cells, checks each row, finds what contradicts within the
 * file. It hands over rows by the thousand, each time when it is asked, so that neither the event loop nor memory suffers
 * from a large or hostile file.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { isMainThread, parentPort, SHARE_ENV, Worker, workerData } from 'node:worker_threads';
import { type ContactMapping, contactImportLimits } from '../../contracts/contact-import.ts';
import type { CsvEncoding } from '../platform/csv-text.ts';
import { openRepeatFinder } from './find-repeats.ts';

import { type GivenRow, readRow } from './read-row.ts';

export interface ContactFile {
  path: string;
  encoding: CsvEncoding;
  delimiter: string;
  mapping: ContactMapping;
}

/** The file cannot be used; the message says where and why. */
export class UnreadableFileError extends Error {}

const memoryMb = 384;

type FromThread = { rows: GivenRow[] } | { unreadable: string } | { failed: string } | { end: true };

/** Rows in order, `size` at a time. @throws UnreadableFileError */
export async function* readContactFile(file: ContactFile, size: number): AsyncGenerator<GivenRow[]> {
  const thread = new Worker(new URL(import.meta.url), {
    workerData: { postern: 'contact-file', file, size },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb },
    execArgv: [],
    // For the compile cache (scripts/compile-cache.mjs); nothing in the thread reads it otherwise.
    env: SHARE_ENV,
  });
  const answers: FromThread[] = [];
  let wake = () => {};
  const tell = (answer: FromThread) => {
    answers.push(answer);
    wake();
  };
  thread.on('message', tell);
  thread.on('error', (error: NodeJS.ErrnoException) =>
    tell(
      error.code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? { unreadable: 'It takes too much memory.' }
        : { failed: String(error) },
    ),
  );
  thread.on('exit', () => tell({ failed: 'the thread ended' }));
  try {
    for (;;) {
      while (answers.length === 0) await new Promise<void>((resolve) => (wake = resolve));
      const answer = answers.shift()!;
      if ('unreadable' in answer) throw new UnreadableFileError(answer.unreadable);
      if ('failed' in answer) throw new Error(`a file of contacts cannot be read: ${answer.failed}`);
      if ('end' in answer) return;
      // The next ones are read while these are worked on.
      thread.postMessage('more');
      yield answer.rows;
    }
  } finally {
    await thread.terminate();
  }
}

async function read(port: NonNullable<typeof parentPort>, file: ContactFile, size: number): Promise<void> {
  const findRepeats = openRepeatFinder();
  const send = (message: FromThread) => port.postMessage(message);
  let columns: string[] | null = null;
  let rows: GivenRow[] = [];
  let count = 0;
  let asked = once(port, 'message');
  let isFirst = true;
  const hand = async () => {
    if (!isFirst) await asked;
    isFirst = false;
    asked = once(port, 'message');
    send({ rows });
    rows = [];
  };
  try {
    for await (const { record, info } of openRecords(file)) {
      if (columns === null) {
        columns = record;
        continue;
      }
      count += 1;
      if (count > contactImportLimits.rows) {
        return send({ unreadable: `It has more than ${contactImportLimits.rows} rows. Cut it into several files.` });
      }
      rows.push(findRepeats(readRow(info.lines, record, file.mapping, columns)));
      if (rows.length >= size) await hand();
    }
    if (rows.length > 0) await hand();
    send({ end: true });
  } catch (error) {
    const fault = describe(error as Error & { code?: string; lines?: number });
    send(fault === null ? { failed: String(error) } : { unreadable: fault });
  } finally {
    port.unref();
  }
}

async function* openRecords({ path, encoding, delimiter }: ContactFile) {
  const { parse } = await import('csv-parse');
  const decoder = new TextDecoder(encoding);
  const parser = parse({ ...parseOptions, delimiter });
  const source = createReadStream(path);
  const feed = (async () => {
    for await (const chunk of source) {
      if (!parser.write(decoder.decode(chunk as Buffer, { stream: true }))) await once(parser, 'drain');
    }
    parser.end(decoder.decode());
  })();
  feed.catch((error: Error) => parser.destroy(error));
  for await (const one of parser) yield one as { record: string[]; info: { lines: number } };
}

/** Cells as they stand; rows may be short. */
const parseOptions = {
  bom: true,
  info: true,
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  max_record_size: 256 * 1024,
} as const;

function describe({ message, code, lines }: { message: string; code?: string; lines?: number }): string | null {
  const at = lines === undefined ? '' : ` Look at line ${lines}.`;
  if (code === 'CSV_QUOTE_NOT_CLOSED') return `A quotation mark is opened and never closed.${at}`;
  if (code === 'CSV_MAX_RECORD_SIZE')
    return `A row is longer than 256 KB; perhaps a quotation mark is not closed.${at}`;
  if (code === 'ENOENT') return 'The uploaded file is gone. Upload it again.';
  return code?.startsWith('CSV_') ? `${message}${at}` : null;
}

// Last, so that all of the above is there.
if (!isMainThread && workerData?.postern === 'contact-file' && parentPort) {
  const { file, size } = workerData as { file: ContactFile; size: number };
  await read(parentPort, file, size);
}
