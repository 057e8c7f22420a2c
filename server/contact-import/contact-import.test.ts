import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ContactImport } from '../../contracts/contact-import.ts';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { openContactExport } from './contact-export.store.ts';
import { addContactImportRoutes } from './contact-import.routes.ts';
import { openContactImportStore } from './contact-import.store.ts';
import { type ContactImportWorker, openContactImportWorker } from './contact-import.worker.ts';
import { openImportFiles } from './import-file.store.ts';
import { type KnownContacts, openKnownContacts } from './known-contacts.store.ts';

const ada: Caller = {
  kind: 'person',
  id: 'u',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'operator',
  sessionId: 's',
};
const header = 'Account number,Company,Currency,Name,E-mail,Kinds,Primary';

describe.each(databases)('contacts from CSV on $kind', ({ open }) => {
  let database: Database;
  let folder: string;
  let url: string;
  let app: ReturnType<typeof openHttpApp>;
  let worker: ContactImportWorker;
  let known: KnownContacts;

  const openWorker = (parts: Partial<{ known: KnownContacts }> = {}) =>
    openContactImportWorker({
      store: openContactImportStore(database, openRunTogether(database)),
      known,
      files: openImportFiles(folder),
      node: 'here',
      clock: systemClock,
      logger: pino({ level: 'silent' }),
      lookEveryMs: null,
      ...parts,
    });
  const call = async (method: 'GET' | 'POST' | 'DELETE', at: string, payload?: object) => {
    const headers = { host: 'localhost' };
    const reply = await app.inject({ method, url: `/api/v1${at}`, headers, ...(payload && { payload }) });
    const isJson = String(reply.headers['content-type']).includes('json');
    return { status: reply.statusCode, body: reply.body, json: isJson ? reply.json() : null };
  };
  const upload = async (content: string | Buffer, fileName = 'contacts.csv') => {
    const reply = await fetch(`${url}/api/v1/contact-imports?file_name=${encodeURIComponent(fileName)}`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body: Buffer.from(content as string),
    });
    return { status: reply.status, json: (await reply.json()) as ContactImport };
  };
  const read = async (id: string): Promise<ContactImport> => (await call('GET', `/contact-imports/${id}`)).json;
  const check = async (one: ContactImport, options: object = {}) => {
    const body = { mapping: one.options.mapping, defaults: { account_currency: 'EUR' }, ...options };
    expect((await call('POST', `/contact-imports/${one.id}/check`, body)).status).toBe(200);
    await worker.idle();
    return read(one.id);
  };
  const start = async (id: string, skip_faulty = true) => {
    const reply = await call('POST', `/contact-imports/${id}/start`, { skip_faulty });
    await worker.idle();
    return reply;
  };
  const bring = async (content: string | Buffer) => {
    const checked = await check((await upload(content)).json);
    expect((await start(checked.id)).status).toBe(200);
    return read(checked.id);
  };
  const contacts = () =>
    database.query
      .selectFrom('contact')
      .innerJoin('account', 'account.id', 'contact.account_id')
      .select(['number', 'account.name as company', 'contact.name', 'address', 'kinds', 'primary_kinds', 'is_active'])
      .orderBy('number')
      .orderBy('address')
      .execute();

  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'postern-uploads-'));
    database = await open();
    const runTogether = openRunTogether(database);
    known = openKnownContacts(database, runTogether);
    worker = openWorker();
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://localhost:1', listenHost: '127.0.0.1' });
    addContactImportRoutes(openRouter(app, { authenticate: async () => ada, authorise: () => {} }), {
      store: openContactImportStore(database, runTogether),
      files: openImportFiles(folder),
      exporter: openContactExport(database),
      node: 'here',
      clock: systemClock,
      wake: () => worker.wake(),
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });
  afterEach(async () => {
    await worker.stop();
    await app.close();
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('guesses columns, shows what would become of the rows and changes nothing, then takes them', async () => {
    const { status, json } = await upload(
      `${header}\nA-1,Acme,EUR,Ann,ann@acme.example,"billing, general",billing\nA-1,,,Bob,bob@acme.example,technical,\nB-1,Beta,usd,,,,\n`,
    );
    expect(status).toBe(201);
    expect(json).toMatchObject({ state: 'uploaded', encoding: 'UTF-8', delimiter: ',' });
    expect(json.columns[4]).toEqual({ name: 'E-mail', samples: ['ann@acme.example', 'bob@acme.example', ''] });
    expect(json.options.mapping).toEqual({
      account_number: 0,
      account_name: 1,
      account_currency: 2,
      contact_name: 3,
      contact_address: 4,
      contact_kinds: 5,
      contact_primary_for: 6,
    });
    const checked = await check(json);
    expect(checked.state).toBe('checked');
    expect(checked.check).toMatchObject({ rows: 3, new: 3, faulty: 0, new_accounts: 2, new_contacts: 2 });
    expect(checked.check?.preview[1]).toMatchObject({
      row: 3,
      account: { number: 'A-1', name: 'Acme', currency: 'EUR' },
      contact: { name: 'Bob', kinds: ['technical'], primary_for: [], is_active: true },
    });
    expect(await contacts()).toEqual([]);

    await start(checked.id);
    expect(await read(checked.id)).toMatchObject({
      state: 'finished',
      progress: { rows: 3, rows_done: 3, new: 3, changed: 0, unchanged: 0, faulty: 0 },
    });
    expect(await contacts()).toMatchObject([
      { number: 'A-1', company: 'Acme', name: 'Ann', address: 'ann@acme.example', kinds: 5, primary_kinds: 1 },
      { number: 'A-1', company: 'Acme', name: 'Bob', address: 'bob@acme.example', kinds: 2, primary_kinds: 0 },
    ]);
    expect(
      await database.query
        .selectFrom('account')
        .select(['number', 'currency', 'updated_by'])
        .where('number', '=', 'B-1')
        .execute(),
    ).toEqual([{ number: 'B-1', currency: 'USD', updated_by: 'ada@example.com, contacts.csv' }]);
    expect(readdirSync(path.join(folder, 'uploads'))).toEqual([`${checked.id}.faulty.csv`]);
  });

  it('names every fault with its row and column, and takes the good rows only when told to leave out the others', async () => {
    const rows = [
      'A-1,Acme,EUR,Ann,ann@acme.example,billing,billing',
      ',Acme,EUR,Ann,x@acme.example,,',
      'A-1,Acme,EUR,,ann@@acme,billing,',
      'A-1,Acme,EUR,Eve,,billing,',
      'A-1,Acme,EURO,,a2@acme.example,,',
      'A-1,Acme,EUR,,a3@acme.example,boss,',
      'A-1,Other,EUR,,a4@acme.example,,',
      'a-1,Acme,EUR,,ANN@acme.example,,',
      'A-1,Acme,EUR,,a5@acme.example,billing,billing',
      'C-9,,EUR,,c@acme.example,,',
      'A-1,Acme,EUR,,a6@acme.example,technical,general',
      'A-1,Acme,EUR,Good,good@acme.example,,',
    ];
    const checked = await check((await upload([header, ...rows].join('\r\n'))).json);
    expect(checked.check).toMatchObject({ rows: 12, new: 2, faulty: 10 });
    expect(checked.check?.faulty_rows.map(({ row, problems }) => [row, problems[0]?.path, problems[0]?.code])).toEqual([
      [3, 'account_number', 'required'],
      [4, 'contact_address', 'bad_address'],
      [5, 'contact_address', 'required'],
      [6, 'account_currency', 'unknown_currency'],
      [7, 'contact_kinds', 'unknown_kind'],
      [8, 'account_name', 'duplicate_number'],
      [9, 'contact_address', 'duplicate_in_file'],
      [10, 'contact_primary_for', 'duplicate_primary'],
      [11, 'account_name', 'required'],
      [12, 'contact_primary_for', 'invalid'],
    ]);
    const refused = await start(checked.id, false);
    expect([refused.status, refused.json.fields[0].code]).toEqual([409, 'faulty_rows']);
    expect(await contacts()).toEqual([]);
    await start(checked.id);
    expect((await contacts()).map(({ address }) => address)).toEqual(['ann@acme.example', 'good@acme.example']);
    const faulty = (await call('GET', `/contact-imports/${checked.id}/faulty.csv`)).body.split('\r\n');
    expect(faulty[0]).toBe(`\ufeff${header},row,problems`);
    expect(faulty).toHaveLength(12);
    expect(faulty[2]).toBe(
      'A-1,Acme,EUR,,ann@@acme,billing,,4,"Column ""E-mail"": ""ann@@acme"" is no e-mail address such as billing@example.com."',
    );
  });

  it('exports what imports back to the same, formulas disarmed in between', async () => {
    const names = ['=1+1', '+49', '-5', '@SUM(A1)', "'=x", "''@y", 'O\'Brien, "Bo"', 'Ünïcode; 名前', "'quoted'"];
    const rows = names.map(
      (name, at) =>
        `N${at},"${name.replaceAll('"', '""')}",EUR,"${name.replaceAll('"', '""')}",a${at}@x.example,billing,`,
    );
    // As typed in the file: an apostrophe before a formula is taken off.
    await bring([header, ...rows, 'Z,Alone,JPY,,,,'].join('\n'));
    const before = await contacts();
    expect(before.map(({ name }) => name)).toEqual(['=1+1', '+49', '-5', '@SUM(A1)', '=x', "'@y", ...names.slice(6)]);
    const exported = (await call('GET', '/contacts.csv')).body;
    expect(exported.slice(0, '\ufeffaccount_number,account_name'.length)).toBe('\ufeffaccount_number,account_name');
    for (const line of exported.split('\r\n').slice(1))
      for (const cell of line.match(/("([^"]|"")*"|[^,]*)(,|$)/g) ?? []) expect(cell).not.toMatch(/^"?[=+\-@\t]/);
    const again = await bring(exported);
    expect(again.progress).toEqual({ rows: 10, rows_done: 10, new: 0, changed: 0, unchanged: 10, faulty: 0 });
    expect(await contacts()).toEqual(before);
    expect((await call('GET', '/contacts.csv')).body).toBe(exported);
  });

  it('changes what is there: empty cells change nothing, a new first choice takes it from the other', async () => {
    await bring(`${header}\nA-1,Acme,EUR,Ann,ann@acme.example,billing,billing\nA-1,,,Bob,bob@acme.example,billing,`);
    const second = await bring(`${header}\na-1,Acme & Co,,,BOB@acme.example,,billing\n`);
    expect(second.progress).toMatchObject({ changed: 1, new: 0 });
    expect(await contacts()).toMatchObject([
      { number: 'A-1', company: 'Acme & Co', name: 'Ann', primary_kinds: 0 },
      { number: 'A-1', company: 'Acme & Co', name: 'Bob', address: 'bob@acme.example', primary_kinds: 1 },
    ]);
  });

  it.each([
    ['UTF-16', 'utf16', ';'],
    ['Windows-1252', 'latin1', ';'],
    ['UTF-8', 'utf8', '\t'],
  ] as const)('reads %s', async (name, encoding, delimiter) => {
    const text = `${encoding === 'utf16' ? '\ufeff' : ''}Kundennummer;Firma;E-Mail\n1;Müller;m@x.example\n`.replaceAll(
      ';',
      delimiter,
    );
    const { json } = await upload(Buffer.from(text, encoding === 'utf16' ? 'utf16le' : encoding));
    expect(json).toMatchObject({
      encoding: name,
      delimiter,
      options: { mapping: { account_number: 0, account_name: 1, contact_address: 2 } },
    });
    expect((await check(json)).check?.preview[0]?.account.name).toBe('Müller');
  });

  it.each([
    ['nothing', ''],
    ['a picture', Buffer.from([0x89, 0x50, 0, 0, 1])],
    ['a file that is too large', Buffer.alloc(50 * 1024 * 1024 + 1, 'a,b\n')],
  ])('refuses %s, and keeps nothing of it', async (_, content) => {
    const { status } = await upload(content);
    expect([413, 422]).toContain(status);
    expect(readdirSync(path.join(folder, 'uploads'))).toEqual([]);
    expect((await call('GET', '/contact-imports')).json.data).toEqual([]);
  });

  it('says at which line a file breaks off', async () => {
    const { json } = await upload(
      `${header}\n${'A-1,Acme,EUR,Ann,ann@acme.example,billing,\n'.repeat(9000)}B-1,"Beta,EUR\n`,
    );
    const checked = await check(json);
    expect(checked).toMatchObject({ state: 'unreadable', check: null });
    expect(checked.problem).toMatch(/quotation mark.*line 900\d/);
  });

  it('goes on after a crash where the last transaction ended, and takes no row twice', async () => {
    const rows = Array.from(
      { length: 3500 },
      (_, at) => `N${at % 700},Company,EUR,,a${at}@x.example,${at % 500 ? '' : 'boss'},`,
    );
    const checked = await check((await upload([header, ...rows].join('\n'))).json);
    expect(checked.check).toMatchObject({ rows: 3500, new: 3493, faulty: 7 });
    let writes = 0;
    const dying = openWorker({
      known: {
        ...known,
        write: async (...given) => {
          writes += 1;
          // Once before its transaction, once after it: the process ends here, as far as this worker can tell.
          if (writes === 2) throw new Error('killed');
          await known.write(...given);
          if (writes === 3) void dying.stop();
        },
      },
    });
    const first = worker;
    worker = dying;
    await start(checked.id);
    const halfway = await read(checked.id);
    expect(halfway.state).toBe('running');
    expect(halfway.progress).toMatchObject({ rows_done: 2000, faulty: 4 });
    worker = first;
    worker.start();
    await worker.idle();
    const done = await read(checked.id);
    expect(done).toMatchObject({
      state: 'finished',
      progress: { rows: 3500, rows_done: 3500, new: 3493, changed: 0, unchanged: 0, faulty: 7 },
    });
    expect(await contacts()).toHaveLength(3493);
    const faulty = (await call('GET', `/contact-imports/${done.id}/faulty.csv`)).body;
    expect(faulty.split('\r\n')).toHaveLength(9);
  });

  it('takes no more rows once it is cancelled, and forgets the file', async () => {
    const rows = Array.from({ length: 2500 }, (_, at) => `N${at},Company,EUR,,a${at}@x.example,,`);
    const checked = await check((await upload([header, ...rows].join('\n'))).json);
    const first = worker;
    worker = openWorker({
      known: {
        ...known,
        write: async (...given) => {
          await known.write(...given);
          await call('POST', `/contact-imports/${checked.id}/cancel`);
        },
      },
    });
    await start(checked.id);
    worker = first;
    expect(await read(checked.id)).toMatchObject({ state: 'cancelled', progress: { rows_done: 1000 } });
    expect(await contacts()).toHaveLength(1000);
    expect((await call('POST', `/contact-imports/${checked.id}/start`)).status).toBe(409);
    expect((await call('DELETE', `/contact-imports/${checked.id}`)).status).toBe(204);
    expect(readdirSync(path.join(folder, 'uploads'))).toEqual([]);
  });

  it('plans a step again when somebody changes the same contact in between', async () => {
    await bring(`${header}\nA-1,Acme,EUR,Ann,ann@acme.example,billing,`);
    const checked = await check((await upload(`${header}\nA-1,,,,ann@acme.example,technical,`)).json);
    let writes = 0;
    const first = worker;
    worker = openWorker({
      known: {
        ...known,
        write: async (...given) => {
          writes += 1;
          if (writes === 1) await database.query.updateTable('contact').set({ name: 'Anna', version: 2 }).execute();
          await known.write(...given);
        },
      },
    });
    await start(checked.id);
    worker = first;
    expect(writes).toBe(2);
    expect(await contacts()).toMatchObject([{ name: 'Anna', kinds: 2 }]);
  });
});
