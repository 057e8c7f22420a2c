import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Account } from '../../../contracts/account.ts';
import { formatDay, formatMoney } from '../../lib/money.ts';
import { Loading } from '../../ui/loading.tsx';
import { MailState } from '../../ui/mail-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { accountInvoicesQuery } from './account-queries.ts';

/** Every invoice of the account, newest first, with where its mail is. */
export function AccountInvoices({ account }: { account: Account }) {
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    accountInvoicesQuery(account.id),
  );
  const invoices = data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <section aria-label="Invoices">
      <ProblemNote error={error} title="The invoices could not be loaded" onRetry={() => void refetch()} />
      {isPending && <Loading height={120} />}
      {data !== undefined && invoices.length === 0 && (
        <p className={look.intro}>
          No invoice was mailed to this account yet: neither from here, nor by the HTTP API, nor by a billing run.
        </p>
      )}
      {invoices.length > 0 && (
        <table className={look.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">Number</th>
              <th scope="col">Of</th>
              <th scope="col">Due</th>
              <th scope="col" className={look.figure}>
                Total
              </th>
              <th scope="col">Mail</th>
              <th scope="col">Mailed</th>
            </tr>
          </thead>
          <tbody>
            {invoices.map((invoice) => (
              <tr key={invoice.id}>
                <td>
                  <Link to="/invoices/$id" params={{ id: invoice.id }} className={look.link}>
                    {invoice.number}
                  </Link>
                </td>
                <td data-head="Of">{formatDay(invoice.issued_on)}</td>
                <td data-head="Due">{formatDay(invoice.due_on)}</td>
                <td data-head="Total" className={look.figure}>
                  {formatMoney(invoice.total, invoice.currency)}
                </td>
                <td>
                  <MailState state={invoice.state} />
                </td>
                <td data-head="Mailed">
                  <TimeAgo at={invoice.created_at} />
                  <span className={look.dim}> to {invoice.recipient_count}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {hasNextPage && (
        <div className={look.buttons}>
          <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </section>
  );
}
