import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import yazl from 'yazl';
import { type BillingFileStore, openBillingFiles } from './billing-file.store.ts';
import { UnreadableFile } from './file-fault.ts';
import { readInvoices, type TableRow } from './read-rows.ts';
import { guessOptions } from './stored-run.ts';

let folder: string;
let files: BillingFileStore;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'postern-files-'));
  files = openBillingFiles(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const keep = async (content: string | Buffer) => (await files.keep(Readable.from([Buffer.from(content)]))).file;
const zipOf = async (entries: Record<string, string | Buffer>, spoil: (zip: Buffer) => Buffer = (zip) => zip) => {
  const zip = new yazl.ZipFile();
  for (const [name, content] of Object.entries(entries)) zip.addBuffer(Buffer.from(content), name);
  zip.end();
  const chunks: Buffer[] = [];
  for await (const chunk of zip.outputStream as AsyncIterable<Buffer>) chunks.push(chunk);
  return keep(spoil(Buffer.concat(chunks)));
};
const readAll = async (file: string) => {
  const opened = await files.open(file);
  const rows: TableRow[] = [];
  for await (const some of opened.readRows(() => {})) rows.push(...some);
  await opened.close();
  return rows;
};
const table = 'account,number,total,pdf\nK-1,R-1,10.00,r1.pdf\n';

describe('tables', () => {
  it.each<[string, Buffer | string]>([
    ['UTF-8', 'Kunde;Größe\nÄ;1\n'],
    ['UTF-8 with a mark', '\ufeffKunde;Größe\nÄ;1\n'],
    ['UTF-16', Buffer.from('\ufeffKunde;Größe\nÄ;1\n', 'utf16le')],
    ['Windows-1252', Buffer.from('Kunde;Größe\nÄ;1\n', 'latin1')],
    ['tabs and CRLF', 'Kunde\tGröße\r\nÄ\t1\r\n'],
    ['quotes', '"Kunde";"Größe"\n"Ä";"1"\n'],
  ])('are read in %s', async (_name, content) => {
    const file = await keep(content);
    expect((await files.inspect(file)).columns).toEqual([
      { name: 'Kunde', samples: ['Ä'] },
      { name: 'Größe', samples: ['1'] },
    ]);
    expect(await readAll(file)).toMatchObject([{ line: 2, cells: { Kunde: 'Ä', Größe: '1' } }]);
  });

  it('know the line of a row after cells of several lines and empty rows', async () => {
    const rows = await readAll(await keep('a,b\n"x\ny",1\n\n,\nz,2\n'));
    expect(rows.map(({ line, cells }) => [line, cells.a])).toEqual([
      [2, 'x\ny'],
      [6, 'z'],
    ]);
  });

  it('name a row that has too many cells, and go on', async () => {
    const rows = await readAll(await keep('a,b\n1,2,3\n4,5\n'));
    expect(rows.map(({ fault }) => fault ?? '')).toEqual([expect.stringContaining('3 cells'), '']);
  });

  it('tell columns of one name apart', async () => {
    expect((await files.inspect(await keep('a,a\n1,2\n'))).columns.map(({ name }) => name)).toEqual(['a', 'a (2)']);
  });

  it.each([
    ['nothing', ''],
    ['a single column', 'hello\nworld\n'],
  ])('are refused where there is %s', async (_name, content) => {
    await expect(files.inspect(await keep(content))).rejects.toThrow(UnreadableFile);
  });

  it('are lines of JSON too; one that is none is named', async () => {
    const file = await keep('{"account":"K-1","number":"R-1"}\nnonsense\n\n["x"]\n');
    expect(await files.inspect(file)).toMatchObject({ format: 'ndjson', isTable: false, columns: [] });
    const rows = await readAll(file);
    expect(rows.map(({ line, fault }) => [line, fault ?? ''])).toEqual([
      [1, ''],
      [2, 'This is not a JSON object.'],
      [4, 'This is not a JSON object.'],
    ]);
  });
});

describe('invoices of rows', () => {
  const invoicesOf = async (content: string) => {
    const file = await keep(content);
    const { columns, isTable } = await files.inspect(file);
    const { mapping, decimal_sign, date_order } = guessOptions(columns);
    const opened = await files.open(file);
    const options = {
      mapping,
      defaults: {},
      template: 'invoice',
      smtpSettings: undefined,
      writtenIn: { decimalSign: decimal_sign!, dateOrder: date_order! },
    };
    const all = [];
    for await (const some of readInvoices(
      opened.readRows(() => {}),
      isTable,
      options,
    ))
      all.push(...some);
    await opened.close();
    return all;
  };
  const head = 'account,number,issued_on,due_on,description,unit_price,quantity\n';

  it('take rows of one number, one below the other, for its lines', async () => {
    const days = '2026-11-22,2026-12-06';
    const all = await invoicesOf(
      `${head}K-1,R-1,${days},One,10.00,1\nK-1,R-1,${days},Two,5.00,2\nK-2,R-1,${days},Three,1.00,1\n`,
    );
    expect(all.map(({ line, rowCount, account, input }) => [line, rowCount, account, input?.lines?.length])).toEqual([
      [2, 2, 'K-1', 2],
      [4, 1, 'K-2', 1],
    ]);
  });

  it('name what is wrong in a row, and leave the others alone', async () => {
    const all = await invoicesOf(`${head}K-1,R-1,2026-11-22,never,One,ten,1\nK-1,R-2,2026-11-22,2026-12-06,One,1,1\n`);
    expect(all[0]).toMatchObject({ input: null });
    expect(all[0]!.problems.map(({ path: at, code }) => [at, code]).sort()).toEqual([
      ['due_on', 'bad_date'],
      ['unit_price', 'bad_number'],
    ]);
    expect(all[1]!.problems).toEqual([]);
  });

  it('take a line of NDJSON as the API would, and its faults by their fields', async () => {
    const good = { account: 'K-1', number: 'R-1', issued_on: '2026-11-22', due_on: '2026-12-06', total: 1000 };
    const all = await invoicesOf(
      `${JSON.stringify(good)}\n${JSON.stringify({ ...good, total: 0.1, colour: 'red' })}\n`,
    );
    expect(all[0]).toMatchObject({ account: 'K-1', problems: [], input: { total: 1000 } });
    expect(all[1]).toMatchObject({ input: null });
    expect(all[1]!.problems.map(({ path: at }) => at)).toContain('total');
  });
});

describe('ZIP files', () => {
  it('hold a table and PDFs, which are found with their folder or without', async () => {
    const file = await zipOf({ 'run.csv': table, 'pdf/r1.pdf': '%PDF-1', 'a/x.pdf': '%PDF-2', 'b/x.pdf': '%PDF-3' });
    expect(await files.inspect(file)).toMatchObject({ format: 'zip', isTable: true, pdfs: { count: 3 } });
    const opened = await files.open(file);
    expect(opened.findPdf('r1.pdf')).toBe(6);
    expect(opened.findPdf('pdf\\r1.pdf')).toBe(6);
    expect((await opened.readPdf('b/x.pdf')).toString()).toBe('%PDF-3');
    // Two have this name: which one is meant nobody knows.
    expect(opened.findPdf('x.pdf')).toBeNull();
    expect(opened.findPdf('../run.csv')).toBeNull();
    await opened.close();
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['no table', { 'a.pdf': 'x' }, /holds none/],
    ['two tables', { 'a.csv': table, 'b.csv': table }, /a\.csv, b\.csv/],
  ])('are refused with %s', async (_name, entries, words) => {
    await expect(files.inspect(await zipOf(entries))).rejects.toThrow(words);
  });

  it('are refused with a name that leads out of them, and write nothing anywhere', async () => {
    const spoil = (zip: Buffer) =>
      Buffer.from(zip.toString('latin1').replaceAll('aa/evil.pdf', '../evil.pdf'), 'latin1');
    const file = await zipOf({ 'run.csv': table, 'aa/evil.pdf': 'x' }, spoil);
    await expect(files.inspect(file)).rejects.toThrow(/cannot be read/);
    expect(readdirSync(folder)).toEqual([file]);
    expect(readdirSync(path.dirname(folder))).not.toContain('evil.pdf');
  });

  it('are read no further than they may unpack to, whatever they say', async () => {
    const bomb = Buffer.alloc(40 * 1024 * 1024);
    const honest = await zipOf({ 'run.csv': table, 'r1.pdf': bomb });
    const opened = await files.open(honest);
    expect(opened.findPdf('r1.pdf')).toBe(bomb.length);
    await expect(opened.readPdf('r1.pdf')).rejects.toThrow(/unpacks to more than 15 MB/);
    await opened.close();
    // The same, which says in both places that it is small.
    const lies = await zipOf({ 'run.csv': table, 'r1.pdf': bomb }, (zip) => {
      const [said, lie] = [Buffer.alloc(4), Buffer.alloc(4)];
      said.writeUInt32LE(bomb.length);
      lie.writeUInt32LE(1000);
      return Buffer.from(zip.toString('latin1').replaceAll(said.toString('latin1'), lie.toString('latin1')), 'latin1');
    });
    const liar = await files.open(lies);
    await expect(liar.readPdf('r1.pdf')).rejects.toThrow(/cannot be unpacked|cannot be read/);
    await liar.close();
  });

  it('are refused with names that fill memory, and when all in them together unpacks to more than a disk should take', async () => {
    const long = `${'x'.repeat(501)}.pdf`;
    await expect(files.inspect(await zipOf({ 'run.csv': table, [long]: 'x' }))).rejects.toThrow(
      /more than 500 characters/,
    );
    // Twenty that say of themselves that they unpack to 1 GB each.
    const pdf = Buffer.alloc(4321);
    const entries = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`${at}.pdf`, pdf]));
    const bomb = await zipOf({ 'run.csv': table, ...entries }, (zip) => {
      const [said, lie] = [Buffer.alloc(4), Buffer.alloc(4)];
      said.writeUInt32LE(pdf.length);
      lie.writeUInt32LE(1024 ** 3);
      return Buffer.from(zip.toString('latin1').replaceAll(said.toString('latin1'), lie.toString('latin1')), 'latin1');
    });
    await expect(files.inspect(bomb)).rejects.toThrow(/unpacks to more than 16 GB/);
  });

  it('are refused when they are cut off', async () => {
    await expect(files.inspect(await zipOf({ 'run.csv': table }, (zip) => zip.subarray(0, -30)))).rejects.toThrow(
      UnreadableFile,
    );
  });
});
