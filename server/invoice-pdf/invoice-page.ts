/**
 * An invoice as pages of A4: letterhead, who it is for, a table whose head is repeated, tax per rate, what to pay, notes.
 *
 * from: totals that are added up (invoice/add-up.ts) and the look of the company. to: what pdfmake sets.
 * Policy: every column has a width in points, because text from right to left is broken into lines before it is set.
 */
import type {
  Content,
  ContentStack,
  ContentText,
  CustomTableLayout,
  TableCell,
  TDocumentDefinitions,
} from 'pdfmake/interfaces.js';
import type { InvoiceTotals } from '../../contracts/invoice.ts';
import { fillWords, findInvoiceLocale, findInvoiceWords } from './invoice-words.ts';

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

const page = { width: 595.28, left: 56, right: 48, top: 62, bottom: 78 };
const bodyWidth = page.width - page.left - page.right;
const faint = '#5b6766';
const rule = '#d5dcdb';
const bodySize = 9;

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
      ...(given.totals.lines.length > 0 ? [layOutLines(given.totals, parts, written)] : []),
      layOutTotals(given.totals, parts, written),
      ...layOutPayment(given, parts, written),
    ],
  };
};

type Writer = ReturnType<typeof openWriter>;

function openWriter({ language, totals }: InvoiceDocument) {
  const words = findInvoiceWords(language);
  const locale = findInvoiceLocale(language);
  const isCredit = totals.total.startsWith('-');
  return {
    words,
    title: isCredit ? words.creditNote : words.invoice,
    isCredit,
    money: (amount: string) => formatAmount(amount, locale, totals.currency),
    number: (value: string) => formatters.number(locale).format(value as Intl.StringNumericLiteral),
    rate: (value: string) => formatters.rate(locale).format(shiftPerCent(value) as Intl.StringNumericLiteral),
    date: (day: string) => formatters.date(locale).format(new Date(day)),
  };
}

/** 19 → 0.19, exactly. */
const shiftPerCent = (text: string): string => {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  const digits = whole.padStart(3, '0');
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}${fraction}`;
};

const keep = <T>(make: (locale: string, more: string) => T) => {
  const kept = new Map<string, T>();
  return (locale: string, more = ''): T => {
    const key = `${locale} ${more}`;
    const made = kept.get(key) ?? make(locale, more);
    if (kept.size > 100) kept.clear();
    kept.set(key, made);
    return made;
  };
};
const formatters = {
  number: keep((locale) => new Intl.NumberFormat(locale, { maximumFractionDigits: 6 })),
  rate: keep((locale) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 4 })),
  date: keep((locale) => new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' })),
  money: keep((locale, currencyAndDigits) => {
    const [currency, digits] = currencyAndDigits.split(' ') as [string, string];
    const shown = { minimumFractionDigits: Number(digits), maximumFractionDigits: Number(digits) };
    return new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol', ...shown });
  }),
};
/** With as many digits as are given; spaces that no font has become plain ones that do not break. */
const formatAmount = (amount: string, locale: string, currency: string) =>
  formatters
    .money(locale, `${currency} ${amount.split('.')[1]?.length ?? 0}`)
    .format(amount as Intl.StringNumericLiteral)
    .replaceAll('\u202f', '\u00a0');

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

const bare: CustomTableLayout = {
  hLineWidth: () => 0,
  vLineWidth: () => 0,
  paddingLeft: () => 0,
  paddingRight: () => 0,
  paddingTop: () => 1.5,
  paddingBottom: () => 1.5,
};

function layOutLines(
  totals: InvoiceTotals,
  { look, set, measure }: PageParts,
  { words, money, number, rate }: Writer,
): Content {
  const hasTax = totals.taxes.length > 0;
  const head = [words.description, words.quantity, words.unitPrice, ...(hasTax ? [words.tax] : []), words.amount];
  const rows = totals.lines.map((one) => [
    one.description,
    number(one.quantity),
    money(one.unit_price),
    ...(hasTax ? [one.tax_rate === null ? '' : rate(one.tax_rate)] : []),
    money(one.amount),
  ]);
  const gap = 14;
  const widthOf = (at: number) => {
    const widest = rows.reduce((most, row) => (row[at]!.length > most.length ? row[at]! : most), '');
    const style = { fontSize: bodySize };
    return Math.ceil(Math.max(measure(head[at]!, { ...style, bold: true }), measure(widest, style) * 1.06)) + gap + 1;
  };
  const narrow = head.slice(1).map((_, at) => widthOf(at + 1));
  const widths = [bodyWidth - narrow.reduce((sum, width) => sum + width, 0), ...narrow];
  const cell = (text: string, at: number, bold = false): TableCell => ({
    ...set(text, widths[at]! - (at === 0 ? 0 : gap), { bold, fontSize: bodySize }),
    ...(at > 0 && { alignment: 'right' as const, noWrap: true }),
  });
  return {
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths: widths.map((width, at) => width - (at === 0 ? 0 : gap)),
      body: [
        head.map((text, at) => ({ ...(cell(text, at, true) as object), color: look.color }) as TableCell),
        ...rows.map((row) => row.map((text, at) => cell(text, at))),
      ],
    },
    layout: {
      hLineWidth: (at, node) => (at === 0 ? 0 : at === 1 || at === node.table.body.length ? 0.9 : 0.5),
      hLineColor: (at) => (at === 1 ? look.color : rule),
      vLineWidth: () => 0,
      paddingLeft: (at) => (at === 0 ? 0 : gap),
      paddingRight: () => 0,
      paddingTop: () => 5,
      paddingBottom: () => 4,
    },
  };
}

function layOutTotals(totals: InvoiceTotals, { look, set }: PageParts, { words, money, rate }: Writer): Content {
  const [width, amountWidth] = [270, 110];
  const labelWidth = width - amountWidth;
  const row = (label: string, amount: string): TableCell[] => [
    { ...set(label, labelWidth), color: faint },
    { ...set(money(amount), amountWidth), alignment: 'right', noWrap: true },
  ];
  const rows = totals.taxes.map(({ rate: of, base, amount }) =>
    row(fillWords(words.taxOn, { rate: rate(of), base: money(base) }), amount),
  );
  const strong = { bold: true, fontSize: 12 };
  const body = [
    ...(rows.length > 0 ? [row(words.subtotal, totals.subtotal)] : []),
    ...rows,
    [
      set(words.total, labelWidth, strong),
      { ...set(money(totals.total), amountWidth, strong), alignment: 'right' as const, noWrap: true },
    ],
  ];
  return {
    unbreakable: true,
    margin: [0, 10, 0, 0],
    columns: [
      { width: '*', text: '' },
      {
        width,
        table: { widths: [labelWidth, amountWidth], body },
        layout: {
          ...bare,
          hLineWidth: (at: number) => (at === body.length - 1 ? 0.9 : 0),
          hLineColor: () => look.color,
          paddingTop: (at: number) => (at === body.length - 1 ? 6 : 2.5),
          paddingBottom: () => 2.5,
        },
      },
    ],
  };
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
