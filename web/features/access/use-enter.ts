import { useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { meQuery } from '../../lib/me.ts';
import { confirmSession } from './confirm-session.ts';
import { safeNext } from './safe-next.ts';

/** After the server set the cookie: sees that the browser kept it, then goes to where the person was going. */
export function useEnter(): () => Promise<void> {
  const { next } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  return async () => {
    const me = await confirmSession();
    queryClient.clear();
    queryClient.setQueryData(meQuery.queryKey, me);
    await navigate({ href: safeNext(next), replace: true });
  };
}
