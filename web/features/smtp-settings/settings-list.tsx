/**
 * The list under the Filter box: only the rows in view are drawn, so ten thousand settings scroll like ten.
 * It is one stop of the Tab key; arrows, Home, End and Page keys move in it. Where there is room the selection follows;
 * on a narrow screen Enter opens.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from 'react';
import { useIsNarrow } from '../../lib/use-is-narrow.ts';
import classes from './settings-list.module.css';
import { SettingsRow } from './settings-row.tsx';
import type { ListedSettings } from './smtp-settings-queries.ts';

const rowHeight = 56;

interface SettingsListProps {
  shown: readonly ListedSettings[];
  selectedId: string | null;
  /** Where it was scrolled to when it was last on the screen. */
  scrollOffset: RefObject<number>;
  onSelect: (id: string) => void;
}

export function SettingsList({ shown, selectedId, scrollOffset, onSelect }: SettingsListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const isNarrow = useIsNarrow();
  const selectedAt = shown.findIndex((settings) => settings.id === selectedId);
  const [activeAt, setActiveAt] = useState(Math.max(selectedAt, 0));
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    initialOffset: scrollOffset.current,
    getItemKey: (index) => shown[index]?.id ?? index,
  });

  // A selection that comes from elsewhere (a link, an addition) is brought into view; a change of the filter is not one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the selection itself changes
  useEffect(() => {
    if (selectedAt < 0) return;
    setActiveAt(selectedAt);
    rows.scrollToIndex(selectedAt, { align: 'auto' });
  }, [selectedId, selectedAt >= 0]);

  const active = Math.min(activeAt, shown.length - 1);
  const onKeyDown = (event: KeyboardEvent) => {
    const last = shown.length - 1;
    const page = Math.max(1, Math.floor((scroller.current?.clientHeight ?? rowHeight) / rowHeight) - 1);
    const target: Record<string, number> = {
      ArrowDown: Math.min(active + 1, last),
      ArrowUp: Math.max(active - 1, 0),
      PageDown: Math.min(active + page, last),
      PageUp: Math.max(active - page, 0),
      Home: 0,
      End: last,
      Enter: active,
      ' ': active,
    };
    const to = target[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    setActiveAt(to);
    rows.scrollToIndex(to, { align: 'auto' });
    const settings = shown[to];
    const opens = event.key === 'Enter' || event.key === ' ';
    if (settings && (opens || !isNarrow) && settings.id !== selectedId) onSelect(settings.id);
  };

  return (
    <div
      ref={scroller}
      className={classes.scroller}
      role="listbox"
      aria-label="SMTP settings"
      tabIndex={0}
      aria-activedescendant={shown[active] ? `${prefix}-${shown[active].id}` : undefined}
      onKeyDown={onKeyDown}
      onScroll={(event) => {
        scrollOffset.current = event.currentTarget.scrollTop;
      }}
    >
      <div className={classes.rows} style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map((row) => {
          const settings = shown[row.index];
          if (!settings) return null;
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the list's, which has the focus
            // biome-ignore lint/a11y/useFocusableInteractive: the list names the active option instead
            <div
              key={row.key}
              id={`${prefix}-${settings.id}`}
              role="option"
              aria-selected={settings.id === selectedId}
              aria-setsize={shown.length}
              aria-posinset={row.index + 1}
              className={classes.row}
              data-active={row.index === active || undefined}
              style={{ height: rowHeight, transform: `translateY(${row.start}px)` }}
              onClick={() => {
                setActiveAt(row.index);
                if (settings.id !== selectedId) onSelect(settings.id);
              }}
            >
              <SettingsRow settings={settings} />
            </div>
          );
        })}
      </div>
    </div>
  );
}
