/** What stands on the page besides what was given, in the languages that it can be in. */

export interface InvoiceWords {
  invoice: string;
  creditNote: string;
  date: string;
  dueOn: string;
  customer: string;
  reference: string;
  description: string;
  quantity: string;
  unitPrice: string;
  tax: string;
  amount: string;
  subtotal: string;
  /** `{rate}` is written with its sign, `{base}` as money. */
  taxOn: string;
  total: string;
  /** `{amount}`, `{date}`. */
  pleasePay: string;
  pleasePayTo: string;
  paymentReference: string;
  vatNumber: string;
  /** `{page}`, `{pages}`. */
  page: string;
}

const words: Record<string, InvoiceWords> = {
  en: {
    invoice: 'Invoice',
    creditNote: 'Credit note',
    date: 'Date',
    dueOn: 'Due on',
    customer: 'Customer no.',
    reference: 'Your reference',
    description: 'Description',
    quantity: 'Quantity',
    unitPrice: 'Unit price',
    tax: 'Tax',
    amount: 'Amount',
    subtotal: 'Subtotal',
    taxOn: 'Tax {rate} on {base}',
    total: 'Total',
    pleasePay: 'Please pay {amount} by {date}.',
    pleasePayTo: 'Payment to',
    paymentReference: 'Payment reference',
    vatNumber: 'VAT no.',
    page: 'Page {page} of {pages}',
  },
  de: {
    invoice: 'Rechnung',
    creditNote: 'Gutschrift',
    date: 'Datum',
    dueOn: 'Fällig am',
    customer: 'Kundennummer',
    reference: 'Ihr Zeichen',
    description: 'Beschreibung',
    quantity: 'Menge',
    unitPrice: 'Einzelpreis',
    tax: 'USt.',
    amount: 'Betrag',
    subtotal: 'Zwischensumme',
    taxOn: 'USt. {rate} auf {base}',
    total: 'Gesamtbetrag',
    pleasePay: 'Bitte zahlen Sie {amount} bis zum {date}.',
    pleasePayTo: 'Zahlung an',
    paymentReference: 'Verwendungszweck',
    vatNumber: 'USt-IdNr.',
    page: 'Seite {page} von {pages}',
  },
  fr: {
    invoice: 'Facture',
    creditNote: 'Avoir',
    date: 'Date',
    dueOn: 'Échéance',
    customer: 'N° client',
    reference: 'Votre référence',
    description: 'Désignation',
    quantity: 'Quantité',
    unitPrice: 'Prix unitaire',
    tax: 'TVA',
    amount: 'Montant',
    subtotal: 'Total HT',
    taxOn: 'TVA {rate} sur {base}',
    total: 'Total TTC',
    pleasePay: 'Merci de régler {amount} avant le {date}.',
    pleasePayTo: 'Paiement à',
    paymentReference: 'Référence du paiement',
    vatNumber: 'N° TVA',
    page: 'Page {page} sur {pages}',
  },
  es: {
    invoice: 'Factura',
    creditNote: 'Factura rectificativa',
    date: 'Fecha',
    dueOn: 'Vencimiento',
    customer: 'N.º de cliente',
    reference: 'Su referencia',
    description: 'Descripción',
    quantity: 'Cantidad',
    unitPrice: 'Precio unitario',
    tax: 'IVA',
    amount: 'Importe',
    subtotal: 'Base imponible',
    taxOn: 'IVA {rate} sobre {base}',
    total: 'Total',
    pleasePay: 'Le rogamos que pague {amount} antes del {date}.',
    pleasePayTo: 'Pago a',
    paymentReference: 'Concepto',
    vatNumber: 'NIF/IVA',
    page: 'Página {page} de {pages}',
  },
  it: {
    invoice: 'Fattura',
    creditNote: 'Nota di credito',
    date: 'Data',
    dueOn: 'Scadenza',
    customer: 'Codice cliente',
    reference: 'Vostro riferimento',
    description: 'Descrizione',
    quantity: 'Quantità',
    unitPrice: 'Prezzo unitario',
    tax: 'IVA',
    amount: 'Importo',
    subtotal: 'Imponibile',
    taxOn: 'IVA {rate} su {base}',
    total: 'Totale',
    pleasePay: 'Si prega di pagare {amount} entro il {date}.',
    pleasePayTo: 'Pagamento a',
    paymentReference: 'Causale',
    vatNumber: 'P. IVA',
    page: 'Pagina {page} di {pages}',
  },
  nl: {
    invoice: 'Factuur',
    creditNote: 'Creditnota',
    date: 'Datum',
    dueOn: 'Vervaldatum',
    customer: 'Klantnummer',
    reference: 'Uw referentie',
    description: 'Omschrijving',
    quantity: 'Aantal',
    unitPrice: 'Prijs per stuk',
    tax: 'Btw',
    amount: 'Bedrag',
    subtotal: 'Subtotaal',
    taxOn: 'Btw {rate} over {base}',
    total: 'Totaal',
    pleasePay: 'Gelieve {amount} te betalen vóór {date}.',
    pleasePayTo: 'Betaling aan',
    paymentReference: 'Betalingskenmerk',
    vatNumber: 'Btw-nr.',
    page: 'Pagina {page} van {pages}',
  },
};

/** @param language `de-AT` takes `de`; what there are no words for takes English. */
export const findInvoiceWords = (language: string): InvoiceWords =>
  words[language.toLowerCase().split('-')[0] ?? ''] ?? (words.en as InvoiceWords);

/** Whose way of writing dates and numbers goes with the words. */
export const findInvoiceLocale = (language: string): string =>
  words[language.toLowerCase().split('-')[0] ?? ''] ? language : 'en-GB';

export const fillWords = (text: string, values: Record<string, string>): string =>
  text.replaceAll(/\{(\w+)\}/g, (all, name: string) => values[name] ?? all);
