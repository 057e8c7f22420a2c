import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import {
  type BillingItemState,
  type BillingRun,
  listBillingItems,
  listBillingRuns,
  readBillingRun,
} from '../../../contracts/billing-run.ts';
import { call } from '../../lib/call.ts';

const paging = {
  initialPageParam: null as string | null,
  getNextPageParam: (last: { next: string | null }) => last.next,
};
const cursorOf = (cursor: string | null) => (cursor === null ? {} : { cursor });

export const runsQuery = infiniteQueryOptions({
  queryKey: ['billing-runs', 'list'],
  queryFn: ({ pageParam, signal }) => call(listBillingRuns, { query: cursorOf(pageParam), signal }),
  ...paging,
  refetchInterval: 5000,
});

/** Something still happens by itself: checking, mailing, or mail of it that waits. */
export const isAtWork = ({ state, progress, ended_at: endedAt }: BillingRun): boolean =>
  state === 'checking' ||
  state === 'running' ||
  // Cancelled, and what waits in the queue is being taken out of it.
  (state === 'cancelled' && endedAt === null) ||
  (progress !== null && progress.waiting > 0);

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['billing-runs', 'one', id],
    queryFn: ({ signal }) => call(readBillingRun, { params: { id }, signal }),
    refetchInterval: (query) => {
      const run = query.state.data;
      return run !== undefined && isAtWork(run) ? 1000 : 15_000;
    },
  });

export const itemsQuery = (id: string, state: BillingItemState | undefined, isLive: boolean) =>
  infiniteQueryOptions({
    queryKey: ['billing-runs', 'items', id, state ?? 'all'],
    queryFn: ({ pageParam, signal }) =>
      call(listBillingItems, {
        params: { id },
        query: { ...(state === undefined ? {} : { state }), ...cursorOf(pageParam) },
        signal,
      }),
    ...paging,
    refetchInterval: isLive ? 3000 : false,
  });
