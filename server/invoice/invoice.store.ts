/**
 * Invoices in the database. `begin` fixes number, contacts and the ids of their messages in one transaction, before any of
 * them is accepted; so whatever dies afterwards, what is left to do is known, and nobody is mailed twice.
 */
import { type Selectable, sql } from 'kysely';
import type { InvoiceMailState } from '../../contracts/invoice.ts';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import type { InvoiceRow, Tables } from '../database/tables.ts';
import type { InvoiceLook } from '../invoice-pdf/invoice-page.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import { hashLook, type InvoiceContent, type StoredInvoice, type StoredMail } from './stored-invoice.ts';

export interface NewInvoice extends StoredInvoice {
  mails: NewMail[];
  pdf: Uint8Array | null;
}
export type NewMail = Omit<StoredMail, 'state' | 'reply' | 'isAccepted' | 'isNoted' | 'isCurrent'> & {
  roundKey: string | null;
};

export interface OpenRound {
  invoice: StoredInvoice;
  round: number;
  mails: StoredMail[];
}

export interface InvoiceStore {
  /** @returns the ids of those that were begun; the others have a number that their account has had. */
  begin: (invoices: readonly NewInvoice[]) => Promise<Set<string>>;
  /** A further round of mails. False: somebody else began the same round at this moment. */
  beginRound: (invoice: StoredInvoice, mails: readonly NewMail[]) => Promise<boolean>;
  /** Whether a round was begun with this Idempotency-Key. */
  hasRound: (invoiceId: string, roundKey: string) => Promise<boolean>;
  /** The mails of these rounds are durable in the queue. */
  markAccepted: (rounds: readonly { invoiceId: string; round: number; pdfBytes: number }[]) => Promise<void>;
  /** Nothing of it was accepted: it never was. The first round takes the invoice along. */
  forget: (invoiceId: string, round: number) => Promise<void>;
  /** Which of these messages are in the log. */
  findAccepted: (messageIds: readonly string[]) => Promise<Set<string>>;
  /** Rounds that were begun before and are not all accepted. */
  listOpen: (before: number, limit: number) => Promise<OpenRound[]>;
  read: (id: string) => Promise<{ invoice: StoredInvoice; mails: StoredMail[] } | null>;
  findByNumber: (accountId: string, number: string) => Promise<StoredInvoice | null>;
  /** Of these, account and number, which were mailed. @returns `ACCOUNT_ID NUMBER`. */
  findTaken: (keys: readonly { accountId: string; number: string }[]) => Promise<Set<string>>;
  /** Newest first. */
  list: (
    query: { accountId?: string | undefined; runId?: string | undefined; number?: string | undefined },
    page: { cursor?: string | undefined; limit: number },
  ) => Promise<{ data: { invoice: StoredInvoice; mails: StoredMail[] }[]; next: string | null }>;
  listMails: (invoiceIds: readonly string[]) => Promise<Map<string, StoredMail[]>>;
  /** @returns its hash. */
  keepLook: (look: InvoiceLook) => Promise<string>;
  readLook: (hash: string) => Promise<InvoiceLook>;
  readPdf: (hash: string) => Promise<Buffer | null>;
}

/** So many values fit in a statement of either database. */
const atOnce = 400;

export const openInvoiceStore = (database: Database): InvoiceStore => {
  const { query } = database;
  const runTogether = openRunTogether(database);
  const looks = new Map<string, InvoiceLook>();

  const addMails = (invoiceId: string, runId: string | null, mails: readonly NewMail[]) =>
    mails.map((mail) => {
      const values: [keyof Tables['invoice_mail'], unknown][] = [
        ['message_id', mail.messageId],
        ['invoice_id', invoiceId],
        ['round', mail.round],
        ['round_key', mail.roundKey],
        ['reason', mail.reason],
        ['contact_id', mail.contactId],
        ['name', mail.name],
        ['address', mail.address],
        ['language', mail.language],
        ['run_id', runId],
        ['is_accepted', 0],
        ['is_sent', 0],
        ['is_current', 1],
        ['created_at', mail.createdAt],
        ['created_by', mail.createdBy],
      ];
      return { columns: values.map(([name]) => name), values: values.map(([, value]) => value) };
    });

  const readMails = async (invoiceIds: readonly string[]): Promise<Map<string, StoredMail[]>> => {
    const found = new Map<string, StoredMail[]>(invoiceIds.map((id) => [id, []]));
    for (let from = 0; from < invoiceIds.length; from += atOnce) {
      const rows = await query
        .selectFrom('invoice_mail')
        .leftJoin('message', 'message.id', 'invoice_mail.message_id')
        .leftJoin('recipient', (join) =>
          join.onRef('recipient.message_id', '=', 'invoice_mail.message_id').on('recipient.position', '=', 0),
        )
        .selectAll('invoice_mail')
        .select(['message.state', 'recipient.reply', 'recipient.explanation'])
        .where('invoice_id', 'in', invoiceIds.slice(from, from + atOnce))
        .orderBy('round', 'desc')
        .orderBy('invoice_mail.message_id')
        .execute();
      for (const row of rows) {
        const isAccepted = row.is_accepted === 1 || row.state !== null;
        found.get(row.invoice_id)?.push({
          messageId: row.message_id,
          round: row.round,
          reason: row.reason as StoredMail['reason'],
          contactId: row.contact_id,
          name: row.name,
          address: row.address,
          language: row.language,
          isAccepted,
          isNoted: row.is_accepted === 1,
          isCurrent: row.is_current === 1,
          createdAt: row.created_at,
          createdBy: row.created_by,
          state: (row.state as InvoiceMailState | null) ?? (isAccepted ? 'gone' : 'accepting'),
          reply: row.reply || row.explanation || '',
        });
      }
    }
    return found;
  };
  const withMails = async (rows: readonly Selectable<InvoiceRow>[]) => {
    const mails = await readMails(rows.map(({ id }) => id));
    return rows.map((row) => ({ invoice: toStored(row), mails: mails.get(row.id) ?? [] }));
  };

  return {
    begin: async (invoices) => {
      const pdfs = invoices.filter(({ pdf }) => pdf !== null);
      const answers = await runTogether([
        ...pdfs.map(({ pdf, pdfHash }) =>
          query
            .insertInto('invoice_pdf')
            .values({ hash: pdfHash!, bytes: pdf! })
            .onConflict((conflict) => conflict.column('hash').doNothing()),
        ),
        ...invoices.map((invoice) =>
          query
            .insertInto('invoice')
            .values(toRow(invoice))
            .onConflict((conflict) => conflict.columns(['account_id', 'number']).doNothing())
            .returning('id'),
        ),
        // Only those that were begun just now have no mails, and all of these.
        ...invoices.flatMap(({ id, runId, mails }) =>
          addMails(id, runId, mails).map(({ columns, values }) =>
            query.insertInto('invoice_mail').columns(columns).expression(selectIfThere(id, values)),
          ),
        ),
      ]);
      const begun = answers.slice(pdfs.length, pdfs.length + invoices.length);
      return new Set(begun.flatMap((rows) => rows.map(({ id }) => id as string)));
    },
    beginRound: async (invoice, mails) => {
      const contacts = mails.map(({ contactId }) => contactId);
      try {
        await runTogether([
          query
            .updateTable('invoice_mail')
            .set({ is_current: 0 })
            .where('invoice_id', '=', invoice.id)
            .where('contact_id', 'in', contacts),
          query.updateTable('invoice').set({ is_open: 1 }).where('id', '=', invoice.id),
          ...addMails(invoice.id, invoice.runId, mails).map(({ columns, values }) =>
            query.insertInto('invoice_mail').columns(columns).expression(selectIfThere(invoice.id, values)),
          ),
        ]);
        return true;
      } catch (error) {
        if (/invoice_mail_round|invoice_mail\.invoice_id/.test(String((error as Error).message))) return false;
        throw error;
      }
    },
    hasRound: async (invoiceId, roundKey) => {
      const row = await query
        .selectFrom('invoice_mail')
        .select('message_id')
        .where('invoice_id', '=', invoiceId)
        .where('round_key', '=', roundKey)
        .limit(1)
        .executeTakeFirst();
      return row !== undefined;
    },
    markAccepted: async (rounds) => {
      await runTogether(
        rounds.flatMap(({ invoiceId, round, pdfBytes }) => [
          query
            .updateTable('invoice_mail')
            .set({ is_accepted: 1 })
            .where('invoice_id', '=', invoiceId)
            .where('round', '=', round),
          query
            .updateTable('invoice')
            .set({ pdf_bytes: pdfBytes, is_open: 0 })
            .where('id', '=', invoiceId)
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom('invoice_mail')
                    .select('message_id')
                    .where('invoice_id', '=', invoiceId)
                    .where('is_accepted', '=', 0),
                ),
              ),
            ),
        ]),
      );
    },
    forget: async (invoiceId, round) => {
      await runTogether(
        round === 1
          ? [query.deleteFrom('invoice').where('id', '=', invoiceId)]
          : [
              query.deleteFrom('invoice_mail').where('invoice_id', '=', invoiceId).where('round', '=', round),
              query
                .updateTable('invoice_mail')
                .set({ is_current: 1 })
                .where('invoice_id', '=', invoiceId)
                .where(({ eb, selectFrom }) =>
                  eb(
                    'round',
                    '=',
                    selectFrom('invoice_mail as newest')
                      .select(({ fn }) => fn.max('newest.round').as('round'))
                      .whereRef('newest.invoice_id', '=', 'invoice_mail.invoice_id')
                      .whereRef('newest.contact_id', '=', 'invoice_mail.contact_id'),
                  ),
                ),
              query.updateTable('invoice').set({ is_open: 0 }).where('id', '=', invoiceId),
            ],
      );
    },
    findAccepted: async (messageIds) => {
      const found = new Set<string>();
      for (let from = 0; from < messageIds.length; from += atOnce) {
        const some = messageIds.slice(from, from + atOnce);
        const rows = await query.selectFrom('message').select('id').where('id', 'in', some).execute();
        for (const { id } of rows) found.add(id);
      }
      return found;
    },
    listOpen: async (before, limit) => {
      const rows = await query
        .selectFrom('invoice')
        .selectAll()
        .where('is_open', '=', 1)
        .where('created_at', '<', before)
        .orderBy('id')
        .limit(limit)
        .execute();
      return (await withMails(rows)).flatMap(({ invoice, mails }) => {
        const open = mails.filter(({ isNoted, createdAt }) => !isNoted && createdAt < before);
        const rounds = [...new Set(open.map(({ round }) => round))];
        return rounds.map((round) => ({ invoice, round, mails: mails.filter((mail) => mail.round === round) }));
      });
    },
    read: async (id) => {
      const row = await query.selectFrom('invoice').selectAll().where('id', '=', id).executeTakeFirst();
      return row ? (await withMails([row]))[0]! : null;
    },
    findByNumber: async (accountId, number) => {
      const row = await query
        .selectFrom('invoice')
        .selectAll()
        .where('account_id', '=', accountId)
        .where('number', '=', number)
        .executeTakeFirst();
      return row ? toStored(row) : null;
    },
    findTaken: async (keys) => {
      const wanted = new Set(keys.map(({ accountId, number }) => `${accountId} ${number}`));
      const found = new Set<string>();
      for (let from = 0; from < keys.length; from += atOnce) {
        const numbers = keys.slice(from, from + atOnce).map(({ number }) => number);
        const rows = await query
          .selectFrom('invoice')
          .select(['account_id', 'number'])
          .where('number', 'in', numbers)
          .execute();
        for (const { account_id, number } of rows) {
          if (wanted.has(`${account_id} ${number}`)) found.add(`${account_id} ${number}`);
        }
      }
      return found;
    },
    list: async ({ accountId, runId, number }, { cursor, limit }) => {
      let select = query
        .selectFrom('invoice')
        .selectAll()
        .orderBy('id', 'desc')
        .limit(limit + 1);
      if (accountId !== undefined) select = select.where('account_id', '=', accountId);
      if (runId !== undefined) select = select.where('run_id', '=', runId);
      if (number !== undefined && number !== '') {
        select = select.where('number', '>=', number).where('number', '<', `${number}\u{10ffff}`);
      }
      if (cursor !== undefined) select = select.where('id', '<', decodeCursor(cursor));
      const rows = await select.execute();
      const data = await withMails(rows.slice(0, limit));
      return { data, next: rows.length > limit ? encodeCursor(rows[limit - 1]!.id) : null };
    },
    listMails: readMails,
    keepLook: async (look) => {
      const { logo, ...fields } = look;
      const name = hashLook(look);
      if (looks.has(name)) return name;
      const values = {
        hash: name,
        fields: JSON.stringify(fields),
        logo_type: logo?.contentType ?? null,
        logo: logo?.bytes ?? null,
      };
      await runTogether([
        query
          .insertInto('invoice_look')
          .values(values)
          .onConflict((conflict) => conflict.column('hash').doNothing()),
      ]);
      remember(looks, name, look);
      return name;
    },
    readLook: async (name) => {
      const known = looks.get(name);
      if (known) return known;
      const row = await query.selectFrom('invoice_look').selectAll().where('hash', '=', name).executeTakeFirstOrThrow();
      const look = {
        ...(JSON.parse(row.fields) as Omit<InvoiceLook, 'logo'>),
        logo: row.logo && row.logo_type !== null ? { contentType: row.logo_type, bytes: row.logo } : null,
      };
      remember(looks, name, look);
      return look;
    },
    readPdf: async (name) => {
      const row = await query.selectFrom('invoice_pdf').select('bytes').where('hash', '=', name).executeTakeFirst();
      return row ? Buffer.from(row.bytes) : null;
    },
  };
};

const mostLooks = 8;

function remember(looks: Map<string, InvoiceLook>, name: string, look: InvoiceLook): void {
  if (looks.size >= mostLooks) looks.clear();
  looks.set(name, look);
}

/** The values as a row, where the invoice is there. PostgreSQL has to be told the types of what is selected. */
const selectIfThere = (invoiceId: string, values: readonly unknown[]) => {
  const cells = values.map((value) =>
    typeof value === 'number' ? sql`cast(${value} as bigint)` : sql`cast(${value} as text)`,
  );
  return sql`select ${sql.join(cells)} where exists (select 1 from invoice where id = ${invoiceId})`;
};

function toRow(invoice: NewInvoice): InvoiceRow {
  return {
    id: invoice.id,
    account_id: invoice.account.id,
    account_number: invoice.account.number,
    account_name: invoice.account.name,
    number: invoice.number,
    issued_on: invoice.issuedOn,
    due_on: invoice.dueOn,
    currency: invoice.content.totals.currency,
    total: invoice.content.totals.total,
    content: JSON.stringify(invoice.content),
    look_hash: invoice.lookHash,
    pdf_hash: invoice.pdfHash,
    pdf_bytes: invoice.pdfBytes,
    run_id: invoice.runId,
    is_open: 1,
    created_at: invoice.createdAt,
    created_by: invoice.createdBy,
  };
}

function toStored(row: Selectable<InvoiceRow>): StoredInvoice {
  return {
    id: row.id,
    account: { id: row.account_id, number: row.account_number, name: row.account_name },
    number: row.number,
    issuedOn: row.issued_on,
    dueOn: row.due_on,
    content: JSON.parse(row.content) as InvoiceContent,
    lookHash: row.look_hash,
    pdfHash: row.pdf_hash,
    pdfBytes: row.pdf_bytes,
    runId: row.run_id,
    createdAt: row.created_at,
    createdBy: row.created_by,
  };
}
