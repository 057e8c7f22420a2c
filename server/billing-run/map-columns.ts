/** Columns of a CSV → what they mean: guessed from their names, in English and German, and changed by people. */
import type { BillingField, BillingMapping } from '../../contracts/billing-run.ts';

const names: Record<BillingField, readonly string[]> = {
  account: [
    'account',
    'account_number',
    'account_no',
    'customer',
    'customer_number',
    'customer_no',
    'customer_id',
    'client',
    'client_number',
    'kunde',
    'kundennummer',
    'kundennr',
    'kunden_nr',
    'konto',
    'debitor',
    'debitorennummer',
  ],
  number: [
    'number',
    'invoice',
    'invoice_number',
    'invoice_no',
    'invoice_id',
    'rechnung',
    'rechnungsnummer',
    'rechnungsnr',
    'rechnung_nr',
    'belegnummer',
    'document_number',
  ],
  issued_on: ['issued_on', 'issued', 'date', 'invoice_date', 'issue_date', 'datum', 'rechnungsdatum', 'belegdatum'],
  due_on: ['due_on', 'due', 'due_date', 'payable_by', 'faellig', 'faellig_am', 'faelligkeit', 'zahlbar_bis'],
  currency: ['currency', 'currency_code', 'waehrung', 'whg'],
  description: [
    'description',
    'item',
    'position',
    'text',
    'product',
    'service',
    'beschreibung',
    'leistung',
    'artikel',
    'bezeichnung',
  ],
  quantity: ['quantity', 'qty', 'units', 'menge', 'anzahl', 'stueck'],
  unit_price: [
    'unit_price',
    'price',
    'price_per_unit',
    'net_price',
    'rate_per_unit',
    'einzelpreis',
    'preis',
    'nettopreis',
  ],
  tax_rate: ['tax_rate', 'tax', 'vat', 'vat_rate', 'tax_percent', 'steuersatz', 'ust', 'mwst', 'steuer'],
  total: [
    'total',
    'amount',
    'gross',
    'total_amount',
    'amount_due',
    'gross_total',
    'gesamt',
    'gesamtbetrag',
    'betrag',
    'brutto',
    'summe',
  ],
  reference: [
    'reference',
    'your_reference',
    'po',
    'po_number',
    'order_number',
    'customer_reference',
    'referenz',
    'ihr_zeichen',
    'bestellnummer',
  ],
  notes: ['notes', 'note', 'comment', 'remark', 'remarks', 'bemerkung', 'notiz', 'hinweis'],
  language: ['language', 'lang', 'locale', 'sprache'],
  pdf: ['pdf', 'pdf_file', 'file', 'filename', 'file_name', 'attachment', 'datei', 'dateiname', 'pdf_datei'],
};

const fold = (name: string) =>
  name
    .normalize('NFKC')
    .trim()
    .toLowerCase()
    .replaceAll('ä', 'ae')
    .replaceAll('ö', 'oe')
    .replaceAll('ü', 'ue')
    .replaceAll('ß', 'ss')
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');

/** Each column is taken once; of two that fit, the one whose name is nearer. */
export const guessMapping = (columns: readonly string[]): BillingMapping => {
  const mapping: BillingMapping = {};
  const taken = new Set<string>();
  const candidates = (Object.entries(names) as [BillingField, readonly string[]][]).flatMap(([field, all]) =>
    all.map((name, rank) => ({ field, name, rank })),
  );
  for (const { field, name } of candidates.sort((a, b) => a.rank - b.rank)) {
    const column = columns.find((one) => fold(one) === name);
    if (column === undefined || taken.has(column) || mapping[field] !== undefined) continue;
    mapping[field] = column;
    taken.add(column);
  }
  return mapping;
};
