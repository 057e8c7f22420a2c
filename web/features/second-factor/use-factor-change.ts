import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { SecondFactors } from '../../../contracts/second-factor.ts';
import { meQuery } from '../../lib/me.ts';
import { notifyProblem } from '../../ui/notify.ts';
import { showRecoveryCodes } from './asked.ts';
import { confirmed, GivenUpError } from './confirmed.ts';
import { factorsQuery } from './factors-query.ts';

/** What a change answers: the factors as they are then, and codes to be kept. */
export interface Changed {
  factors: SecondFactors;
  recoveryCodes: string[] | null;
}

/** A change of one's own factors. `onError` is not told of what was given up on purpose. */
export function useFactorChange<Input = void>(
  act: (input: Input) => Promise<SecondFactors | Changed>,
  { onDone, onError = notifyProblem }: { onDone?: (input: Input) => void; onError?: (error: Error) => void } = {},
) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (input: Input) => confirmed(() => act(input)),
    onSuccess: (reply, input) => {
      const changed = 'factors' in reply ? reply : { factors: reply, recoveryCodes: null };
      queryClient.setQueryData(factorsQuery.queryKey, changed.factors);
      // The first factor opens what the policy had closed.
      void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      onDone?.(input);
      if (changed.recoveryCodes !== null) showRecoveryCodes(changed.recoveryCodes);
    },
    onError: (error) => {
      if (!(error instanceof GivenUpError)) onError(error);
    },
    // Recovery codes are not kept in memory after they were shown.
    gcTime: 0,
  });
}
