/**
 * All that is kept of one person outside, by address; and its erasure, one transaction with its audit entry.
 *
 * What goes: contacts, address and name in the log, bodies, transcripts, what the sandbox caught, rows of imports.
 * What stays: that something was sent, when, with which result, its tags, and invoices. Refused while mail to the address
 * waits, because it could not be sent any more.
 */
import { type RawBuilder, sql } from 'kysely';
import type { PersonalData } from '../../contracts/personal-data.ts';
import type { WriteAudit } from '../audit/audit.store.ts';
import { type ListedContactRow, toContact } from '../contact/account.ts';
import { eachObject, eachText } from '../database/each-value.ts';
import type { Database } from '../database/open.ts';
import type { Compilable, RunTogether } from '../database/run-together.ts';
import { openStates } from '../delivery/message-state.ts';
import { type Clock, toIso } from '../platform/clock.ts';
import { type Erased, erasedWords, eraseMailboxes, eraseText, findNames, newPlaceholder } from './erase-text.ts';

export type EraseOutcome =
  | { outcome: 'erased'; placeholder: string; contacts: number; messages: number }
  /** So many messages to the address are not done yet. */
  | { outcome: 'waiting'; messages: number };

export interface PersonalDataStore {
  export: (address: string, by: string) => Promise<PersonalData>;
  erase: (address: string, by: string) => Promise<EraseOutcome>;
}

export interface PersonalDataParts {
  database: Database;
  runTogether: RunTogether;
  audit: WriteAudit;
  /** Outside of the database: files of imports. */
  forget: (address: string) => Promise<void>;
  clock: Clock;
}

export const openPersonalDataStore = ({
  database,
  runTogether,
  audit,
  forget,
  clock,
}: PersonalDataParts): PersonalDataStore => {
  const { query, kind } = database;
  const listContacts = (address: string) =>
    query
      .selectFrom('contact')
      .innerJoin('account', 'account.id', 'contact.account_id')
      .selectAll('contact')
      .select(['account.number as account_number', 'account.name as account_name', 'account.status as account_status'])
      .where('contact.address_key', '=', address)
      .execute();
  const isRecipient = (address: string) => sql<boolean>`lower(recipient.address) = ${address}`;
  const listIds = async (address: string) => {
    const rows = await query.selectFrom('recipient').select('message_id').where(isRecipient(address)).execute();
    return [...new Set(rows.map(({ message_id }) => message_id))].sort().reverse();
  };
  /** Messages that are not done for all of their recipients: what they say is still needed. */
  const waiting = (address: string) => sql`(select count(*) from message
    where message.id in (select recipient.message_id from recipient where ${isRecipient(address)})
      and (exists (select 1 from queue where queue.message_id = message.id)
        or exists (select 1 from recipient as any_one where any_one.message_id = message.id
          and any_one.state in (${sql.join([...openStates, 'held'].map((state) => sql.lit(state)))}))))`;

  return {
    export: async (given, by) => {
      const address = given.toLowerCase();
      const contacts = (await listContacts(address)) as ListedContactRow[];
      const messages = await query
        .selectFrom('recipient')
        .innerJoin('message', 'message.id', 'recipient.message_id')
        .select(['message.id', 'message.created_at', 'header_from', 'header_to', 'subject', 'tags'])
        .select(['recipient.kind', 'recipient.state', 'recipient.reply', 'recipient.updated_at'])
        .where(isRecipient(address))
        .orderBy('message.id', 'desc')
        .execute();
      const invoices = await query
        .selectFrom('invoice_mail')
        .innerJoin('invoice', 'invoice.id', 'invoice_mail.invoice_id')
        .select(['invoice.account_number', 'invoice.number'])
        .where(sql<boolean>`lower(invoice_mail.address) = ${address}`)
        .groupBy(['invoice.id', 'invoice.account_number', 'invoice.number'])
        .orderBy('invoice.id')
        .execute();
      const now = clock.now();
      const data = { contacts: contacts.length, messages: messages.length, invoices: invoices.length };
      await runTogether([audit({ at: now, by, action: 'personal-data.exported', subject: address, data })]);
      return {
        address: given,
        exported_at: toIso(now),
        contacts: contacts.map(toContact),
        messages: messages.map((row) => ({
          id: row.id,
          created_at: toIso(row.created_at),
          from: row.header_from,
          // Other people's addresses are theirs.
          to: row.kind === 'bcc' ? given : eraseOthers(row.header_to, address),
          subject: row.subject,
          kind: row.kind as PersonalData['messages'][number]['kind'],
          state: row.state as PersonalData['messages'][number]['state'],
          reply: row.reply,
          updated_at: toIso(row.updated_at),
          tags: JSON.parse(row.tags) as { name: string; value: string }[],
        })),
        invoices,
      };
    },

    erase: async (given, by) => {
      const address = given.toLowerCase();
      const now = clock.now();
      const [ids, contacts] = await Promise.all([listIds(address), listContacts(address)]);
      const ofThese = (column: string) => sql<boolean>`${sql.ref(column)} in ${eachText(kind, ids)}`;
      const heads = await query
        .selectFrom('message')
        .select(['id', 'header_to', 'subject', 'tags'])
        .select(
          sql<number>`(select count(*) from recipient where recipient.message_id = message.id
            and lower(recipient.address) <> ${address})`.as('others'),
        )
        .where(ofThese('id'))
        .execute();
      const names = new Set(contacts.map(({ name }) => name));
      for (const { header_to } of heads) for (const name of findNames(header_to, address)) names.add(name);
      const erased: Erased = { address, names: [...names], placeholder: newPlaceholder() };
      const messages = heads.map(({ id, header_to, subject, tags, others }) => ({
        id,
        header_to: eraseMailboxes(header_to, erased),
        subject: Number(others) === 0 ? erasedWords : eraseText(subject, erased),
        tags: eraseText(tags, { ...erased, names: [] }),
      }));
      const recipients = (
        await query
          .selectFrom('recipient')
          .select(['message_id', 'position', 'address', 'reply', 'explanation'])
          .where(ofThese('message_id'))
          .execute()
      ).map((row) => ({
        id: row.message_id,
        position: row.position,
        address: row.address.toLowerCase() === address ? erased.placeholder : row.address,
        reply: eraseText(row.reply, erased),
        explanation: eraseText(row.explanation, erased),
      }));
      const attempts = (
        await query.selectFrom('attempt').select(['id', 'reply', 'explanation']).where(ofThese('message_id')).execute()
      ).map(({ id, reply, explanation }) => ({
        id,
        reply: eraseText(reply, erased),
        explanation: eraseText(explanation, erased),
      }));
      const events = (
        await query.selectFrom('event').select(['id', 'data']).where(ofThese('message_id')).execute()
      ).flatMap(({ id, data }) => {
        const without = eraseText(data, erased);
        return without === data ? [] : [{ id, data: without }];
      });
      const counts = { contacts: contacts.length, messages: ids.length };
      const entry = { at: now, by, action: 'personal-data.erased', subject: erased.placeholder, data: counts };
      const statement = (raw: RawBuilder<unknown>) => ({ compile: () => raw.compile(query) });
      const each = (rows: object[]) => eachObject(kind, rows);
      const text = (key: string) => sql`each.value ->> ${sql.lit(key)}`;
      try {
        await runTogether([
          ...overwriting(database, true),
          audit(entry, sql`${waiting(address)} = 0`),
          statement(sql`update audit_entry set subject = ${erased.placeholder} where lower(subject) = ${address}`),
          query.deleteFrom('contact').where('address_key', '=', address),
          statement(sql`update message set header_to = ${text('header_to')}, subject = ${text('subject')},
            tags = ${text('tags')}, body_deleted_at = coalesce(body_deleted_at, ${sql.lit(now)})
            from ${each(messages)} where message.id = ${text('id')}`),
          statement(sql`update recipient set address = ${text('address')}, reply = ${text('reply')},
            explanation = ${text('explanation')} from ${each(recipients)}
            where recipient.message_id = ${text('id')} and recipient.position = cast(${text('position')} as integer)`),
          statement(sql`update attempt set reply = ${text('reply')}, explanation = ${text('explanation')}, transcript = null
            from ${each(attempts)} where attempt.id = ${text('id')}`),
          statement(sql`update event set data = ${text('data')} from ${each(events)}
            where event.id = cast(${text('id')} as bigint)`),
          query.deleteFrom('content').where(ofThese('message_id')),
          statement(sql`update invoice_mail set address = ${erased.placeholder}, name = ''
            where lower(address) = ${address}`),
          statement(
            sql`delete from sandbox_message where lower(recipients) like ${`%${likeText(JSON.stringify(address))}%`} escape '\\'`,
          ),
          ...overwriting(database, false),
        ]);
      } catch (error) {
        const { rows } = await sql<{ count: number }>`select ${waiting(address)} as count`.execute(query);
        const count = Number(rows[0]?.count ?? 0);
        if (count > 0) return { outcome: 'waiting', messages: count };
        throw error;
      }
      await forget(address);
      return { outcome: 'erased', placeholder: erased.placeholder, ...counts };
    },
  };
};

const likeText = (part: string) => part.replace(/[%_\\]/g, '\\$&');

function eraseOthers(mailboxes: string, address: string): string {
  return findNames(mailboxes, address).map((name) => `${name} <${address}>`)[0] ?? address;
}

/** SQLite leaves what was deleted in the file until the place is used again, unless it is told to overwrite it. */
const overwriting = ({ kind, query }: Database, isOn: boolean): Compilable[] =>
  kind === 'sqlite' ? [{ compile: () => sql.raw(`PRAGMA secure_delete = ${isOn ? 'ON' : 'OFF'}`).compile(query) }] : [];
