/** The left panel: the three actions above the Filter box, and the list beneath. */
import { CloseButton, Skeleton, Stack, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, type RefObject, useRef } from 'react';
import { useFilterShortcut } from '../../lib/use-shortcuts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { ProblemNote } from '../../ui/problem-note.tsx';
import { SettingsList } from './settings-list.tsx';
import classes from './settings-panel.module.css';
import type { ListedSettings } from './smtp-settings-queries.ts';

interface SettingsPanelProps {
  /** Null while they are loaded. */
  total: number | null;
  shown: readonly ListedSettings[];
  error: Error | null;
  onRetry: () => void;
  filter: string;
  onFilter: (filter: string) => void;
  selected: ListedSettings | null;
  whyNotAdd: string | null;
  /** Test and delete, for what is selected. */
  actions: ReactNode;
  /** What an empty list shows. */
  firstUse: ReactNode;
  /** Where the list was scrolled to, kept while a narrow screen shows the detail. */
  scrollOffset: RefObject<number>;
  onAdd: () => void;
  onSelect: (id: string) => void;
}

export function SettingsPanel(props: SettingsPanelProps) {
  const { total, shown, filter } = props;
  const filterInput = useRef<HTMLInputElement>(null);
  useFilterShortcut(filterInput);
  return (
    <section className={classes.panel} aria-label="SMTP Settings">
      <header className={classes.header}>
        <h1 className={classes.title}>SMTP Settings</h1>
        <div role="toolbar" aria-label="Actions" className={classes.tools}>
          {props.actions}
          <IconButton label="Add SMTP settings" disabledReason={props.whyNotAdd} onClick={props.onAdd}>
            <IconPlus size={18} aria-hidden />
          </IconButton>
        </div>
        <TextInput
          ref={filterInput}
          aria-label="Filter"
          placeholder="Filter"
          value={filter}
          onChange={(event) => props.onFilter(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') props.onFilter('');
          }}
          autoComplete="off"
          spellCheck={false}
          rightSection={
            filter === '' ? (
              <kbd className={classes.key} aria-hidden>
                /
              </kbd>
            ) : (
              <CloseButton size="sm" aria-label="Show all" onClick={() => props.onFilter('')} />
            )
          }
        />
        <p role="status" className={classes.count}>
          {total === null || total === 0
            ? ''
            : filter.trim() === ''
              ? `${total.toLocaleString()} in all`
              : `${shown.length.toLocaleString()} of ${total.toLocaleString()}`}
        </p>
      </header>
      <PanelBody {...props} />
    </section>
  );
}

function PanelBody(props: SettingsPanelProps) {
  const { total, shown, error, filter, selected } = props;
  if (error && total === null)
    return (
      <div className={classes.note}>
        <ProblemNote error={error} title="The list could not be loaded" onRetry={props.onRetry} />
      </div>
    );
  if (total === null)
    return (
      <Stack p="md" gap="md" aria-busy aria-label="Loading SMTP settings">
        {[1, 2, 3, 4].map((row) => (
          <Skeleton key={row} height={36} />
        ))}
      </Stack>
    );
  if (total === 0) return props.firstUse;
  if (shown.length === 0)
    return (
      <p className={classes.note}>
        No SMTP settings match “{filter.trim()}”. The filter looks at name, host and addresses.
      </p>
    );
  return (
    <SettingsList
      shown={shown}
      selectedId={selected?.id ?? null}
      scrollOffset={props.scrollOffset}
      onSelect={props.onSelect}
    />
  );
}
