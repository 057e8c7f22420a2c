/** What an invoice's pages are made from. */
import type { ContentStack, ContentText } from 'pdfmake/interfaces.js';
import type { InvoiceTotals } from '../../contracts/invoice.ts';

/** What of Branding stands on an invoice. */
export interface InvoiceLook {
  company_name: string;
  address: string;
  vat_number: string;
  bank_details: string;
  email: string;
  phone: string;
  website: string;
  color: string;
  legal_text: string;
  logo: { contentType: string; bytes: Uint8Array } | null;
}

export interface InvoiceDocument {
  language: string;
  number: string;
  issuedOn: string;
  dueOn: string;
  accountName: string;
  accountNumber: string;
  reference: string;
  notes: string;
  totals: InvoiceTotals;
  /** Milliseconds since 1970: the PDF of the same invoice is the same bytes. */
  madeAt: number;
}

/**
 * Sets a text in the fonts that its characters need. Paragraphs from right to left stand at the right, but with `isLeft`.
 * @param width in points, for lines that are broken beforehand.
 */
export type SetText = (
  text: string,
  width: number,
  style?: { bold?: boolean; fontSize?: number; isLeft?: boolean },
) => ContentText | ContentStack;

export interface PageParts {
  look: InvoiceLook;
  set: SetText;
  /** How wide a text is, in points. */
  measure: (text: string, style: { bold?: boolean; fontSize: number }) => number;
}
