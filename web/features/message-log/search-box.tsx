import { ActionIcon, CloseButton, Popover, TextInput } from '@mantine/core';
import { IconHelp } from '@tabler/icons-react';
import { useRef } from 'react';
import classes from './message-list.module.css';

interface SearchBoxProps {
  search: string;
  /** What the server does not understand in it. */
  fault: string | null;
  onSearch: (search: string) => void;
  onSearchNow: () => void;
}

const examples: readonly (readonly [example: string, meaning: string])[] = [
  ['to:ann@example.com', 'goes to this address; to:*@example.com for a whole domain'],
  ['from:billing', 'comes from'],
  ['subject:"past due"', 'in the subject'],
  ['status:failed', 'bounced or expired; waiting, held, sent, uncertain …'],
  ['tag:kind=invoice', 'with this tag; tag:kind for any value'],
  ['settings:Office', 'by these SMTP settings'],
  ['has:attachment', 'with attachments'],
  ['after:2026-11-01', 'since that day; before:24h, after:7d by age'],
  ['account:4711', 'of this account; template:welcome for a template'],
  ['INV-1042', 'in subject, names, addresses and text; "in quotes" in this order'],
];

/** Search with operators, and what there is of them a click away. */
export function SearchBox({ search, fault, onSearch, onSearchNow }: SearchBoxProps) {
  const input = useRef<HTMLInputElement>(null);
  const add = (example: string) => {
    onSearch(search.trim() === '' ? example : `${search.trim()} ${example}`);
    input.current?.focus();
  };
  return (
    <div className={classes.search}>
      <TextInput
        ref={input}
        className={classes.box}
        aria-label="Search"
        placeholder="Search"
        type="search"
        value={search}
        error={fault}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => onSearch(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') onSearchNow();
          if (event.key === 'Escape') onSearch('');
        }}
        rightSection={
          search === '' ? null : <CloseButton size="sm" aria-label="Show all" onClick={() => onSearch('')} />
        }
      />
      <Popover position="bottom-end" trapFocus returnFocus width={340}>
        <Popover.Target>
          <ActionIcon aria-label="How to search" size={36}>
            <IconHelp size={18} aria-hidden />
          </ActionIcon>
        </Popover.Target>
        <Popover.Dropdown className={classes.help} aria-label="How to search">
          <p>All that you give must match. A click adds the example.</p>
          <ul>
            {examples.map(([example, meaning]) => (
              <li key={example}>
                <button type="button" className={`postern-words ${classes.example}`} onClick={() => add(example)}>
                  {example}
                </button>
                <span>{meaning}</span>
              </li>
            ))}
          </ul>
        </Popover.Dropdown>
      </Popover>
    </div>
  );
}
