import type { Invoice } from '../../../contracts/invoice.ts';
import { formatDecimal, formatMoney } from '../../lib/money.ts';
import look from '../../ui/records.module.css';
import { InvoiceSums } from './invoice-sums.tsx';
import classes from './written-lines.module.css';

/** What the invoice says. */
export function WrittenLines({ invoice }: { invoice: Invoice }) {
  const { lines, currency, notes } = invoice;
  return (
    <section className={look.section} aria-labelledby="lines-title">
      <h3 id="lines-title">What it says</h3>
      {lines.length > 0 && (
        <table className={look.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">Description</th>
              <th scope="col" className={look.figure}>
                Quantity
              </th>
              <th scope="col" className={look.figure}>
                Price of one
              </th>
              <th scope="col" className={look.figure}>
                Tax
              </th>
              <th scope="col" className={look.figure}>
                Amount
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: an invoice that was mailed does not change
              <tr key={index}>
                <td className={classes.text}>{line.description}</td>
                <td data-head="Quantity" className={look.figure}>
                  {formatDecimal(line.quantity)}
                </td>
                <td data-head="Price of one" className={look.figure}>
                  {formatMoney(line.unit_price, currency)}
                </td>
                <td data-head="Tax" className={look.figure}>
                  {line.tax_rate === null ? '–' : `${formatDecimal(line.tax_rate)} %`}
                </td>
                <td data-head="Amount" className={look.figure}>
                  {formatMoney(line.amount, currency)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <InvoiceSums sums={invoice} />
      {notes !== '' && <p className={classes.text}>{notes}</p>}
    </section>
  );
}
