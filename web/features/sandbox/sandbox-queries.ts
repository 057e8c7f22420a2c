import { infiniteQueryOptions, keepPreviousData, queryOptions } from '@tanstack/react-query';
import { listSandboxMessages, readSandbox, readSandboxMessage, readSandboxSource } from '../../../contracts/sandbox.ts';
import { call, callText } from '../../lib/call.ts';

export const sandboxQuery = queryOptions({
  queryKey: ['sandbox', 'state'],
  queryFn: ({ signal }) => call(readSandbox, { signal }),
});

export const inboxKey = ['sandbox', 'inbox'] as const;

export const inboxQuery = (filter: string) =>
  infiniteQueryOptions({
    queryKey: [...inboxKey, filter],
    queryFn: ({ pageParam, signal }) =>
      call(listSandboxMessages, {
        query: { filter, limit: 50, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
  });

/** A captured message never changes. */
export const messageQuery = (id: string) =>
  queryOptions({
    queryKey: ['sandbox', 'message', id],
    queryFn: ({ signal }) => call(readSandboxMessage, { params: { id }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const sourceQuery = (id: string) =>
  queryOptions({
    queryKey: ['sandbox', 'source', id],
    queryFn: ({ signal }) => callText(readSandboxSource, { params: { id }, signal }),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 30_000,
  });
