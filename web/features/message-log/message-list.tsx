import { Button } from '@mantine/core';
import { IconListCheck } from '@tabler/icons-react';
import type { MessageSummary } from '../../../contracts/message.ts';
import { ProblemError } from '../../lib/call.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import look from '../../ui/mail-list.module.css';
import { moveFocus } from '../../ui/move-focus.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { ClockTime } from '../../ui/time-ago.tsx';
import { BulkBar } from './bulk-bar.tsx';
import classes from './message-list.module.css';
import { MessageRow } from './message-row.tsx';
import { SearchBox } from './search-box.tsx';
import { usePicking } from './use-selection.ts';

interface MessageListProps {
  messages: readonly MessageSummary[];
  search: string;
  /** Of which the messages are. */
  settledSearch: string;
  onSearch: (search: string) => void;
  /** Without waiting for the typing to rest. */
  onSearchNow: () => void;
  isLoading: boolean;
  /** What is shown belongs to the search before. */
  isOld: boolean;
  error: Error | null;
  onRetry: () => void;
  /** The last page ended early: so far back was looked. */
  searchedBackTo: string | null;
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
  const hasTime = props.searchedBackTo === null;
  const shown = searchFault === null ? messages : [];
  const picking = usePicking(props.settledSearch);
  const { selection } = picking;
  const whyNotPick = props.isLoading ? 'They are being loaded.' : shown.length === 0 ? 'There are none.' : null;
  return (
    <section className={look.pane} aria-labelledby="messages-title">
      <header className={look.head}>
        <div className={classes.title}>
          <h1 id="messages-title">Messages</h1>
          <IconButton
            label={selection === null ? 'Pick messages' : 'Stop picking'}
            disabledReason={selection === null ? whyNotPick : null}
            color={selection === null ? 'gray' : 'teal'}
            onClick={selection === null ? picking.begin : picking.end}
          >
            <IconListCheck size={18} aria-hidden />
          </IconButton>
        </div>
        <SearchBox search={search} fault={searchFault} onSearch={props.onSearch} onSearchNow={props.onSearchNow} />
        <BulkBar picking={picking} shown={shown} search={props.settledSearch} />
      </header>
      {searchFault === null && (
        <ProblemNote error={error} title="The messages could not be loaded" onRetry={props.onRetry} />
      )}
      {props.isLoading && <Loading height={180} isPadded />}
      {!props.isLoading && error === null && messages.length === 0 && (
        <p className={look.none}>
          {search.trim() === '' ? 'No messages.' : `No message matches “${search.trim()}”${hasTime ? '' : ' so far'}.`}
        </p>
      )}
      <ul className={look.list} aria-label="Messages" aria-busy={props.isOld} onKeyDown={moveFocus}>
        {shown.map((message) => (
          <MessageRow
            key={message.id}
            message={message}
            isPicked={selection === null ? null : selection === 'all' || selection.has(message.id)}
            onPick={() =>
              picking.toggle(
                message.id,
                shown.map((each) => each.id),
              )
            }
          />
        ))}
      </ul>
      {props.searchedBackTo !== null && searchFault === null && (
        <p role="status" className={look.none}>
          This search takes long. Everything since <ClockTime at={props.searchedBackTo} /> was looked at.
        </p>
      )}
      {props.hasMore && searchFault === null && (
        <Button variant="subtle" loading={props.isLoadingMore} onClick={props.onMore} className={look.more}>
          {hasTime ? 'Show older' : 'Search further back'}
        </Button>
      )}
    </section>
  );
}
