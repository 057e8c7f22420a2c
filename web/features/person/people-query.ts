import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { listPeople } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { meQuery } from '../../lib/me.ts';
import { nameOf } from './name-of.ts';
import type { PeopleSearch } from './people-search.ts';

export const peopleQuery = (search: PeopleSearch) =>
  queryOptions({
    queryKey: ['people', search],
    queryFn: ({ signal }) => call(listPeople, { query: search, signal }),
    placeholderData: keepPreviousData,
    // In the order of the reader's alphabet; the list is whole.
    select: ({ data }) => data.toSorted((one, other) => nameOf(one).localeCompare(nameOf(other))),
  });

interface Change<Input> {
  act: (input: Input) => Promise<unknown>;
  onDone?: (input: Input) => void;
  onError?: (error: Error) => void;
}

/** A change of somebody; the list is asked for anew, and who one is oneself too. */
export function usePeopleChange<Input>({ act, onDone, onError }: Change<Input>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (_, input) => onDone?.(input),
    ...(onError === undefined ? {} : { onError }),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: ['people'] }),
        queryClient.invalidateQueries({ queryKey: meQuery.queryKey }),
      ]),
  });
}
