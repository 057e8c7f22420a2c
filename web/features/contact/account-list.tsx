import { Button, CloseButton, Menu, NativeSelect, TextInput } from '@mantine/core';
import { IconDotsVertical, IconPlus } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import { type Account, accountStates, contactKinds } from '../../../contracts/account.ts';
import { exportContacts } from '../../../contracts/contact-import.ts';
import { urlOf } from '../../lib/call.ts';
import { useFilterShortcut } from '../../lib/use-shortcuts.ts';
import { IconButton } from '../../ui/icon-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { moveFocus } from '../../ui/move-focus.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { StatusWord } from '../../ui/status-word.tsx';
import type { AccountFilter } from './account-queries.ts';

interface AccountListProps {
  accounts: readonly Account[];
  typed: string;
  onType: (text: string) => void;
  /** Without waiting for the typing to rest. */
  onTypeNow: () => void;
  filter: AccountFilter;
  onFilter: (filter: AccountFilter) => void;
  onAdd: () => void;
  whyNotAdd: string | null;
  isLoading: boolean;
  isOld: boolean;
  error: Error | null;
  onRetry: () => void;
  hasMore: boolean;
  isLoadingMore: boolean;
  onMore: () => void;
}

const showWords = { all: 'All accounts', active: 'Active', closed: 'Closed' } as const;

/** What the select shows: one choice of state or of what is missing. */
const choices = [
  ...(['all', ...accountStates] as const).map((value) => ({
    value: value as string,
    label: showWords[value] as string,
  })),
  ...contactKinds
    .filter((kind) => kind !== 'general')
    .map((kind) => ({ value: `without:${kind}`, label: `Active, without a ${kind} contact` })),
];

const chosenOf = ({ status, without_kind: kind }: AccountFilter) =>
  kind === undefined ? (status ?? 'all') : `without:${kind}`;

function filterOf(value: string, q: string | undefined): AccountFilter {
  const text = q === undefined ? {} : { q };
  const kind = contactKinds.find((each) => value === `without:${each}`);
  if (kind !== undefined) return { ...text, status: 'active', without_kind: kind };
  const status = accountStates.find((each) => each === value);
  return status === undefined ? text : { ...text, status };
}

/** The left pane: filter, accounts by name, more on demand. */
export function AccountList(props: AccountListProps) {
  const { accounts, typed, filter, error } = props;
  const input = useRef<HTMLInputElement>(null);
  useFilterShortcut(input);
  const isFiltered = typed.trim() !== '' || chosenOf(filter) !== 'all';
  return (
    <section className={look.pane} aria-labelledby="accounts-title">
      <header className={look.paneHead}>
        <div className={look.paneTitle}>
          <h1 id="accounts-title">Accounts</h1>
          <IconButton label="Add account" disabledReason={props.whyNotAdd} onClick={props.onAdd}>
            <IconPlus size={18} aria-hidden />
          </IconButton>
          <Menu position="bottom-end">
            <Menu.Target>
              <Button variant="subtle" color="gray" px={7} h={32} aria-label="More for accounts">
                <IconDotsVertical size={18} aria-hidden />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item component={Link} to="/accounts/import">
                Import from a CSV file
              </Menu.Item>
              <Menu.Item component="a" href={urlOf(exportContacts)} download="contacts.csv">
                Export all as CSV
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </div>
        <TextInput
          ref={input}
          type="search"
          aria-label="Filter"
          placeholder="Filter by number, name or address"
          value={typed}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => props.onType(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') props.onTypeNow();
            if (event.key === 'Escape') props.onType('');
          }}
          rightSection={
            typed === '' ? null : (
              <CloseButton size="sm" aria-label="Clear the filter" onClick={() => props.onType('')} />
            )
          }
        />
        <NativeSelect
          aria-label="Show"
          data={choices}
          value={chosenOf(filter)}
          onChange={(event) => props.onFilter(filterOf(event.currentTarget.value, filter.q))}
        />
      </header>
      <ProblemNote error={error} title="The accounts could not be loaded" onRetry={props.onRetry} />
      {props.isLoading && <Loading height={180} isPadded />}
      {!props.isLoading && error === null && accounts.length === 0 && (
        <p className={look.none}>{isFiltered ? 'No account matches.' : 'No accounts.'}</p>
      )}
      <ul className={look.list} aria-label="Accounts" aria-busy={props.isOld} onKeyDown={moveFocus}>
        {accounts.map((account) => (
          <AccountRow key={account.id} account={account} />
        ))}
      </ul>
      {props.hasMore && (
        <Button variant="subtle" loading={props.isLoadingMore} onClick={props.onMore} className={look.more}>
          Show more
        </Button>
      )}
    </section>
  );
}

function AccountRow({ account }: { account: Account }) {
  const { id, number, name, status, contact_count: contacts, billing_contact_count: billing } = account;
  return (
    <li>
      <Link
        to="/accounts/$id"
        params={{ id }}
        search={(current) => current}
        className={look.row}
        data-row
        preload={false}
        activeOptions={{ includeSearch: false }}
      >
        <span className={look.line}>
          <span className={look.strong}>{name}</span>
          <span className={look.dim}>{number}</span>
        </span>
        <span className={look.line}>
          <span className={look.dim}>
            {contacts === 0 ? 'no contacts' : contacts === 1 ? 'one contact' : `${contacts} contacts`}
          </span>
          {status === 'closed' ? (
            <StatusWord kind="none">closed</StatusWord>
          ) : (
            billing === 0 && <StatusWord kind="waiting">no billing contact</StatusWord>
          )}
        </span>
      </Link>
    </li>
  );
}
