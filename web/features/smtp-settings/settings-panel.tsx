/** The left panel: the three actions above the Filter box, and the list beneath. */
import { Skeleton, Stack } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { ReactNode, RefObject } from 'react';
import { FilterPane } from '../../ui/filter-pane.tsx';
import { IconButton } from '../../ui/icon-button.tsx';
import { SettingsList } from './settings-list.tsx';
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
  const { total, shown, error, selected } = props;
  return (
    <FilterPane
      title="SMTP Settings"
      actions={
        <>
          {props.actions}
          <IconButton label="Add SMTP settings" disabledReason={props.whyNotAdd} onClick={props.onAdd}>
            <IconPlus size={18} aria-hidden />
          </IconButton>
        </>
      }
      filter={props.filter}
      onFilter={props.onFilter}
      total={total}
      shown={shown.length}
      noMatch={(filter) => `No SMTP settings match “${filter}”. The filter looks at name, host and addresses.`}
      error={error}
      onRetry={props.onRetry}
    >
      {total === null && !error && (
        <Stack p="md" gap="md" aria-busy aria-label="Loading SMTP settings">
          {[1, 2, 3, 4].map((row) => (
            <Skeleton key={row} height={36} />
          ))}
        </Stack>
      )}
      {total === 0 && props.firstUse}
      {shown.length > 0 && (
        <SettingsList
          shown={shown}
          selectedId={selected?.id ?? null}
          scrollOffset={props.scrollOffset}
          onSelect={props.onSelect}
        />
      )}
    </FilterPane>
  );
}
