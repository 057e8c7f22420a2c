import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import { systemClock } from '../platform/clock.ts';
import { type Caller, openRouter } from '../platform/http.ts';
import { openHttpApp } from '../platform/http-app.ts';
import { addAccountRoutes } from './account.routes.ts';
import { type AccountStore, openAccountStore } from './account.store.ts';
import { openContactStore } from './contact.store.ts';

const ada: Caller = {
  kind: 'person',
  id: 'u',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'operator',
  sessionId: 's',
};
const acme = (change: object = {}) => ({ number: 'A-100', name: 'Acme', currency: 'EUR', ...change });

describe.each(databases)('accounts over HTTP on $kind', ({ open }) => {
  let database: Database;
  let app: ReturnType<typeof openHttpApp>;
  let accounts: AccountStore;
  const ask = async (method: 'GET' | 'PATCH' | 'POST' | 'DELETE', at: string, payload?: object, headers = {}) => {
    const reply = await app.inject({
      method,
      url: `/api/v1${at}`,
      headers: { host: 'localhost', ...headers },
      ...(payload && { payload }),
    });
    return { status: reply.statusCode, headers: reply.headers, json: reply.body ? reply.json() : null };
  };
  const add = async (change: object = {}) => (await ask('POST', '/accounts', acme(change))).json;
  const addContact = (account: string, address: string, change: object = {}) =>
    ask('POST', `/accounts/${account}/contacts`, { address, ...change });
  const names = (reply: { json: { data: { name: string }[] } }) => reply.json.data.map(({ name }) => name);

  beforeEach(async () => {
    database = await open();
    const runTogether = openRunTogether(database);
    accounts = openAccountStore(database, runTogether, systemClock);
    app = openHttpApp({ logger: pino({ level: 'silent' }), publicUrl: 'http://localhost:1', listenHost: '127.0.0.1' });
    addAccountRoutes(openRouter(app, { authenticate: async () => ada, authorise: () => {} }), {
      accounts,
      contacts: openContactStore(database, runTogether, systemClock),
    });
  });
  afterEach(async () => {
    await app.close();
    await database.close();
  });

  it('adds an account with its first contacts in one, the first of each kind being the first choice', async () => {
    const reply = await ask(
      'POST',
      '/accounts',
      acme({
        contacts: [
          { name: 'Ann', address: 'ann@ACME.example', kinds: ['general', 'billing'] },
          { name: 'Bob', address: 'bob@acme.example', kinds: ['billing', 'technical'] },
        ],
      }),
    );
    expect(reply.status).toBe(201);
    expect(reply.headers.etag).toBe('"1"');
    expect(reply.json).toMatchObject({
      number: 'A-100',
      status: 'active',
      language: 'en',
      currency: 'EUR',
      contact_count: 2,
      billing_contact_count: 2,
      updated_by: 'ada@example.com',
    });
    expect(reply.json.contacts).toMatchObject([
      { address: 'ann@acme.example', kinds: ['billing', 'general'], primary_for: ['billing', 'general'] },
      { address: 'bob@acme.example', kinds: ['billing', 'technical'], primary_for: ['technical'] },
    ]);
    expect((await ask('GET', '/accounts/a-100')).json.id).toBe(reply.json.id);
  });

  it.each([
    ['a number that is taken, in another case', { number: 'a-100' }, 409, 'number'],
    [
      'an address that a submission would refuse',
      { contacts: [{ address: 'ann@acme..example' }] },
      422,
      'contacts.0.address',
    ],
    ['an address in brackets', { contacts: [{ address: '"a b"@acme.example' }] }, 422, 'contacts.0.address'],
    ['an address literal', { contacts: [{ address: 'ann@1.2.3.4' }] }, 422, 'contacts.0.address'],
    [
      'an address twice',
      { contacts: [{ address: 'a@b.example' }, { address: 'A@b.example' }] },
      409,
      'contacts.1.address',
    ],
    ['a currency that is none', { currency: 'EURO' }, 422, 'currency'],
    ['no name', { name: ' ' }, 422, 'name'],
    [
      'a first choice for a kind that the contact has not',
      { contacts: [{ address: 'a@b.example', primary_for: ['billing'] }] },
      422,
      'contacts.0.primary_for',
    ],
  ])('refuses %s, and adds nothing', async (_, change, status, path) => {
    await add();
    const reply = await ask('POST', '/accounts', acme({ number: 'B-1', ...change }));
    expect([reply.status, reply.json.fields[0].path]).toEqual([status, path]);
    expect((await ask('GET', '/accounts')).json.data).toHaveLength(1);
    expect((await ask('GET', '/contacts')).json.data).toHaveLength(0);
  });

  it('changes what is given, and refuses it when somebody saved in between', async () => {
    const { id } = await add();
    const changed = await ask('PATCH', `/accounts/${id}`, { status: 'closed' }, { 'if-match': '"1"' });
    expect(changed.json).toMatchObject({ status: 'closed', name: 'Acme', version: 2 });
    const late = await ask('PATCH', `/accounts/${id}`, { name: 'Other' }, { 'if-match': '"1"' });
    expect(late.status).toBe(412);
    expect(late.json.current).toMatchObject({ name: 'Acme', version: 2 });
    await add({ number: 'B-1' });
    expect((await ask('PATCH', '/accounts/B-1', { number: 'A-100' })).status).toBe(409);
  });

  it('finds accounts by number, name, and the names and addresses of their contacts, whatever the case', async () => {
    await add({ name: 'Ächme 100%', contacts: [{ name: 'Ölaf', address: 'olaf@north.example' }] });
    await add({ number: 'B-1', name: 'Beta', status: 'closed' });
    const found = async (query: string) => names(await ask('GET', `/accounts?${query}`));
    for (const q of ['a-1', 'ächme', '0%', 'öLAF', 'north.example'])
      expect(await found(`q=${encodeURIComponent(q)}`)).toEqual(['Ächme 100%']);
    expect(await found('q=%25')).toEqual(['Ächme 100%']);
    expect(await found('status=closed')).toEqual(['Beta']);
    expect(await found('kind=general')).toEqual(['Ächme 100%']);
    expect(await found('without_kind=general')).toEqual(['Beta']);
    expect(await found('kind=billing')).toEqual([]);
  });

  it('pages through a sorted list without losing or repeating what has the same name', async () => {
    for (const number of ['5', '3', '4', '1', '2']) await add({ number, name: Number(number) > 3 ? 'Same' : 'Also' });
    for (const sort of ['name', '-name', 'number', '-number', 'created_at', '-created_at']) {
      const numbers: string[] = [];
      let next: string | null = '';
      do {
        const page = await ask('GET', `/accounts?limit=2&sort=${sort}${next ? `&cursor=${next}` : ''}`);
        numbers.push(...page.json.data.map((one: { number: string }) => one.number));
        next = page.json.next;
      } while (next);
      expect([...numbers].sort()).toEqual(['1', '2', '3', '4', '5']);
      if (sort === '-number') expect(numbers).toEqual(['5', '4', '3', '2', '1']);
      if (sort === 'created_at') expect(numbers).toEqual(['5', '3', '4', '1', '2']);
    }
    expect((await ask('GET', '/accounts?cursor=nonsense')).status).toBe(422);
  });

  it('has one first choice for each kind: who becomes it takes it from the other, of this account alone', async () => {
    const { id } = await add();
    const { id: other } = await add({ number: 'B-1' });
    const ann = (await addContact(id, 'ann@acme.example', { kinds: ['billing', 'technical'] })).json;
    await addContact(other, 'ann@acme.example', { kinds: ['billing'] });
    const bob = (await addContact(id, 'bob@acme.example', { kinds: ['billing'] })).json;
    expect([ann.primary_for, bob.primary_for]).toEqual([['billing', 'technical'], []]);
    const changed = await ask('PATCH', `/contacts/${bob.id}`, { primary_for: ['billing'] });
    expect(changed.json.primary_for).toEqual(['billing']);
    expect((await ask('GET', `/contacts/${ann.id}`)).json.primary_for).toEqual(['technical']);
    expect((await ask('GET', `/contacts?account_id=${other}`)).json.data[0].primary_for).toEqual(['billing']);
    expect((await ask('PATCH', `/contacts/${bob.id}`, { kinds: ['general'] })).json.primary_for).toEqual([]);
    expect((await ask('PATCH', `/contacts/${bob.id}`, { primary_for: ['billing'] })).status).toBe(422);
  });

  it('refuses a late change of a contact, and with it the first choice', async () => {
    const { id } = await add();
    const ann = (await addContact(id, 'ann@acme.example')).json;
    const bob = (await addContact(id, 'bob@acme.example')).json;
    await ask('PATCH', `/contacts/${bob.id}`, { name: 'Bob' });
    const late = await ask('PATCH', `/contacts/${bob.id}`, { primary_for: ['general'] }, { 'if-match': '"1"' });
    expect(late.status).toBe(412);
    expect((await ask('GET', `/contacts/${ann.id}`)).json.primary_for).toEqual(['general']);
    expect((await addContact(id, 'ANN@acme.example')).status).toBe(409);
    expect((await ask('PATCH', `/contacts/${bob.id}`, { address: 'ann@acme.example' })).status).toBe(409);
  });

  it('deletes an account only with the number of contacts that was confirmed', async () => {
    const { id } = await add({ contacts: [{ address: 'ann@acme.example' }] });
    const recipient = { kind: 'to', state: 'sent', reply: '', explanation: '', updated_at: 0 };
    await database.query
      .insertInto('recipient')
      .values([
        { ...recipient, message_id: 'msg_1', position: 0, address: 'Ann@acme.example' },
        { ...recipient, message_id: 'msg_1', position: 1, address: 'ann@acme.example' },
        { ...recipient, message_id: 'msg_2', position: 0, address: 'ann@acme.example' },
        { ...recipient, message_id: 'msg_3', position: 0, address: 'joann@acme.example' },
      ])
      .execute();
    expect((await ask('GET', `/accounts/${id}/usage`)).json).toEqual({
      contacts: 1,
      messages: 2,
      search: 'account:A-100',
      invoices: 0,
    });
    const refused = await ask('DELETE', `/accounts/${id}`);
    expect(refused.status).toBe(409);
    expect(refused.json.message).toContain('?contacts=1');
    expect((await ask('DELETE', `/accounts/${id}?contacts=1`)).status).toBe(204);
    expect((await ask('GET', '/contacts')).json.data).toEqual([]);
    expect((await ask('GET', `/accounts/${id}`)).status).toBe(404);
  });

  it('keeps an account that has invoices', async () => {
    const { id } = await add();
    const invoice = {
      account_name: 'Acme',
      issued_on: '2026-01-01',
      due_on: '2026-02-01',
      currency: 'EUR',
      total: '1',
    };
    await database.query
      .insertInto('invoice')
      .values({
        ...invoice,
        id: 'inv_1',
        account_id: id,
        account_number: 'A-100',
        number: '1',
        content: '{}',
        look_hash: 'x',
        pdf_hash: null,
        pdf_bytes: 0,
        run_id: null,
        is_open: 0,
        created_at: 0,
        created_by: 'x',
      })
      .execute();
    const refused = await ask('DELETE', `/accounts/${id}`);
    expect(refused.status).toBe(409);
    expect(refused.json.message).toContain('an invoice');
    expect((await ask('GET', `/accounts/${id}`)).status).toBe(200);
  });

  it('tells invoices who is billed: active billing contacts, the first choice in front, each in its language', async () => {
    const { id } = await add({
      language: 'de',
      contacts: [
        { name: 'Ann', address: 'ann@acme.example', kinds: ['billing'], primary_for: [] },
        { name: 'Bob', address: 'bob@acme.example', kinds: ['billing'], language: 'fr' },
        { name: 'Cid', address: 'cid@acme.example', kinds: ['billing'], is_active: false },
        { name: 'Dan', address: 'dan@acme.example', kinds: ['technical'] },
      ],
    });
    await add({ number: 'B-1', status: 'closed' });
    const found = await accounts.directory.findMany(['a-100', 'B-1', 'C-1', id]);
    expect([...found.keys()]).toEqual(['a-100', 'B-1', id]);
    expect(found.get('B-1')).toMatchObject({ isActive: false, contacts: [] });
    expect(found.get('a-100')).toMatchObject({
      id,
      number: 'A-100',
      isActive: true,
      contacts: [
        { name: 'Bob', language: 'fr' },
        { name: 'Ann', language: 'de' },
      ],
    });
    expect(await accounts.directory.find(id)).toEqual(found.get(id));
    expect(await accounts.directory.find('C-1')).toBeNull();
  });
});
