/** Reads invoices, each with the mails of it and what became of them in the log. */
import type { Selectable } from 'kysely';
import type { InvoiceMailState } from '../../contracts/invoice.ts';
import type { Database } from '../database/open.ts';
import type { InvoiceRow } from '../database/tables.ts';
import { decodeCursor, encodeCursor } from '../platform/cursor.ts';
import type { InvoiceContent, StoredInvoice, StoredMail } from './stored-invoice.ts';

export interface KeptInvoices {
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
}

/** So many values fit in a statement of either database. */
export const atOnce = 400;

/** `withMails` does the same for rows that were read already. */
export const openKeptInvoices = ({ query }: Database) => {
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

  const store: KeptInvoices = {
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
  };
  return { store, withMails };
};

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
