import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { readAccount } from '../../../contracts/account.ts';
import { computeInvoiceTotals, listInvoices, readInvoice } from '../../../contracts/invoice.ts';
import { call } from '../../lib/call.ts';
import { isSettled } from '../../ui/mail-state.tsx';
import type { SentLine } from './invoice-draft.ts';

/** What the list shows, as it stands in the address. */
export interface InvoiceFilter {
  /** How the number begins. */
  number?: string;
  run?: string;
}

export const invoicesQuery = ({ number, run }: InvoiceFilter) =>
  infiniteQueryOptions({
    queryKey: ['invoices', 'list', number ?? '', run ?? ''],
    queryFn: ({ pageParam, signal }) =>
      call(listInvoices, {
        query: {
          ...(number === undefined ? {} : { number }),
          ...(run === undefined ? {} : { billing_run_id: run }),
          ...(pageParam === null ? {} : { cursor: pageParam }),
        },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last: { next: string | null }) => last.next,
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  });

/** Followed closely while its mail is under way. */
export const invoiceQuery = (id: string) =>
  queryOptions({
    queryKey: ['invoices', 'one', id],
    queryFn: ({ signal }) => call(readInvoice, { params: { id }, signal }),
    refetchInterval: (query) => (query.state.data?.mails.every(({ state }) => isSettled(state)) ? 30_000 : 2000),
  });

/** Who is billed. */
export const billedAccountQuery = (id: string) =>
  queryOptions({
    queryKey: ['accounts', 'one', id],
    queryFn: ({ signal }) => call(readAccount, { params: { id }, signal }),
  });

/** What is typed so far, added up by the server as the invoice would be. */
export const totalsQuery = (currency: string, lines: readonly SentLine[]) =>
  queryOptions({
    queryKey: ['invoice-totals', currency, lines],
    queryFn: ({ signal }) => call(computeInvoiceTotals, { body: { currency, lines: [...lines] }, signal }),
    enabled: lines.length > 0 && /^[A-Za-z]{3}$/.test(currency),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
    retry: false,
    placeholderData: keepPreviousData,
  });
