/**
 * The files of billing runs, in the data folder: CSV, NDJSON, or a ZIP with one of them and PDFs. They are read as streams,
 * a few rows at a time, and nothing of a ZIP is ever written to a path: its names are looked up, and what it unpacks to is
 * counted while it is read.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { billingRunLimits } from '../../contracts/billing-run.ts';
import { invoiceLimits } from '../../contracts/invoice.ts';
import { openZip } from './billing-zip.store.ts';
import { UnreadableFile } from './file-fault.ts';
import type { TableRow } from './read-rows.ts';
import { openTable, pieceBytes, readStart } from './read-table.ts';

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

const sampleRows = 5;

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

async function openFile(file: string): Promise<OpenBillingFile & Omit<BillingFile, 'columns'> & { columns: string[] }> {
  const start = await readStart(await open(file).then((handle) => handle.createReadStream({ end: 65_535 })));
  if (start.length === 0) throw new UnreadableFile('The file is empty.');
  if (!isZip(start)) {
    const table = await openTable(async () => createReadStream(file, { highWaterMark: pieceBytes }));
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

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  } catch (error) {
    throw new UnreadableFile(`It cannot be unpacked: ${(error as Error).message}`);
  }
  return Buffer.concat(chunks);
}
