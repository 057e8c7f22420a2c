/**
 * The sandbox's inbox: what Postern's own capture server took. Nothing here ever leaves. Two panes; the list is live.
 * Selection is the address (`/sandbox/box_…`), so that a message can be linked to.
 */
import { useDebouncedValue } from '@mantine/hooks';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Loading } from '../../ui/loading.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { TwoPanes } from '../../ui/two-panes.tsx';
import { messagesOf } from './inbox.ts';
import { MessageList } from './message-list.tsx';
import { MessageReader } from './message-reader.tsx';
import { NoMessages } from './no-messages.tsx';
import { inboxQuery, sandboxQuery } from './sandbox-queries.ts';
import { useArrivals } from './use-arrivals.ts';

export function SandboxPage() {
  usePageTitle('Sandbox');
  useArrivals();
  const { id } = useParams({ strict: false });
  const navigate = useNavigate();
  const [filter, setFilter] = useState('');
  const [settledFilter] = useDebouncedValue(filter, 200);
  const state = useQuery(sandboxQuery);
  const inbox = useInfiniteQuery(inboxQuery(settledFilter));
  const messages = inbox.data === undefined ? [] : messagesOf(inbox.data);
  const isNarrow = useIsNarrow();

  const open = (messageId: string | undefined) =>
    messageId === undefined
      ? navigate({ to: '/sandbox', replace: true })
      : navigate({ to: '/sandbox/$id', params: { id: messageId }, replace: true });

  if (state.data === undefined) {
    return state.error === null ? (
      <Loading height={160} isPadded />
    ) : (
      <ProblemNote error={state.error} title="The sandbox could not be loaded" onRetry={() => state.refetch()} />
    );
  }
  const isEmpty = inbox.data !== undefined && messages.length === 0 && filter === '' && settledFilter === '';
  if (isEmpty && id === undefined) return <NoMessages sandbox={state.data} />;
  return (
    <TwoPanes
      isDetailOpen={id !== undefined}
      onBack={() => navigate({ to: '/sandbox' })}
      backLabel="Sandbox"
      list={
        <MessageList
          sandbox={state.data}
          messages={messages}
          filter={filter}
          onFilter={setFilter}
          isLoading={inbox.isPending}
          error={inbox.error}
          onRetry={() => inbox.refetch()}
          hasMore={inbox.hasNextPage}
          isLoadingMore={inbox.isFetchingNextPage}
          onMore={() => inbox.fetchNextPage()}
        />
      }
      detail={
        id === undefined ? (
          !isNarrow && (
            <EmptyState title="Nothing selected">
              <p>Select a message on the left to read it. New ones appear on top by themselves.</p>
            </EmptyState>
          )
        ) : (
          <MessageReader key={id} id={id} messages={messages} onGone={open} />
        )
      }
    />
  );
}
