/** Accounts and contacts as CSV, in pages by id: the file may be long, memory is not. Imported again, it changes nothing. */
import { sql } from 'kysely';
import type { AccountState } from '../../contracts/account.ts';
import { contactFileFields } from '../../contracts/contact-import.ts';
import { fromBits } from '../contact/account.ts';
import type { Database } from '../database/open.ts';
import { byteOrderMark, writeCsvRow } from '../platform/csv-text.ts';

export interface ContactExport {
  /** @param status null: of all. */
  write: (status: AccountState | null) => AsyncGenerator<string>;
}

const accountsPerPage = 500;

export const openContactExport = ({ query }: Database): ContactExport => ({
  write: async function* (status) {
    yield byteOrderMark + writeCsvRow(contactFileFields);
    for (let after = ''; ; ) {
      let page = query.selectFrom('account').select('id').where('id', '>', after).orderBy('id').limit(accountsPerPage);
      if (status) page = page.where('status', '=', status);
      const ids = await page.execute();
      const last = ids.at(-1);
      if (!last) return;
      let rows = query
        .selectFrom('account')
        .leftJoin('contact', 'contact.account_id', 'account.id')
        .select([
          'account.number',
          'account.name',
          'account.status',
          'account.language',
          'account.currency',
          'contact.name as contact_name',
          'contact.address',
          'contact.kinds',
          'contact.primary_kinds',
          'contact.language as contact_language',
          'contact.is_active',
        ])
        .where('account.id', '>', after)
        .where('account.id', '<=', last.id)
        .orderBy('account.id')
        .orderBy(sql`contact.id`);
      if (status) rows = rows.where('account.status', '=', status);
      let text = '';
      for (const row of await rows.execute()) {
        const kinds = fromBits(row.kinds ?? 0).join(', ');
        text += writeCsvRow([
          ...[row.number, row.name, row.status, row.language, row.currency],
          ...(row.address === null
            ? ['', '', '', '', '', '']
            : [
                row.contact_name ?? '',
                row.address,
                kinds,
                fromBits(row.primary_kinds ?? 0).join(', ') || 'none',
                row.contact_language ?? '',
                row.is_active === 1 ? 'yes' : 'no',
              ]),
        ]);
      }
      yield text;
      after = last.id;
    }
  },
});
