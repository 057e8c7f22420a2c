import { queryOptions } from '@tanstack/react-query';
import { readOverview } from '../../contracts/overview.ts';
import { call } from './call.ts';

const refreshMs = 5000;

/** The figures of the home page; which settings are the default is among them. */
export const overviewQuery = queryOptions({
  queryKey: ['overview'],
  queryFn: ({ signal }) => call(readOverview, { signal }),
  refetchInterval: refreshMs,
});
