/**
 * The rows of a billing run's table, CSV or NDJSON, as a stream: a few at a time, whatever the size of the file. A row that
 * cannot be meant says so in its place; only what makes all further rows doubtful ends the reading.
 */
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { guessDelimiter, guessEncoding } from '../platform/csv-text.ts';
import { UnreadableFile } from './file-fault.ts';
import type { TableRow } from './read-rows.ts';

/** Begins to read it anew, each time. */
export type Source = () => Promise<Readable>;

/** Few, and read in small pieces: what is read of them is gone before V8 takes it for something that stays. */
const rowsAtOnce = 100;
export const pieceBytes = 16 * 1024;
const mostColumns = 200;
const mostCellCharacters = 20_000;
const lineLimit = 1024 * 1024;

/** Finds out what it is. @throws UnreadableFile */
export async function openTable(source: Source) {
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
  const { parse } = await import('csv-parse');
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
  const { parse } = await import('csv-parse');
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

/** The first 64 KB. */
export async function readStart(stream: Readable): Promise<Buffer> {
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
