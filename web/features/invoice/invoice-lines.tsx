import { Button, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { invoiceLimits } from '../../../contracts/invoice.ts';
import { fieldMessages } from '../../lib/field-messages.ts';
import { formatMoney } from '../../lib/money.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import look from '../../ui/records.module.css';
import { emptyLine, type LineDraft, toCountedLines } from './invoice-draft.ts';
import classes from './invoice-form.module.css';
import { totalsQuery } from './invoice-queries.ts';
import { InvoiceSums } from './invoice-sums.tsx';

interface InvoiceLinesProps {
  lines: readonly LineDraft[];
  currency: string;
  /** @param at place of the line on the form */
  problemOf: (at: number, field: string) => string | null;
  onChange: (lines: LineDraft[]) => void;
}

/** The lines, and beneath them what they add up to. Enter leads to the next line, and makes one after the last. */
export function InvoiceLines({ lines, currency, problemOf, onChange }: InvoiceLinesProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [focused, setFocused] = useState<number | null>(null);
  // After a line has come, its first field is what is typed into.
  useEffect(() => {
    if (focused === null) return;
    body.current?.querySelector<HTMLElement>(`[data-line="${focused}"] input`)?.focus();
    setFocused(null);
  }, [focused]);

  const [counted] = useDebouncedValue(toCountedLines(lines), 250);
  const totals = useQuery(
    totalsQuery(
      currency.trim().toUpperCase(),
      counted.map(({ line }) => line),
    ),
  );
  const sums = counted.length === 0 ? undefined : totals.data;
  const live = fieldMessages(
    totals.error,
    counted.map((_, index) => `lines.${index}`),
  );
  const liveProblem = (at: number, field: string) => {
    const index = counted.findIndex((each) => each.at === at);
    return index < 0 ? null : live.of(`lines.${index}.${field}`);
  };
  const amountOf = (at: number) => {
    const index = counted.findIndex((each) => each.at === at);
    const amount = index < 0 || totals.error !== null ? undefined : sums?.lines[index]?.amount;
    return amount === undefined || sums === undefined ? '' : formatMoney(amount, sums.currency);
  };

  const add = () => {
    const key = Math.max(...lines.map((line) => line.key)) + 1;
    onChange([...lines, emptyLine(key, lines.at(-1)?.taxRate)]);
    setFocused(key);
  };
  const remove = (key: number) => {
    const others = lines.filter((line) => line.key !== key);
    const at = lines.findIndex((line) => line.key === key);
    onChange(others.length === 0 ? [emptyLine(key + 1)] : others);
    setFocused((others[Math.min(at, others.length - 1)] ?? { key: key + 1 }).key);
  };
  const onKey = (event: KeyboardEvent, at: number) => {
    if (event.key !== 'Enter' || event.ctrlKey || event.metaKey || !(event.target instanceof HTMLInputElement)) return;
    event.preventDefault();
    const next = lines[at + 1];
    if (next !== undefined) setFocused(next.key);
    else if (lines.length < invoiceLimits.lines) add();
  };
  const cell = (
    at: number,
    field: 'description' | 'quantity' | 'unitPrice' | 'taxRate',
    path: string,
    label: string,
  ) => ({
    'aria-label': `${label}, line ${at + 1}`,
    value: lines[at]?.[field] ?? '',
    error: problemOf(at, path) ?? liveProblem(at, path),
    autoComplete: 'off',
    onChange: (event: { currentTarget: { value: string } }) =>
      onChange(lines.map((line, index) => (index === at ? { ...line, [field]: event.currentTarget.value } : line))),
  });
  return (
    <section aria-label="Lines">
      <table className={classes.lines}>
        <thead>
          <tr>
            <th scope="col">Description</th>
            <th scope="col" className={classes.figure}>
              Quantity
            </th>
            <th scope="col" className={classes.figure}>
              Price of one
            </th>
            <th scope="col" className={classes.figure}>
              Tax, %
            </th>
            <th scope="col" className={classes.figure}>
              Amount
            </th>
            <th scope="col">
              <span className="postern-hidden">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody ref={body}>
          {lines.map((line, at) => (
            <tr key={line.key} data-line={line.key} onKeyDown={(event) => onKey(event, at)}>
              <td className={classes.wide} data-head={`Line ${at + 1}`}>
                <TextInput maxLength={1000} {...cell(at, 'description', 'description', 'Description')} />
              </td>
              <td className={`${classes.quantity} ${classes.figure}`} data-head="Quantity">
                <TextInput inputMode="decimal" {...cell(at, 'quantity', 'quantity', 'Quantity')} />
              </td>
              <td className={`${classes.price} ${classes.figure}`} data-head="Price of one">
                <TextInput inputMode="decimal" {...cell(at, 'unitPrice', 'unit_price', 'Price of one')} />
              </td>
              <td className={`${classes.rate} ${classes.figure}`} data-head="Tax, %">
                <TextInput
                  inputMode="decimal"
                  placeholder="none"
                  {...cell(at, 'taxRate', 'tax_rate', 'Tax in per cent')}
                />
              </td>
              <td className={`${classes.amount} ${classes.figure}`} data-head="Amount">
                {amountOf(at)}
              </td>
              <td className={classes.remove}>
                <IconButton label={`Remove line ${at + 1}`} onClick={() => remove(line.key)}>
                  <IconX size={16} aria-hidden />
                </IconButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <div className={look.buttons}>
        <Button size="xs" variant="default" disabled={lines.length >= invoiceLimits.lines} onClick={add}>
          Add line
        </Button>
        <span className={look.dim}>Enter leads to the next line.</span>
      </div>
      {sums !== undefined && totals.error === null && (
        <div className={classes.live} aria-live="polite" aria-busy={totals.isPlaceholderData}>
          <InvoiceSums sums={sums} />
        </div>
      )}
      {totals.error !== null && live.general !== null && (
        <p className={classes.fault} role="alert">
          {live.general.message}
        </p>
      )}
    </section>
  );
}
