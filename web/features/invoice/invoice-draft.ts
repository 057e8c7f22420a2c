/** An invoice while it is typed, and what is sent of it: numbers as the reader's language writes them become decimal strings. */
import type { z } from 'zod';
import type { InvoiceInput } from '../../../contracts/invoice.ts';
import { readDecimal } from '../../lib/money.ts';

export interface LineDraft {
  /** Stays with the line while others come and go. */
  key: number;
  description: string;
  quantity: string;
  unitPrice: string;
  taxRate: string;
}

export interface InvoiceDraft {
  number: string;
  issuedOn: string;
  dueOn: string;
  currency: string;
  reference: string;
  notes: string;
  lines: readonly LineDraft[];
  /** What it is for stands in a PDF of the caller's own: `total` is sent, and no line. */
  isTotalOnly: boolean;
  /** Tax included. */
  total: string;
  /** Of the caller's own, in base64; null: Postern makes one. */
  pdf: { name: string; base64: string } | null;
}

/** A line as the API takes it. */
export interface SentLine {
  description: string;
  quantity: string;
  unit_price: string;
  tax_rate: string | null;
}

/** The reader's day, `2026-11-22`. */
export function dayOf(at: Date): string {
  const two = (number: number) => String(number).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

const usualTermDays = 30;

export function emptyLine(key: number, taxRate = ''): LineDraft {
  return { key, description: '', quantity: '1', unitPrice: '', taxRate };
}

export function emptyDraft(currency: string, today: Date): InvoiceDraft {
  const due = new Date(today.getFullYear(), today.getMonth(), today.getDate() + usualTermDays);
  return {
    number: '',
    issuedOn: dayOf(today),
    dueOn: dayOf(due),
    currency,
    reference: '',
    notes: '',
    lines: [emptyLine(0)],
    isTotalOnly: false,
    total: '',
    pdf: null,
  };
}

/** Nothing typed into it: the line at the end that waits for the next one. */
const isBlank = ({ description, unitPrice }: LineDraft): boolean =>
  description.trim() === '' && unitPrice.trim() === '';

/** The lines that are sent, each with the place it has on the form. */
export function toSentLines(lines: readonly LineDraft[], locale?: string): { line: SentLine; at: number }[] {
  return lines.flatMap((draft, at) => {
    if (isBlank(draft)) return [];
    const rate = draft.taxRate.trim().replace(/\s*%$/, '');
    return [
      {
        at,
        line: {
          description: draft.description.trim(),
          quantity: draft.quantity.trim() === '' ? '1' : readDecimal(draft.quantity, locale),
          unit_price: readDecimal(draft.unitPrice, locale),
          tax_rate: rate === '' ? null : readDecimal(rate, locale),
        },
      },
    ];
  });
}

/** For adding up while typing: what has a price; a line without words yet has some, for the sum does not need them. */
export const toCountedLines = (lines: readonly LineDraft[], locale?: string): { line: SentLine; at: number }[] =>
  toSentLines(lines, locale)
    .filter(({ line }) => line.unit_price !== '')
    .map(({ line, at }) => ({ at, line: { ...line, description: line.description || '–' } }));

/** The body of the API. */
export function toInput(draft: InvoiceDraft, locale?: string): z.input<typeof InvoiceInput> {
  return {
    number: draft.number,
    issued_on: draft.issuedOn,
    due_on: draft.dueOn,
    currency: draft.currency,
    reference: draft.reference,
    notes: draft.notes,
    ...(draft.isTotalOnly
      ? { total: readDecimal(draft.total, locale) }
      : { lines: toSentLines(draft.lines, locale).map(({ line }) => line) }),
    ...(draft.pdf === null ? {} : { pdf: draft.pdf.base64 }),
  };
}
