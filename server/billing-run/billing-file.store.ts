/**
 * The files of billing runs, in the data folder: CSV, NDJSON, or a ZIP with one of them and PDFs. They are read as streams,
 * a few rows at a time, and nothing of a ZIP is ever written to a path: its names are looked up, and what it unpacks to is
 * counted while it is read.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parse } from 'csv-parse';
import yauzl from 'yauzl';
import { billingRunLimits } from '../../contracts/billing-run.ts';
import { invoiceLimits } from '../../contracts/invoice.ts';
import { guessDelimiter, guessEncoding } from '../platform/csv-text.ts';
import type { TableRow } from './read-rows.ts';

export class UnreadableFile extends Error {}

export interface BillingFile {
  format: 'csv' | 'ndjson' | 'zip';
  /** Of what it holds: of a ZIP the table in it. */
  isTable: boolean;
  columns: { name: string; samples: string[] }[];
  pdfs: { count: number; samples: string[] };
}

export interface BillingFileStore {
  /** @returns its name. @throws UnreadableFile when it is too large. */
  keep: (stream: Readable) => Promise<{ file: string; sizeBytes: number }>;
  /** @throws UnreadableFile */
  inspect: (file: string) => Promise<BillingFile>;
  open: (file: string) => Promise<OpenBillingFile>;
  remove: (file: string) => Promise<void>;
}

export interface OpenBillingFile {
  isTable: boolean;
  /** A few hundred at a time. @throws UnreadableFile */
  readRows: (onBytes: (bytes: number) => void) => AsyncGenerator<TableRow[]>;
  /** Octets unpacked, as the ZIP says; null: there is none of this name. */
  findPdf: (name: string) => number | null;
  /** @throws UnreadableFile */
  readPdf: (name: string) => Promise<Buffer>;
  close: () => Promise<void>;
}

const rowsAtOnce = 250;
const sampleRows = 5;
const mostColumns = 200;
const mostEntries = 200_000;
/** All of their names are held while a run is worked on. */
const mostNameCharacters = 500;
const mostCellCharacters = 20_000;
const lineLimit = 1024 * 1024;

export const openBillingFiles = (folder: string): BillingFileStore => {
  const pathOf = (file: string) => path.join(folder, path.basename(file));
  return {
    keep: async (stream) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      const file = `billing-${randomUUID()}`;
      let sizeBytes = 0;
      let limit: number | null = null;
      const count = new Transform({
        transform(chunk: Buffer, _, done) {
          limit ??= isZip(chunk) ? billingRunLimits.zipBytes : billingRunLimits.tableBytes;
          sizeBytes += chunk.length;
          if (sizeBytes > limit) {
            done(new UnreadableFile(`The file has more than ${limit / 1024 / 1024} MB. Split it into several runs.`));
          } else done(null, chunk);
        },
      });
      try {
        await pipeline(stream, count, createWriteStream(pathOf(file), { mode: 0o600 }));
      } catch (error) {
        await rm(pathOf(file), { force: true });
        throw error;
      }
      return { file, sizeBytes };
    },
    inspect: async (file) => {
      const opened = await openFile(pathOf(file));
      try {
        const names = new Map<string, string[]>();
        if (opened.isTable) {
          for (const name of opened.columns) names.set(name, []);
          let rows = 0;
          for await (const some of opened.readRows(() => {})) {
            for (const { cells } of some.slice(0, sampleRows - rows)) {
              for (const [name, cell] of Object.entries(cells)) names.get(name)?.push(String(cell).slice(0, 100));
              rows += 1;
            }
            if (rows >= sampleRows) break;
          }
        }
        const columns = Array.from(names, ([name, samples]) => ({ name, samples }));
        return { format: opened.format, isTable: opened.isTable, columns, pdfs: opened.pdfs };
      } finally {
        await opened.close();
      }
    },
    open: (file) => openFile(pathOf(file)),
    remove: (file) => rm(pathOf(file), { force: true }),
  };
};

const isZip = (start: Buffer) => start.toString('latin1', 0, 4) === 'PK\u0003\u0004';

type Source = () => Promise<Readable>;

async function openFile(file: string): Promise<OpenBillingFile & Omit<BillingFile, 'columns'> & { columns: string[] }> {
  const start = await readStart(await open(file).then((handle) => handle.createReadStream({ end: 65_535 })));
  if (start.length === 0) throw new UnreadableFile('The file is empty.');
  if (!isZip(start)) {
    const table = await openTable(async () => createReadStream(file));
    const none = { findPdf: () => null, readPdf: async () => refuseUnknown(), close: async () => {} };
    return { ...table, ...none, format: table.isTable ? 'csv' : 'ndjson', pdfs: { count: 0, samples: [] } };
  }
  const zip = await openZip(file);
  try {
    const table = await openTable(() => zip.read(zip.table, billingRunLimits.tableBytes));
    return {
      ...table,
      format: 'zip',
      pdfs: zip.pdfs,
      findPdf: (name) => zip.find(name)?.uncompressedSize ?? null,
      readPdf: async (name) => {
        const entry = zip.find(name);
        return entry ? collect(await zip.read(entry, invoiceLimits.pdfBytes)) : refuseUnknown();
      },
      close: zip.close,
    };
  } catch (error) {
    await zip.close();
    throw error;
  }
}

function refuseUnknown(): never {
  throw new UnreadableFile('There is no such file in the ZIP.');
}

async function openTable(source: Source) {
  const start = await readStart(await source());
  const encoding = guessEncoding(start);
  const text = new TextDecoder(encoding).decode(start).replace(/^\ufeff/, '');
  if (/^\s*\{/.test(text)) {
    return {
      isTable: false,
      columns: [] as string[],
      readRows: (onBytes: (bytes: number) => void) => readObjects(source, encoding, onBytes),
    };
  }
  const delimiter = guessDelimiter(text);
  const columns = await readHeader(text, delimiter);
  return {
    isTable: true,
    columns,
    readRows: (onBytes: (bytes: number) => void) => readCells(source, encoding, delimiter, columns, onBytes),
  };
}

async function readHeader(text: string, delimiter: string): Promise<string[]> {
  const parser = Readable.from([text]).pipe(parse({ delimiter, relax_quotes: true, relax_column_count: true, to: 1 }));
  let first: string[] = [];
  try {
    for await (const row of parser) first = row as string[];
  } catch {
    throw new UnreadableFile(
      'The first row cannot be read. It has to name the columns, separated by commas or semicolons.',
    );
  }
  const names = first.map((name, at) => name.trim().slice(0, 200) || `Column ${at + 1}`);
  if (names.length < 2)
    throw new UnreadableFile('The first row has to name the columns, separated by commas or semicolons.');
  if (names.length > mostColumns) throw new UnreadableFile(`The table has more than ${mostColumns} columns.`);
  // A name that stands twice is told apart by its place.
  return names.map((name, at) => (names.indexOf(name) === at ? name : `${name} (${at + 1})`));
}

const decode = (encoding: string, onBytes: (bytes: number) => void) => {
  const decoder = new TextDecoder(encoding);
  return new Transform({
    readableObjectMode: false,
    decodeStrings: true,
    transform(chunk: Buffer, _, done) {
      onBytes(chunk.length);
      done(null, decoder.decode(chunk, { stream: true }));
    },
    flush(done) {
      done(null, decoder.decode());
    },
  });
};

async function* readCells(
  source: Source,
  encoding: string,
  delimiter: string,
  columns: readonly string[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<TableRow[]> {
  const parser = parse({
    delimiter,
    bom: true,
    relax_quotes: true,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
    max_record_size: 4 * lineLimit,
  });
  const input = await source();
  const done = pipeline(input, decode(encoding, onBytes), parser);
  done.catch(() => {});
  let rows: TableRow[] = [];
  let isHeader = true;
  let line = 1;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const begins = line;
      line = info.lines + 1;
      if (isHeader) {
        isHeader = false;
        continue;
      }
      if (record.every((cell) => cell.trim() === '')) continue;
      rows.push(toRow(begins, record, columns));
      if (rows.length < rowsAtOnce) continue;
      yield rows;
      rows = [];
    }
  } catch (error) {
    throw new UnreadableFile(`Line ${line}: the table cannot be read from here on (${(error as Error).message}).`);
  } finally {
    input.destroy();
  }
  if (rows.length > 0) yield rows;
}

function toRow(line: number, record: readonly string[], columns: readonly string[]): TableRow {
  const cells: Record<string, unknown> = Object.create(null);
  for (const [at, name] of columns.entries()) cells[name] = (record[at] ?? '').replaceAll('\0', '');
  if (record.length > columns.length && record.slice(columns.length).some((cell) => cell.trim() !== '')) {
    return {
      line,
      cells,
      fault: `The row has ${record.length} cells and the table ${columns.length} columns. Look for a separator that is not in quotes.`,
    };
  }
  if (record.some((cell) => cell.length > mostCellCharacters)) {
    return { line, cells, fault: `A cell has more than ${mostCellCharacters} characters.` };
  }
  return { line, cells };
}

async function* readObjects(
  source: Source,
  encoding: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<TableRow[]> {
  const input = await source();
  const text = input.pipe(decode(encoding, onBytes));
  input.on('error', (error) => text.destroy(error));
  text.setEncoding('utf8');
  let rest = '';
  let line = 0;
  let rows: TableRow[] = [];
  const take = (part: string) => {
    line += 1;
    if (part.trim() !== '') rows.push(toObject(line, part));
  };
  try {
    for await (const chunk of text as AsyncIterable<string>) {
      const parts = (rest + chunk).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) take(part);
      if (rest.length > lineLimit)
        throw new UnreadableFile(`Line ${line + 1} has more than 1 MB. Put PDFs into a ZIP and name them in "pdf".`);
      if (rows.length < rowsAtOnce) continue;
      yield rows;
      rows = [];
    }
    take(rest);
    if (rows.length > 0) yield rows;
  } finally {
    input.destroy();
  }
}

function toObject(line: number, text: string): TableRow {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      return text.includes('\\u0000')
        ? { line, cells: {}, fault: 'Remove the NUL character.' }
        : { line, cells: value as Record<string, unknown> };
    }
  } catch {
    // Falls through.
  }
  return { line, cells: {}, fault: 'This is not a JSON object.' };
}

/** What of an entry is needed to read it later; a hundred thousand of them are held. */
type Entry = Pick<
  yauzl.Entry,
  'compressedSize' | 'uncompressedSize' | 'compressionMethod' | 'generalPurposeBitFlag' | 'relativeOffsetOfLocalHeader'
>;

async function openZip(file: string) {
  const unreadable = (error: unknown) => new UnreadableFile(`The ZIP cannot be read: ${(error as Error).message}`);
  const zip = await yauzl
    .openPromise(file, { lazyEntries: true, autoClose: false, strictFileNames: true })
    .catch((error: unknown) => {
      throw unreadable(error);
    });
  const entries = new Map<string, Entry>();
  const tables: string[] = [];
  let unpackedBytes = 0;
  const close = async () => zip.close();
  try {
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      if (name.endsWith('/') || /(^|\/)(__MACOSX\/|\.)/.test(name)) continue;
      if (entry.isEncrypted()) throw new Error(`${name} is encrypted`);
      if (entries.size >= mostEntries) throw new Error(`it has more than ${mostEntries} files`);
      if (name.length > mostNameCharacters)
        throw new Error(`a name in it has more than ${mostNameCharacters} characters`);
      // Each is counted as what it says of itself, also where several share the same place in the file.
      unpackedBytes += entry.uncompressedSize;
      if (unpackedBytes > billingRunLimits.unpackedBytes)
        throw new Error(
          `it unpacks to more than ${billingRunLimits.unpackedBytes / 1024 ** 3} GB; split it into several runs`,
        );
      const {
        compressedSize,
        uncompressedSize,
        compressionMethod,
        generalPurposeBitFlag,
        relativeOffsetOfLocalHeader,
      } = entry;
      entries.set(name, {
        compressedSize,
        uncompressedSize,
        compressionMethod,
        generalPurposeBitFlag,
        relativeOffsetOfLocalHeader,
      });
      if (/\.(csv|tsv|txt|ndjson|jsonl)$/i.test(name)) tables.push(name);
    }
  } catch (error) {
    await close();
    throw unreadable(error);
  }
  if (tables.length !== 1) {
    await close();
    const found = tables.length === 0 ? 'none' : tables.slice(0, 3).join(', ');
    throw new UnreadableFile(`The ZIP has to hold one table (.csv or .ndjson) beside the PDFs; it holds ${found}.`);
  }
  const pdfs = [...entries.keys()].filter((name) => /\.pdf$/i.test(name));
  // Tables name files with their folder, or without it where that is clear.
  const byName = new Map<string, string | null>();
  for (const name of pdfs) {
    const bare = path.posix.basename(name);
    byName.set(bare, byName.has(bare) ? null : name);
  }
  const find = (name: string) =>
    entries.get(name.replaceAll('\\', '/').replace(/^\.\//, '')) ?? entries.get(byName.get(name) ?? '');
  return {
    pdfs: { count: pdfs.length, samples: pdfs.slice(0, sampleRows) },
    table: entries.get(tables[0]!)!,
    find,
    close,
    read: async (entry: Entry, limit: number): Promise<Readable> => {
      if (entry.uncompressedSize > limit)
        throw new UnreadableFile(`It unpacks to more than ${limit / 1024 / 1024} MB.`);
      const whole = Object.assign(Object.create(yauzl.Entry.prototype) as yauzl.Entry, entry);
      // It fails as soon as more comes out than was said.
      return zip.openReadStreamPromise(whole).catch((error: unknown) => {
        throw unreadable(error);
      });
    },
  };
}

async function readStart(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= 65_536) break;
  }
  stream.destroy();
  return Buffer.concat(chunks).subarray(0, 65_536);
}

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    throw new UnreadableFile(`It cannot be unpacked: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks);
}
