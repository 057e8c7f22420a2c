import { Button, TextInput } from '@mantine/core';
import { IconTrash } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import type { ReplyOf } from '../../../contracts/endpoint.ts';
import { emptySandbox, type readSandbox, type SandboxMessageSummary } from '../../../contracts/sandbox.ts';
import { call } from '../../lib/call.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import look from '../../ui/mail-list.module.css';
import { moveFocus } from '../../ui/move-focus.ts';
import { notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ListenState } from './listen-state.tsx';
import classes from './message-list.module.css';
import { MessageRow } from './message-row.tsx';
import { inboxKey, sandboxQuery } from './sandbox-queries.ts';

interface MessageListProps {
  sandbox: ReplyOf<typeof readSandbox>;
  messages: readonly SandboxMessageSummary[];
  filter: string;
  onFilter: (filter: string) => void;
  isLoading: boolean;
  error: Error | null;
  onRetry: () => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

/** The left pane: filter, captured messages newest first, older ones on demand. */
export function MessageList(props: MessageListProps) {
  const { sandbox, messages, filter } = props;
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const reason = useReasonWhyNot(emptySandbox);
  const emptying = useMutation({
    mutationFn: () => call(emptySandbox),
    onSuccess: async () => {
      props.onFilter('');
      await navigate({ to: '/sandbox' });
      await queryClient.invalidateQueries({ queryKey: inboxKey });
      await queryClient.invalidateQueries({ queryKey: sandboxQuery.queryKey });
    },
    onError: notifyProblem,
  });
  const askEmpty = async () => {
    const count = sandbox.messageCount;
    const what = count === 1 ? 'the one captured message' : `all ${count} captured messages`;
    const body = <p>Whatever the filter shows, everything in the sandbox goes. This cannot be undone.</p>;
    if (await askYesNo({ title: `Delete ${what}?`, children: body })) emptying.mutate();
  };
  return (
    <section className={look.pane} aria-labelledby="sandbox-title">
      <header className={look.head}>
        <div className={classes.title}>
          <h1 id="sandbox-title">Sandbox</h1>
          <IconButton
            label="Delete all messages"
            disabledReason={reason ?? (sandbox.messageCount === 0 ? 'There are none.' : null)}
            isLoading={emptying.isPending}
            onClick={askEmpty}
          >
            <IconTrash size={18} aria-hidden />
          </IconButton>
        </div>
        <div className={classes.state}>
          <ListenState sandbox={sandbox} />
        </div>
        <TextInput
          aria-label="Filter"
          placeholder="Filter"
          type="search"
          value={filter}
          onChange={(event) => props.onFilter(event.currentTarget.value)}
        />
      </header>
      <ProblemNote error={props.error} title="The messages could not be loaded" onRetry={props.onRetry} />
      {props.isLoading && <Loading height={180} isPadded />}
      {!props.isLoading && messages.length === 0 && props.error === null && (
        <p className={look.none}>{filter === '' ? 'No messages.' : `No message matches “${filter}”.`}</p>
      )}
      <ul className={look.list} aria-label="Captured messages" onKeyDown={moveFocus}>
        {messages.map((message) => (
          <MessageRow key={message.id} message={message} />
        ))}
      </ul>
      {props.hasMore && (
        <Button variant="subtle" loading={props.isLoadingMore} onClick={props.onMore} className={look.more}>
          Show older
        </Button>
      )}
    </section>
  );
}
