import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import {
  type AccountState,
  type ContactKind,
  listAccounts,
  listContacts,
  readAccount,
  readAccountUsage,
} from '../../../contracts/account.ts';
import { listInvoices } from '../../../contracts/invoice.ts';
import { listMessages } from '../../../contracts/message.ts';
import { call } from '../../lib/call.ts';

/** What the list shows, as it stands in the address. */
export interface AccountFilter {
  q?: string;
  status?: AccountState;
  without_kind?: ContactKind;
}

const cursorOf = (cursor: string | null) => (cursor === null ? {} : { cursor });
const paging = {
  initialPageParam: null as string | null,
  getNextPageParam: (last: { next: string | null }) => last.next,
};

export const accountsQuery = (filter: AccountFilter) =>
  infiniteQueryOptions({
    queryKey: ['accounts', 'list', filter],
    queryFn: ({ pageParam, signal }) => call(listAccounts, { query: { ...filter, ...cursorOf(pageParam) }, signal }),
    ...paging,
    placeholderData: keepPreviousData,
  });

/** @param id of the account, or its number */
export const accountQuery = (id: string) =>
  queryOptions({
    queryKey: ['accounts', 'one', id],
    queryFn: ({ signal }) => call(readAccount, { params: { id }, signal }),
  });

export const contactsQuery = (accountId: string) =>
  infiniteQueryOptions({
    queryKey: ['accounts', 'contacts', accountId],
    queryFn: ({ pageParam, signal }) =>
      call(listContacts, { query: { account_id: accountId, limit: 100, ...cursorOf(pageParam) }, signal }),
    ...paging,
  });

/** Mail that is still under way changes by itself. */
export const accountInvoicesQuery = (accountId: string) =>
  infiniteQueryOptions({
    queryKey: ['invoices', 'of-account', accountId],
    queryFn: ({ pageParam, signal }) =>
      call(listInvoices, { query: { account_id: accountId, limit: 25, ...cursorOf(pageParam) }, signal }),
    ...paging,
    refetchInterval: 10_000,
  });

export const accountMessagesQuery = (search: string) =>
  infiniteQueryOptions({
    queryKey: ['messages', 'of-account', search],
    queryFn: ({ pageParam, signal }) =>
      call(listMessages, { query: { q: search, limit: 25, ...cursorOf(pageParam) }, signal }),
    ...paging,
    refetchInterval: 10_000,
  });

/** What would go with the account, and the search that finds its mail in the message log. */
export const accountUsageQuery = (id: string) =>
  queryOptions({
    queryKey: ['accounts', 'usage', id],
    queryFn: ({ signal }) => call(readAccountUsage, { params: { id }, signal }),
  });
