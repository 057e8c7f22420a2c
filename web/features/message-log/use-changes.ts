import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { watchMessages } from '../../../contracts/message.ts';
import { urlOf } from '../../lib/call.ts';
import { sendingQuery } from '../../lib/sending.ts';
import { listKey, messageKey } from './message-log-queries.ts';

/** Keeps list and message current while the page is open. */
export function useChanges(): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const source = new EventSource(urlOf(watchMessages));
    source.addEventListener('changed', (event: MessageEvent<string>) => {
      const { ids } = JSON.parse(event.data) as { ids: string[] | null };
      void queryClient.invalidateQueries({ queryKey: listKey });
      void queryClient.invalidateQueries({ queryKey: sendingQuery.queryKey });
      if (ids === null) void queryClient.invalidateQueries({ queryKey: ['messages', 'one'] });
      for (const id of ids ?? []) void queryClient.invalidateQueries({ queryKey: messageKey(id) });
    });
    // What changed between the last look and this line, whether the page was elsewhere or the line broken, was told to nobody.
    source.addEventListener('open', () => void queryClient.invalidateQueries({ queryKey: ['messages'] }));
    return () => source.close();
  }, [queryClient]);
}
