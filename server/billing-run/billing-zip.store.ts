/** A ZIP with one table and PDFs: its names are looked up, none is ever a path, and what it unpacks to is counted. */
import path from 'node:path';
import type { Readable } from 'node:stream';
import type yauzl from 'yauzl';
import { billingRunLimits } from '../../contracts/billing-run.ts';
import { UnreadableFile } from './file-fault.ts';

const mostEntries = 200_000;
/** All of their names are held while a run is worked on. */
const mostNameCharacters = 500;
const sampleNames = 5;

/** What of an entry is needed to read it later; a hundred thousand of them are held. */
type Entry = Pick<
  yauzl.Entry,
  'compressedSize' | 'uncompressedSize' | 'compressionMethod' | 'generalPurposeBitFlag' | 'relativeOffsetOfLocalHeader'
>;

/** @throws UnreadableFile */
export async function openZip(file: string) {
  const unreadable = (error: unknown) => new UnreadableFile(`The ZIP cannot be read: ${(error as Error).message}`);
  // Loaded with the first ZIP: it costs memory.
  const { default: unzip } = await import('yauzl');
  const zip = await unzip
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
    pdfs: { count: pdfs.length, samples: pdfs.slice(0, sampleNames) },
    table: entries.get(tables[0]!)!,
    find,
    close,
    read: async (entry: Entry, limit: number): Promise<Readable> => {
      if (entry.uncompressedSize > limit)
        throw new UnreadableFile(`It unpacks to more than ${limit / 1024 / 1024} MB.`);
      const whole = Object.assign(Object.create(unzip.Entry.prototype) as yauzl.Entry, entry);
      // It fails as soon as more comes out than was said.
      return zip.openReadStreamPromise(whole).catch((error: unknown) => {
        throw unreadable(error);
      });
    },
  };
}
