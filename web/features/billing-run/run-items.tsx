import { Button, NativeSelect } from '@mantine/core';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { type BillingItem, type BillingRun, billingItemStates } from '../../../contracts/billing-run.ts';
import { formatMoney } from '../../lib/money.ts';
import { Loading } from '../../ui/loading.tsx';
import { MailState } from '../../ui/mail-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import classes from './billing-run.module.css';
import { isAtWork, itemsQuery } from './billing-run-queries.ts';
import { ItemState, itemWords } from './run-state.tsx';

/** The invoices of the file in its order, of one state or all; the choice stands in the address. */
export function RunItems({ run }: { run: BillingRun }) {
  const navigate = useNavigate();
  const { state: wanted } = useSearch({ strict: false });
  const state = billingItemStates.find((each) => each === wanted);
  const isLive = isAtWork(run);
  const items = useInfiniteQuery(itemsQuery(run.id, state, isLive));
  const queryClient = useQueryClient();
  // What changed after the last look while it was at work.
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step of the run is a reason to look again
  useEffect(() => {
    void queryClient.invalidateQueries({ queryKey: ['billing-runs', 'items', run.id] });
  }, [queryClient, run.id, run.state, isLive]);
  const all = items.data?.pages.flatMap((page) => page.data) ?? [];
  const choose = (next: string) =>
    navigate({
      to: '/billing-runs/$id',
      params: { id: run.id },
      search: next === '' ? {} : { state: next },
      replace: true,
      resetScroll: false,
    });
  return (
    <section className={look.section} aria-labelledby="items-title">
      <h2 id="items-title">The invoices of the file</h2>
      <NativeSelect
        size="xs"
        className={classes.state ?? ''}
        aria-label="Show invoices"
        data={[{ value: '', label: 'All' }, ...billingItemStates.map((value) => ({ value, label: itemWords(value) }))]}
        value={state ?? ''}
        onChange={(event) => void choose(event.currentTarget.value)}
      />
      <ProblemNote error={items.error} title="They could not be loaded" onRetry={() => void items.refetch()} />
      {items.isPending && <Loading height={120} />}
      {items.data !== undefined && all.length === 0 && <p className={look.intro}>None.</p>}
      {all.length > 0 && (
        <table className={look.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Account</th>
              <th scope="col">Invoice</th>
              <th scope="col" className={look.figure}>
                Total
              </th>
              <th scope="col">State</th>
              <th scope="col">Mail</th>
            </tr>
          </thead>
          <tbody>
            {all.map((item) => (
              <ItemRow key={item.position} item={item} />
            ))}
          </tbody>
        </table>
      )}
      {items.hasNextPage && (
        <div className={look.buttons}>
          <Button
            size="xs"
            variant="default"
            loading={items.isFetchingNextPage}
            onClick={() => void items.fetchNextPage()}
          >
            Show more
          </Button>
        </div>
      )}
    </section>
  );
}

function ItemRow({ item }: { item: BillingItem }) {
  return (
    <tr>
      <td data-head="Line">{item.row}</td>
      <td data-head="Account" className={look.key}>
        {item.account_number}
      </td>
      <td data-head="Invoice" className={look.key}>
        {item.invoice_id === null ? (
          item.number
        ) : (
          <Link to="/invoices/$id" params={{ id: item.invoice_id }} className={look.link}>
            {item.number}
          </Link>
        )}
      </td>
      <td data-head="Total" className={look.figure}>
        {item.total === null ? '' : formatMoney(item.total, item.currency)}
      </td>
      <td>
        <ItemState state={item.state} />
        {item.problems.map(({ path, message }) => (
          <p key={`${path} ${message}`} className={classes.problem}>
            {message}
          </p>
        ))}
      </td>
      <td>
        {item.mails.map((mail) => (
          <div key={mail.message_id}>
            <MailState state={mail.state} />{' '}
            <Link to="/messages/$id" params={{ id: mail.message_id }} className={look.link} preload={false}>
              {mail.address}
            </Link>
            {mail.reply !== '' && mail.state !== 'sent' && <p className={look.dim}>{mail.reply}</p>}
          </div>
        ))}
      </td>
    </tr>
  );
}
