import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type SandboxMessageSummary, watchSandbox } from '../../../contracts/sandbox.ts';
import { urlOf } from '../../lib/call.ts';
import { addArrival, type Inbox, type InboxPage, removeDeleted } from './inbox.ts';
import { inboxKey, sandboxQuery } from './sandbox-queries.ts';

/** Keeps the inbox current while the page is open. */
export function useArrivals(): void {
  const queryClient = useQueryClient();
  useEffect(() => {
    const change = (step: (inbox: Inbox) => Inbox) => {
      queryClient.setQueryData<InfiniteData<InboxPage, unknown>>([...inboxKey, ''], (inbox) => inbox && step(inbox));
      // Which filtered lists it belongs to, only the server knows.
      void queryClient.invalidateQueries({ queryKey: inboxKey, predicate: (query) => query.queryKey[2] !== '' });
      void queryClient.invalidateQueries({ queryKey: sandboxQuery.queryKey });
    };
    const source = new EventSource(urlOf(watchSandbox));
    source.addEventListener('message', (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as SandboxMessageSummary;
      change((inbox) => addArrival(inbox, message));
    });
    source.addEventListener('deleted', (event: MessageEvent<string>) => {
      const { id } = JSON.parse(event.data) as { id?: string };
      change((inbox) => removeDeleted(inbox, id));
    });
    // What came between the last look and this line, whether the page was elsewhere or the line broken, was told to nobody.
    source.addEventListener('open', () => {
      void queryClient.invalidateQueries({ queryKey: inboxKey });
      void queryClient.invalidateQueries({ queryKey: sandboxQuery.queryKey });
    });
    return () => source.close();
  }, [queryClient]);
}
