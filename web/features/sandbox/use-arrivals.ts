import { type InfiniteData, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { type SandboxMessageSummary, watchSandbox } from '../../../contracts/sandbox.ts';
import { urlOf } from '../../lib/call.ts';
import { addArrival, type Inbox, type InboxPage, removeDeleted } from './inbox.ts';
import { inboxKey, sandboxQuery } from './sandbox-queries.ts';

/** Keeps the inbox current while the page is open; after a broken line everything is asked for anew. */
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
    let wasBroken = false;
    source.addEventListener('message', (event: MessageEvent<string>) => {
      const message = JSON.parse(event.data) as SandboxMessageSummary;
      change((inbox) => addArrival(inbox, message));
    });
    source.addEventListener('deleted', (event: MessageEvent<string>) => {
      const { id } = JSON.parse(event.data) as { id?: string };
      change((inbox) => removeDeleted(inbox, id));
    });
    source.addEventListener('error', () => {
      wasBroken = true;
    });
    source.addEventListener('open', () => {
      if (wasBroken) void queryClient.invalidateQueries({ queryKey: ['sandbox'] });
      wasBroken = false;
    });
    return () => source.close();
  }, [queryClient]);
}
