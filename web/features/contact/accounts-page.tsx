/**
 * Accounts: the companies that are billed and looked after. At the left all of them with a filter that stands in the
 * address, at the right one with its contacts, its invoices and its mail.
 */
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { createAccount } from '../../../contracts/account.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { useTypedText } from '../../lib/use-typed-text.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TwoPanes } from '../../ui/two-panes.tsx';
import { AccountList } from './account-list.tsx';
import { type AccountFilter, accountsQuery } from './account-queries.ts';
import { AccountView } from './account-view.tsx';
import { AddAccount } from './add-account.tsx';

export function AccountsPage() {
  usePageTitle('Accounts');
  const { id } = useParams({ strict: false });
  const search = useSearch({ strict: false });
  const { q = '', status, without_kind: withoutKind } = search;
  const filter: AccountFilter = {
    ...(q === '' ? {} : { q }),
    ...(status === undefined ? {} : { status }),
    ...(withoutKind === undefined ? {} : { without_kind: withoutKind }),
  };
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const whyNotAdd = useReasonWhyNot(createAccount);
  const [isAdding, setAdding] = useState(false);
  const list = useInfiniteQuery(accountsQuery(filter));
  const accounts = list.data?.pages.flatMap((page) => page.data) ?? [];

  const setFilter = (next: AccountFilter) => {
    const to = id === undefined ? { to: '/accounts' as const } : { to: '/accounts/$id' as const, params: { id } };
    void navigate({
      ...to,
      search: { ...next, ...(search.tab === undefined ? {} : { tab: search.tab }) },
      replace: true,
    });
  };
  const setText = (text: string) => {
    const { q: _, ...others } = filter;
    setFilter(text === '' ? others : { ...others, q: text });
  };
  const { typed, setTyped, putTyped } = useTypedText(q, setText);

  const dialog = isAdding && <AddAccount onClose={() => setAdding(false)} />;
  const isFiltered = Object.keys(filter).length > 0 || typed !== '';
  if (list.data !== undefined && accounts.length === 0 && !isFiltered && id === undefined) {
    return (
      <>
        <EmptyState
          isPage
          title="No accounts yet"
          action={
            whyNotAdd === null && (
              <>
                <Button onClick={() => setAdding(true)}>Add account</Button>
                <Button variant="default" component={Link} to="/accounts/import">
                  Import from a CSV file
                </Button>
              </>
            )
          }
        >
          <p>
            An account is a company that you bill or look after. Its billing contacts get the invoices that you send
            from here or by the HTTP API.
          </p>
          {whyNotAdd !== null && <p>{whyNotAdd}</p>}
        </EmptyState>
        {dialog}
      </>
    );
  }
  return (
    <>
      <TwoPanes
        isDetailOpen={id !== undefined}
        onBack={() => navigate({ to: '/accounts', search: filter })}
        backLabel="Accounts"
        list={
          <AccountList
            accounts={accounts}
            typed={typed}
            onType={setTyped}
            onTypeNow={putTyped}
            filter={filter}
            onFilter={setFilter}
            onAdd={() => setAdding(true)}
            whyNotAdd={whyNotAdd}
            isLoading={list.isPending}
            isOld={list.isPlaceholderData}
            error={list.error}
            onRetry={() => void list.refetch()}
            hasMore={list.hasNextPage}
            isLoadingMore={list.isFetchingNextPage}
            onMore={() => void list.fetchNextPage()}
          />
        }
        detail={
          id === undefined ? (
            !isNarrow && (
              <EmptyState title="Nothing selected">
                <p>Select an account on the left to see its contacts, its invoices and everything mailed to it.</p>
              </EmptyState>
            )
          ) : (
            <AccountView key={id} id={id} />
          )
        }
      />
      {dialog}
    </>
  );
}
