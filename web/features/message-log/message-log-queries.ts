import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { countMessages, listMessages, readMessage, readMessageSource } from '../../../contracts/message.ts';
import { call, callText } from '../../lib/call.ts';
import { toLocalDays } from './local-days.ts';
import { hasWaiting } from './state-words.ts';

export const listKey = ['messages', 'list'] as const;

export const listQuery = (q: string) =>
  infiniteQueryOptions({
    queryKey: [...listKey, q],
    queryFn: ({ pageParam, signal }) =>
      call(listMessages, {
        query: { q: toLocalDays(q), limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });

/** Counted up to 10,000. */
export const countQuery = (q: string) =>
  queryOptions({
    queryKey: [...listKey, 'count', q],
    queryFn: ({ signal }) => call(countMessages, { query: { q: toLocalDays(q) }, signal }),
  });

export const messageKey = (id: string) => ['messages', 'one', id] as const;

/** Changes are announced; a lease, which is not, shows within a few seconds. */
export const messageQuery = (id: string) =>
  queryOptions({
    queryKey: messageKey(id),
    queryFn: ({ signal }) => call(readMessage, { params: { id }, signal }),
    refetchInterval: (query) => (query.state.data && hasWaiting(query.state.data) ? 5000 : false),
  });

/** What was accepted never changes. */
export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ['messages', 'source', id],
    queryFn: ({ signal }) => callText(readMessageSource, { params: { id }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
  });
