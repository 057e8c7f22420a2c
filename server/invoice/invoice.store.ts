/**
 * Invoices in the database. `begin` fixes number, contacts and the ids of their messages in one transaction, before any of
 * them is accepted; so whatever dies afterwards, what is left to do is known, and nobody is mailed twice.
 */
import { sql } from 'kysely';
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import type { InvoiceRow, Tables } from '../database/tables.ts';
import { type InvoiceLookStore, openInvoiceLooks } from './invoice-look.store.ts';
import { atOnce, type KeptInvoices, openKeptInvoices } from './kept-invoices.store.ts';
import type { StoredInvoice, StoredMail } from './stored-invoice.ts';

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

export interface InvoiceStore extends KeptInvoices, InvoiceLookStore {
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
}

export const openInvoiceStore = (database: Database): InvoiceStore => {
  const { query } = database;
  const runTogether = openRunTogether(database);
  const { store, withMails } = openKeptInvoices(database);

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

  return {
    ...store,
    ...openInvoiceLooks(database),
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
  };
};

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
