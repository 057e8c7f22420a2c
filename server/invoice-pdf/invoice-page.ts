/**
 * An invoice as pages of A4: letterhead, who it is for, a table whose head is repeated, tax per rate, what to pay, notes.
 *
 * from: totals that are added up (invoice/add-up.ts) and the look of the company. to: what pdfmake sets.
 * Policy: every column has a width in points, because text from right to left is broken into lines before it is set.
 */
import type { Content, TDocumentDefinitions } from 'pdfmake/interfaces.js';
import type { InvoiceDocument, InvoiceLook, PageParts } from './invoice-document.ts';
import { bare, bodySize, faint, layOutLines, layOutTotals, rule } from './invoice-table.ts';
import { fillWords } from './invoice-words.ts';
import { openWriter, type Writer } from './write-amounts.ts';

const page = { width: 595.28, left: 56, right: 48, top: 62, bottom: 78 };
const bodyWidth = page.width - page.left - page.right;

export const layOutInvoice = (given: InvoiceDocument, parts: PageParts): TDocumentDefinitions => {
  const { look } = parts;
  const written = openWriter(given);
  return {
    pageSize: 'A4',
    pageMargins: [page.left, page.top, page.right, page.bottom],
    language: given.language,
    info: {
      title: `${written.title} ${given.number}`,
      author: look.company_name || 'Postern',
      creationDate: new Date(given.madeAt),
      producer: 'Postern',
      creator: 'Postern',
    },
    ...(look.logo && { images: { logo: toDataUrl(look.logo) } }),
    defaultStyle: { fontSize: bodySize, lineHeight: 1.2, color: '#17201f' },
    header: (current) => (current === 1 ? null : layOutContinued(given, parts, written)),
    footer: (current, count) => layOutFooter(current, count, parts, written),
    content: [
      layOutLetterhead(parts, written),
      ...layOutAddress(given, parts, written),
      ...(given.totals.lines.length > 0 ? [layOutLines(given.totals, parts, written, bodyWidth)] : []),
      layOutTotals(given.totals, parts, written),
      ...layOutPayment(given, parts, written),
    ],
  };
};

const toDataUrl = ({ contentType, bytes }: NonNullable<InvoiceLook['logo']>) =>
  `data:${contentType};base64,${Buffer.from(bytes).toString('base64')}`;

function layOutLetterhead({ look, set }: PageParts, { words }: Writer) {
  const width = 230;
  const small = { fontSize: 7.5 };
  const about = [
    look.address,
    look.phone,
    look.email,
    look.website.replace(/^https:\/\//, ''),
    look.vat_number && `${words.vatNumber} ${look.vat_number}`,
  ].filter((text) => text !== '');
  const name = { ...set(look.company_name, width, { bold: true, fontSize: 15, isLeft: true }), color: look.color };
  const left: Content = look.logo ? { image: 'logo', fit: [190, 52] } : name;
  const company: Content[] = look.logo ? [{ ...set(look.company_name, width, { bold: true, ...small }) }] : [];
  return {
    margin: [0, -20, 0, 26],
    columns: [
      { width: '*', stack: [left] },
      {
        width,
        stack: [...company, ...about.map((text) => set(text, width, small))],
        alignment: 'right',
        color: faint,
        lineHeight: 1.25,
        ...small,
      },
    ],
  } as Content;
}

/** Pages after the first say whose and which they are. */
function layOutContinued({ number }: InvoiceDocument, { look, set }: PageParts, { title }: Writer): Content {
  const about = [look.company_name, `${title} ${number}`].filter((text) => text !== '').join(' · ');
  return { ...set(about, bodyWidth, { fontSize: 7.5 }), margin: [page.left, 34, page.right, 0], color: faint };
}

function layOutFooter(current: number, count: number, { look, set }: PageParts, { words }: Writer): Content {
  const counted = fillWords(words.page, { page: String(current), pages: String(count) });
  return {
    margin: [page.left, 14, page.right, 0],
    stack: [
      line(bodyWidth, 0.5, rule),
      {
        margin: [0, 7, 0, 0],
        columnGap: 20,
        columns: [
          {
            width: '*',
            stack: [set(look.legal_text, bodyWidth - 100, { fontSize: 6.5 })],
            color: faint,
            lineHeight: 1.25,
          },
          { width: 80, ...set(counted, 80, { fontSize: 7.5 }), color: faint, alignment: 'right' },
        ],
      },
    ],
  };
}

const line = (width: number, lineWidth: number, lineColor: string): Content => ({
  canvas: [{ type: 'line', x1: 0, y1: 0, x2: width, y2: 0, lineWidth, lineColor }],
});

function layOutAddress(
  given: InvoiceDocument,
  { look, set, measure }: PageParts,
  { words, title, date }: Writer,
): Content[] {
  const facts = [
    [words.date, date(given.issuedOn)],
    [words.dueOn, date(given.dueOn)],
    [words.customer, given.accountNumber],
    [words.reference, given.reference],
  ].filter(([, value]) => value !== '') as [string, string][];
  const labelWidth = Math.max(...facts.map(([label]) => measure(label, { fontSize: bodySize }))) + 14;
  const [factsWidth, gap] = [210, 24];
  const leftWidth = bodyWidth - factsWidth - gap;
  const sender = [look.company_name, ...look.address.split('\n')].filter((text) => text !== '').join(' · ');
  return [
    {
      columnGap: gap,
      columns: [
        {
          width: leftWidth,
          stack: [
            { ...set(sender, leftWidth, { fontSize: 6.5, isLeft: true }), color: faint, margin: [0, 0, 0, 6] },
            set(given.accountName, leftWidth, { fontSize: 11, isLeft: true }),
          ],
        },
        {
          width: factsWidth,
          table: {
            widths: [labelWidth, factsWidth - labelWidth],
            body: facts.map(([label, value]) => [
              { ...set(label, labelWidth), color: faint },
              { ...set(value, factsWidth - labelWidth), alignment: 'right' },
            ]),
          },
          layout: bare,
        },
      ],
    },
    {
      ...set(`${title} ${given.number}`, bodyWidth, { bold: true, fontSize: 19 }),
      margin: [0, 34, 0, 16],
    },
  ];
}

function layOutPayment(
  given: InvoiceDocument,
  { look, set }: PageParts,
  { words, money, date, isCredit }: Writer,
): Content[] {
  const blocks: Content[] = [];
  if (!isCredit) {
    const values = { amount: money(given.totals.total), date: date(given.dueOn) };
    const stack: Content[] = [{ ...set(fillWords(words.pleasePay, values), bodyWidth, { bold: true }) }];
    if (look.bank_details !== '') {
      stack.push(
        { ...set(words.pleasePayTo, bodyWidth), color: faint, margin: [0, 8, 0, 1] },
        set(look.bank_details, bodyWidth),
        { ...set(`${words.paymentReference}: ${given.number}`, bodyWidth), margin: [0, 3, 0, 0] },
      );
    }
    blocks.push({ unbreakable: true, margin: [0, 26, 0, 0], stack });
  }
  if (given.notes !== '') blocks.push({ ...set(given.notes, bodyWidth), margin: [0, 18, 0, 0] });
  return blocks;
}
