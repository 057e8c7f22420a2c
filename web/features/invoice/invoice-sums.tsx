import type { InvoiceTotals } from '../../../contracts/invoice.ts';
import { formatDecimal, formatMoney } from '../../lib/money.ts';
import classes from './invoice-form.module.css';

/** Net, tax per rate and total, as they stand on the invoice. */
export function InvoiceSums({ sums }: { sums: Pick<InvoiceTotals, 'currency' | 'subtotal' | 'taxes' | 'total'> }) {
  const { currency, subtotal, taxes, total } = sums;
  return (
    <dl className={classes.totals}>
      {taxes.length > 0 && (
        <>
          <dt>Without tax</dt>
          <dd>{formatMoney(subtotal, currency)}</dd>
        </>
      )}
      {taxes.map(({ rate, base, amount }) => (
        <Tax key={rate} words={`${formatDecimal(rate)} % tax on ${formatMoney(base, currency)}`}>
          {formatMoney(amount, currency)}
        </Tax>
      ))}
      <dt className={classes.sum}>Total</dt>
      <dd className={classes.sum}>{formatMoney(total, currency)}</dd>
    </dl>
  );
}

function Tax({ words, children }: { words: string; children: string }) {
  return (
    <>
      <dt>{words}</dt>
      <dd>{children}</dd>
    </>
  );
}
