/** Uploaded files of contacts and their faulty rows, in the data folder. They hold persons' data: nobody else may read them. */
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { contactImportLimits } from '../../contracts/contact-import.ts';

export interface ImportFiles {
  pathOf: (id: string) => string;
  /** @returns null when it is larger than allowed; nothing is kept then. */
  keep: (id: string, stream: Readable) => Promise<{ sizeBytes: number; head: Buffer; isUtf8: boolean } | null>;
  /** Opens the faulty rows for writing behind the first `bytes`; what stood there goes. */
  openFaults: (id: string, bytes: number) => Promise<FaultsWriter>;
  /** Null: there are none. */
  readFaults: (id: string) => Promise<Readable | null>;
  hasFaultsOf: (id: string, address: string) => Promise<boolean>;
  removeFile: (id: string) => Promise<void>;
  removeFaults: (id: string) => Promise<void>;
}

export interface FaultsWriter {
  write: (text: string) => Promise<void>;
  bytes: () => number;
  close: () => Promise<void>;
}

/** Enough for the names of columns and the first rows. */
const headBytes = 256 * 1024;

export const openImportFiles = (dataFolder: string): ImportFiles => {
  const folder = path.join(dataFolder, 'uploads');
  const pathOf = (id: string) => path.join(folder, `${id}.csv`);
  const faultsOf = (id: string) => path.join(folder, `${id}.faulty.csv`);
  const prepare = () => mkdir(folder, { recursive: true, mode: 0o700 });
  return {
    pathOf,
    keep: async (id, stream) => {
      await prepare();
      const file = await open(pathOf(id), 'wx', 0o600);
      const decoder = new TextDecoder('utf-8', { fatal: true });
      const head: Buffer[] = [];
      let sizeBytes = 0;
      let headSize = 0;
      let isUtf8 = true;
      let isKept = false;
      try {
        for await (const given of stream) {
          const chunk = given as Buffer;
          sizeBytes += chunk.length;
          if (sizeBytes > contactImportLimits.bytes) return null;
          if (headSize < headBytes) {
            head.push(chunk);
            headSize += chunk.length;
          }
          isUtf8 &&= decodes(decoder, chunk);
          await file.write(chunk);
        }
        isUtf8 &&= decodes(decoder, null);
        await file.sync();
        isKept = true;
        return { sizeBytes, head: Buffer.concat(head).subarray(0, headBytes), isUtf8 };
      } finally {
        await file.close();
        if (!isKept) await rm(pathOf(id), { force: true });
      }
    },
    openFaults: async (id, bytes) => {
      await prepare();
      const file = await open(faultsOf(id), bytes === 0 ? 'w' : 'r+', 0o600);
      await file.truncate(bytes);
      let at = bytes;
      return {
        write: async (text) => {
          const { bytesWritten } = await file.write(Buffer.from(text), 0, undefined, at);
          at += bytesWritten;
        },
        bytes: () => at,
        close: () => file.close(),
      };
    },
    readFaults: async (id) => {
      const isThere = await stat(faultsOf(id)).then(
        () => true,
        () => false,
      );
      return isThere ? createReadStream(faultsOf(id)) : null;
    },
    hasFaultsOf: async (id, address) => {
      const text = await readFile(faultsOf(id), 'utf8').catch(() => '');
      return text.toLowerCase().includes(address.toLowerCase());
    },
    removeFile: (id) => rm(pathOf(id), { force: true }),
    removeFaults: (id) => rm(faultsOf(id), { force: true }),
  };
};

function decodes(decoder: TextDecoder, chunk: Buffer | null): boolean {
  try {
    if (chunk) decoder.decode(chunk, { stream: true });
    else decoder.decode();
    return true;
  } catch {
    return false;
  }
}
