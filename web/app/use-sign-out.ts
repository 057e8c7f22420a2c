import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { signOut } from '../../contracts/access.ts';
import { call, ProblemError } from '../lib/call.ts';
import { notifyProblem } from '../ui/notify.ts';

/**
 * Leaves the page first and ends the session only then: a page with unsaved changes asks before it is left, and who keeps
 * editing there stays signed in.
 */
export function useSignOut(): () => Promise<void> {
  const router = useRouter();
  const queryClient = useQueryClient();
  return async () => {
    await router.navigate({ to: '/sign-in', search: {} });
    // Where the page was not left, this goes on with the next change of address, wherever that leads.
    if (router.state.location.pathname !== '/sign-in') return;
    try {
      await call(signOut);
    } catch (error) {
      if (!(error instanceof ProblemError && error.problem.statusCode === 401)) {
        notifyProblem(error as Error);
        await router.navigate({ to: '/', replace: true });
        return;
      }
    }
    queryClient.clear();
  };
}
