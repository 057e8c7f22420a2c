/** The lines of an invoice with their amounts, and under them tax per rate and the total. */
import type { Content, CustomTableLayout, TableCell } from 'pdfmake/interfaces.js';
import type { InvoiceTotals } from '../../contracts/invoice.ts';
import type { PageParts } from './invoice-document.ts';
import { fillWords } from './invoice-words.ts';
import type { Writer } from './write-amounts.ts';

export const faint = '#5b6766';
export const rule = '#d5dcdb';
export const bodySize = 9;

export const bare: CustomTableLayout = {
  hLineWidth: () => 0,
  vLineWidth: () => 0,
  paddingLeft: () => 0,
  paddingRight: () => 0,
  paddingTop: () => 1.5,
  paddingBottom: () => 1.5,
};

/** As wide as the columns of amounts need; the description has what is left of `bodyWidth`, in points. */
export function layOutLines(
  totals: InvoiceTotals,
  { look, set, measure }: PageParts,
  { words, money, number, rate }: Writer,
  bodyWidth: number,
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

export function layOutTotals(totals: InvoiceTotals, { look, set }: PageParts, { words, money, rate }: Writer): Content {
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
