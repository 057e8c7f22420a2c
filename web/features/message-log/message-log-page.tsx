/**
 * The message log: every message, newest first, with a search that stands in the address, and on the right one message with
 * everything that happened to it. List and message are live.
 */
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { usePageTitle } from '../../lib/page-title.ts';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import { useTypedText } from '../../lib/use-typed-text.ts';
import { EmptyState } from '../../ui/empty-state.tsx';
import { TwoPanes } from '../../ui/two-panes.tsx';
import { MessageList } from './message-list.tsx';
import { listQuery } from './message-log-queries.ts';
import { MessageView } from './message-view.tsx';
import { NoMessages } from './no-messages.tsx';
import { useChanges } from './use-changes.ts';

export function MessageLogPage() {
  usePageTitle('Messages');
  useChanges();
  const { id } = useParams({ strict: false });
  const { q = '' } = useSearch({ strict: false });
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const list = useInfiniteQuery(listQuery(q));
  const messages = list.data?.pages.flatMap((page) => page.data) ?? [];

  const setSearch = (next: string) => {
    const search = next === '' ? {} : { q: next };
    const to = id === undefined ? { to: '/messages' as const } : { to: '/messages/$id' as const, params: { id } };
    void navigate({ ...to, search, replace: true });
  };
  const { typed, setTyped, putTyped } = useTypedText(q, setSearch, 300);

  const isEmpty = list.data !== undefined && messages.length === 0 && q === '' && typed === '';
  if (isEmpty && id === undefined) return <NoMessages />;
  return (
    <TwoPanes
      isDetailOpen={id !== undefined}
      onBack={() => navigate({ to: '/messages', search: q === '' ? {} : { q } })}
      backLabel="Messages"
      list={
        <MessageList
          messages={messages}
          search={typed}
          settledSearch={q}
          onSearch={setTyped}
          onSearchNow={putTyped}
          isLoading={list.isPending}
          isOld={list.isPlaceholderData}
          error={list.error}
          onRetry={() => void list.refetch()}
          searchedBackTo={list.data?.pages.at(-1)?.searched_back_to ?? null}
          hasMore={list.hasNextPage}
          isLoadingMore={list.isFetchingNextPage}
          onMore={() => void list.fetchNextPage()}
        />
      }
      detail={
        id === undefined ? (
          !isNarrow && (
            <EmptyState title="Nothing selected">
              <p>Select a message on the left to see where it is and what each server said about it.</p>
            </EmptyState>
          )
        ) : (
          <MessageView key={id} id={id} />
        )
      }
    />
  );
}
