import { Button } from '@mantine/core';
import type { MessageSummary } from '../../../contracts/message.ts';
import { ProblemError } from '../../lib/call.ts';
import { Loading } from '../../ui/loading.tsx';
import look from '../../ui/mail-list.module.css';
import { moveFocus } from '../../ui/move-focus.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import classes from './message-list.module.css';
import { MessageRow } from './message-row.tsx';
import { SearchBox } from './search-box.tsx';

interface MessageListProps {
  messages: readonly MessageSummary[];
  search: string;
  onSearch: (search: string) => void;
  /** Without waiting for the typing to rest. */
  onSearchNow: () => void;
  isLoading: boolean;
  /** What is shown belongs to the search before. */
  isOld: boolean;
  error: Error | null;
  onRetry: () => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

/** The left pane: search, messages newest first, older ones on demand. */
export function MessageList(props: MessageListProps) {
  const { messages, search, error } = props;
  const searchFault =
    error instanceof ProblemError && error.problem.statusCode === 422
      ? (error.fieldMessage('q') ?? error.message)
      : null;
  const shown = searchFault === null ? messages : [];
  return (
    <section className={look.pane} aria-labelledby="messages-title">
      <header className={look.head}>
        <h1 id="messages-title" className={classes.title}>
          Messages
        </h1>
        <SearchBox search={search} fault={searchFault} onSearch={props.onSearch} onSearchNow={props.onSearchNow} />
      </header>
      {searchFault === null && (
        <ProblemNote error={error} title="The messages could not be loaded" onRetry={props.onRetry} />
      )}
      {props.isLoading && <Loading height={180} isPadded />}
      {!props.isLoading && error === null && messages.length === 0 && (
        <p className={look.none}>{search.trim() === '' ? 'No messages.' : `No message matches “${search.trim()}”.`}</p>
      )}
      <ul className={look.list} aria-label="Messages" aria-busy={props.isOld} onKeyDown={moveFocus}>
        {shown.map((message) => (
          <MessageRow key={message.id} message={message} />
        ))}
      </ul>
      {props.hasMore && searchFault === null && (
        <Button variant="subtle" loading={props.isLoadingMore} onClick={props.onMore} className={look.more}>
          Show older
        </Button>
      )}
    </section>
  );
}
