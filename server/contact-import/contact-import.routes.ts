/** HTTP for imports of contacts: upload, mapping, check, start, cancel, the faulty rows; and the export. */
import { Readable } from 'node:stream';
import {
  type ContactImport,
  cancelContactImport,
  checkContactImport,
  contactImportLimits,
  type contactImportStates,
  deleteContactImport,
  exportContacts,
  listContactImports,
  readContactImport,
  readContactImportFaults,
  startContactImport,
  uploadContactImport,
} from '../../contracts/contact-import.ts';
import type { Clock } from '../platform/clock.ts';
import { type CsvEncoding, guessDelimiter } from '../platform/csv-text.ts';
import { callerName, type Router } from '../platform/http.ts';
import { newId } from '../platform/id.ts';
import { Refusal, refuseField } from '../platform/refusal.ts';
import type { ContactExport } from './contact-export.store.ts';
import type { ContactImportStore, StoredImport } from './contact-import.store.ts';
import { guessEncoding, guessMapping } from './guess-file.ts';
import type { ImportFiles } from './import-file.store.ts';

export interface ContactImportRouteParts {
  store: ContactImportStore;
  files: ImportFiles;
  exporter: ContactExport;
  node: string;
  clock: Clock;
  wake: () => void;
}

const sampleRows = 3;
const defaults = { account_language: 'en', contact_kinds: ['general' as const] };
const noCounts = JSON.stringify({ new: 0, changed: 0, unchanged: 0, faulty: 0, faultsBytes: 0 });

export const addContactImportRoutes = ({ route }: Router, parts: ContactImportRouteParts): void => {
  const { store, files, exporter, node, clock, wake } = parts;

  const find = async (id: string): Promise<StoredImport> => {
    const found = await store.read(id);
    if (!found) throw new Refusal('not_found', 'There is no import with this id; it may have been deleted.');
    return found;
  };
  const refuseState = async (id: string, what: string): Promise<never> => {
    const { state, problem } = (await find(id)).shown;
    const why = state === 'unreadable' ? `its file cannot be used: ${problem}` : stateWords[state];
    throw new Refusal('conflict', `This import cannot be ${what}: ${why}`);
  };
  /** Only that machine has the file. */
  const requireHere = (one: StoredImport) => {
    if (one.node !== node)
      throw new Refusal('conflict', `The file of this import lies on another machine (${one.node}). Ask there.`);
  };

  route(uploadContactImport, async ({ query, stream, caller }) => {
    if (!stream)
      throw new Refusal(
        'unsupported_media_type',
        'Send the file as it is, with content-type: application/octet-stream.',
      );
    const now = clock.now();
    const id = newId('imp', now);
    const kept = await files.keep(id, stream);
    if (!kept) {
      const megabytes = contactImportLimits.bytes / 1024 / 1024;
      throw new Refusal('payload_too_large', `The file is larger than ${megabytes} MB. Cut it into several.`);
    }
    const encoding = guessEncoding(kept.head, kept.isUtf8);
    const begun = encoding === null ? null : await begin(kept.head, encoding, kept.head.length < kept.sizeBytes);
    if (encoding === null || typeof begun === 'string' || begun === null) {
      await files.removeFile(id);
      const reason = typeof begun === 'string' ? begun : 'This is no CSV file. Save it as CSV (UTF-8) and send that.';
      throw refuseField('file', 'unreadable', reason);
    }
    const { delimiter, columns } = begun;
    const { shown } = await store.add({
      id,
      state: 'uploaded',
      problem: '',
      file_name: query.file_name,
      node,
      size_bytes: kept.sizeBytes,
      encoding,
      delimiter,
      columns,
      options: { mapping: guessMapping(columns.map(({ name }) => name)), defaults },
      created_at: now,
      created_by: callerName(caller),
    });
    return shown;
  });

  route(listContactImports, ({ query }) => store.list({ ...query, cursor: query.cursor }));
  route(readContactImport, async ({ params }) => (await find(params.id)).shown);

  route(checkContactImport, async ({ params, body }) => {
    const one = await find(params.id);
    const { mapping } = body;
    if (mapping.account_number === undefined) {
      const message = 'Say which column has the number of the account.';
      throw refuseField('mapping.account_number', 'required', message);
    }
    for (const [field, at] of Object.entries(mapping)) {
      if (at !== undefined && at >= one.columns.length)
        throw refuseField(`mapping.${field}`, 'invalid', `The file has ${one.columns.length} columns, from 0.`);
    }
    const change = { state: 'checking', problem: '', options: JSON.stringify(body), checked_rows: 0, findings: null };
    if (!(await store.change(one.id, ['uploaded', 'checked'], change))) await refuseState(one.id, 'checked');
    wake();
    return (await find(one.id)).shown;
  });

  route(startContactImport, async ({ params, body, caller }) => {
    const one = await find(params.id);
    const check = one.shown.check;
    if (one.state === 'checked' && check && check.faulty > 0 && !body.skip_faulty) {
      const rows = check.faulty === 1 ? 'One row is' : `${check.faulty} rows are`;
      const message = `${rows} faulty. Correct the file and upload it again, or leave them out with "skip_faulty": true.`;
      throw new Refusal('conflict', message, { fields: [{ path: 'skip_faulty', code: 'faulty_rows', message }] });
    }
    const started = { started_at: clock.now(), started_by: callerName(caller), rows_done: 0, counts: noCounts };
    const change = { ...started, state: 'running', skips_faulty: body.skip_faulty ? 1 : 0 };
    if (!(await store.change(one.id, ['checked'], change))) await refuseState(one.id, 'started');
    wake();
    return (await find(one.id)).shown;
  });

  route(cancelContactImport, async ({ params }) => {
    const open = ['uploaded', 'checking', 'checked', 'running'] as const;
    const one = await find(params.id);
    const change = { state: 'cancelled', ended_at: clock.now() };
    if (!(await store.change(params.id, open, change))) await refuseState(params.id, 'cancelled');
    if (one.node === node) await files.removeFile(params.id);
    return (await find(params.id)).shown;
  });

  route(deleteContactImport, async ({ params }) => {
    const one = await find(params.id);
    requireHere(one);
    if (!(await store.remove(one.id))) await refuseState(one.id, 'deleted');
    await files.removeFile(one.id);
    await files.removeFaults(one.id);
    return undefined;
  });

  route(readContactImportFaults, async ({ params, reply }) => {
    const one = await find(params.id);
    requireHere(one);
    const stream = await files.readFaults(one.id);
    if (!stream) throw new Refusal('not_found', 'There are no faulty rows: the import was not checked yet.');
    reply.headers(csvHeaders(`${one.fileName.replace(/\.\w+$/, '')}-faulty.csv`));
    // Until it has gone out: what handles the route must not answer a second time.
    await reply.send(stream);
    return undefined;
  });

  route(exportContacts, async ({ query, reply }) => {
    reply.headers(csvHeaders('contacts.csv'));
    await reply.send(Readable.from(exporter.write(query.status ?? null), { objectMode: false }));
    return undefined;
  });
};

const csvHeaders = (fileName: string) => ({
  'content-type': 'text/csv; charset=utf-8',
  'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(fileName).replaceAll("'", '%27')}`,
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
});

const stateWords: Record<(typeof contactImportStates)[number], string> = {
  uploaded: 'it was not checked yet.',
  checking: 'it is being checked at this moment.',
  checked: 'it was checked, and waits to be started.',
  running: 'it is running.',
  finished: 'it has finished.',
  cancelled: 'it was cancelled.',
  unreadable: 'its file cannot be used.',
};

/** Delimiter and columns. A string: why there are none. */
async function begin(head: Buffer, encoding: CsvEncoding, isCut: boolean) {
  const decoded = new TextDecoder(encoding).decode(head);
  // What the head cuts off in the middle is left out, where there is anything before it.
  const end = isCut ? decoded.lastIndexOf('\n') + 1 || decoded.length : decoded.length;
  const text = decoded.slice(0, end);
  if (text.trim() === '') return 'The file is empty.';
  const delimiter = guessDelimiter(text);
  const { parse } = await import('csv-parse/sync');
  try {
    const options = { relax_column_count: true, relax_quotes: true, skip_empty_lines: true, bom: true };
    const [names = [], ...rows] = parse(text, { ...options, delimiter, to: sampleRows + 1 }) as string[][];
    if (names.length > contactImportLimits.columns) return `More than ${contactImportLimits.columns} columns.`;
    const short = (cell: string | undefined) => (cell ?? '').slice(0, 100);
    const columns: ContactImport['columns'] = names.map((name, place) => ({
      name: short(name.trim()),
      samples: rows.map((row) => short(row[place])),
    }));
    return { delimiter, columns };
  } catch {
    return 'Its first rows cannot be read: perhaps a quotation mark is opened and never closed.';
  }
}
