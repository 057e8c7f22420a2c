/** Invoices: every one that was mailed, by whatever way, and on the right what became of it for each contact. */
import { Button, CloseButton, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useRef } from 'react';
import type { InvoiceSummary } from '../../../contracts/invoice.ts';
import { formatMoney } from '../../lib/money.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { useFilterShortcut } from '../../lib/use-shortcuts.ts';
import { useTypedText } from '../../lib/use-typed-text.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { MailState } from '../../ui/mail-state.tsx';
import { moveFocus } from '../../ui/move-focus.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { TwoPanes } from '../../ui/two-panes.tsx';
import { type InvoiceFilter, invoicesQuery } from './invoice-queries.ts';
import { InvoiceView } from './invoice-view.tsx';

export function InvoicesPage() {
  usePageTitle('Invoices');
  const { id } = useParams({ strict: false });
  const { number = '', run } = useSearch({ strict: false });
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const input = useRef<HTMLInputElement>(null);
  useFilterShortcut(input);
  const filter: InvoiceFilter = { ...(number === '' ? {} : { number }), ...(run === undefined ? {} : { run }) };
  const list = useInfiniteQuery(invoicesQuery(filter));
  const invoices = list.data?.pages.flatMap((page) => page.data) ?? [];
  const setFilter = (next: InvoiceFilter) => {
    const to = id === undefined ? { to: '/invoices' as const } : { to: '/invoices/$id' as const, params: { id } };
    void navigate({ ...to, search: { ...next }, replace: true });
  };
  const setNumber = (text: string) => {
    const { number: _, ...others } = filter;
    setFilter(text === '' ? others : { ...others, number: text });
  };
  const { typed, setTyped, putTyped } = useTypedText(number, setNumber);

  const isFiltered = number !== '' || typed !== '' || run !== undefined;
  if (list.data !== undefined && invoices.length === 0 && !isFiltered && id === undefined) return <NoInvoices />;
  return (
    <TwoPanes
      isDetailOpen={id !== undefined}
      onBack={() => navigate({ to: '/invoices', search: { ...filter } })}
      backLabel="Invoices"
      list={
        <section className={look.pane} aria-labelledby="invoices-title">
          <header className={look.paneHead}>
            <div className={look.paneTitle}>
              <h1 id="invoices-title">Invoices</h1>
            </div>
            <TextInput
              ref={input}
              type="search"
              aria-label="Number begins with"
              placeholder="Number begins with"
              value={typed}
              spellCheck={false}
              autoComplete="off"
              onChange={(event) => setTyped(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') putTyped();
                if (event.key === 'Escape') setTyped('');
              }}
              rightSection={
                typed === '' ? null : (
                  <CloseButton size="sm" aria-label="Show all numbers" onClick={() => setTyped('')} />
                )
              }
            />
            {run !== undefined && (
              <Button
                size="xs"
                variant="default"
                rightSection={<span aria-hidden>×</span>}
                onClick={() => setFilter(number === '' ? {} : { number })}
              >
                Of one billing run: show all
              </Button>
            )}
          </header>
          <ProblemNote
            error={list.error}
            title="The invoices could not be loaded"
            onRetry={() => void list.refetch()}
          />
          {list.isPending && <Loading height={180} isPadded />}
          {list.data !== undefined && invoices.length === 0 && <p className={look.none}>No invoice matches.</p>}
          <ul className={look.list} aria-label="Invoices" aria-busy={list.isPlaceholderData} onKeyDown={moveFocus}>
            {invoices.map((invoice) => (
              <InvoiceRow key={invoice.id} invoice={invoice} />
            ))}
          </ul>
          {list.hasNextPage && (
            <Button
              variant="subtle"
              loading={list.isFetchingNextPage}
              onClick={() => void list.fetchNextPage()}
              className={look.more}
            >
              Show older
            </Button>
          )}
        </section>
      }
      detail={
        id === undefined ? (
          !isNarrow && (
            <EmptyState title="Nothing selected">
              <p>Select an invoice on the left to see who got it and what it says.</p>
            </EmptyState>
          )
        ) : (
          <InvoiceView key={id} id={id} />
        )
      }
    />
  );
}

function InvoiceRow({ invoice }: { invoice: InvoiceSummary }) {
  return (
    <li>
      <Link
        to="/invoices/$id"
        params={{ id: invoice.id }}
        search={(current) => current}
        className={look.row}
        data-row
        preload={false}
        activeOptions={{ includeSearch: false }}
      >
        <span className={look.line}>
          <span className={look.strong}>{invoice.number}</span>
          <span>{formatMoney(invoice.total, invoice.currency)}</span>
        </span>
        <span className={look.line}>
          <span>{invoice.account.name}</span>
          <span className={look.dim}>
            <TimeAgo at={invoice.created_at} />
          </span>
        </span>
        <MailState state={invoice.state} />
      </Link>
    </li>
  );
}

function NoInvoices() {
  return (
    <EmptyState
      isPage
      title="No invoices yet"
      action={
        <>
          <Button component={Link} to="/accounts">
            Show accounts
          </Button>
          <Button variant="default" component={Link} to="/billing-runs">
            Billing runs
          </Button>
        </>
      }
    >
      <p>
        Invoices are mailed to the billing contacts of an account: from the account’s page, many at once by a billing
        run, or by your own programs through <a href="/docs">the HTTP API</a>. All of them are listed here, with what
        became of each.
      </p>
    </EmptyState>
  );
}
