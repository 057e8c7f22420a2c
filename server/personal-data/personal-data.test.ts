import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { databases } from '../../test/support/databases.ts';
import { openAudit } from '../audit/audit.store.ts';
import { openAccountStore } from '../contact/account.store.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import { systemClock } from '../platform/clock.ts';
import { type Erased, eraseMailboxes, eraseText } from './erase-text.ts';
import { openPersonalDataStore, type PersonalDataStore } from './personal-data.store.ts';

const erased: Erased = { address: 'ann@x.example', names: ['Ann Lee', 'Al'], placeholder: 'GONE' };

it.each([
  ['550 <Ann@X.example> unknown', '550 <GONE> unknown'],
  ['joann@x.example, ann@x.example.org', 'joann@x.example, GONE.org'],
  ['Dear ann lee, Al pays', 'Dear (erased), Al pays'],
  ['Ann Leemann', 'Ann Leemann'],
])('erases the person from "%s"', (text, expected) => {
  expect(eraseText(text, erased)).toBe(expected);
});

it('erases one mailbox among others', () => {
  const text = 'Lee, Ann <ANN@x.example>, Bob <bob@x.example>, ann@x.example';
  expect(eraseMailboxes(text, erased)).toBe('GONE, Bob <bob@x.example>, GONE');
});

describe.each(databases)('personal data on $kind', ({ open }) => {
  let database: Database;
  let store: PersonalDataStore;
  let forgotten: string[];

  const addMessage = async (id: string, to: [name: string, address: string][], state = 'sent') => {
    const { query } = database;
    const header = to.map(([name, address]) => `${name} <${address}>`).join(', ');
    await query
      .insertInto('message')
      .values({
        ...{ id, lane: 1, state, settings_id: null, mail_from: 'a@b.example', header_from: 'Shop <a@b.example>' },
        ...{ header_to: header, subject: `Invoice for Ann Lee`, message_id: `<${id}@b>`, size_bytes: 5 },
        ...{ attachment_count: 0, tags: '[{"name":"account","value":"A-1"},{"name":"to","value":"ann@x.example"}]' },
        ...{
          is_secret: 0,
          holds_uncertain: 0,
          resent_from: null,
          submitted_by: 'x',
          created_at: 1,
          scheduled_at: null,
        },
        expires_at: 9,
      })
      .execute();
    await query
      .insertInto('recipient')
      .values(
        to.map(([, address], position) => ({
          ...{ message_id: id, position, address, kind: 'to', state: position === 0 ? state : 'sent', updated_at: 2 },
          ...{ reply: `250 <${address}> ok`, explanation: `Sent to ${address}.` },
        })),
      )
      .execute();
    const bytes = Buffer.from('Dear Ann Lee, CANARYBODY');
    await query.insertInto('content').values({ message_id: id, bytes, parts: null }).execute();
    await query
      .insertInto('attempt')
      .values({
        ...{
          id: `try_${id}`,
          message_id: id,
          number: 1,
          settings_id: 's',
          settings_name: 's',
          started_at: 1,
          ended_at: 2,
        },
        ...{
          outcome: 'sent',
          phase: 'dot',
          reply: '250 <ann@x.example>',
          explanation: '',
          transcript: 'RCPT TO:<ann@x.example>',
        },
      })
      .execute();
    const data = '{"reply":"250 <Ann@x.example> ok"}';
    await query.insertInto('event').values({ message_id: id, position: 0, type: 'sent', at: 2, data }).execute();
  };
  /** Everything that the database has, as one text. */
  const everything = async () => {
    const tables = [
      'account',
      'contact',
      'message',
      'recipient',
      'content',
      'attempt',
      'event',
      'audit_entry',
      'invoice_mail',
    ] as const;
    const rows = await Promise.all(tables.map((table) => database.query.selectFrom(table).selectAll().execute()));
    return JSON.stringify(rows, (_, value) => (value?.type === 'Buffer' ? Buffer.from(value.data).toString() : value));
  };

  beforeEach(async () => {
    database = await open();
    const runTogether = openRunTogether(database);
    forgotten = [];
    const forget = async (address: string) => {
      forgotten.push(address);
    };
    store = openPersonalDataStore({ database, runTogether, audit: openAudit(database), forget, clock: systemClock });
    const account = { number: 'A-1', name: 'Acme', status: 'active', language: 'en', currency: 'EUR' } as const;
    const contact = { kinds: ['billing' as const], primary_for: [], language: null, is_active: true };
    const accounts = openAccountStore(database, runTogether, systemClock);
    await accounts.create(
      account,
      [
        { ...contact, name: 'Ann Lee', address: 'Ann@x.example' },
        { ...contact, name: 'Bob', address: 'bob@x.example' },
      ],
      'x',
    );
    await addMessage('msg_1', [['Ann Lee', 'Ann@x.example']]);
    await addMessage('msg_2', [
      ['Bob', 'bob@x.example'],
      ['Miss Lee', 'ann@x.example'],
    ]);
    await addMessage('msg_3', [['Bob', 'bob@x.example']]);
    await database.query
      .updateTable('message')
      .set({ subject: 'Other', tags: '[]' })
      .where('id', '=', 'msg_3')
      .execute();
    await database.query.deleteFrom('attempt').where('message_id', '=', 'msg_3').execute();
    await database.query.deleteFrom('event').where('message_id', '=', 'msg_3').execute();
    await database.query
      .updateTable('content')
      .set({ bytes: Buffer.from('Dear Bob') })
      .where('message_id', '=', 'msg_3')
      .execute();
  });
  afterEach(() => database.close());

  it('hands over contacts and messages of the address, and nobody else’s address', async () => {
    const data = await store.export('ANN@x.example', 'ada@example.com');
    expect(data.contacts).toMatchObject([{ name: 'Ann Lee', account: { number: 'A-1' } }]);
    expect(data.messages.map(({ id, to, state }) => [id, to, state])).toEqual([
      ['msg_2', 'Miss Lee <ann@x.example>', 'sent'],
      ['msg_1', 'Ann Lee <ann@x.example>', 'sent'],
    ]);
    expect(JSON.stringify(data)).not.toContain('bob@');
    expect(await database.query.selectFrom('audit_entry').selectAll().execute()).toMatchObject([
      { by_whom: 'ada@example.com', action: 'personal-data.exported', subject: 'ann@x.example' },
    ]);
  });

  it('erases the person everywhere, and leaves the others and the record of what was sent', async () => {
    await store.export('ann@x.example', 'ada@example.com');
    const done = await store.erase('ANN@x.example', 'ada@example.com');
    expect(done).toMatchObject({ outcome: 'erased', contacts: 1, messages: 2 });
    const all = await everything();
    for (const canary of [/ann@/i, /ann lee/i, /miss lee/i, /CANARYBODY/]) expect(all).not.toMatch(canary);
    expect(all).toContain('Dear Bob');
    expect(all).toContain('bob@x.example');
    const rows = await database.query
      .selectFrom('recipient')
      .innerJoin('message', 'message.id', 'recipient.message_id')
      .select(['recipient.message_id', 'address', 'recipient.state', 'subject', 'header_to', 'body_deleted_at'])
      .orderBy('recipient.message_id')
      .orderBy('position')
      .execute();
    const placeholder = 'placeholder' in done ? done.placeholder : '';
    expect(placeholder).toMatch(/^erased-[0-9a-f]{16}@erased\.invalid$/);
    expect(rows).toMatchObject([
      { message_id: 'msg_1', address: placeholder, state: 'sent', subject: '(erased)', header_to: placeholder },
      { message_id: 'msg_2', address: 'bob@x.example', header_to: `Bob <bob@x.example>, ${placeholder}` },
      { message_id: 'msg_2', address: placeholder, subject: 'Invoice for (erased)' },
      { message_id: 'msg_3', address: 'bob@x.example', subject: 'Other', body_deleted_at: null },
    ]);
    expect(rows[0]?.body_deleted_at).toBeGreaterThan(0);
    const audit = await database.query.selectFrom('audit_entry').select(['action', 'subject']).orderBy('id').execute();
    expect(audit).toEqual([
      { action: 'personal-data.exported', subject: placeholder },
      { action: 'personal-data.erased', subject: placeholder },
    ]);
    expect(forgotten).toEqual(['ann@x.example']);
    if (database.kind === 'sqlite') {
      database.sqlite.pragma('wal_checkpoint(TRUNCATE)');
      expect(readFileSync(database.sqlite.name).includes('CANARYBODY')).toBe(false);
    }
  });

  it('erases nothing while a message to the address waits, even where it waits for another', async () => {
    await database.query
      .updateTable('recipient')
      .set({ state: 'deferred' })
      .where('address', '=', 'bob@x.example')
      .execute();
    const before = await everything();
    expect(await store.erase('ann@x.example', 'ada')).toEqual({ outcome: 'waiting', messages: 1 });
    expect(await everything()).toBe(before);
    expect(forgotten).toEqual([]);
  });

  it('erases an address that nothing is known of without harm', async () => {
    expect(await store.erase('nobody@x.example', 'ada')).toMatchObject({ outcome: 'erased', contacts: 0, messages: 0 });
  });
});
