/** How the company looked when an invoice was begun, and the PDFs that were given with invoices; each kept once. */
import type { Database } from '../database/open.ts';
import { openRunTogether } from '../database/run-together.ts';
import type { InvoiceLook } from '../invoice-pdf/invoice-document.ts';
import { hashLook } from './stored-invoice.ts';

export interface InvoiceLookStore {
  /** @returns its hash. */
  keepLook: (look: InvoiceLook) => Promise<string>;
  readLook: (hash: string) => Promise<InvoiceLook>;
  readPdf: (hash: string) => Promise<Buffer | null>;
}

export const openInvoiceLooks = (database: Database): InvoiceLookStore => {
  const { query } = database;
  const runTogether = openRunTogether(database);
  const looks = new Map<string, InvoiceLook>();
  return {
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
