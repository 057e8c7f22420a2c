import { queryOptions } from '@tanstack/react-query';
import { readSecondFactors } from '../../../contracts/second-factor.ts';
import { call } from '../../lib/call.ts';

export const factorsQuery = queryOptions({
  queryKey: ['second-factors'],
  queryFn: ({ signal }) => call(readSecondFactors, { signal }),
});
