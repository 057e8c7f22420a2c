/** The left pane of a master and detail: the actions above the Filter box, and what the list beneath is short of. */
import { CloseButton, TextInput } from '@mantine/core';
import { type ReactNode, useId, useRef } from 'react';
import { useFilterShortcut } from '../lib/use-shortcuts.ts';
import classes from './filter-pane.module.css';
import { ProblemNote } from './problem-note.tsx';

interface FilterPaneProps {
  title: string;
  actions: ReactNode;
  filter: string;
  onFilter: (filter: string) => void;
  /** Null while they are loaded. */
  total: number | null;
  shown: number;
  /** What is said when the filter leaves nothing: no match, and where it looks. */
  noMatch: (filter: string) => string;
  error: Error | null;
  onRetry: () => void;
  /** The list, and what stands in its place while it is loaded or empty. */
  children: ReactNode;
}

export function FilterPane(props: FilterPaneProps) {
  const { title, filter, total, shown, onFilter } = props;
  const titleId = useId();
  const input = useRef<HTMLInputElement>(null);
  useFilterShortcut(input);
  return (
    <section className={classes.pane} aria-labelledby={titleId}>
      <header className={classes.header}>
        <h1 id={titleId}>{title}</h1>
        <div role="toolbar" aria-label="Actions" className={classes.tools}>
          {props.actions}
        </div>
        <TextInput
          ref={input}
          aria-label="Filter"
          placeholder="Filter"
          value={filter}
          onChange={(event) => onFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onFilter('');
          }}
          autoComplete="off"
          spellCheck={false}
          rightSection={
            filter === '' ? (
              <kbd className={classes.key} aria-hidden>
                /
              </kbd>
            ) : (
              <CloseButton size="sm" aria-label="Show all" onClick={() => onFilter('')} />
            )
          }
        />
        <p role="status" className={classes.count}>
          {total === null || total === 0 ? '' : countWords(shown, total, filter)}
        </p>
      </header>
      {props.error && total === null && (
        <div className={classes.note}>
          <ProblemNote error={props.error} title="The list could not be loaded" onRetry={props.onRetry} />
        </div>
      )}
      {total !== null && total > 0 && shown === 0 && <p className={classes.note}>{props.noMatch(filter.trim())}</p>}
      {props.children}
    </section>
  );
}

const countWords = (shown: number, total: number, filter: string) =>
  filter.trim() === '' ? `${total.toLocaleString()} in all` : `${shown.toLocaleString()} of ${total.toLocaleString()}`;
