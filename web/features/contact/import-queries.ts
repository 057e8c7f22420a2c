import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { type ContactImport, listContactImports, readContactImport } from '../../../contracts/contact-import.ts';
import { call } from '../../lib/call.ts';

export const importsQuery = infiniteQueryOptions({
  queryKey: ['contact-imports', 'list'],
  queryFn: ({ pageParam, signal }) =>
    call(listContactImports, { query: { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) }, signal }),
  initialPageParam: null as string | null,
  getNextPageParam: (last: { next: string | null }) => last.next,
});

/** Goes on by itself on the server; it is asked how far it is. */
export const isAtWork = ({ state }: Pick<ContactImport, 'state'>): boolean =>
  state === 'checking' || state === 'running';

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ['contact-imports', 'one', id],
    queryFn: ({ signal }) => call(readContactImport, { params: { id }, signal }),
    refetchInterval: (query) => (query.state.data && isAtWork(query.state.data) ? 700 : false),
  });
