import { Button, Menu } from '@mantine/core';
import { IconDotsVertical } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Account, type Contact, createContact, deleteContact } from '../../../contracts/account.ts';
import { erasePersonalData, exportPersonalData } from '../../../contracts/personal-data.ts';
import { call } from '../../lib/call.ts';
import { languageWords } from '../../lib/language-words.ts';
import { useReasonWhyNot } from '../../lib/me.ts';
import { saveFile } from '../../lib/save-file.ts';
import { askYesNo } from '../../ui/ask-yes-no.tsx';
import { CopyButton } from '../../ui/copy-button.tsx';
import { Loading } from '../../ui/loading.tsx';
import { notifyDone, notifyProblem } from '../../ui/notify.ts';
import { ProblemNote } from '../../ui/problem-note.tsx';
import look from '../../ui/records.module.css';
import { StatusWord } from '../../ui/status-word.tsx';
import { contactsQuery } from './account-queries.ts';
import { ContactDialog } from './contact-dialog.tsx';
import classes from './contact-table.module.css';
import { ErasePerson } from './erase-person.tsx';

type Opened = { what: 'add' } | { what: 'edit' | 'erase'; contact: Contact } | null;

/** The persons of an account: what each gets, and what can be done with each. */
export function ContactTable({ account }: { account: Account }) {
  const [opened, setOpened] = useState<Opened>(null);
  const whyNot = useReasonWhyNot(createContact);
  const { data, error, isPending, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    contactsQuery(account.id),
  );
  const contacts = data?.pages.flatMap((page) => page.data) ?? [];
  const close = () => setOpened(null);
  return (
    <section aria-label="Contacts">
      <ProblemNote error={error} title="The contacts could not be loaded" onRetry={() => void refetch()} />
      {isPending && <Loading height={120} />}
      {data !== undefined && contacts.length === 0 && (
        <p className={look.intro}>
          Nobody yet. A billing contact gets the invoices; technical and general ones are for everything else.
        </p>
      )}
      {contacts.length > 0 && (
        <table className={look.table} data-blocks>
          <thead>
            <tr>
              <th scope="col">Name and address</th>
              <th scope="col">Gets</th>
              <th scope="col">Language</th>
              <th scope="col">State</th>
              <th scope="col">
                <span className="postern-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {contacts.map((contact) => (
              <ContactRow key={contact.id} contact={contact} onOpen={setOpened} />
            ))}
          </tbody>
        </table>
      )}
      <div className={look.buttons}>
        {hasNextPage && (
          <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        )}
        {whyNot === null && (
          <Button
            size="xs"
            variant={contacts.length === 0 && data !== undefined ? 'filled' : 'default'}
            onClick={() => setOpened({ what: 'add' })}
          >
            Add contact
          </Button>
        )}
      </div>
      {opened?.what === 'add' && (
        <ContactDialog account={account} contact={null} isFirst={contacts.length === 0} onClose={close} />
      )}
      {opened?.what === 'edit' && <ContactDialog account={account} contact={opened.contact} onClose={close} />}
      {opened?.what === 'erase' && <ErasePerson address={opened.contact.address} onClose={close} />}
    </section>
  );
}

function ContactRow({ contact, onOpen }: { contact: Contact; onOpen: (opened: Opened) => void }) {
  const { name, address, kinds, primary_for: primaryFor, language, is_active: isActive } = contact;
  return (
    <tr>
      <td className={look.address}>
        {name !== '' && <div className={look.strong}>{name}</div>}
        <span className={classes.address}>
          <span>{address}</span>
          <CopyButton isIcon text={address} label={`Copy ${address}`} />
        </span>
      </td>
      <td data-head="Gets">
        {kinds.map((kind, index) => (
          <span key={kind}>
            {index > 0 && ', '}
            {kind}
            {primaryFor.includes(kind) && <span className={look.dim}> (first choice)</span>}
          </span>
        ))}
      </td>
      <td data-head="Language">
        {language === null ? <span className={look.dim}>the account’s</span> : languageWords(language)}
      </td>
      <td>
        <StatusWord kind={isActive ? 'on' : 'none'}>{isActive ? 'active' : 'not active'}</StatusWord>
      </td>
      <td className={look.actions}>
        <ContactActions contact={contact} onOpen={onOpen} />
      </td>
    </tr>
  );
}

function ContactActions({ contact, onOpen }: { contact: Contact; onOpen: (opened: Opened) => void }) {
  const { id, address, name } = contact;
  const queryClient = useQueryClient();
  const whyNotChange = useReasonWhyNot(deleteContact);
  const whyNotExport = useReasonWhyNot(exportPersonalData);
  const whyNotErase = useReasonWhyNot(erasePersonalData);
  const removal = useMutation({
    mutationFn: () => call(deleteContact, { params: { id } }),
    onSuccess: () => notifyDone(`“${name || address}” was removed.`),
    onError: notifyProblem,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['accounts'] }),
  });
  const remove = async () => {
    const children = <p>What was mailed to {address} stays in the log. This cannot be undone.</p>;
    if (await askYesNo({ title: `Remove the contact “${name || address}”?`, children })) removal.mutate();
  };
  const data = useMutation({
    mutationFn: () => call(exportPersonalData, { body: { address } }),
    onSuccess: (known) => {
      saveFile(`${address}.json`, new Blob([`${JSON.stringify(known, null, 2)}\n`], { type: 'application/json' }));
      notifyDone(`Everything known of ${address} was saved as a file. The export stands in the audit log.`);
    },
    onError: notifyProblem,
  });
  return (
    <div className={classes.actions}>
      {whyNotChange === null && (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={`Edit ${name || address}`}
          onClick={() => onOpen({ what: 'edit', contact })}
        >
          Edit
        </Button>
      )}
      <Menu position="bottom-end">
        <Menu.Target>
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            loading={removal.isPending || data.isPending}
            aria-label={`More for ${name || address}`}
          >
            <IconDotsVertical size={16} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={whyNotChange !== null} onClick={() => void remove()}>
            Remove from the account
          </Menu.Item>
          <Menu.Divider />
          <Menu.Label>{whyNotExport ?? 'This person’s data'}</Menu.Label>
          <Menu.Item disabled={whyNotExport !== null} onClick={() => data.mutate()}>
            Export everything known
          </Menu.Item>
          <Menu.Item disabled={whyNotErase !== null} color="red" onClick={() => onOpen({ what: 'erase', contact })}>
            Erase this person
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </div>
  );
}
