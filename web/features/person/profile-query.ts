import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReplyOf } from '../../../contracts/endpoint.ts';
import { readProfile } from '../../../contracts/person.ts';
import { call } from '../../lib/call.ts';
import { meQuery } from '../../lib/me.ts';

export const profileQuery = queryOptions({
  queryKey: ['profile'],
  queryFn: ({ signal }) => call(readProfile, { signal }),
});

export type MyProfile = ReplyOf<typeof readProfile>;

/** A change that answers with the profile as it is then. */
export function useProfileChange<Input>(
  act: (input: Input) => Promise<MyProfile>,
  onDone: (profile: MyProfile) => void,
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: (profile) => {
      queryClient.setQueryData(profileQuery.queryKey, profile);
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      onDone(profile);
    },
  });
}
