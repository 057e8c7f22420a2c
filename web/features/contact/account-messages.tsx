import { Button } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Account } from '../../../contracts/account.ts';
import { Loading } from '../../ui/loading.tsx';
import { MailState } from '../../ui/mail-state.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { TimeAgo } from '../../ui/time-ago.tsx';
import { accountMessagesQuery, accountUsageQuery } from './account-queries.ts';

/** Everything that was mailed about the account, with its state: the message log knows it by a tag. */
export function AccountMessages({ account }: { account: Account }) {
  const usage = useQuery(accountUsageQuery(account.id));
  return (
    <section aria-label="Messages">
      <ProblemNote
        error={usage.error}
        title="The messages could not be looked up"
        onRetry={() => void usage.refetch()}
      />
      {usage.isPending && <Loading height={120} />}
      {usage.data !== undefined && <Found search={usage.data.search} />}
    </section>
  );
}

function Found({ search }: { search: string }) {
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    accountMessagesQuery(search),
  );
  const messages = data?.pages.flatMap((page) => page.data) ?? [];
  return (
    <>
      <ProblemNote error={error} title="The messages could not be loaded" onRetry={() => void refetch()} />
      {isPending && <Loading height={120} />}
      {data !== undefined && messages.length === 0 && (
        <p className={look.intro}>
          Nothing was mailed yet. A program of yours can have its mail listed here too, by the tag that this search
          looks for: <span className="postern-words">{search}</span>
        </p>
      )}
      {messages.length > 0 && (
        <table className={look.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">Subject</th>
              <th scope="col">To</th>
              <th scope="col">State</th>
              <th scope="col">Accepted</th>
            </tr>
          </thead>
          <tbody>
            {messages.map((message) => (
              <tr key={message.id}>
                <td>
                  <Link
                    to="/messages/$id"
                    params={{ id: message.id }}
                    search={{ q: search }}
                    className={look.link}
                    preload={false}
                  >
                    {message.subject || '(no subject)'}
                  </Link>
                </td>
                <td data-head="To">{message.to.join(', ')}</td>
                <td>
                  <MailState state={message.state} />
                </td>
                <td data-head="Accepted">
                  <TimeAgo at={message.created_at} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className={look.buttons}>
        {hasNextPage && (
          <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show older
          </Button>
        )}
        <Button
          size="xs"
          variant="default"
          renderRoot={(props) => <Link {...props} to="/messages" search={{ q: search }} />}
        >
          Open in the message log
        </Button>
      </div>
    </>
  );
}
